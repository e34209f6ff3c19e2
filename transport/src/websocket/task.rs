//! The task that drives one link over one WebSocket, the same for both ends.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use protocol::Lane;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    LAST_WORDS, WebSocketSettings,
    pulse::{ANSWER, FOLLOWER, MAX_PULSE, Pulse, QUESTION},
    reader::{Heard, Judge, Reader},
    sorting::Sorting,
    writer::{Stop, Writer},
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::Share,
    lanes::lane_of,
    link::{Driver, End, Inbox},
    roll_call::RollCalls,
};

/// The least time that the other end has to answer at a roll call. A question waits behind what is under way already.
const PATIENCE_AT_ROLL_CALL: Duration = Duration::from_secs(1);

/// The same after this machine's network changed: the first packets on a new path take their time.
const PATIENCE_AFTER_CHANGE: Duration = Duration::from_secs(2);

/// What drives a link.
pub(super) struct LinkTask<R, W, E: End> {
    pub(super) reader: Reader<R>,
    pub(super) writer: Writer<W>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) driver: Driver<E>,
    pub(super) settings: WebSocketSettings,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end, which asks nothing by
    /// itself.
    pub(super) roll_calls: Option<RollCalls>,
}

impl<R, W, E> LinkTask<R, W, E>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: End,
{
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { mut reader, mut writer, pulse, driver, settings, mut roll_calls } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let (mut closing, mut network) = (requests.clone(), requests);
        let (stop, stopped) = oneshot::channel();
        let (reason, spoken) = {
            let writing = writer.run(Sorting::new(outgoing), stopped);
            let reading = read(&mut reader, &pulse, inbox.clone());
            tokio::pin!(writing, reading);
            let is_host = roll_calls.is_some();
            let (reason, last) = tokio::select! {
                biased;
                heard = &mut reading => match heard {
                    Ended::Left(reason) => (reason, Last::Reply),
                    Ended::Lost(reason @ CloseReason::Protocol(_)) => (reason.clone(), Last::Say(reason.farewell())),
                    Ended::Lost(reason) => (reason, Last::Nothing),
                },
                (reason, farewell) = closing.close() => (reason, Last::Finish(farewell)),
                failed = &mut writing => {
                    let problem = failed.err().map_or_else(String::new, |error| error.to_string());
                    (CloseReason::Lost(crate::close::clean(&problem)), Last::Nothing)
                }
                reason = pulse.silence(settings.idle_timeout) => (reason, Last::Nothing),
                reason = missing(&pulse, roll_calls.as_mut()) => (reason, Last::Nothing),
                reason = follow_network(&pulse, &mut network) => (reason, Last::Nothing),
                never = beat(&pulse, is_host, settings.heartbeat) => match never {},
            };
            let spoken = !matches!(last, Last::Nothing);
            part(last, stop, writing, reading).await;
            (reason, spoken)
        };
        end.closed(reason);
        drop(inbox);
        if spoken {
            // A socket that is dropped before all was read takes back what it said last. The other end may be gone:
            // then this takes too long.
            let hung_up = async {
                let _ = writer.shutdown().await;
                reader.discard().await;
            };
            let _ = timeout(LAST_WORDS, hung_up).await;
        }
        end.finished();
    }
}

/// What is still to be said when a link ends.
enum Last {
    /// Nothing: nobody hears it.
    Nothing,
    /// That the farewell was heard.
    Reply,
    /// Why, and nothing else.
    Say(Farewell),
    /// What waits on the lanes that must not lose anything, and then why.
    Finish(Farewell),
}

/// Says the last words, and waits until they were heard, for at most a second each.
async fn part(
    last: Last,
    stop: oneshot::Sender<Stop>,
    mut writing: std::pin::Pin<&mut impl Future<Output = std::io::Result<()>>>,
    mut reading: std::pin::Pin<&mut impl Future<Output = Ended>>,
) {
    let (drain, farewell, wait) = match last {
        Last::Nothing => return,
        Last::Reply => (false, CloseReason::Local.farewell(), false),
        Last::Say(farewell) => (false, farewell, false),
        Last::Finish(farewell) => (true, farewell, true),
    };
    // An error means that the writer has failed, and then nothing can be said.
    if stop.send(Stop { drain, farewell }).is_err() {
        return;
    }
    if !wait {
        let _ = timeout(LAST_WORDS, writing).await;
        return;
    }
    // The other end goes on sending until it has heard: that must be read, or it would never come to hear.
    let both = async {
        tokio::select! {
            written = &mut writing => if written.is_ok() {
                let _ = timeout(LAST_WORDS, &mut reading).await;
            },
            _ = &mut reading => {
                let _ = writing.await;
            }
        }
    };
    let _ = timeout(LAST_WORDS * 2, both).await;
}

