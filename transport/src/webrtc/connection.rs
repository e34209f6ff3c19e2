//! The task that drives one link over one peer connection, the same for both ends.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::{
    LinkTimes,
    lanes::{self, READ_AHEAD, ToReader},
    liveness::Liveness,
    outbox::Outbox,
    peer::{Channel, Happened, Peer},
    pieces::{Data, Kind},
    pump::Pump,
    renewal::Renewal,
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::Weighed,
    link::{Driver, End, Frame, Inbox, Outgoing},
    roll_call::RollCalls,
};

/// How long a link that closes waits for its last words to get through.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes that may be with SCTP unacknowledged. More would only wait there, in the way of what is more urgent.
pub(super) const UPDATES_WINDOW: usize = 128 << 10;
const CONTROL_WINDOW: usize = 64 << 10;
const MOTION_WINDOW: usize = 8 << 10;

/// What drives a link.
pub(super) struct LinkTask<E: End> {
    pub(super) pump: Pump,
    pub(super) driver: Driver<E>,
    pub(super) liveness: Liveness,
    /// How it gets to another address.
    pub(super) renewal: Renewal,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(super) roll_calls: Option<RollCalls>,
}

/// How far a link is with closing.
enum Closing {
    /// It is not.
    No,
    /// What is queued goes first, then the farewell.
    Asked(CloseReason, Farewell, Instant),
    /// The farewell went; once it was acknowledged, that is the end.
    Said(CloseReason, Farewell, Instant),
}

impl<E: End> LinkTask<E> {
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { mut pump, driver, mut liveness, mut renewal, mut roll_calls } = self;
        let (outgoing, inbox, mut requests, end) = driver.into_parts();
        let Outgoing { mut control, mut input, mut updates, mut unreliable } = outgoing;
        let (to_reader, from_pump) = mpsc::channel(READ_AHEAD);
        let mut reader = pin!(lanes::read(from_pump, inbox.clone()));
        let mut network = requests.clone();
        let (mut reliable, mut pictures) = (Outbox::default(), Outbox::default());
        let mut closing = Closing::No;
        let (reason, farewell) = loop {
            fill(&mut pump.peer, Channel::Control, CONTROL_WINDOW, &mut reliable);
            fill(&mut pump.peer, Channel::Updates, UPDATES_WINDOW, &mut pictures);
            if let Some(ended) = closing.step(&mut pump.peer) {
                break ended;
            }
            let due = closing.deadline().unwrap_or_else(|| liveness.due(pump.heard()));
            let idle = reliable.is_empty() && !closing.is_said();
            let happened = tokio::select! {
                biased;
                Some(reason) = &mut reader => break with_farewell(reason),
                Some(frame) = control.pop(), if idle => { put(&mut reliable, frame); continue }
                Some(frame) = input.pop(), if idle => { put(&mut reliable, frame); continue }
                () = std::future::ready(()), if idle && closing.is_asked() => {
                    closing = closing.say(&mut pump.peer);
                    continue;
                }
                (reason, farewell) = requests.close(), if matches!(closing, Closing::No) => {
                    closing = Closing::Asked(reason, farewell, Instant::now() + LAST_WORDS);
                    continue;
                }
                Some(frame) = updates.pop() => { put(&mut pictures, frame); continue }
                Some(frame) = unreliable.pop() => { send_unreliable(&mut pump.peer, frame); continue }
                () = called(roll_calls.as_mut()) => {
                    let question = liveness.call_roll(Instant::now(), pump.heard());
                    say(&mut pump.peer, &question);
                    continue;
                }
                step = renewal.next(&mut network) => { renewal.step(step, &mut pump).await; continue }
                happened = pump.next(to_reader.capacity() > 0) => happened,
                () = sleep_until(due.into()) => Happened::Moved,
            };
            let now = Instant::now();
            match happened {
                Happened::Data(Channel::Motion, data) => {
                    if let Err(reason) = heard_unreliably::<E>(&mut pump, &mut liveness, &inbox, data.freeze()) {
                        break with_farewell(reason);
                    }
                }
                Happened::Data(channel, data) => match Data::read(data.freeze()) {
                    // There is room: it was asked for.
                    Ok(data) => drop(to_reader.try_send((channel, data))),
                    Err(problem) => break with_farewell(CloseReason::Protocol(problem)),
                },
                Happened::Breach(what) => break with_farewell(CloseReason::Protocol(what.to_owned())),
                Happened::Ended(why) => {
                    let lost = closing.reason().unwrap_or_else(|| CloseReason::Lost(why.to_owned()));
                    break with_farewell(last_words(&mut pump.peer, to_reader, reader, lost).await);
                }
                Happened::Opened(_) | Happened::Moved => {}
            }
            match liveness.check(now, pump.heard()) {
                Ok(Some(question)) => say(&mut pump.peer, &question),
                Ok(None) => {}
                Err(_) if !matches!(closing, Closing::No) => {}
                Err(reason) => break with_farewell(reason),
            }
        };
        if !closing.is_said() {
            part(&mut pump, &farewell).await;
        }
        pump.peer.close();
        pump.flush();
        end.closed(reason);
        drop(inbox);
        end.finished();
    }
}

impl Closing {
    fn is_asked(&self) -> bool {
        matches!(self, Closing::Asked(..))
    }

