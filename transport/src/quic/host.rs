//! The host's side of QUIC: takes connections, checks who comes, and hands over live links.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::{
    control::{Hello, Refusal, ToViewer},
    encode,
};
use quinn::{Connection, Endpoint, Incoming, TokioRuntime, VarInt};
use thiserror::Error;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    QuicSettings,
    connection::{ConnectionProbe, ControlStream, LinkTask},
    framing,
    settings::{self, LANE_STREAMS, TlsError},
};
use crate::{
    close::{CloseCode, CloseReason},
    doorkeeper::{Admission, Doorkeeper},
    gate::Pass,
    identity::HostIdentity,
    introduction::{check_hello_length, read_hello},
    link::{Joined, link},
    ticket::UnixSeconds,
};

/// Viewers that were let in and wait to be taken.
const MAX_WAITING: usize = 16;

/// How long a refused viewer gets to read why.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A UDP socket on which viewers join one session. Needs a tokio runtime; one thread is enough.
#[derive(Debug)]
pub struct QuicHost {
    endpoint: Endpoint,
    joined: mpsc::Receiver<Joined>,
    door: JoinHandle<()>,
}

/// Why a host cannot be reached over QUIC.
#[derive(Debug, Error)]
pub enum BindError {
    /// The address cannot be used.
    #[error("UDP {address} cannot be used for QUIC: {source}")]
    Socket {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// TLS could not be set up.
    #[error("QUIC cannot be set up: {0}")]
    Tls(String),
}

impl From<TlsError> for BindError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error.to_string())
    }
}

impl QuicHost {
    /// Listens on `address`; port 0 lets the system choose.
    pub fn bind(
        address: SocketAddr,
        identity: &HostIdentity,
        doorkeeper: Arc<Doorkeeper>,
        settings: QuicSettings,
    ) -> Result<Self, BindError> {
        let config = settings.server(identity)?;
        let failed = |source| BindError::Socket { address, source };
        let socket = settings::socket(address).map_err(failed)?;
        let endpoint = Endpoint::new(
            QuicSettings::host_endpoint(identity),
            Some(config),
            socket,
            Arc::new(TokioRuntime),
        )
        .map_err(failed)?;
        let (sender, joined) = mpsc::channel(MAX_WAITING);
        let door = Door { endpoint: endpoint.clone(), doorkeeper, settings, joined: sender };
        Ok(Self { endpoint, joined, door: tokio::spawn(door.keep()) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// The next viewer that was let in; `None` once the host was closed. May be cancelled without loss.
    pub async fn accept(&mut self) -> Option<Joined> {
        self.joined.recv().await
    }

    /// How many connections are open, those that are not let in yet included.
    pub fn open_connections(&self) -> usize {
        self.endpoint.open_connections()
    }

    /// Closes all links, tells the viewers why, and waits until they know, for at most a second.
    pub async fn close(self, reason: &str) {
        self.endpoint.close(VarInt::from_u32(CloseCode::Left as u32), crate::close::clean(reason).as_bytes());
        // Viewers that are gone need not be waited for.
        let _ = timeout(LAST_WORDS, self.endpoint.wait_idle()).await;
    }
}

impl Drop for QuicHost {
    fn drop(&mut self) {
        self.door.abort();
        self.endpoint.close(VarInt::from_u32(CloseCode::Left as u32), b"");
    }
}

/// Takes connections and checks who comes.
#[derive(Clone)]
struct Door {
    endpoint: Endpoint,
    doorkeeper: Arc<Doorkeeper>,
    settings: QuicSettings,
    joined: mpsc::Sender<Joined>,
}

impl Door {
    async fn keep(self) {
        let mut strangers = JoinSet::new();
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => {
                        if let Some((incoming, pass)) = self.let_approach(incoming) {
                            strangers.spawn(self.clone().hear(incoming, pass));
                        }
                    }
                    None => return,
                },
                Some(_) = strangers.join_next() => {}
            }
        }
    }

    /// Turns away whom the gate does not want, and has addresses proved when it is busy.
    fn let_approach(&self, incoming: Incoming) -> Option<(Incoming, Pass)> {
        let address = incoming.remote_address();
        if self.doorkeeper.is_busy() && !incoming.remote_address_validated() && incoming.may_retry() {
            // Cannot fail: it may retry.
            let _ = incoming.retry();
            return None;
        }
        match self.doorkeeper.approach(address.ip(), Instant::now()) {
            Ok(pass) => Some((incoming, pass)),
            Err(reason) => {
                tracing::debug!(%address, %reason, "turned a connection away");
                incoming.refuse();
                None
            }
        }
    }

