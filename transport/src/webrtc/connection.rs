//! The task that drives one link over one peer connection, the same for both ends.

use std::{
    future::ready,
    pin::pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::Lane;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::{
    LinkTimes,
    beside::Assembler,
    lanes::{self, READ_AHEAD, ToReader},
    liveness::Liveness,
    outbox::Outbox,
    peer::{Channel, Happened, MAX_VIDEO_SLOTS, Peer},
    pieces::{Data, Kind},
    pump::Pump,
    renewal::Renewal,
    slots::Slots,
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::Weighed,
    link::{Driver, End, Frame, Inbox, Outgoing, RequestReceiver},
    roll_call::RollCalls,
};

/// How long a link that closes waits for its last words to get through.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes that may be with SCTP unacknowledged. More would only wait there, in the way of what is more urgent.
pub(super) const UPDATES_WINDOW: usize = 128 << 10;
const CONTROL_WINDOW: usize = 64 << 10;
/// Access units that wait for the reader.
const UNITS_AHEAD: usize = 512;
const MOTION_WINDOW: usize = 8 << 10;

/// What drives a link.
pub(super) struct LinkTask<E: End> {
    pub(super) pump: Pump,
    pub(super) driver: Driver<E>,
    pub(super) liveness: Liveness,
    /// Where videos travel beside their updates, if they do.
    pub(super) slots: Option<Slots>,
    /// How it gets to another address.
    pub(super) renewal: Renewal,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(super) roll_calls: Option<RollCalls>,
}

impl<E: End> LinkTask<E> {
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { mut pump, driver, liveness, slots, renewal, roll_calls } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let lanes = Lanes { outgoing, inbox, requests };
        let (reason, farewell) = lanes.drive(&mut pump, liveness, slots, renewal, roll_calls).await;
        let others_wish = matches!(reason, CloseReason::Left(_) | CloseReason::Rejected(_));
        let gone = matches!(reason, CloseReason::Silence(_) | CloseReason::Lost(_));
        end.closed(reason);
        if !others_wish && !gone {
            send_farewell(&mut pump.peer, &farewell);
            // The other end closes once it has read all that was sent before.
            linger(&mut pump).await;
        }
        pump.peer.close();
        pump.flush();
        end.finished();
    }
}

/// The lanes of a link.
struct Lanes<E: End> {
    outgoing: Outgoing,
    inbox: Inbox<E>,
    requests: RequestReceiver,
}

impl<E: End> Lanes<E> {
    /// Moves messages until the link ends, and says why. When this returns, nothing of the inbox is left here.
    async fn drive(
        self,
        pump: &mut Pump,
        mut liveness: Liveness,
        mut slots: Option<Slots>,
        mut renewal: Renewal,
        mut roll_calls: Option<RollCalls>,
    ) -> (CloseReason, Farewell) {
        let Self { outgoing, inbox, mut requests } = self;
        let Outgoing { mut control, mut input, mut updates, mut unreliable } = outgoing;
        let (to_reader, from_pump) = mpsc::channel(READ_AHEAD);
        let (whole_units, units) = mpsc::channel(UNITS_AHEAD);
        let mut assemblers: [Assembler; MAX_VIDEO_SLOTS] = Default::default();
        let mut reader = pin!(lanes::read(from_pump, units, inbox.clone()));
        let mut network = requests.clone();
        let (mut reliable, mut pictures) = (Outbox::default(), Outbox::default());
        // What this end was asked for; what is queued on the reliable lanes goes first.
        let mut closing: Option<(CloseReason, Farewell)> = None;
        let mut give_up = None;
        loop {
            fill(&mut pump.peer, Channel::Control, CONTROL_WINDOW, &mut reliable);
            fill(&mut pump.peer, Channel::Updates, UPDATES_WINDOW, &mut pictures);
            let paced = send_videos(&mut pump.peer, slots.as_mut());
            let due = give_up.unwrap_or_else(|| liveness.due(pump.heard()));
            let idle = reliable.is_empty();
            let happened = tokio::select! {
                biased;
                Some(reason) = &mut reader => return closing.unwrap_or_else(|| with_farewell(reason)),
                Some(frame) = control.pop(), if idle => { put(&mut reliable, frame); continue }
                Some(frame) = input.pop(), if idle => { put(&mut reliable, frame); continue }
                Some(asked) = ready(closing.clone()), if idle => return asked,
                asked = requests.close(), if closing.is_none() => {
                    closing = Some(asked);
                    give_up = Some(Instant::now() + LAST_WORDS);
                    continue;
                }
                Some(frame) = updates.pop() => { put_update(&mut pictures, slots.as_mut(), frame); continue }
                Some(frame) = unreliable.pop() => { send_unreliable(&mut pump.peer, frame); continue }
                () = called(roll_calls.as_mut()) => {
                    let question = liveness.call_roll(Instant::now(), pump.heard());
                    say(&mut pump.peer, &question);
                    continue;
                }
                step = renewal.next(&mut network) => { renewal.step(step, pump).await; continue }
                happened = pump.next(to_reader.capacity() > 0) => happened,
                () = sleep_until(paced.map_or(due, |paced| paced.min(due)).into()) => Happened::Moved,
            };
            let now = Instant::now();
            match happened {
                Happened::Data(Channel::Motion, data) => {
                    if let Err(reason) =
                        heard_unreliably::<E>(pump, &mut liveness, slots.as_mut(), &inbox, data.freeze())
                    {
                        return with_farewell(reason);
                    }
                }
                Happened::Data(channel, data) => match Data::read(data.freeze()) {
                    // There is room: it was asked for.
                    Ok(data) => drop(to_reader.try_send((channel, data))),
                    Err(problem) => return with_farewell(CloseReason::Protocol(problem)),
                },
                Happened::Video(slot, packet) => {
                    for unit in assemblers[usize::from(slot)].push(slot, packet) {
                        if whole_units.try_send(unit).is_err() {
                            return with_farewell(CloseReason::Overflow(Lane::Update));
                        }
                    }
                }
                Happened::KeyframeWanted(slot) => want_keyframe::<E>(slots.as_mut(), slot, &inbox),
                Happened::Breach(what) => return with_farewell(CloseReason::Protocol(what.to_owned())),
                Happened::Ended(why) => {
                    let lost = CloseReason::Lost(why.to_owned());
                    let reason = last_words(&mut pump.peer, to_reader, reader, lost).await;
                    return closing.unwrap_or_else(|| with_farewell(reason));
                }
                Happened::Opened(_) | Happened::Moved => {}
            }
            match liveness.check(now, pump.heard()) {
                Ok(Some(question)) => say(&mut pump.peer, &question),
                Ok(None) => {}
                Err(reason) => return closing.unwrap_or_else(|| with_farewell(reason)),
            }
            if give_up.is_some_and(|time| now >= time)
                && let Some(asked) = closing
            {
                return asked;
            }
        }
    }
}

