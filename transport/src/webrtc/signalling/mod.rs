//! The host's side of WebRTC: answers offers, checks who comes, and hands over live links.

mod pending;

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use thiserror::Error;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};

use self::pending::Offered;
use crate::{
    admission::Admission,
    link::{HostSender, Joined, life::FAREWELL_TIMEOUT},
    webrtc::{WebRtcSettings, connection::renewal::Restart, ice::sockets::Sockets},
};

/// Viewers that were let in and wait to be taken.
const MAX_WAITING: usize = 16;

/// Offers that wait for a link's task.
const MAX_RESTARTS: usize = 4;

/// Where viewers join one session over WebRTC. Needs a tokio runtime; one thread is enough.
#[derive(Debug)]
pub struct WebRtcHost {
    signalling: WebRtcSignalling,
    joined: mpsc::Receiver<Joined>,
}

/// Answers offers. Clones are the same.
#[derive(Clone)]
pub struct WebRtcSignalling(Arc<Signalling>);

struct Signalling {
    settings: WebRtcSettings,
    sockets: Sockets,
    admission: Arc<Admission>,
    joined: mpsc::Sender<Joined>,
    peers: Mutex<HashMap<String, KnownPeer>>,
    left: Notify,
    /// Where everything of this host runs, whoever asks.
    runtime: Handle,
}

/// A peer that was answered.
struct KnownPeer {
    restarts: mpsc::Sender<Restart>,
    /// Once it was let in.
    link: Option<HostSender>,
    /// Ends a pending peer's task.
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
    /// Too many pending, or too many that failed; later it may be answered.
    #[error("{0}")]
    Busy(String),
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
    /// A host that answers offers and lets in whom `admission` lets in. Sockets are bound when first needed.
    pub fn new(settings: WebRtcSettings, admission: Arc<Admission>) -> Self {
        let (sender, joined) = mpsc::channel(MAX_WAITING);
        let sockets = Sockets::new(settings.ports.clone(), settings.tcp);
        let (peers, left) = Default::default();
        let runtime = Handle::current();
        let signalling = Signalling { settings, sockets, admission, joined: sender, peers, left, runtime };
        Self { signalling: WebRtcSignalling(Arc::new(signalling)), joined }
    }

    /// What answers offers.
    pub fn signalling(&self) -> WebRtcSignalling {
        self.signalling.clone()
    }

    /// The next viewer that was let in. May be cancelled without loss.
    pub async fn accept(&mut self) -> Option<Joined> {
        self.joined.recv().await
    }

    /// How many peers are there, those that are not let in yet included.
    pub fn open_connections(&self) -> usize {
        self.signalling.0.peers().len()
    }

    /// Closes all links, tells the viewers why, and waits until they know, for about a second.
    pub async fn close(mut self, reason: &str) {
        self.joined.close();
        let signalling = Arc::clone(&self.signalling.0);
        for known in signalling.peers().values() {
            if let Some(link) = &known.link {
                link.close(reason);
            }
        }
        signalling.peers().retain(|_, known| known.link.is_some());
        let all_left = async {
            loop {
                let left = signalling.left.notified();
                if signalling.peers().is_empty() {
                    return;
                }
                left.await;
            }
        };
        // Viewers that are gone need not be waited for.
        let _ = timeout(FAREWELL_TIMEOUT * 2, all_left).await;
    }
}

impl Drop for WebRtcHost {
    fn drop(&mut self) {
        let signalling = &self.signalling.0;
        for known in std::mem::take(&mut *signalling.peers()).into_values() {
            if let Some(link) = known.link {
                link.close("");
            }
        }
        signalling.sockets.close();
    }
}

impl WebRtcSignalling {
    /// Answers the offer of a viewer whose request came from `viewer`. Its hello must then come over the
    /// link, within the time that the settings allow.
    pub async fn answer(&self, viewer: SocketAddr, offer: &str) -> Result<Answer, AnswerError> {
        let permit = self.0.admission.approach(viewer.ip(), Instant::now());
        let permit = permit.map_err(|reason| AnswerError::Busy(reason.to_string()))?;
        let id = random_id()?;
        let (restarts, to_restart) = mpsc::channel(MAX_RESTARTS);
        let (closing, closed) = oneshot::channel();
        let known = KnownPeer { restarts, link: None, closing };
        self.0.peers().insert(id.clone(), known);
        let (answer, answered) = oneshot::channel();
        let offered = Offered {
            signalling: Arc::clone(&self.0),
            address: viewer,
            permit,
            entry: PeerEntry { signalling: Arc::clone(&self.0), id: id.clone() },
            restarts: to_restart,
        };
        // In a task of its own, so that an offer which breaks the library breaks nothing else.
        let offer = offer.to_owned();
        self.0.runtime.spawn(async move {
            tokio::select! {
                () = offered.run(offer, answer) => {}
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
        let busy = || AnswerError::Busy("the link is busy with earlier offers".to_owned());
        restarts.try_send(restart).map_err(|_| busy())?;
        answered.await.map_err(|_| AnswerError::Unknown)?
    }
}

impl fmt::Debug for WebRtcSignalling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebRtcSignalling").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Signalling {
    fn peers(&self) -> MutexGuard<'_, HashMap<String, KnownPeer>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's entry; given back when dropped.
struct PeerEntry {
    signalling: Arc<Signalling>,
    id: String,
}

impl Drop for PeerEntry {
    fn drop(&mut self) {
        self.signalling.peers().remove(&self.id);
        self.signalling.left.notify_waiters();
    }
}

fn random_id() -> Result<String, AnswerError> {
    let mut id = [0; 16];
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, &mut id)
        .map_err(|_| AnswerError::Local("the system has no random numbers".to_owned()))?;
    Ok(base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id))
}
