//! The viewer's side of WebTransport. Ours are browsers; this one proves that host and protocol keep the
//! contract.

use std::{io, net::SocketAddr, sync::Arc};

use protocol::control::Welcome;
use tokio::time::timeout;
use url::Url;

use super::{CertificateHash, HTTP3_STREAMS, WebTransportSettings, http3, protocol};
use crate::{
    admission::introduction::{ConnectError, Introduction},
    close::CloseReason,
    link::ViewerLink,
    pinned_certificate::{Pinned, PinnedCertificate},
    quic::{
        accept::Unreceived,
        settings::{TlsError, UPDATE_STREAMS},
        viewer::{ask, dial, join},
    },
    ticket::TicketText,
};

/// Where a host is, and what a page knows about it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its address.
    pub address: SocketAddr,
    /// The hashes of its certificates.
    pub hashes: Vec<CertificateHash>,
    /// The page's own origin.
    pub origin: String,
}

/// Joins a host. The path and the times are the settings'. Needs a tokio runtime.
pub async fn connect(
    target: Target,
    ticket: &TicketText,
    introduction: Introduction,
    settings: WebTransportSettings,
) -> Result<(ViewerLink, Welcome), ConnectError> {
    let quic = settings.quic();
    let silence = |_| ConnectError::Silence { host: target.address.to_string() };
    let joined = async {
        let local = |error: String| ConnectError::Local(io::Error::other(error));
        let url = Url::parse(&format!("https://{}{}", target.address, settings.path));
        let url = url.map_err(|error| local(error.to_string()))?;
        let (check, _) = PinnedCertificate::new(Pinned::Certificates(target.hashes.clone()));
        let streams = protocol(0, UPDATE_STREAMS + HTTP3_STREAMS);
        // The host asks, and its questions keep the connection alive.
        let config = quic
            .client_with(Arc::new(check), streams, None)
            .map_err(|error: TlsError| local(error.to_string()))?;
        let (endpoint, connection) = dial(target.address, config, quic.idle_timeout).await?;
        let opened = http3::open(connection.clone(), url, &target.origin).await;
        let (session, mut control) = opened.map_err(|unreceived| match unreceived {
            Unreceived::Lost(reason) => CloseReason::Lost(reason),
            Unreceived::Refused(reason) => CloseReason::Rejected(reason),
        })?;
        let welcome = ask(&connection, &mut control, introduction.hello(ticket), quic).await?;
        Ok((join(session, control, endpoint, quic), welcome))
    };
    timeout(settings.hello_timeout, joined).await.map_err(silence)?
}
