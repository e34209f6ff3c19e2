//! The door of a host over QUIC: takes connections, has them received, checks who comes, and hands over live links.

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
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{timeout, timeout_at},
};

use super::{
    carrier::Carrier,
    connection::{ConnectionProbe, ControlStream, LinkTask},
    framing,
    host::BindError,
    settings::{self, LANE_STREAMS, QuicSettings},
};
use crate::{
    close::CloseReason,
    doorkeeper::{Admission, Doorkeeper},
    gate::Pass,
    introduction::{check_hello_length, read_hello},
    link::{Joined, link},
    ticket::UnixSeconds,
};

/// Viewers that were let in and wait to be taken.
const MAX_WAITING: usize = 16;

/// How long a refused viewer gets to read why.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a connection becomes what carries a link: what comes between TLS and the hello.
pub(crate) trait Reception: Clone + Send + Sync + 'static {
    type Carrier: Carrier;

    /// Unidirectional streams that a viewer may have open at once besides those of its lanes.
    const OTHER_STREAMS: u32;

    /// Receives a connection, up to the control stream.
    fn receive(
        &self,
        connection: Connection,
    ) -> impl Future<Output = Result<(Self::Carrier, ControlStream), Unreceived>> + Send;
}

/// Why a connection was not received.
#[derive(Debug)]
pub(crate) enum Unreceived {
    /// It ended, or spoke another language.
    Lost(String),
    /// It had no right to come here, and was told.
    Refused(String),
}

impl From<quinn::ConnectionError> for Unreceived {
    fn from(error: quinn::ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}

/// A UDP socket on which viewers join one session.
#[derive(Debug)]
pub(crate) struct Listener {
    endpoint: Endpoint,
    joined: mpsc::Receiver<Joined>,
    door: JoinHandle<()>,
    /// What a connection is closed with when all is well.
    no_error: VarInt,
}

/// What a listener is made of.
pub(crate) struct Setup<R> {
    pub(crate) address: SocketAddr,
    pub(crate) endpoint: quinn::EndpointConfig,
    pub(crate) server: quinn::ServerConfig,
    pub(crate) doorkeeper: Arc<Doorkeeper>,
    pub(crate) settings: QuicSettings,
    pub(crate) reception: R,
    pub(crate) no_error: VarInt,
}

impl Listener {
    pub(crate) fn open<R: Reception>(setup: Setup<R>) -> Result<Self, BindError> {
        let Setup { address, endpoint, server, doorkeeper, settings, reception, no_error } = setup;
        let failed = |source| BindError::Socket { address, source };
        let socket = settings::socket(address).map_err(failed)?;
        let endpoint =
            Endpoint::new(endpoint, Some(server), socket, Arc::new(TokioRuntime)).map_err(failed)?;
        let (sender, joined) = mpsc::channel(MAX_WAITING);
        let door =
            Door { endpoint: endpoint.clone(), doorkeeper, settings, reception, joined: sender, no_error };
        Ok(Self { endpoint, joined, door: tokio::spawn(door.keep()), no_error })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    pub(crate) async fn accept(&mut self) -> Option<Joined> {
        self.joined.recv().await
    }

    pub(crate) fn open_connections(&self) -> usize {
        self.endpoint.open_connections()
    }

    pub(crate) async fn close(self, reason: &str) {
        self.endpoint.close(self.no_error, crate::close::clean(reason).as_bytes());
        // Viewers that are gone need not be waited for.
        let _ = timeout(LAST_WORDS, self.endpoint.wait_idle()).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.door.abort();
        self.endpoint.close(self.no_error, b"");
    }
}

/// Takes connections and checks who comes.
#[derive(Clone)]
struct Door<R> {
    endpoint: Endpoint,
    doorkeeper: Arc<Doorkeeper>,
    settings: QuicSettings,
    reception: R,
    joined: mpsc::Sender<Joined>,
    no_error: VarInt,
}

impl<R: Reception> Door<R> {
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
        let patience = Instant::now() + self.settings.hello_timeout;
        let connection = match timeout_at(patience.into(), incoming).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return tracing::debug!(%address, %error, "a stranger left"),
            Err(_) => return too_late(address, &pass),
        };
        match timeout_at(patience.into(), self.introduce(connection.clone())).await {
            Ok(Ok(guest)) => return self.let_in(guest, pass).await,
            Ok(Err(Turned::Refused(carrier, control, refusal))) => {
                tracing::info!(%address, reason = %refusal.message, "refused a viewer");
                pass.fail(Instant::now());
                drop(pass);
                return refuse(carrier, control, refusal).await;
            }
            Ok(Err(Turned::Unreceived(Unreceived::Refused(reason)))) => {
                tracing::info!(%address, %reason, "refused a connection");
                pass.fail(Instant::now());
            }
            Ok(Err(Turned::Unreceived(Unreceived::Lost(reason)))) => {
                tracing::debug!(%address, %reason, "a stranger left");
            }
            Err(_) => too_late(address, &pass),
        }
        connection.close(self.no_error, b"");
    }

