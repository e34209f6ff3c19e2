//! The host's side of QUIC.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use quinn::{Connection, VarInt};
use thiserror::Error;

use super::{
    QuicSettings,
    accept::{Listener, Reception, Setup, Unreceived},
    connection::ControlStream,
    session::Plain,
    settings::TlsError,
};
use crate::{admission::Admission, close::CloseCode, identity::HostIdentity, link::Joined};

/// A UDP socket on which viewers join one session. Needs a tokio runtime; one thread is enough.
#[derive(Debug)]
pub struct QuicHost(Listener);

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
        admission: Arc<Admission>,
        settings: QuicSettings,
    ) -> Result<Self, BindError> {
        Listener::open(Setup {
            address,
            endpoint: QuicSettings::host_endpoint(identity),
            server: settings.server(identity)?,
            admission,
            settings,
            reception: Direct,
            no_error: VarInt::from_u32(CloseCode::Left as u32),
        })
        .map(Self)
    }

    /// Listens on this port of all addresses: of both families by one socket, where there are both.
    pub fn bind_everywhere(
        port: u16,
        identity: &HostIdentity,
        admission: Arc<Admission>,
        settings: QuicSettings,
    ) -> Result<Self, BindError> {
        let bind = |address| Self::bind(address, identity, Arc::clone(&admission), settings);
        match bind((Ipv6Addr::UNSPECIFIED, port).into()) {
            Err(BindError::Socket { source, .. }) if source.kind() != io::ErrorKind::AddrInUse => {
                bind((Ipv4Addr::UNSPECIFIED, port).into())
            }
            bound => bound,
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next viewer that was let in; `None` once the host was closed. May be cancelled without loss.
    pub async fn accept(&mut self) -> Option<Joined> {
        self.0.accept().await
    }

    /// How many connections are open, those that are not let in yet included.
    pub fn open_connections(&self) -> usize {
        self.0.open_connections()
    }

    /// Closes all links, tells the viewers why, and waits until they know, for at most a second.
    pub async fn close(self, reason: &str) {
        self.0.close(reason).await;
    }
}

/// Nothing comes between TLS and the hello.
#[derive(Clone)]
struct Direct;

impl Reception for Direct {
    type Session = Plain;

    const OTHER_STREAMS: u32 = 0;

    async fn receive(&self, connection: Connection) -> Result<(Plain, ControlStream), Unreceived> {
        let control = connection.accept_bi().await?;
        Ok((Plain(connection), control))
    }
}
