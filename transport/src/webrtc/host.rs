//! The host's side of WebRTC: answers offers, checks who comes, and hands over live links.

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::VideoCodec;
use protocol::{
    Lane,
    control::{Hello, Refusal, RefusalCode, ToViewer},
    encode,
};
use rtc::shared::TransportProtocol;
use thiserror::Error;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};

use super::{
    WebRtcSettings, addresses,
    connection::{LAST_WORDS, LinkTask, UPDATES_WINDOW, linger, liveness, say, send_farewell},
    liveness::Liveness,
    peer::{Channel, Happened, Peer},
    pieces::{Data, Kind},
    pump::{Figures, Pump},
    renewal::{Renewal, Restart, answer},
    sdp,
    slots::Slots,
    sockets::{Bound, Sockets},
    wire::Wire,
};
use crate::{
    close::CloseReason,
    doorkeeper::{Admission, Doorkeeper},
    gate::Pass,
    introduction::read_hello,
    link::{HostSender, Joined, link, link_with_video_aside},
    ticket::UnixSeconds,
};

/// Viewers that were let in and wait to be taken.
const MAX_WAITING: usize = 16;

/// Offers that wait for a link's task.
const MAX_RESTARTS: usize = 4;

/// The most that is read of a stranger, in bytes: its part of the handshakes and a hello.
const STRANGER_BYTES: u64 = 256 << 10;

/// How long the answer to the first question is waited for once the hello is there: it tells the round trip.
const FIRST_ANSWER: Duration = Duration::from_millis(300);

/// Where viewers join one session over WebRTC. Needs a tokio runtime; one thread is enough.
#[derive(Debug)]
pub struct WebRtcHost {
    desk: WebRtcDesk,
    joined: mpsc::Receiver<Joined>,
}

/// Answers offers. Clones are the same.
#[derive(Clone)]
pub struct WebRtcDesk(Arc<Desk>);

struct Desk {
    settings: WebRtcSettings,
    sockets: Sockets,
    doorkeeper: Arc<Doorkeeper>,
    joined: mpsc::Sender<Joined>,
    peers: Mutex<HashMap<String, Known>>,
    left: Notify,
    /// Where everything of this host runs, whoever asks.
    runtime: Handle,
}

/// A peer that was answered.
struct Known {
    restarts: mpsc::Sender<Restart>,
    /// Once it was let in.
    link: Option<HostSender>,
    /// Ends a stranger's task.
    #[expect(dead_code, reason = "dropping it is what tells")]
    closing: oneshot::Sender<()>,
}

/// The answer to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Names the link in later offers; a secret of the viewer's.
    pub id: String,
    /// The answer, for the viewer.
    pub sdp: String,
}

/// Why an offer was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// Too many strangers, or too many that failed; later it may be answered.
    #[error("{0}")]
    TurnedAway(String),
    /// It is no offer that this host understands.
    #[error("the offer cannot be answered: {0}")]
    Offer(String),
    /// There is no such link, or no longer.
    #[error("there is no such link; connect anew")]
    Unknown,
    /// This machine cannot do it.
    #[error("WebRTC cannot be used here: {0}")]
    Local(String),
}

impl From<io::Error> for AnswerError {
    fn from(error: io::Error) -> Self {
        Self::Local(error.to_string())
    }
}

impl WebRtcHost {
    /// A host that answers offers and lets in whom `doorkeeper` lets in. Sockets are bound when first needed.
    pub fn new(settings: WebRtcSettings, doorkeeper: Arc<Doorkeeper>) -> Self {
        let (sender, joined) = mpsc::channel(MAX_WAITING);
        let sockets = Sockets::new(settings.ports.clone(), settings.tcp);
        let (peers, left) = Default::default();
        let runtime = Handle::current();
        let desk = Desk { settings, sockets, doorkeeper, joined: sender, peers, left, runtime };
        Self { desk: WebRtcDesk(Arc::new(desk)), joined }
    }

    /// What answers offers.
    pub fn desk(&self) -> WebRtcDesk {
        self.desk.clone()
    }

    /// The next viewer that was let in. May be cancelled without loss.
    pub async fn accept(&mut self) -> Option<Joined> {
        self.joined.recv().await
    }

    /// How many peers are there, those that are not let in yet included.
    pub fn open_connections(&self) -> usize {
        self.desk.0.peers().len()
    }

    /// Closes all links, tells the viewers why, and waits until they know, for about a second.
    pub async fn close(mut self, reason: &str) {
        self.joined.close();
        let desk = Arc::clone(&self.desk.0);
        for known in desk.peers().values() {
            if let Some(link) = &known.link {
                link.close(reason);
            }
        }
        desk.peers().retain(|_, known| known.link.is_some());
        let all_left = async {
            loop {
                let left = desk.left.notified();
                if desk.peers().is_empty() {
                    return;
                }
                left.await;
            }
        };
        // Viewers that are gone need not be waited for.
        let _ = timeout(LAST_WORDS * 2, all_left).await;
    }
}

