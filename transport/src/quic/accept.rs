//! The accepting side of a host over QUIC: takes connections, has them received, checks who comes, and hands
//! over live links.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use protocol::control::Hello;
use quinn::{Connection, Endpoint, Incoming, TokioRuntime, VarInt};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    connection::{ConnectionProbe, ControlStream, LinkTask},
    framing,
    host::BindError,
    session::QuicSession,
    settings::{self, LANE_STREAMS, QuicSettings},
};
use crate::{
    admission::{
        Admission,
        handshake::{self, Admitted, NoHello, PendingPeer},
        introduction::{check_hello_length, read_hello},
        pre_auth::Permit,
    },
    close::Farewell,
    link::{Joined, life::FAREWELL_TIMEOUT, link},
};

/// Viewers that were let in and wait to be taken.
const MAX_WAITING: usize = 16;

/// How a connection becomes what carries a link: what comes between TLS and the hello.
pub(crate) trait Reception: Clone + Send + Sync + 'static {
    type Session: QuicSession;

    /// Unidirectional streams that a viewer may have open at once besides those of its lanes.
    const OTHER_STREAMS: u32;

    /// Receives a connection, up to the control stream.
    fn receive(
        &self,
        connection: Connection,
    ) -> impl Future<Output = Result<(Self::Session, ControlStream), Unreceived>> + Send;
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
    accept: JoinHandle<()>,
    /// What a connection is closed with when all is well.
    no_error: VarInt,
}

/// What a listener is made of.
pub(crate) struct Setup<R> {
    pub(crate) address: SocketAddr,
    pub(crate) endpoint: quinn::EndpointConfig,
    pub(crate) server: quinn::ServerConfig,
    pub(crate) admission: Arc<Admission>,
    pub(crate) settings: QuicSettings,
    pub(crate) reception: R,
    pub(crate) no_error: VarInt,
}

impl Listener {
    pub(crate) fn open<R: Reception>(setup: Setup<R>) -> Result<Self, BindError> {
        let Setup { address, endpoint, server, admission, settings, reception, no_error } = setup;
        let failed = |source| BindError::Socket { address, source };
        let socket = settings::socket(address).map_err(failed)?;
        let endpoint =
            Endpoint::new(endpoint, Some(server), socket, Arc::new(TokioRuntime)).map_err(failed)?;
        let (sender, joined) = mpsc::channel(MAX_WAITING);
        let accept =
            Acceptor { endpoint: endpoint.clone(), admission, settings, reception, joined: sender, no_error };
        Ok(Self { endpoint, joined, accept: tokio::spawn(accept.keep()), no_error })
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
        let _ = timeout(FAREWELL_TIMEOUT, self.endpoint.wait_idle()).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accept.abort();
        self.endpoint.close(self.no_error, b"");
    }
}

/// Takes connections and checks who comes.
#[derive(Clone)]
struct Acceptor<R> {
    endpoint: Endpoint,
    admission: Arc<Admission>,
    settings: QuicSettings,
    reception: R,
    joined: mpsc::Sender<Joined>,
    no_error: VarInt,
}