    fn is_said(&self) -> bool {
        matches!(self, Closing::Said(..))
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Closing::No => None,
            Closing::Asked(_, _, deadline) | Closing::Said(_, _, deadline) => Some(*deadline),
        }
    }

    fn reason(&self) -> Option<CloseReason> {
        match self {
            Closing::No => None,
            Closing::Asked(reason, ..) | Closing::Said(reason, ..) => Some(reason.clone()),
        }
    }

    /// Says farewell behind all that was sent.
    fn say(self, peer: &mut Peer) -> Self {
        let Closing::Asked(reason, farewell, deadline) = self else { return self };
        send_farewell(peer, &farewell);
        Closing::Said(reason, farewell, deadline)
    }

    /// Why the link ends now, if it does.
    fn step(&self, peer: &mut Peer) -> Option<(CloseReason, Farewell)> {
        let (reason, farewell, over) = match self {
            Closing::No => return None,
            Closing::Asked(reason, farewell, deadline) => (reason, farewell, Instant::now() >= *deadline),
            Closing::Said(reason, farewell, deadline) => {
                let heard = peer.outstanding(Channel::Control) == 0;
                (reason, farewell, heard || Instant::now() >= *deadline)
            }
        };
        over.then(|| (reason.clone(), farewell.clone()))
    }
}

fn with_farewell(reason: CloseReason) -> (CloseReason, Farewell) {
    let farewell = reason.farewell();
    (reason, farewell)
}

/// Gives a channel as much as it may have.
fn fill(peer: &mut Peer, channel: Channel, window: usize, outbox: &mut Outbox) {
    while !outbox.is_empty() && peer.outstanding(channel) < window {
        let Some(data) = outbox.pop() else { return };
        if let Err(error) = peer.send(channel, data.write()) {
            // The connection is ending, and will say so.
            tracing::debug!(?channel, %error, "not sent");
            return;
        }
    }
}

fn put(outbox: &mut Outbox, frame: Weighed<Frame>) {
    let (frame, share) = frame.into_parts();
    outbox.push(Kind::Lane(frame.lane), frame, share);
}

/// Sends a message that may be lost; it is, when many wait already.
fn send_unreliable(peer: &mut Peer, frame: Weighed<Frame>) {
    if peer.outstanding(Channel::Motion) < MOTION_WINDOW {
        let Frame { lane, bytes, .. } = frame.item;
        say(peer, &Data::Whole { kind: Kind::Lane(lane), body: bytes });
    }
}

/// Sends on the unreliable channel.
pub(super) fn say(peer: &mut Peer, data: &Data) {
    if let Err(error) = peer.send(Channel::Motion, data.write()) {
        tracing::debug!(%error, "not sent");
    }
}

fn send_farewell(peer: &mut Peer, farewell: &Farewell) {
    let message = Bytes::copy_from_slice(farewell.message.as_bytes());
    let data = Data::Farewell { code: farewell.code as u8, message };
    if let Err(error) = peer.send(Channel::Control, data.write()) {
        tracing::debug!(%error, "no farewell");
    }
}

/// Says farewell at once, and waits until it was heard, for at most a second.
pub(super) async fn part(pump: &mut Pump, farewell: &Farewell) {
    send_farewell(&mut pump.peer, farewell);
    let heard = async {
        while pump.peer.outstanding(Channel::Control) > 0 {
            if let Happened::Ended(_) = pump.next(false).await {
                return;
            }
        }
    };
    // Whether it was heard or not: the connection ends.
    let _ = timeout(LAST_WORDS, heard).await;
}

fn heard_unreliably<E: End>(
    pump: &mut Pump,
    liveness: &mut Liveness,
    inbox: &Inbox<E>,
    data: Bytes,
) -> Result<(), CloseReason> {
    match Data::read(data).map_err(CloseReason::Protocol)? {
        Data::Whole { kind, body } => lanes::offer(inbox, kind, &body),
        Data::Question(question) => {
            say(&mut pump.peer, &Data::Answer(question));
            Ok(())
        }
        Data::Answer(answer) => {
            liveness.answered(Instant::now(), &answer);
            if let Some(rtt) = liveness.rtt() {
                pump.figures.update(|figures| figures.rtt = rtt);
            }
            Ok(())
        }
        Data::KeyframeWanted(_) => Ok(()),
        Data::Piece { .. } | Data::Farewell { .. } => {
            Err(CloseReason::Protocol("a part of a message on the unreliable channel".to_owned()))
        }
    }
}

/// The connection ended: what came before is still read, and may say why.
async fn last_words(
    peer: &mut Peer,
    to_reader: mpsc::Sender<ToReader>,
    reader: impl Future<Output = Option<CloseReason>>,
    lost: CloseReason,
) -> CloseReason {
    let mut rest = Vec::new();
    while let Some(happened) = peer.poll(true) {
        if let Happened::Data(channel, data) = happened
            && channel != Channel::Motion
            && let Ok(data) = Data::read(data.freeze())
        {
            rest.push((channel, data));
        }
    }
    let feed = async move {
        for data in rest {
            if to_reader.send(data).await.is_err() {
                return;
            }
        }
    };
    let read = async { tokio::join!(feed, reader).1 };
    timeout(LAST_WORDS, read).await.ok().flatten().unwrap_or(lost)
}

async fn called(calls: Option<&mut RollCalls>) {
    match calls {
        Some(calls) => calls.next().await,
        None => std::future::pending().await,
    }
}

/// Times and liveness of a link that is about to begin.
pub(super) fn liveness(times: LinkTimes) -> Liveness {
    Liveness::new(times, Instant::now())
}