impl Drop for WebRtcHost {
    fn drop(&mut self) {
        let desk = &self.desk.0;
        for known in std::mem::take(&mut *desk.peers()).into_values() {
            if let Some(link) = known.link {
                link.close("");
            }
        }
        desk.sockets.close();
    }
}

impl WebRtcDesk {
    /// Answers the offer of a viewer whose request came from `viewer`. Its hello must then come over the link, within
    /// the time that the settings allow.
    pub async fn answer(&self, viewer: SocketAddr, offer: &str) -> Result<Answer, AnswerError> {
        let pass = self.0.doorkeeper.approach(viewer.ip(), Instant::now());
        let pass = pass.map_err(|reason| AnswerError::TurnedAway(reason.to_string()))?;
        let id = random_id()?;
        let (restarts, to_restart) = mpsc::channel(MAX_RESTARTS);
        let (closing, closed) = oneshot::channel();
        let known = Known { restarts, link: None, closing };
        self.0.peers().insert(id.clone(), known);
        let (answer, answered) = oneshot::channel();
        let stranger = Stranger {
            desk: Arc::clone(&self.0),
            address: viewer,
            pass,
            place: Place { desk: Arc::clone(&self.0), id: id.clone() },
            restarts: to_restart,
        };
        // In a task of its own, so that an offer which breaks the library breaks nothing else.
        let offer = offer.to_owned();
        self.0.runtime.spawn(async move {
            tokio::select! {
                () = stranger.meet(offer, answer) => {}
                _ = closed => {}
            }
        });
        let sdp = answered.await.map_err(|_| AnswerError::Offer("it makes no sense".to_owned()))??;
        Ok(Answer { id, sdp })
    }

    /// Answers a later offer for the link of that id, whose viewer's address has changed.
    pub async fn restart(&self, id: &str, offer: &str) -> Result<String, AnswerError> {
        let restarts = self.0.peers().get(id).map(|known| known.restarts.clone());
        let restarts = restarts.ok_or(AnswerError::Unknown)?;
        let (answer, answered) = oneshot::channel();
        let restart = Restart { offer: offer.to_owned(), answer };
        let busy = || AnswerError::TurnedAway("the link is busy with earlier offers".to_owned());
        restarts.try_send(restart).map_err(|_| busy())?;
        answered.await.map_err(|_| AnswerError::Unknown)?
    }
}

impl fmt::Debug for WebRtcDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebRtcDesk").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Desk {
    fn peers(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's entry; given back when dropped.
struct Place {
    desk: Arc<Desk>,
    id: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.desk.peers().remove(&self.id);
        self.desk.left.notify_waiters();
    }
}

/// A peer that was not let in yet.
struct Stranger {
    desk: Arc<Desk>,
    address: SocketAddr,
    pass: Pass,
    place: Place,
    restarts: mpsc::Receiver<Restart>,
}

/// A viewer that may join.
struct Guest {
    hello: Hello,
    admission: Admission,
    liveness: Liveness,
}

/// Why a stranger does not join.
enum Turned {
    Refused(Refusal),
    Lost(&'static str),
}

impl Stranger {
    /// Answers the offer, hears the hello, and drives the link until it ends.
    async fn meet(self, offer: String, reply: oneshot::Sender<Result<String, AnswerError>>) {
        let address = self.address;
        let (mut pump, sdp) = match self.prepare(&offer) {
            Ok(prepared) => prepared,
            Err(error) => {
                self.pass.fail(Instant::now());
                // The asker may be gone.
                let _ = reply.send(Err(error));
                return;
            }
        };
        if reply.send(Ok(sdp)).is_err() {
            return;
        }
        match timeout(self.desk.settings.times.hello_timeout, self.introduce(&mut pump)).await {
            Ok(Ok(guest)) => self.let_in(pump, guest).await,
            Ok(Err(Turned::Refused(refusal))) => {
                tracing::info!(%address, reason = %refusal.message, "refused a viewer");
                self.pass.fail(Instant::now());
                refuse(&mut pump, refusal).await;
            }
            Ok(Err(Turned::Lost(reason))) => tracing::debug!(%address, %reason, "a stranger left"),
            Err(_) => {
                tracing::info!(%address, "a stranger did not say hello in time");
                self.pass.fail(Instant::now());
                pump.peer.close();
                pump.flush();
            }
        }
    }

    fn prepare(&self, offer: &str) -> Result<(Pump, String), AnswerError> {
        let settings = &self.desk.settings;
        let bound = self.desk.sockets.listen(&addresses::offered(settings, self.address.ip()))?;
        let local = |error: rtc::shared::error::Error| AnswerError::Local(error.to_string());
        let mut peer = Peer::host(sdp::video_sections(offer)).map_err(local)?;
        for (number, Bound { address, tcp }) in outside(settings, &bound).into_iter().enumerate() {
            peer.add_candidate(number, address, TransportProtocol::UDP);
            if tcp {
                peer.add_candidate(number, address, TransportProtocol::TCP);
            }
        }
        let wire = Wire::Shared(self.desk.sockets.join());
        let mut pump = Pump::new(peer, wire, Figures::new(UPDATES_WINDOW as u64));
        let sdp = answer(&mut pump, offer)?;
        Ok((pump, sdp))
    }