    /// What the reception wants, and the hello.
    async fn introduce(&self, connection: Connection) -> Result<Guest<R::Carrier>, Turned<R::Carrier>> {
        let (carrier, mut control) = self.reception.receive(connection).await?;
        let admitted = hear_hello(&mut control).await?.and_then(|hello| {
            let admission = self.doorkeeper.admit(&hello, UnixSeconds::now())?;
            Ok((hello, admission))
        });
        match admitted {
            Ok((hello, admission)) => Ok(Guest { carrier, control, hello, admission }),
            Err(refusal) => Err(Turned::Refused(carrier, control, refusal)),
        }
    }

    async fn let_in(&self, guest: Guest<R::Carrier>, pass: Pass) {
        let Guest { carrier, control, mut hello, admission } = guest;
        hello.ticket.clear();
        let connection = carrier.connection();
        connection.set_receive_window(settings::authenticated_window());
        connection.set_max_concurrent_uni_streams((LANE_STREAMS + R::OTHER_STREAMS).into());
        let address = connection.remote_address();
        let (link, driver) = link(Box::new(ConnectionProbe(carrier.clone())));
        let idle_timeout = self.settings.idle_timeout;
        let roll_calls = Some(self.doorkeeper.newcomer());
        let task = LinkTask { carrier, control, driver, own_endpoint: None, idle_timeout, roll_calls };
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

fn too_late(address: SocketAddr, pass: &Pass) {
    tracing::info!(%address, "a stranger did not say hello in time");
    pass.fail(Instant::now());
}

/// A viewer that may join.
struct Guest<C> {
    carrier: C,
    control: ControlStream,
    hello: Hello,
    admission: Admission,
}

/// Why a stranger does not join.
enum Turned<C> {
    Refused(C, ControlStream, Refusal),
    Unreceived(Unreceived),
}

impl<C> From<Unreceived> for Turned<C> {
    fn from(unreceived: Unreceived) -> Self {
        Self::Unreceived(unreceived)
    }
}

/// Reads the first message; the inner error says what was wrong with it.
async fn hear_hello(control: &mut ControlStream) -> Result<Result<Hello, Refusal>, Unreceived> {
    let lost = |error| Unreceived::Lost(format!("{error:?}"));
    let Some(length) = framing::read_length(&mut control.1).await.map_err(lost)? else {
        return Err(Unreceived::Lost("no hello".to_owned()));
    };
    if let Err(refusal) = check_hello_length(length) {
        return Ok(Err(refusal));
    }
    let message = framing::read_message(&mut control.1, length).await.map_err(lost)?;
    Ok(read_hello(&message))
}

/// Says why, waits until it was heard, and closes.
async fn refuse(carrier: impl Carrier, mut control: ControlStream, refusal: Refusal) {
    let farewell = CloseReason::Refused(refusal.clone()).farewell();
    let heard = async {
        framing::write(&mut control.0, encode(&ToViewer::Refused(refusal)).into()).await.ok()?;
        control.0.finish().ok()?;
        control.0.stopped().await.ok()
    };
    // Whether it was heard or not: the connection ends.
    let _ = timeout(LAST_WORDS, heard).await;
    let _ = timeout(LAST_WORDS, carrier.close(&farewell)).await;
}
