//! The native viewer's way to its host: QUIC at every place that the link names, and TCP where no UDP gets
//! through.

mod tcp;

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use protocol::control::Welcome;
use tokio::time::timeout;

use crate::{
    admission::introduction::{ConnectError, Introduction},
    link::ViewerLink,
    link_address::LinkAddress,
    quic::{self, QuicSettings, viewer},
    websocket::{self, WebSocketSettings},
};

/// How long UDP is waited for before TCP is tried as well.
const UDP_FIRST: Duration = Duration::from_millis(900);

/// Over what a link runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// QUIC.
    Udp,
    /// The messages of WebSocket over TLS.
    Tcp,
}

/// Times of a native viewer's links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialSettings {
    /// Over QUIC.
    pub quic: QuicSettings,
    /// Over TCP.
    pub websocket: WebSocketSettings,
}

/// What was reached, before the ticket was shown to it. Its key is the link's.
enum Reached {
    Udp(viewer::Reached),
    Tcp(tcp::Reached),
}

/// Joins the session that `address` leads to. Needs a tokio runtime; one thread is enough.
///
/// The host's key is checked before the ticket is sent. `last` is the way of the viewer's link before: where
/// UDP did not get through a moment ago, TCP need not wait for it.
pub async fn join(
    address: &LinkAddress,
    introduction: Introduction,
    settings: DialSettings,
    last: Option<Way>,
) -> Result<(ViewerLink, Welcome, Way), ConnectError> {
    let began = Instant::now();
    match reach(address, settings, last).await? {
        Reached::Udp(reached) => {
            let (link, welcome) = quic::viewer::enter(reached, address, introduction, settings.quic).await?;
            Ok((link, welcome, Way::Udp))
        }
        Reached::Tcp(tcp::Reached { stream, peer }) => {
            tracing::info!(%peer, waited = ?began.elapsed(), "UDP does not get through; the link runs over TCP");
            let settings = settings.websocket;
            let (link, welcome) =
                websocket::connect(stream, peer, &address.ticket, introduction, settings).await?;
            Ok((link, welcome, Way::Tcp))
        }
    }
}

/// Whether the host answers over QUIC, for a viewer whose link runs over TCP.
pub async fn answers_over_udp(address: &LinkAddress, settings: QuicSettings) -> bool {
    viewer::reach(address, settings).await.is_ok()
}

async fn reach(
    address: &LinkAddress,
    settings: DialSettings,
    last: Option<Way>,
) -> Result<Reached, ConnectError> {
    let mut udp = pin!(viewer::reach(address, settings.quic));
    if address.tcp.is_empty() {
        return udp.await.map(Reached::Udp);
    }
    let patience = if last == Some(Way::Tcp) { Duration::ZERO } else { UDP_FIRST };
    let tcp = tcp::reach(address, settings.websocket);
    let mut tcp = match timeout(patience, &mut udp).await {
        Ok(Ok(reached)) => return Ok(Reached::Udp(reached)),
        // UDP got through, to somebody else.
        Ok(Err(failed @ ConnectError::WrongKey { .. })) => return Err(failed),
        // It may be what UDP meets only: a machine in between, or a family that is not there.
        Ok(Err(failed)) => return tcp.await.map(Reached::Tcp).map_err(|error| better(failed, error)),
        Err(_) => pin!(tcp),
    };
    tokio::select! {
        biased;
        reached = &mut udp => match reached {
            Ok(reached) => Ok(Reached::Udp(reached)),
            Err(failed) => tcp.await.map(Reached::Tcp).map_err(|error| better(failed, error)),
        },
        reached = &mut tcp => match reached {
            Ok(reached) => Ok(Reached::Tcp(reached)),
            Err(error) => udp.await.map(Reached::Udp).map_err(|failed| better(failed, error)),
        },
    }
}

/// Which failure people are told: that of UDP, unless only TCP met somebody.
fn better(udp: ConnectError, tcp: ConnectError) -> ConnectError {
    if matches!(tcp, ConnectError::WrongKey { .. }) { tcp } else { udp }
}
