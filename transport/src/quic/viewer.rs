//! The viewer's side of QUIC: finds the host, checks its key, asks to join.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use protocol::{Lane, control::Welcome};
use quinn::{ClientConfig, Connection, Endpoint, TokioRuntime};
use tokio::time::timeout;

use super::{
    QuicSettings,
    connection::{ConnectionProbe, ControlStream, LinkTask},
    failures::reason_of,
    framing::{self, FrameError},
    session::{Plain, QuicSession},
    settings::{self, TlsError},
};
use crate::{
    admission::introduction::{ConnectError, Introduction, read_answer},
    close::CloseReason,
    identity::{Pin, SERVER_NAME},
    link::{ViewerLink, link},
    link_address::LinkAddress,
    pinned_certificate::{Pinned, PinnedCertificate},
    race::race,
};

/// Joins the session that `address` leads to, over QUIC alone. Needs a tokio runtime; one thread is enough.
///
/// The host's key is checked before the ticket is sent.
pub async fn connect(
    address: &LinkAddress,
    introduction: Introduction,
    settings: QuicSettings,
) -> Result<(ViewerLink, Welcome), ConnectError> {
    let reached = reach(address, settings).await?;
    enter(reached, address, introduction, settings).await
}

/// A connection to the right host, before the ticket was shown to it.
pub(crate) struct Reached {
    endpoint: Endpoint,
    connection: Connection,
}

/// Shows the ticket.
pub(crate) async fn enter(
    Reached { endpoint, connection }: Reached,
    address: &LinkAddress,
    introduction: Introduction,
    settings: QuicSettings,
) -> Result<(ViewerLink, Welcome), ConnectError> {
    let silence = || ConnectError::Silence { host: address.authority() };
    let hello = introduction.hello(&address.ticket);
    let mut control = timeout(settings.hello_timeout, connection.open_bi())
        .await
        .map_err(|_| silence())?
        .map_err(|error| reason_of(error, settings.idle_timeout))?;
    let asked = ask(&connection, &mut control, hello, settings);
    let welcome = timeout(settings.hello_timeout, asked).await.map_err(|_| silence())??;
    Ok((join(Plain(connection), control, endpoint, settings), welcome))
}

/// Runs the link of a viewer that was welcomed.
pub(crate) fn join(
    session: impl QuicSession,
    control: ControlStream,
    endpoint: Endpoint,
    settings: QuicSettings,
) -> ViewerLink {
    let (link, driver) = link(Box::new(ConnectionProbe(session.clone())));
    let (idle_timeout, own_endpoint) = (settings.idle_timeout, Some(endpoint));
    let task = LinkTask { session, control, driver, own_endpoint, idle_timeout, probes: None };
    tokio::spawn(task.run());
    link
}

/// Tries the link's places side by side.
pub(crate) async fn reach(address: &LinkAddress, settings: QuicSettings) -> Result<Reached, ConnectError> {
    let pin = address.pin;
    let reached =
        race(address.places(), settings.hello_timeout, |place| dial_pinned(place, pin, settings)).await;
    reached.map_err(|error| {
        let silent = matches!(error, ConnectError::Silence { .. });
        if silent { ConnectError::Silence { host: address.authority() } } else { error }
    })
}

async fn dial_pinned(place: SocketAddr, pin: Pin, settings: QuicSettings) -> Result<Reached, ConnectError> {
    let (check, mismatch) = PinnedCertificate::new(Pinned::Key(pin));
    let tls = |error: TlsError| ConnectError::Local(io::Error::other(error.to_string()));
    let config = settings.client(Arc::new(check)).map_err(tls)?;
    match dial(place, config, settings.idle_timeout).await {
        Ok((endpoint, connection)) => Ok(Reached { endpoint, connection }),
        Err(_) if mismatch.load(Ordering::Relaxed) => Err(ConnectError::WrongKey { host: place.to_string() }),
        Err(error) => Err(error),
    }
}

pub(crate) async fn dial(
    place: SocketAddr,
    config: ClientConfig,
    idle_timeout: Duration,
) -> Result<(Endpoint, Connection), ConnectError> {
    let endpoint =
        Endpoint::new(QuicSettings::viewer_endpoint(), None, socket_like(place)?, Arc::new(TokioRuntime))?;
    let connecting = endpoint
        .connect_with(config, place, SERVER_NAME)
        .map_err(|error| ConnectError::Local(io::Error::other(error)))?;
    let connection = connecting.await.map_err(|error| reason_of(error, idle_timeout))?;
    Ok((endpoint, connection))
}

/// A new socket of the same family as `address`.
pub(super) fn socket_like(address: SocketAddr) -> io::Result<UdpSocket> {
    match address {
        SocketAddr::V4(_) => settings::socket((Ipv4Addr::UNSPECIFIED, 0).into()),
        SocketAddr::V6(_) => settings::socket((Ipv6Addr::UNSPECIFIED, 0).into()),
    }
}

/// Says hello and hears the answer.
pub(crate) async fn ask(
    connection: &Connection,
    control: &mut ControlStream,
    hello: Bytes,
    settings: QuicSettings,
) -> Result<Welcome, ConnectError> {
    let answer = match framing::write(&mut control.0, hello).await {
        Ok(()) => hear_answer(control).await,
        Err(_) => None,
    };
    match answer {
        Some(Ok(message)) => read_answer(&message),
        Some(Err(wrong)) => Err(wrong.into()),
        None => Err(reason_of(connection.closed().await, settings.idle_timeout).into()),
    }
}

/// The host's first message; `None` if the connection ended instead.
async fn hear_answer(control: &mut ControlStream) -> Option<Result<Vec<u8>, CloseReason>> {
    let length = match framing::read_length(&mut control.1).await {
        Ok(Some(length)) if length <= Lane::Control.max_message() => length,
        Ok(Some(length)) => {
            return Some(Err(CloseReason::Protocol(format!("an answer of {length} bytes"))));
        }
        Ok(None) | Err(FrameError::Truncated) => {
            return Some(Err(CloseReason::Cut("no answer".to_owned())));
        }
        Err(FrameError::Stream(_)) => return None,
    };
    framing::read_message(&mut control.1, length).await.ok().map(Ok)
}