/// How reading ended.
enum Ended {
    /// By the other end's farewell.
    Left(CloseReason),
    /// Otherwise.
    Lost(CloseReason),
}

/// Hands over messages until the other end closes or breaks a rule.
async fn read<E: End>(reader: &mut Reader<impl AsyncRead + Unpin>, pulse: &Pulse, inbox: Inbox<E>) -> Ended {
    let mut room = Room { inbox, share: None };
    loop {
        let taken = match reader.next(&mut room).await {
            Ok(Heard::Message(QUESTION, message)) => {
                pulse.was_asked(&message);
                Ok(())
            }
            Ok(Heard::Message(ANSWER, _)) => {
                pulse.was_answered();
                Ok(())
            }
            Ok(Heard::Message(FOLLOWER, _)) => Ok(()),
            Ok(Heard::Message(number, message)) => room.take(number, &message).await,
            Ok(Heard::Ping(payload)) => {
                pulse.was_pinged(payload);
                Ok(())
            }
            Ok(Heard::Close(reason)) => return Ended::Left(reason),
            Err(reason) => Err(reason),
        };
        match taken {
            Ok(()) => {}
            // The owner is gone: what comes now interests nobody, but the farewell must be heard.
            Err(CloseReason::Local) => {
                reader.discard().await;
                return Ended::Lost(CloseReason::Local);
            }
            Err(reason) => return Ended::Lost(reason),
        }
    }
}

/// Room in the inbox for the message that is coming in.
struct Room<E: End> {
    inbox: Inbox<E>,
    share: Option<Share>,
}

impl<E: End> Judge for Room<E> {
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
        let length = so_far.saturating_add(more);
        let Some(lane) = lane_of(number) else {
            let most = match number {
                QUESTION | ANSWER => Some(MAX_PULSE),
                FOLLOWER => Some(0),
                _ => None,
            };
            if most.is_some_and(|most| length <= most) {
                return Ok(());
            }
            return Err(CloseReason::Protocol(format!("a message of {length} bytes for lane {number}")));
        };
        self.inbox.check(lane, length)?;
        if !may_be_lost(lane) {
            let share = self.inbox.reserve(more).await;
            match &mut self.share {
                Some(before) => before.merge(share),
                None => self.share = Some(share),
            }
        }
        Ok(())
    }

    fn name(number: u8) -> String {
        match lane_of(number) {
            Some(lane) => format!("the {lane:?} lane"),
            None => format!("lane {number}"),
        }
    }
}

impl<E: End> Room<E> {
    /// Hands over a message that was admitted.
    async fn take(&mut self, number: u8, message: &[u8]) -> Result<(), CloseReason> {
        let lane = lane_of(number).expect("only messages of lanes were admitted");
        match self.share.take() {
            Some(share) => self.inbox.deliver(lane, message, share).await,
            None => self.inbox.offer(lane, message),
        }
    }
}

fn may_be_lost(lane: Lane) -> bool {
    matches!(lane, Lane::Motion | Lane::Feedback)
}

/// Asks again and again whether the other end lives: the host's part.
async fn beat(pulse: &Pulse, is_host: bool, heartbeat: Duration) -> Infallible {
    if !is_host {
        return pending().await;
    }
    // Twice at the start: the second question tells the viewer what the first was for.
    pulse.ask();
    pulse.answered().await;
    loop {
        pulse.ask();
        sleep(heartbeat).await;
    }
}

/// Returns when the other end does not answer at a roll call.
async fn missing(pulse: &Pulse, calls: Option<&mut RollCalls>) -> CloseReason {
    let Some(calls) = calls else { return pending().await };
    loop {
        calls.next().await;
        if let Err(reason) = pulse.check(PATIENCE_AT_ROLL_CALL).await {
            return reason;
        }
    }
}

/// Looks whether the connection still works whenever the network changes; returns when it does not.
async fn follow_network(pulse: &Pulse, requests: &mut crate::link::RequestReceiver) -> CloseReason {
    loop {
        requests.network_change().await;
        if let Err(reason) = pulse.check(PATIENCE_AFTER_CHANGE).await {
            return reason;
        }
    }
}
