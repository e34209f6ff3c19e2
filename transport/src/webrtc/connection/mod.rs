//! The task that drives one link over one peer connection, the same for both ends.

pub(crate) mod liveness;
mod outbox;
pub(crate) mod pump;
mod reader;
pub(crate) mod renewal;

use std::{
    future::ready,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use bytes::Bytes;
use protocol::Lane;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use crate::{
    close::{CloseReason, Farewell},
    lane_queue::Weighed,
    link::{
        Driver, End, Inbox, Outgoing, QueuedMessage, RequestReceiver,
        life::{FAREWELL_TIMEOUT, LastWords, Lifecycle},
    },
    liveness_probe::ProbeRequests,
    webrtc::{
        connection::{
            liveness::Liveness,
            outbox::Outbox,
            pump::Pump,
            reader::{READ_AHEAD, ToReader},
            renewal::{Renewal, Step},
        },
        message::{Data, Kind},
        peer::{Channel, Happened, MAX_VIDEO_SLOTS, Peer},
        video_rtp::{
            reassemble::{Assembler, Unit},
            send::VideoSender,
        },
    },
};

/// Bytes that may be with SCTP unacknowledged. More would only wait there, in the way of what is more urgent.
pub(crate) const UPDATES_WINDOW: usize = 128 << 10;
const CONTROL_WINDOW: usize = 64 << 10;

/// The least time that a link has to answer when probed: a browser may be drawing, and acknowledgements may
/// wait for 200 ms.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// Access units that wait for the reader.
const UNITS_AHEAD: usize = 512;
const MOTION_WINDOW: usize = 8 << 10;

/// What drives a link.
pub(crate) struct LinkTask<E: End> {
    pub(crate) pump: Pump,
    pub(crate) driver: Driver<E>,
    pub(crate) liveness: Liveness,
    /// Where videos travel beside their updates, if they do.
    pub(crate) slots: Option<VideoSender>,
    /// How it gets to another address.
    pub(crate) renewal: Renewal,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(crate) probes: Option<ProbeRequests>,
}

impl<E: End> LinkTask<E> {
    /// Moves messages until the link ends.
    pub(crate) async fn run(self) {
        let Self { mut pump, driver, liveness, slots, renewal, probes } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let (to_reader, from_pump) = mpsc::channel(READ_AHEAD);
        let (whole_units, units) = mpsc::channel(UNITS_AHEAD);
        let reading = reader::read(from_pump, units, inbox.clone());
        let life = Lifecycle::new(Instant::now(), liveness.idle_timeout());
        let carrying = Carrying {
            pump: &mut pump,
            life,
            liveness,
            slots,
            renewal,
            probes,
            outgoing,
            inbox,
            network: requests.clone(),
            requests,
            reliable: Outbox::default(),
            pictures: Outbox::default(),
            assemblers: Default::default(),
            to_reader,
            whole_units,
        };
        let life = carrying.carry(reading).await;
        end.closed(life.reason().cloned().unwrap_or(CloseReason::Local));
        if let LastWords::Say(farewell) = life.last_words() {
            send_farewell(&mut pump.peer, &farewell);
            // The other end closes once it has read all that was sent before.
            linger(&mut pump).await;
        }
        pump.peer.close();
        pump.flush();
        end.finished();
    }
}

/// A link whose messages move.
struct Carrying<'a, E: End> {
    pump: &'a mut Pump,
    life: Lifecycle,
    liveness: Liveness,
    slots: Option<VideoSender>,
    renewal: Renewal,
    probes: Option<ProbeRequests>,
    outgoing: Outgoing,
    inbox: Inbox<E>,
    requests: RequestReceiver,
    /// The same, for changes of the network.
    network: RequestReceiver,
    /// What goes out on the channel of control and input, and on that of updates.
    reliable: Outbox,
    pictures: Outbox,
    assemblers: [Assembler; MAX_VIDEO_SLOTS],
    to_reader: mpsc::Sender<ToReader>,
    whole_units: mpsc::Sender<Unit>,
}

/// What happens to it.
enum Event {
    /// The reader has come to an end.
    Read(CloseReason),
    /// The handles sent a message of a lane that must not lose anything and is in order.
    Reliable(Weighed<QueuedMessage>),
    /// The handles sent an update.
    Update(Weighed<QueuedMessage>),
    /// The handles sent a message that may be lost.
    Unreliable(Weighed<QueuedMessage>),
    /// The handles want it closed.
    Asked((CloseReason, Farewell)),
    /// What must not be lost is out.
    Drained,
    /// The host wants to know at once whether its viewer lives.
    ProbeWanted,
    /// It is to get to another address.
    Renewal(Step),
    /// The peer connection did something, or time has passed.
    Happened(Happened),
}

