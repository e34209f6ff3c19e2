//! A peer whose offer was answered and that was not admitted yet.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::VideoCodec;
use protocol::{Lane, control::Hello};
use rtc::shared::TransportProtocol;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{AnswerError, PeerEntry, Signalling};
use crate::{
    admission::{
        handshake::{self, Admitted, NoHello, PendingPeer},
        introduction::{NOT_A_HELLO, read_hello},
        pre_auth::Permit,
    },
    close::Farewell,
    link::{link, link_with_detached_video},
    webrtc::{
        WebRtcSettings,
        connection::{
            LinkTask, UPDATES_WINDOW, linger,
            liveness::Liveness,
            pump::{Figures, Pump},
            renewal::{Renewal, Restart, answer},
            say, send_farewell,
        },
        ice::{addresses, sockets::Bound, wire::Wire},
        message::{Data, Kind},
        peer::{Channel, Happened, Peer, sdp},
        video_rtp::send::VideoSender,
    },
};

/// The most that is read of a pending peer, in bytes: its part of the handshakes and a hello.
const MAX_PENDING_BYTES: u64 = 256 << 10;

/// How long the answer to the first question is waited for once the hello is there: it tells the round trip.
const FIRST_ANSWER_TIMEOUT: Duration = Duration::from_millis(300);

/// An offer, who made it, and its entry among the host's peers.
pub(super) struct Offered {
    pub(super) signalling: Arc<Signalling>,
    pub(super) address: SocketAddr,
    pub(super) permit: Permit,
    pub(super) entry: PeerEntry,
    pub(super) restarts: mpsc::Receiver<Restart>,
}

impl Offered {
    /// Answers the offer, has the peer admitted, and drives its link until it ends.
    pub(super) async fn run(self, offer: String, reply: oneshot::Sender<Result<String, AnswerError>>) {
        let Self { signalling, address, permit, entry, restarts } = self;
        let (pump, sdp) = match prepare(&signalling, address, &offer) {
            Ok(prepared) => prepared,
            Err(error) => {
                let counted = permit.fail(Instant::now());
                let error = counted.map_or_else(|wait| AnswerError::Busy(wait.to_string()), |()| error);
                // The asker may be gone.
                let _ = reply.send(Err(error));
                return;
            }
        };
        if reply.send(Ok(sdp)).is_err() {
            return;
        }
        let now = Instant::now();
        let times = signalling.settings.times;
        let peer = WebRtcPeer { pump, liveness: Liveness::new(times, now) };
        match signalling.admission.receive(peer, permit, now + times.hello_timeout).await {
            Ok(admitted) => run_link(&signalling, admitted, address, entry, restarts).await,
            Err(rejected) => rejected.log(address),
        }
    }
}

fn prepare(signalling: &Signalling, address: SocketAddr, offer: &str) -> Result<(Pump, String), AnswerError> {
    let settings = &signalling.settings;
    let bound = signalling.sockets.listen(&addresses::offered(settings, address.ip()))?;
    let local = |error: rtc::shared::error::Error| AnswerError::Local(error.to_string());
    let mut peer = Peer::host(sdp::video_sections(offer)).map_err(local)?;
    for (number, Bound { address, tcp }) in outside(settings, &bound).into_iter().enumerate() {
        peer.add_candidate(number, address, TransportProtocol::UDP);
        if tcp {
            peer.add_candidate(number, address, TransportProtocol::TCP);
        }
    }
    let wire = Wire::Shared(signalling.sockets.join());
    let mut pump = Pump::new(peer, wire, Figures::new(UPDATES_WINDOW as u64));
    let sdp = answer(&mut pump, offer)?;
    Ok((pump, sdp))
}

/// Begins the link of an admitted viewer, and drives it until it ends.
async fn run_link(
    signalling: &Signalling,
    admitted: Admitted<WebRtcPeer>,
    address: SocketAddr,
    entry: PeerEntry,
    restarts: mpsc::Receiver<Restart>,
) {
    let Admitted { peer: WebRtcPeer { pump, liveness }, hello, grant, permit } = admitted;
    let videos = if hello.video.contains(&VideoCodec::H264) { pump.peer.video_slots() } else { 0 };
    let slots = (videos > 0).then(|| VideoSender::new(videos, Instant::now()));
    let probe = Box::new(pump.figures.clone());
    let (link, driver) = if slots.is_some() { link_with_detached_video(probe) } else { link(probe) };
    if let Some(known) = signalling.peers().get_mut(&entry.id) {
        known.link = Some(link.sender().clone());
    }
    let probes = Some(signalling.admission.probe_all());
    let renewal = Renewal::Host(restarts);
    let task = LinkTask { pump, driver, liveness, slots, renewal, probes };
    let joined = handshake::joined(link, hello, grant, address);
    let hand_over = async {
        if signalling.joined.send(joined).await.is_err() {
            tracing::debug!("the host closed while a viewer joined");
        }
        drop(permit);
    };
    tokio::join!(hand_over, task.run());
    drop(entry);
}