    /// Hears the hello, and the answer to a first question.
    async fn introduce(&self, pump: &mut Pump) -> Result<Guest, Turned> {
        let mut liveness = liveness(self.desk.settings.times);
        let (hello, admission) = loop {
            match hear(pump, &mut liveness).await? {
                Some(data) => break self.admit(data)?,
                None if pump.received() > STRANGER_BYTES => {
                    return Err(breach("too much before a hello".to_owned()));
                }
                None => {}
            }
        };
        let first_answer = async {
            while liveness.rtt().is_none() {
                if hear(pump, &mut liveness).await?.is_some() {
                    return Err(breach("a message before the welcome".to_owned()));
                }
            }
            Ok(())
        };
        match timeout(FIRST_ANSWER, first_answer).await {
            Ok(heard) => heard?,
            // It is as far away as it seems.
            Err(_) => pump.figures.update(|figures| figures.rtt = FIRST_ANSWER),
        }
        Ok(Guest { hello, admission, liveness })
    }

    fn admit(&self, data: Data) -> Result<(Hello, Admission), Turned> {
        let Data::Whole { kind: Kind::Lane(Lane::Control), body } = data else {
            return Err(breach("the first message must be a hello".to_owned()));
        };
        let hello = read_hello(&body).map_err(Turned::Refused)?;
        let admission = self.desk.doorkeeper.admit(&hello, UnixSeconds::now()).map_err(Turned::Refused)?;
        Ok((hello, admission))
    }

    async fn let_in(self, pump: Pump, guest: Guest) {
        let Self { desk, address, pass, place, restarts } = self;
        let Guest { mut hello, admission, liveness } = guest;
        hello.ticket.clear();
        let videos = if hello.video.contains(&VideoCodec::H264) { pump.peer.video_slots() } else { 0 };
        let slots = (videos > 0).then(|| Slots::new(videos, Instant::now()));
        let probe = Box::new(pump.figures.clone());
        let (link, driver) = if slots.is_some() { link_with_video_aside(probe) } else { link(probe) };
        if let Some(known) = desk.peers().get_mut(&place.id) {
            known.link = Some(link.sender().clone());
        }
        let roll_calls = Some(desk.doorkeeper.newcomer());
        let renewal = Renewal::Host(restarts);
        let task = LinkTask { pump, driver, liveness, slots, renewal, roll_calls };
        let Admission { version, role, ticket } = admission;
        tracing::debug!(%address, ?role, ?ticket, agent = %crate::close::clean(&hello.agent), "a viewer joined");
        let joined = Joined { link, hello, version, role, ticket, address };
        let hand_over = async {
            // Holding the pass while the host is busy keeps the queue of those who wait short.
            if desk.joined.send(joined).await.is_err() {
                tracing::debug!("the host closed while a viewer joined");
            }
            drop(pass);
        };
        tokio::join!(hand_over, task.run());
        drop(place);
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

/// The next message on the control channel; `None` if something else happened.
async fn hear(pump: &mut Pump, liveness: &mut Liveness) -> Result<Option<Data>, Turned> {
    match pump.next(true).await {
        Happened::Opened(Channel::Motion) => {
            let question = liveness.ask(Instant::now());
            say(&mut pump.peer, &question);
        }
        Happened::Data(channel, data) => match (channel, Data::read(data.freeze()).map_err(breach)?) {
            (Channel::Motion, Data::Answer(answer)) => {
                liveness.answered(Instant::now(), &answer);
                let rtt = liveness.rtt().unwrap_or_default();
                pump.figures.update(|figures| figures.rtt = rtt);
            }
            (Channel::Motion, Data::Question(question)) => say(&mut pump.peer, &Data::Answer(question)),
            (Channel::Control, data) => return Ok(Some(data)),
            (Channel::Motion | Channel::Updates, _) => {
                return Err(breach("the first message must be a hello".to_owned()));
            }
        },
        Happened::Ended(why) | Happened::Breach(why) => return Err(Turned::Lost(why)),
        Happened::Opened(_) | Happened::Video(..) | Happened::KeyframeWanted(_) | Happened::Moved => {}
    }
    Ok(None)
}

fn breach(message: String) -> Turned {
    Turned::Refused(Refusal { code: RefusalCode::Protocol, message })
}

/// Says why, waits until it was heard, and closes.
async fn refuse(pump: &mut Pump, refusal: Refusal) {
    let farewell = CloseReason::Refused(refusal.clone()).farewell();
    let body = Bytes::from(encode(&ToViewer::Refused(refusal)));
    let data = Data::Whole { kind: Kind::Lane(Lane::Control), body };
    if pump.peer.send(Channel::Control, data.write()).is_ok() {
        send_farewell(&mut pump.peer, &farewell);
        linger(pump).await;
    }
    pump.peer.close();
    pump.flush();
}

fn random_id() -> Result<String, AnswerError> {
    let mut id = [0; 16];
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, &mut id)
        .map_err(|_| AnswerError::Local("the system has no random numbers".to_owned()))?;
    Ok(base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id))
}