impl<E: End> Carrying<'_, E> {
    /// Moves messages as long as the link carries any. When this returns, nothing of the inbox is left here.
    async fn carry(mut self, reading: impl Future<Output = Option<CloseReason>>) -> Lifecycle {
        let mut reading = pin!(reading);
        while self.life.carries() {
            let event = self.next_event(reading.as_mut()).await;
            let now = Instant::now();
            if let Event::Happened(Happened::Ended(why)) = event {
                let lost = CloseReason::Lost(why.to_owned());
                let reason = last_words(&mut self.pump.peer, self.to_reader, reading, lost).await;
                self.life.handle_end(now, reason);
                return self.life;
            }
            if let Err(reason) = self.apply(event, now).await {
                self.life.handle_end(now, reason);
            }
            self.life.handle_heard(self.pump.heard());
            self.life.handle_timeout(now);
        }
        self.life
    }

    /// Sends what may go, and waits for what happens next.
    async fn next_event(&mut self, reading: Pin<&mut impl Future<Output = Option<CloseReason>>>) -> Event {
        fill(&mut self.pump.peer, Channel::Control, CONTROL_WINDOW, &mut self.reliable);
        fill(&mut self.pump.peer, Channel::Updates, UPDATES_WINDOW, &mut self.pictures);
        let paced = send_videos(&mut self.pump.peer, self.slots.as_mut());
        let due = [self.life.poll_timeout(), Some(self.liveness.due()), paced];
        let due = due.into_iter().flatten().min().unwrap_or_else(Instant::now);
        let (is_open, idle) = (self.life.is_open(), self.reliable.is_empty());
        let takes_data = self.to_reader.capacity() > 0;
        let Outgoing { control, input, updates, unreliable } = &mut self.outgoing;
        tokio::select! {
            biased;
            Some(reason) = reading => Event::Read(reason),
            Some(message) = control.pop(), if idle => Event::Reliable(message),
            Some(message) = input.pop(), if idle => Event::Reliable(message),
            () = ready(()), if idle && !is_open => Event::Drained,
            asked = self.requests.close(), if is_open => Event::Asked(asked),
            Some(message) = updates.pop() => Event::Update(message),
            Some(message) = unreliable.pop() => Event::Unreliable(message),
            () = wanted(self.probes.as_mut()) => Event::ProbeWanted,
            step = self.renewal.next(&mut self.network) => Event::Renewal(step),
            happened = self.pump.next(takes_data) => Event::Happened(happened),
            () = sleep_until(due.into()) => Event::Happened(Happened::Moved),
        }
    }

    /// Does what follows from it; an error if the link cannot go on.
    async fn apply(&mut self, event: Event, now: Instant) -> Result<(), CloseReason> {
        match event {
            Event::Read(reason) => return Err(reason),
            Event::Reliable(message) => put(&mut self.reliable, message),
            Event::Update(message) => put_update(&mut self.pictures, self.slots.as_mut(), message),
            Event::Unreliable(message) => send_unreliable(&mut self.pump.peer, message),
            Event::Asked(asked) => self.life.handle_request(now, asked),
            Event::Drained => self.life.handle_drained(now),
            Event::ProbeWanted => {
                let round_trip = self.liveness.rtt().unwrap_or_default();
                self.life.handle_heard(self.pump.heard());
                self.life.handle_probe(now, PROBE_TIMEOUT, round_trip);
                let question = self.liveness.ask(now);
                say(&mut self.pump.peer, &question);
            }
            Event::Renewal(step) => self.renewal.step(step, self.pump).await,
            Event::Happened(happened) => {
                self.happened(happened)?;
                if let Some(question) = self.liveness.question(now) {
                    say(&mut self.pump.peer, &question);
                }
            }
        }
        Ok(())
    }

    fn happened(&mut self, happened: Happened) -> Result<(), CloseReason> {
        match happened {
            Happened::Data(Channel::Motion, data) => self.heard_unreliably(data.freeze())?,
            Happened::Data(channel, data) => {
                let data = Data::read(data.freeze()).map_err(CloseReason::Protocol)?;
                // There is room: it was asked for.
                drop(self.to_reader.try_send((channel, data)));
            }
            Happened::Video(slot, packet) => {
                for unit in self.assemblers[usize::from(slot)].push(slot, packet) {
                    let full = |_| CloseReason::Overflow(Lane::Update);
                    self.whole_units.try_send(unit).map_err(full)?;
                }
            }
            Happened::KeyframeWanted(slot) => self.want_keyframe(slot),
            Happened::Breach(what) => return Err(CloseReason::Protocol(what.to_owned())),
            Happened::Ended(why) => return Err(CloseReason::Lost(why.to_owned())),
            Happened::Opened(_) | Happened::Moved => {}
        }
        Ok(())
    }

    fn heard_unreliably(&mut self, data: Bytes) -> Result<(), CloseReason> {
        match Data::read(data).map_err(CloseReason::Protocol)? {
            Data::Whole { kind, body } => return reader::offer(&self.inbox, kind, &body),
            Data::Question(question) => say(&mut self.pump.peer, &Data::Answer(question)),
            Data::Answer(answer) => {
                self.liveness.answered(Instant::now(), &answer);
                if let Some(rtt) = self.liveness.rtt() {
                    self.pump.figures.update(|figures| figures.rtt = rtt);
                }
            }
            Data::KeyframeWanted(slot) => self.want_keyframe(slot),
            Data::Fragment { .. } | Data::Farewell { .. } => {
                let problem = "a part of a message on the unreliable channel".to_owned();
                return Err(CloseReason::Protocol(problem));
            }
        }
        Ok(())
    }

    fn want_keyframe(&mut self, slot: u8) {
        let slots = self.slots.as_mut();
        if let Some((track, stream)) = slots.and_then(|slots| slots.keyframe_wanted(slot, Instant::now()))
            && let Some(incoming) = E::keyframe_wanted(track, stream)
        {
            self.inbox.tell(incoming);
        }
    }
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

