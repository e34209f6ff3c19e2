//! The host's side of WebSocket: hears the hello of who has come through HTTP, and hands over a live link.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use protocol::{
    Lane,
    control::{Hello, Refusal, RefusalCode, ToViewer},
    encode,
};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf},
    time::timeout,
};

use super::{
    LAST_WORDS, WebSocketSettings,
    pulse::Pulse,
    reader::{Heard, Judge, Reader},
    task::LinkTask,
    writer::Writer,
};
use crate::{
    close::CloseReason,
    doorkeeper::{Admission, Doorkeeper},
    gate::{Pass, TurnedAway},
    introduction::{check_hello_length, read_hello},
    lanes::lane_number,
    link::{Joined, link},
    ticket::UnixSeconds,
};

/// Why somebody who opened a WebSocket did not join. It was told already.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// Too many stand at the door.
    #[error("{0}")]
    TurnedAway(TurnedAway),
    /// It has no right to.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// It said nothing in time.
    #[error("it did not say hello in time")]
    Silence,
    /// It left.
    #[error("{0}")]
    Lost(CloseReason),
}

/// Hears the hello on a stream whose upgrade to WebSocket was answered, and checks it by `doorkeeper`'s rules.
///
/// Takes no longer than the settings' time for a hello and a second for last words. Needs a tokio runtime.
pub async fn accept<S>(
    stream: S,
    peer: SocketAddr,
    doorkeeper: &Doorkeeper,
    settings: WebSocketSettings,
) -> Result<Joined, AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut stranger = Stranger::new(stream, peer);
    let pass = match doorkeeper.approach(peer.ip(), Instant::now()) {
        Ok(pass) => pass,
        Err(turned_away) => {
            let refusal = Refusal { code: RefusalCode::Full, message: turned_away.to_string() };
            stranger.refuse(refusal).await;
            return Err(AcceptError::TurnedAway(turned_away));
        }
    };
    let hello = match timeout(settings.hello_timeout, stranger.hello()).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(reason @ (CloseReason::Left(_) | CloseReason::Lost(_)))) => {
            return Err(AcceptError::Lost(reason));
        }
        Ok(Err(reason)) => {
            let message = match reason {
                CloseReason::Protocol(what) => what,
                other => other.to_string(),
            };
            return turn_away(stranger, pass, Refusal { code: RefusalCode::Protocol, message }).await;
        }
        Err(_) => {
            pass.fail(Instant::now());
            return Err(AcceptError::Silence);
        }
    };
    match doorkeeper.admit(&hello, UnixSeconds::now()) {
        Ok(admission) => Ok(stranger.let_in(hello, admission, doorkeeper, settings)),
        Err(refusal) => turn_away(stranger, pass, refusal).await,
    }
}

async fn turn_away<S>(stranger: Stranger<S>, pass: Pass, refusal: Refusal) -> Result<Joined, AcceptError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    pass.fail(Instant::now());
    drop(pass);
    stranger.refuse(refusal.clone()).await;
    Err(AcceptError::Refused(refusal))
}

/// Somebody who has not said hello yet.
struct Stranger<S> {
    reader: Reader<ReadHalf<S>>,
    writer: Writer<WriteHalf<S>>,
    pulse: Arc<Pulse>,
    peer: SocketAddr,
    came: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stranger<S> {
    fn new(stream: S, peer: SocketAddr) -> Self {
        let pulse = Arc::new(Pulse::new(Some(peer)));
        let (read, write) = tokio::io::split(stream);
        let reader = Reader::new(read, true, Arc::clone(&pulse));
        let writer = Writer::new(write, false, Arc::clone(&pulse));
        Self { reader, writer, pulse, peer, came: Instant::now() }
    }

    /// The first message.
    async fn hello(&mut self) -> Result<Hello, CloseReason> {
        loop {
            match self.reader.next(&mut OnlyHello).await? {
                Heard::Message(_, message) => {
                    return read_hello(&message).map_err(|refusal| CloseReason::Protocol(refusal.message));
                }
                // Strangers ask in vain.
                Heard::Ping(_) => {}
                Heard::Close(reason) => return Err(reason),
            }
        }
    }

    fn let_in(
        self,
        mut hello: Hello,
        admission: Admission,
        doorkeeper: &Doorkeeper,
        settings: WebSocketSettings,
    ) -> Joined {
        hello.ticket.clear();
        let Self { reader, writer, pulse, peer: address, came } = self;
        // The answer to the upgrade left when it came, and a viewer says hello as soon as it has that.
        pulse.guess_round_trip(came.elapsed());
        let (link, driver) = link(Box::new(Arc::clone(&pulse)));
        let roll_calls = Some(doorkeeper.newcomer());
        tokio::spawn(LinkTask { reader, writer, pulse, driver, settings, roll_calls }.run());
        let Admission { version, role, ticket } = admission;
        tracing::debug!(%address, ?role, ?ticket, agent = %crate::close::clean(&hello.agent), "a viewer joined");
        Joined { link, hello, version, role, ticket, address }
    }

    /// Says why, and waits until it was heard, for at most a second.
    async fn refuse(mut self, refusal: Refusal) {
        let farewell = CloseReason::Refused(refusal.clone()).farewell();
        let heard = async {
            let message = encode(&ToViewer::Refused(refusal));
            self.writer.message(lane_number(Lane::Control), &message).await?;
            self.writer.close(&farewell).await?;
            self.writer.shutdown().await?;
            self.reader.discard().await;
            std::io::Result::Ok(())
        };
        // Whether it was heard or not: the connection ends.
        let _ = timeout(LAST_WORDS, heard).await;
    }
}

/// Lets in nothing but a message that may be a hello.
struct OnlyHello;

impl Judge for OnlyHello {
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
        if number != lane_number(Lane::Control) {
            return Err(CloseReason::Protocol("the first message must be a hello".to_owned()));
        }
        check_hello_length(so_far.saturating_add(more))
            .map_err(|refusal| CloseReason::Protocol(refusal.message))
    }

    fn name(_: u8) -> String {
        "the hello".to_owned()
    }
}