impl<R: Reception> Acceptor<R> {
    async fn keep(self) {
        let mut pending = JoinSet::new();
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => {
                        if let Some((incoming, permit)) = self.let_approach(incoming) {
                            pending.spawn(self.clone().hear(incoming, permit));
                        }
                    }
                    None => return,
                },
                Some(_) = pending.join_next() => {}
            }
        }
    }

    /// Turns away whom the limiter does not want, and has addresses proved when it is busy or guessed at.
    fn let_approach(&self, incoming: Incoming) -> Option<(Incoming, Permit)> {
        let (address, now) = (incoming.remote_address(), Instant::now());
        if self.admission.wants_proof(address.ip(), now)
            && !incoming.remote_address_validated()
            && incoming.may_retry()
        {
            // Cannot fail: it may retry.
            let _ = incoming.retry();
            return None;
        }
        match self.admission.approach(address.ip(), now) {
            Ok(permit) => Some((incoming, permit)),
            Err(reason) => {
                tracing::debug!(%address, %reason, "turned a connection away");
                incoming.refuse();
                None
            }
        }
    }

    async fn hear(self, incoming: Incoming, permit: Permit) {
        let address = incoming.remote_address();
        let deadline = Instant::now() + self.settings.hello_timeout;
        let peer = QuicPeer {
            stage: Stage::Incoming(Box::new(incoming)),
            reception: self.reception.clone(),
            no_error: self.no_error,
        };
        match self.admission.receive(peer, permit, deadline).await {
            Ok(admitted) => self.start(admitted, address).await,
            Err(rejected) => rejected.log(address),
        }
    }

    /// Begins the link of an admitted viewer.
    async fn start(&self, admitted: Admitted<QuicPeer<R>>, address: SocketAddr) {
        let Admitted { peer, hello, grant, permit } = admitted;
        let Stage::Received(session, control) = peer.stage else { return };
        let connection = session.connection();
        connection.set_receive_window(settings::authenticated_window());
        connection.set_max_concurrent_uni_streams((LANE_STREAMS + R::OTHER_STREAMS).into());
        let (link, driver) = link(Box::new(ConnectionProbe(session.clone())));
        let idle_timeout = self.settings.idle_timeout;
        let probes = Some(self.admission.probe_all());
        let task = LinkTask { session, control, driver, own_endpoint: None, idle_timeout, probes };
        tokio::spawn(task.run());
        if self.joined.send(handshake::joined(link, hello, grant, address)).await.is_err() {
            tracing::debug!("the host closed while a viewer joined");
        }
        drop(permit);
    }
}

/// The other end of a connection that has not said hello yet.
struct QuicPeer<R: Reception> {
    stage: Stage<R::Session>,
    reception: R,
    no_error: VarInt,
}

/// How far a connection has come.
enum Stage<S> {
    /// Its first packet is there.
    Incoming(Box<Incoming>),
    /// TLS is done.
    Connected(Connection),
    /// Its control stream is open.
    Received(S, ControlStream),
    /// It is over, or about to change.
    Over,
}

impl<R: Reception> PendingPeer for QuicPeer<R> {
    async fn hello(&mut self) -> Result<Hello, NoHello> {
        let Stage::Incoming(incoming) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return Err(NoHello::Lost("it was heard already".to_owned()));
        };
        let connection = (*incoming).await.map_err(|error| NoHello::Lost(error.to_string()))?;
        self.stage = Stage::Connected(connection.clone());
        let (session, mut control) = self.reception.receive(connection).await?;
        let hello = read(&mut control).await;
        self.stage = Stage::Received(session, control);
        hello
    }

    async fn refuse(self, message: Bytes, farewell: Farewell) {
        let Stage::Received(session, mut control) = self.stage else { return self.close() };
        let heard = async {
            framing::write(&mut control.0, message).await.ok()?;
            control.0.finish().ok()?;
            control.0.stopped().await.ok()
        };
        // Whether it was heard or not: the connection ends.
        let _ = timeout(FAREWELL_TIMEOUT, heard).await;
        let _ = timeout(FAREWELL_TIMEOUT, session.close(&farewell)).await;
    }

    fn close(self) {
        match self.stage {
            Stage::Connected(connection) => connection.close(self.no_error, b""),
            Stage::Received(session, _) => session.connection().close(self.no_error, b""),
            Stage::Incoming(_) | Stage::Over => {}
        }
    }
}

impl From<Unreceived> for NoHello {
    fn from(unreceived: Unreceived) -> Self {
        match unreceived {
            Unreceived::Lost(reason) => NoHello::Lost(reason),
            Unreceived::Refused(reason) => NoHello::Told(reason),
        }
    }
}

/// Reads the first message.
async fn read(control: &mut ControlStream) -> Result<Hello, NoHello> {
    let lost = |error| NoHello::Lost(format!("{error:?}"));
    let Some(length) = framing::read_length(&mut control.1).await.map_err(lost)? else {
        return Err(NoHello::Lost("no hello".to_owned()));
    };
    check_hello_length(length).map_err(NoHello::Breach)?;
    let message = framing::read_message(&mut control.1, length).await.map_err(lost)?;
    read_hello(&message).map_err(NoHello::Breach)
}
