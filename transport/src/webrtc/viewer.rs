//! The viewer's side of WebRTC, in Rust: what a browser's viewer does in TypeScript. For tests and
//! measurements; native viewers have QUIC.

use std::{
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::Arc,
    time::Instant,
};

use protocol::{Lane, control::Welcome};
use rtc::shared::TransportProtocol;
use tokio::time::timeout;

use crate::{
    admission::introduction::{ConnectError, Introduction, read_answer},
    close::CloseReason,
    link::{ViewerLink, link},
    ticket::TicketText,
    webrtc::{
        LinkTimes,
        connection::{
            LinkTask, UPDATES_WINDOW,
            liveness::Liveness,
            pump::{Figures, Pump},
            renewal::{Mover, Renewal},
            say,
        },
        ice::wire::{OwnWire, Wire},
        message::{Data, Kind},
        peer::{Channel, Happened, Peer},
        signalling::Answer,
    },
};

/// A result that comes later.
type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// How a viewer's offers get to the host: over HTTPS, or in the same process. Errors are sentences for
/// people.
pub trait SignallingClient: Send + Sync + 'static {
    /// The host's answer to the first offer.
    fn offer(&self, sdp: String) -> Later<'_, Answer>;

    /// The host's answer to a later offer for the link of that id.
    fn restart(self: Arc<Self>, id: String, sdp: String) -> Later<'static, String>;
}

/// Settings of a viewer over WebRTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerSettings {
    /// From which of this machine's addresses it connects.
    pub address: IpAddr,
    /// How many videos may travel on RTP at once; 0: they stay in their updates.
    pub videos: usize,
    /// Times of its link.
    pub times: LinkTimes,
}

impl Default for ViewerSettings {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), videos: 0, times: LinkTimes::default() }
    }
}

/// Joins the session of the host that `signalling` leads to. Needs a tokio runtime; one thread is enough.
pub async fn connect(
    signalling: Arc<dyn SignallingClient>,
    ticket: &TicketText,
    introduction: Introduction,
    settings: ViewerSettings,
) -> Result<(ViewerLink, Welcome), ConnectError> {
    let silence = || ConnectError::Silence { host: "the host".to_owned() };
    let hello = Data::Whole { kind: Kind::Lane(Lane::Control), body: introduction.hello(ticket) };
    let limit = settings.times.hello_timeout;
    let (mut pump, id) = timeout(limit, reach(&*signalling, settings)).await.map_err(|_| silence())??;
    let welcome = timeout(limit, ask(&mut pump, hello)).await.map_err(|_| silence())??;
    let (link, driver) = link(Box::new(pump.figures.clone()));
    let mover = Mover { signalling, id, address: settings.address, answer: None };
    let renewal = Renewal::Viewer(mover);
    let task = LinkTask {
        pump,
        driver,
        liveness: Liveness::new(settings.times, Instant::now()),
        slots: None,
        renewal,
        probes: None,
    };
    tokio::spawn(task.run());
    Ok((link, welcome))
}

/// Offers, and waits for nothing but the answer.
async fn reach(
    signalling: &dyn SignallingClient,
    settings: ViewerSettings,
) -> Result<(Pump, String), ConnectError> {
    let wire = OwnWire::bind(settings.address).await?;
    let mut peer = Peer::viewer(settings.videos).map_err(failed)?;
    peer.add_candidate(0, wire.local(), TransportProtocol::UDP);
    let offer = peer.offer(false).map_err(failed)?;
    let answer = signalling.offer(offer).await.map_err(CloseReason::Lost)?;
    peer.take_answer(answer.sdp).map_err(failed)?;
    Ok((Pump::new(peer, Wire::Own(wire), Figures::new(UPDATES_WINDOW as u64)), answer.id))
}

/// Says hello once it can, and hears the answer.
async fn ask(pump: &mut Pump, hello: Data) -> Result<Welcome, ConnectError> {
    let mut asked = Instant::now();
    let body = loop {
        match pump.next(true).await {
            Happened::Opened(Channel::Control) => {
                asked = Instant::now();
                pump.peer.send(Channel::Control, hello.write()).map_err(failed)?;
            }
            Happened::Data(channel, data) => match (channel, Data::read(data.freeze())) {
                (Channel::Control, Ok(Data::Whole { kind: Kind::Lane(Lane::Control), body })) => break body,
                (Channel::Motion, Ok(Data::Question(question))) => {
                    say(&mut pump.peer, &Data::Answer(question))
                }
                _ => return Err(CloseReason::Protocol("its first message is no answer".to_owned()).into()),
            },
            Happened::Ended(why) | Happened::Breach(why) => {
                return Err(CloseReason::Lost(why.to_owned()).into());
            }
            Happened::Opened(_) | Happened::Video(..) | Happened::KeyframeWanted(_) | Happened::Moved => {}
        }
    };
    // A little more than the round trip; the first answer to a question tells better.
    pump.figures.update(|figures| figures.rtt = asked.elapsed());
    read_answer(&body)
}

fn failed(error: rtc::shared::error::Error) -> ConnectError {
    CloseReason::Lost(error.to_string()).into()
}
