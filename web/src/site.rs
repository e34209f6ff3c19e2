//! What a port serves, as this crate sees it.

use std::{fmt::Display, net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    http::{Request, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::net::TcpStream;

use crate::{Certificates, Hosts, NamedHost, SecurityHeaders};

/// What answers on a port.
pub trait Site: Send + Sync + 'static {
    /// What a connection is counted by; given back when dropped.
    type Permit: Send + 'static;
    /// Why a connection is turned away, for the log.
    type Refusal: Display;

    /// What a browser must find true of this host, and what every answer tells it.
    fn tls(&self) -> &Tls;

    /// Host and port under which people are told to open the page, if there is such a place.
    fn authority(&self) -> Option<String>;

    /// Prepares a connection and counts it, unless there are too many.
    fn admit(&self, socket: &TcpStream, peer: SocketAddr) -> Result<Self::Permit, Self::Refusal>;

    /// Answers a request that was found to be for this host.
    fn answer(self: Arc<Self>, asked: Asked) -> impl Future<Output = Response> + Send;

    /// Takes a connection of the protocol that [`Certificates::also_speak`] names.
    fn take_other(
        self: Arc<Self>,
        stream: TlsStream,
        peer: SocketAddr,
        permit: Self::Permit,
    ) -> impl Future<Output = ()> + Send;
}

/// A connection after its handshake.
pub type TlsStream = tokio_rustls::server::TlsStream<TcpStream>;

/// What a browser must find true of this host, and what every answer tells it.
#[derive(Debug)]
pub struct Tls {
    /// The names under which requests are answered.
    pub hosts: Hosts,
    /// The certificate for these names.
    pub certificates: Certificates,
    /// The headers of every answer.
    pub headers: SecurityHeaders,
    /// Whether plain HTTP is answered as well, for a proxy on the same machine that ends TLS.
    pub plain: bool,
}

/// A request. [`NamedHost`] is among its extensions.
#[derive(Debug)]
pub struct Asked {
    /// Who asks.
    pub peer: SocketAddr,
    /// Its head.
    pub parts: Parts,
    /// Its body, of which nothing has been read.
    pub body: Body,
}

/// Answers any request.
pub(crate) async fn answer<S: Site>(site: Arc<S>, peer: SocketAddr, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut response = match site.tls().hosts.check(&parts.uri, &parts.headers) {
        Ok(host) => {
            parts.extensions.insert(NamedHost(host));
            Arc::clone(&site).answer(Asked { peer, parts, body }).await
        }
        Err(problem) => problem.into_response(),
    };
    site.tls().headers.add_to(response.headers_mut());
    response
}