    async fn hear(self, incoming: Incoming, pass: Pass) {
        let address = incoming.remote_address();
        match timeout(self.settings.hello_timeout, self.introduce(incoming)).await {
            Ok(Ok(guest)) => self.let_in(guest, pass).await,
            Ok(Err(Turned::Refused(connection, control, refusal))) => {
                tracing::info!(%address, reason = %refusal.message, "refused a viewer");
                pass.fail(Instant::now());
                drop(pass);
                refuse(connection, control, refusal).await;
            }
            Ok(Err(Turned::Lost(reason))) => tracing::debug!(%address, %reason, "a stranger left"),
            // Dropping the connection closes it.
            Err(_) => {
                tracing::info!(%address, "a stranger did not say hello in time");
                pass.fail(Instant::now());
            }
        }
    }

    /// The handshake of TLS and the hello.
    async fn introduce(&self, incoming: Incoming) -> Result<Guest, Turned> {
        let lost = |error: quinn::ConnectionError| Turned::Lost(error.to_string());
        let connection = incoming.await.map_err(lost)?;
        let mut control = connection.accept_bi().await.map_err(lost)?;
        let admitted = hear_hello(&mut control).await?.and_then(|hello| {
            let admission = self.doorkeeper.admit(&hello, UnixSeconds::now())?;
            Ok((hello, admission))
        });
        match admitted {
            Ok((hello, admission)) => Ok(Guest { connection, control, hello, admission }),
            Err(refusal) => Err(Turned::Refused(connection, control, refusal)),
        }
    }

    async fn let_in(&self, guest: Guest, pass: Pass) {
        let Guest { connection, control, mut hello, admission } = guest;
        hello.ticket.clear();
        connection.set_receive_window(settings::authenticated_window());
        connection.set_max_concurrent_uni_streams(LANE_STREAMS.into());
        let address = connection.remote_address();
        let (link, driver) = link(Box::new(ConnectionProbe(connection.clone())));
        let idle_timeout = self.settings.idle_timeout;
        let roll_calls = Some(self.doorkeeper.newcomer());
        let task = LinkTask { connection, control, driver, own_endpoint: None, idle_timeout, roll_calls };
        tokio::spawn(task.run());
        let Admission { version, role, ticket } = admission;
        tracing::debug!(%address, ?role, ?ticket, agent = %crate::close::clean(&hello.agent), "a viewer joined");
        // Holding the pass while the host is busy keeps the queue of those who wait short.
        if self.joined.send(Joined { link, hello, version, role, ticket, address }).await.is_err() {
            tracing::debug!("the host closed while a viewer joined");
        }
        drop(pass);
    }
}

/// A viewer that may join.
struct Guest {
    connection: Connection,
    control: ControlStream,
    hello: Hello,
    admission: Admission,
}

/// Why a stranger does not join.
enum Turned {
    Refused(Connection, ControlStream, Refusal),
    Lost(String),
}

/// Reads the first message; the inner error says what was wrong with it.
async fn hear_hello(control: &mut ControlStream) -> Result<Result<Hello, Refusal>, Turned> {
    let lost = |error| Turned::Lost(format!("{error:?}"));
    let Some(length) = framing::read_length(&mut control.1).await.map_err(lost)? else {
        return Err(Turned::Lost("no hello".to_owned()));
    };
    if let Err(refusal) = check_hello_length(length) {
        return Ok(Err(refusal));
    }
    let message = framing::read_message(&mut control.1, length).await.map_err(lost)?;
    Ok(read_hello(&message))
}

/// Says why, waits until it was heard, and closes.
async fn refuse(connection: Connection, mut control: ControlStream, refusal: Refusal) {
    let farewell = CloseReason::Refused(refusal.clone()).farewell();
    let heard = async {
        framing::write(&mut control.0, encode(&ToViewer::Refused(refusal)).into()).await.ok()?;
        control.0.finish().ok()?;
        control.0.stopped().await.ok()
    };
    // Whether it was heard or not: the connection ends.
    let _ = timeout(LAST_WORDS, heard).await;
    connection.close(VarInt::from_u32(farewell.code as u32), farewell.message.as_bytes());
}
