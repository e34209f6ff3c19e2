//! Takes TCP connections on the page's port, up to their first byte of HTTP.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::http::uri::Authority;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::{
    Site,
    connection::{self, Version},
    site::TlsStream,
};

/// How long a connection may take from its first byte to the end of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Connections at once that a [`Site`] should admit. A browser makes up to six over HTTP/1.1 and one over
/// HTTP/2.
pub const MAX_CONNECTIONS: usize = 256;

/// Connections at once from one neighbourhood: phones of one network share an address.
pub const MAX_CONNECTIONS_OF_PREFIX: usize = 64;

/// The largest segment, in bytes: tunnels have less room than the usual 1460, and where the word of that is
/// lost on the way, larger ones vanish again and again. Connections that were accepted inherit it.
const SEGMENT: u32 = 1200;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// What every TLS connection begins with: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// A page's socket, bound.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Listens on `address`, or everywhere on the usual port. Needs a tokio runtime.
    pub fn bind(address: Option<SocketAddr>, usual_port: u16) -> io::Result<Self> {
        let listener = match address {
            Some(address) => listen(address),
            // One socket for both families, where there are both.
            None => match listen((Ipv6Addr::UNSPECIFIED, usual_port).into()) {
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                    listen((Ipv4Addr::UNSPECIFIED, usual_port).into())
                }
                bound => bound,
            },
        }?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `site` until the returned task is aborted.
    pub fn serve<S: Site>(self, site: Arc<S>) -> Result<JoinHandle<()>, rustls::Error> {
        let tls = TlsAcceptor::from(Arc::new(site.tls().certificates.tls()?));
        Ok(tokio::spawn(accept(self.listener, site, tls)))
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    if let Err(error) = socket.set_tcp_mss(SEGMENT) {
        debug!(%error, "the page may not load over paths that lose large packets");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

async fn accept<S: Site>(listener: TcpListener, site: Arc<S>, tls: TlsAcceptor) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => match site.admit(&socket, peer) {
                    Ok(permit) => {
                        connections.spawn(serve(socket, peer, permit, Arc::clone(&site), tls.clone()));
                    }
                    Err(reason) => debug!(%peer, %reason, "turned a page's connection away"),
                },
                Err(error) => {
                    warn!(%error, "the page's port cannot accept");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<S: Site>(
    socket: TcpStream,
    peer: SocketAddr,
    permit: S::Permit,
    site: Arc<S>,
    tls: TlsAcceptor,
) {
    site.tls().certificates.refresh(Instant::now());
    if let Ok(address) = socket.local_addr() {
        site.tls().certificates.cover(address.ip());
    }
    match timeout(HANDSHAKE, greet(socket, &*site, &tls)).await {
        Ok(Ok(Greeted::Tls(stream))) => match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => connection::serve(*stream, Version::Http2, peer, permit, site).await,
            None | Some(b"http/1.1") => connection::serve(*stream, Version::Http1, peer, permit, site).await,
            Some(_) => site.take_other(*stream, peer, permit).await,
        },
        Ok(Ok(Greeted::Plain(socket))) => connection::serve(socket, Version::Http1, peer, permit, site).await,
        Ok(Ok(Greeted::Answered)) => {}
        Ok(Err(error)) => debug!(%peer, %error, "no TLS connection"),
        Err(_) => debug!(%peer, "no TLS connection in time"),
    }
}

/// How a connection begins.
enum Greeted {
    /// With TLS.
    Tls(Box<TlsStream>),
    /// With plain HTTP, which is served here.
    Plain(TcpStream),
    /// It is over.
    Answered,
}

/// Does the handshake, or says to whom speaks plain HTTP where to go.
async fn greet<S: Site>(mut socket: TcpStream, site: &S, tls: &TlsAcceptor) -> io::Result<Greeted> {
    let mut first = [0];
    match socket.peek(&mut first).await? {
        0 => Ok(Greeted::Answered),
        _ if first[0] == TLS_HANDSHAKE => {
            tls.accept(socket).await.map(|stream| Greeted::Tls(Box::new(stream)))
        }
        _ if first[0].is_ascii_uppercase() && site.tls().plain => Ok(Greeted::Plain(socket)),
        _ if first[0].is_ascii_uppercase() => {
            redirect(&mut socket, site).await?;
            Ok(Greeted::Answered)
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "neither TLS nor HTTP")),
    }
}

/// The longest request that is read before the answer.
const MAX_PLAIN_REQUEST: usize = 4096;

/// How the first line of a request over plain HTTP ends.
const PLAIN_HTTP: &[u8] = b" HTTP/1.1";

/// Answers a request over plain HTTP; anything else is not worth an answer.
async fn redirect<S: Site>(socket: &mut TcpStream, site: &S) -> io::Result<()> {
    let mut request = Vec::new();
    while request.len() < MAX_PLAIN_REQUEST && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    if !request.split(|&b| b == b'\r').next().is_some_and(|line| line.ends_with(PLAIN_HTTP)) {
        return Ok(());
    }
    let host = named_host(&request).filter(|host| site.tls().hosts.answers_to(host));
    let host = host.map(|host| host.to_string()).or_else(|| site.authority());
    let Some(host) = host else { return Ok(()) };
    let place = format!("https://{host}/");
    let body = format!("This port speaks HTTPS: open {place}\n");
    let answer = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: {place}\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await
}

fn named_host(request: &[u8]) -> Option<Authority> {
    let text = std::str::from_utf8(request).ok()?;
    let mut hosts = text.split("\r\n").skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then_some(value.trim())
    });
    let host: Authority = hosts.next()?.parse().ok()?;
    (hosts.next().is_none() && !host.as_str().contains('@')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_request_names_its_host_once_or_not_at_all() {
        let host = |text: &str| named_host(text.as_bytes()).map(|host| host.to_string());
        assert_eq!(host("GET / HTTP/1.1\r\nHost: a.example:1\r\n\r\n").as_deref(), Some("a.example:1"));
        assert_eq!(host("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"), None);
        assert_eq!(host("GET / HTTP/1.0\r\n\r\n"), None);
        assert_eq!(host("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), None);
        assert_eq!(named_host(b"\xff\xff\r\nHost: a"), None);
    }
}