fn put(outbox: &mut Outbox, frame: Weighed<QueuedMessage>) {
    let (QueuedMessage { lane, priority, bytes, video: _ }, share) = frame.into_parts();
    outbox.push(Kind::Lane(lane), priority, bytes, Some(share));
}

fn put_update(outbox: &mut Outbox, slots: Option<&mut VideoSender>, frame: Weighed<QueuedMessage>) {
    let (frame, share) = frame.into_parts();
    let QueuedMessage { lane, priority, bytes, video } = frame;
    if let (Some(slots), Some(video)) = (slots, video) {
        let (head, share) = slots.place(*video, share, Instant::now());
        outbox.push(Kind::UpdateWithVideo, priority, head.write(&bytes), share);
    } else {
        outbox.push(Kind::Lane(lane), priority, bytes, Some(share));
    }
}

/// Sends the packets of videos whose time has come; answers when the next may go.
fn send_videos(peer: &mut Peer, slots: Option<&mut VideoSender>) -> Option<Instant> {
    let slots = slots?;
    while let Some((slot, packet)) = slots.pop(Instant::now()) {
        if let Err(error) = peer.send_video(slot, packet) {
            // As lost as one that the network loses: the viewer will ask for a keyframe.
            tracing::debug!(slot, %error, "a packet of a video was not sent");
        }
    }
    slots.due()
}

/// Sends a message that may be lost; it is, when many wait already.
fn send_unreliable(peer: &mut Peer, frame: Weighed<QueuedMessage>) {
    if peer.outstanding(Channel::Motion).is_some_and(|bytes| bytes < MOTION_WINDOW) {
        let QueuedMessage { lane, bytes, .. } = frame.item;
        say(peer, &Data::Whole { kind: Kind::Lane(lane), body: bytes });
    }
}

/// Sends on the unreliable channel.
pub(crate) fn say(peer: &mut Peer, data: &Data) {
    if let Err(error) = peer.send(Channel::Motion, data.write()) {
        tracing::debug!(%error, "not sent");
    }
}

pub(crate) fn send_farewell(peer: &mut Peer, farewell: &Farewell) {
    let message = Bytes::copy_from_slice(farewell.message.as_bytes());
    let data = Data::Farewell { code: farewell.code as u8, message };
    if let Err(error) = peer.send(Channel::Control, data.write()) {
        tracing::debug!(%error, "no farewell");
    }
}

/// Waits until the other end closes, for at most a second.
pub(crate) async fn linger(pump: &mut Pump) {
    let closed = async { while !matches!(pump.next(false).await, Happened::Ended(_)) {} };
    // Whether it was heard or not: the connection ends.
    let _ = timeout(FAREWELL_TIMEOUT, closed).await;
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
    timeout(FAREWELL_TIMEOUT, read).await.ok().flatten().unwrap_or(lost)
}

/// Waits until somebody wants to know whether the other end lives.
async fn wanted(probes: Option<&mut ProbeRequests>) {
    match probes {
        Some(probes) => probes.next().await,
        None => std::future::pending().await,
    }
}
