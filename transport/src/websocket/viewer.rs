//! The viewer's side of WebSocket, of native viewers where no UDP gets through. Browsers have their own.

use std::{net::SocketAddr, sync::Arc};

use protocol::{Lane, control::Welcome};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    WebSocketSettings,
    pulse::{ANSWER, MAX_PULSE, Pulse, QUESTION},
    reader::{Heard, Judge, Reader},
    task::LinkTask,
    writer::Writer,
};
use crate::{
    admission::introduction::{ConnectError, Introduction, read_answer},
    close::CloseReason,
    link::{ViewerLink, link},
    ticket::TicketText,
};

/// Joins over a stream whose upgrade to WebSocket the host answered. Needs a tokio runtime.
pub async fn connect<S>(
    stream: S,
    peer: SocketAddr,
    ticket: &TicketText,
    introduction: Introduction,
    settings: WebSocketSettings,
) -> Result<(ViewerLink, Welcome), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Arc::new(Pulse::new(Some(peer)));
    let (read, write) = tokio::io::split(stream);
    let mut reader = Reader::new(read, false, Arc::clone(&pulse));
    let mut writer = Writer::new(write, true, Arc::clone(&pulse));
    let asked = async {
        writer.message(Lane::Control.id(), &introduction.hello(ticket)).await?;
        loop {
            match reader.next(&mut OnlyAnswer).await? {
                Heard::Message(QUESTION, _) => writer.message(ANSWER, b"").await?,
                Heard::Message(_, message) => return read_answer(&message),
                Heard::Ping(_) => {}
                Heard::Close(reason) => return Err(reason.into()),
            }
        }
    };
    let silence = |_| ConnectError::Silence { host: peer.to_string() };
    let welcome = timeout(settings.hello_timeout, asked).await.map_err(silence)??;
    let (link, driver) = link(Box::new(Arc::clone(&pulse)));
    tokio::spawn(LinkTask { reader, writer, pulse, driver, settings, probes: None }.run());
    Ok((link, welcome))
}

/// Lets in nothing but a message of the control lane. A host may ask whether the viewer lives before it
/// answers.
struct OnlyAnswer;

impl Judge for OnlyAnswer {
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
        let longest = match number {
            QUESTION => MAX_PULSE,
            _ if number == Lane::Control.id() => Lane::Control.max_message(),
            _ => 0,
        };
        if so_far.saturating_add(more) <= longest {
            return Ok(());
        }
        Err(CloseReason::Protocol("its first message is no answer".to_owned()))
    }

    fn name(_: u8) -> String {
        "the answer".to_owned()
    }
}
