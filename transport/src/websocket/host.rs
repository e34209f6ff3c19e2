//! The host's side of WebSocket: hears the hello of who has come through HTTP, and hands over a live link.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use protocol::{
    Lane,
    control::{Hello, Refusal, RefusalCode},
};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf},
    time::timeout,
};

use super::{
    WebSocketSettings,
    pulse::Pulse,
    reader::{Heard, Judge, Reader},
    task::LinkTask,
    writer::Writer,
};
use crate::{
    admission::{
        Admission,
        handshake::{self, Admitted, NoHello, PendingPeer, Rejected},
        introduction::{NOT_A_HELLO, check_hello_length, read_hello},
        pre_auth::PreAuthError,
    },
    close::{CloseReason, Farewell},
    link::{Joined, life::FAREWELL_TIMEOUT, link},
};

/// Why somebody who opened a WebSocket did not join. It was told already.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// Too many wait to be admitted.
    #[error("{0}")]
    Busy(PreAuthError),
    /// It was not admitted.
    #[error("{0}")]
    Rejected(Rejected),
}

/// Hears the hello on a stream whose upgrade to WebSocket was answered, and checks it by `admission`'s rules.
///
/// Takes no longer than the settings' time for a hello and a second for last words. Needs a tokio runtime.
pub async fn accept<S>(
    stream: S,
    address: SocketAddr,
    admission: &Admission,
    settings: WebSocketSettings,
) -> Result<Joined, AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = WebSocketPeer::new(stream, address);
    let now = Instant::now();
    match admission.approach(address.ip(), now) {
        Ok(permit) => {
            let received = admission.receive(peer, permit, now + settings.hello_timeout).await;
            received
                .map(|admitted| start(admitted, address, admission, settings))
                .map_err(AcceptError::Rejected)
        }
        Err(busy) => {
            let refusal = Refusal { code: RefusalCode::Full, message: busy.to_string() };
            handshake::tell(peer, refusal).await;
            Err(AcceptError::Busy(busy))
        }
    }
}

/// Begins the link of an admitted viewer.
fn start<S>(
    admitted: Admitted<WebSocketPeer<S>>,
    address: SocketAddr,
    admission: &Admission,
    settings: WebSocketSettings,
) -> Joined
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Admitted { peer, hello, grant, permit: _ } = admitted;
    let WebSocketPeer { reader, writer, pulse, came } = peer;
    // The answer to the upgrade left when it came, and a viewer says hello as soon as it has that.
    pulse.guess_round_trip(came.elapsed());
    let (link, driver) = link(Box::new(Arc::clone(&pulse)));
    let probes = Some(admission.probe_all());
    tokio::spawn(LinkTask { reader, writer, pulse, driver, settings, probes }.run());
    handshake::joined(link, hello, grant, address)
}

/// The other end of a stream that has not said hello yet.
struct WebSocketPeer<S> {
    reader: Reader<ReadHalf<S>>,
    writer: Writer<WriteHalf<S>>,
    pulse: Arc<Pulse>,
    came: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> WebSocketPeer<S> {
    fn new(stream: S, address: SocketAddr) -> Self {
        let pulse = Arc::new(Pulse::new(Some(address)));
        let (read, write) = tokio::io::split(stream);
        let reader = Reader::new(read, true, Arc::clone(&pulse));
        let writer = Writer::new(write, false, Arc::clone(&pulse));
        Self { reader, writer, pulse, came: Instant::now() }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> PendingPeer for WebSocketPeer<S> {
    async fn hello(&mut self) -> Result<Hello, NoHello> {
        loop {
            match self.reader.next(&mut OnlyHello).await {
                Ok(Heard::Message(_, message)) => return read_hello(&message).map_err(NoHello::Breach),
                // Pending peers ask in vain.
                Ok(Heard::Ping(_)) => {}
                Ok(Heard::Close(reason)) => return Err(NoHello::Lost(reason.to_string())),
                Err(CloseReason::Protocol(what)) => return Err(NoHello::Breach(what)),
                Err(reason) => return Err(NoHello::Lost(reason.to_string())),
            }
        }
    }

    async fn refuse(mut self, message: Bytes, farewell: Farewell) {
        let heard = async {
            self.writer.message(Lane::Control.id(), &message).await?;
            self.writer.close(&farewell).await?;
            self.writer.shutdown().await?;
            self.reader.discard().await;
            std::io::Result::Ok(())
        };
        // Whether it was heard or not: the connection ends.
        let _ = timeout(FAREWELL_TIMEOUT, heard).await;
    }

    fn close(self) {}
}

/// Lets in nothing but a message that may be a hello.
struct OnlyHello;

impl Judge for OnlyHello {
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
        if number != Lane::Control.id() {
            return Err(CloseReason::Protocol(NOT_A_HELLO.to_owned()));
        }
        check_hello_length(so_far.saturating_add(more)).map_err(CloseReason::Protocol)
    }

    fn name(_: u8) -> String {
        "the hello".to_owned()
    }
}