/// The other end of a connection that has not said hello yet.
struct WebRtcPeer {
    pump: Pump,
    liveness: Liveness,
}

impl PendingPeer for WebRtcPeer {
    async fn hello(&mut self) -> Result<Hello, NoHello> {
        loop {
            match self.hear().await? {
                Some(Data::Whole { kind: Kind::Lane(Lane::Control), body }) => {
                    return read_hello(&body).map_err(NoHello::Breach);
                }
                Some(_) => return Err(NoHello::Breach(NOT_A_HELLO.to_owned())),
                None if self.pump.received() > MAX_PENDING_BYTES => {
                    return Err(NoHello::Breach("too much before a hello".to_owned()));
                }
                None => {}
            }
        }
    }

    /// Hears the answer to a first question.
    async fn settle(&mut self) -> Result<(), NoHello> {
        let first_answer = async {
            while self.liveness.rtt().is_none() {
                if self.hear().await?.is_some() {
                    return Err(NoHello::Breach("a message before the welcome".to_owned()));
                }
            }
            Ok(())
        };
        match timeout(FIRST_ANSWER_TIMEOUT, first_answer).await {
            Ok(heard) => heard,
            Err(_) => {
                // It is as far away as it seems.
                self.pump.figures.update(|figures| figures.rtt = FIRST_ANSWER_TIMEOUT);
                Ok(())
            }
        }
    }

    async fn refuse(mut self, body: Bytes, farewell: Farewell) {
        let data = Data::Whole { kind: Kind::Lane(Lane::Control), body };
        if self.pump.peer.send(Channel::Control, data.write()).is_ok() {
            send_farewell(&mut self.pump.peer, &farewell);
            linger(&mut self.pump).await;
        }
        self.close();
    }

    fn close(mut self) {
        self.pump.peer.close();
        self.pump.flush();
    }
}

impl WebRtcPeer {
    /// The next message on the control channel; `None` if something else happened.
    async fn hear(&mut self) -> Result<Option<Data>, NoHello> {
        let Self { pump, liveness } = self;
        match pump.next(true).await {
            Happened::Opened(Channel::Motion) => {
                let question = liveness.ask(Instant::now());
                say(&mut pump.peer, &question);
            }
            Happened::Data(channel, data) => {
                match (channel, Data::read(data.freeze()).map_err(NoHello::Breach)?) {
                    (Channel::Motion, Data::Answer(answer)) => {
                        liveness.answered(Instant::now(), &answer);
                        let rtt = liveness.rtt().unwrap_or_default();
                        pump.figures.update(|figures| figures.rtt = rtt);
                    }
                    (Channel::Motion, Data::Question(question)) => {
                        say(&mut pump.peer, &Data::Answer(question));
                    }
                    (Channel::Control, data) => return Ok(Some(data)),
                    (Channel::Motion | Channel::Updates, _) => {
                        return Err(NoHello::Breach(NOT_A_HELLO.to_owned()));
                    }
                }
            }
            Happened::Ended(why) | Happened::Breach(why) => return Err(NoHello::Lost(why.to_owned())),
            Happened::Opened(_) | Happened::Video(..) | Happened::KeyframeWanted(_) | Happened::Moved => {}
        }
        Ok(None)
    }
}

/// Where the host can be reached: on this machine's addresses, and from outside on the same ports.
fn outside(settings: &WebRtcSettings, bound: &[Bound]) -> Vec<Bound> {
    let outside = settings.external.iter().filter_map(|&outside| {
        let inside = bound.iter().find(|inside| inside.address.is_ipv4() == outside.is_ipv4())?;
        Some(Bound { address: SocketAddr::new(outside, inside.address.port()), ..*inside })
    });
    bound.iter().copied().chain(outside).collect()
}