fn with_farewell(reason: CloseReason) -> (CloseReason, Farewell) {
    let farewell = reason.farewell();
    (reason, farewell)
}

/// Gives a channel as much as it may have.
fn fill(peer: &mut Peer, channel: Channel, window: usize, outbox: &mut Outbox) {
    while !outbox.is_empty() && peer.outstanding(channel).is_some_and(|bytes| bytes < window) {
        let Some(data) = outbox.pop() else { return };
        if let Err(error) = peer.send(channel, data.write()) {
            // The connection is ending, and will say so.
            tracing::debug!(?channel, %error, "not sent");
            return;
        }
    }
}

fn put(outbox: &mut Outbox, frame: Weighed<Frame>) {
    let (Frame { lane, priority, bytes, aside: _ }, share) = frame.into_parts();
    outbox.push(Kind::Lane(lane), priority, bytes, Some(share));
}

fn put_update(outbox: &mut Outbox, slots: Option<&mut Slots>, frame: Weighed<Frame>) {
    let (frame, share) = frame.into_parts();
    let Frame { lane, priority, bytes, aside } = frame;
    if let (Some(slots), Some(aside)) = (slots, aside) {
        let (head, share) = slots.place(*aside, share, Instant::now());
        outbox.push(Kind::UpdateWithAside, priority, head.write(&bytes), share);
    } else {
        outbox.push(Kind::Lane(lane), priority, bytes, Some(share));
    }
}

/// Sends the packets of videos whose time has come; answers when the next may go.
fn send_videos(peer: &mut Peer, slots: Option<&mut Slots>) -> Option<Instant> {
    let slots = slots?;
    while let Some((slot, packet)) = slots.pop(Instant::now()) {
        if let Err(error) = peer.send_video(slot, packet) {
            // As lost as one that the network loses: the viewer will ask for a keyframe.
            tracing::debug!(slot, %error, "a packet of a video was not sent");
        }
    }
    slots.due()
}

fn want_keyframe<E: End>(slots: Option<&mut Slots>, slot: u8, inbox: &Inbox<E>) {
    if let Some((track, stream)) = slots.and_then(|slots| slots.keyframe_wanted(slot, Instant::now()))
        && let Some(incoming) = E::keyframe_wanted(track, stream)
    {
        inbox.tell(incoming);
    }
}

/// Sends a message that may be lost; it is, when many wait already.
fn send_unreliable(peer: &mut Peer, frame: Weighed<Frame>) {
    if peer.outstanding(Channel::Motion).is_some_and(|bytes| bytes < MOTION_WINDOW) {
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

pub(super) fn send_farewell(peer: &mut Peer, farewell: &Farewell) {
    let message = Bytes::copy_from_slice(farewell.message.as_bytes());
    let data = Data::Farewell { code: farewell.code as u8, message };
    if let Err(error) = peer.send(Channel::Control, data.write()) {
        tracing::debug!(%error, "no farewell");
    }
}

/// Waits until the other end closes, for at most a second.
pub(super) async fn linger(pump: &mut Pump) {
    let closed = async { while !matches!(pump.next(false).await, Happened::Ended(_)) {} };
    // Whether it was heard or not: the connection ends.
    let _ = timeout(LAST_WORDS, closed).await;
}

fn heard_unreliably<E: End>(
    pump: &mut Pump,
    liveness: &mut Liveness,
    slots: Option<&mut Slots>,
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
        Data::KeyframeWanted(slot) => {
            want_keyframe::<E>(slots, slot, inbox);
            Ok(())
        }
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
