//! One viewer's link, and what it is owed of each track: encode late, send always.
//!
//! A job is given when the link has room for about what it will make. The most urgent track goes first: what
//! the viewer's own input caused, then popups, then the window with the keyboard, then what has waited
//! longest. What has waited for [`PATIENCE`] is as urgent as anything. Lossless repetition of what rests
//! takes only room that is spare.
//!
//! Invariants: a viewer is owed exactly the tracks that it was told of; of each at most one job is under way.

use std::{collections::BTreeMap, time::Duration};

use media::{
    EncodeJob, Encoded, InputId, Op, Pixels, Region, Size, Timestamp, Timing, TrackId, Update, VideoCodec,
    ViewerId,
};
use protocol::{Lane, feedback::Feedback};

use super::{
    Action, Join, LinkStats, Violation,
    debt::{Debt, Job, Verdict},
    outbox::Outbox,
    rate::Rate,
    tracks::Tracks,
};

/// An update is cut when its ops have more bytes than this: half of what the lane takes, for what names and
/// numbers add.
const MAX_UPDATE: usize = Lane::Update.max_message() / 2;

/// How long a track's changes wait at most behind more urgent ones.
const PATIENCE: Duration = Duration::from_millis(300);

/// Extra bytes that may be under way for what the viewer's own input caused.
const HASTE: usize = 8 << 10;

/// The least time until what rests is looked at again.
const GRAIN: Duration = Duration::from_millis(5);

/// How long one portion of lossless repetition keeps the link busy.
const PORTION: Duration = Duration::from_millis(25);

/// The least budget of a job.
const LEAST_BUDGET: usize = 4 << 10;

/// How urgent a track's changes are, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The viewer's own input caused them.
    Caused,
    /// A popup's.
    Popup,
    /// Those of the window with the keyboard.
    Focused,
    /// Any other's.
    Other,
}

/// The priority of an update on the link: greater goes first. Lossless repetition goes like any other
/// picture, in small portions: were it to wait behind motion elsewhere, the next change of its own track
/// would wait behind it.
fn priority(rank: Rank) -> i32 {
    match rank {
        Rank::Caused => 4,
        Rank::Popup => 3,
        Rank::Focused => 2,
        Rank::Other => 1,
    }
}

/// What a job made, to be sent.
#[derive(Debug)]
pub(crate) struct Made {
    /// The ops.
    pub(crate) encoded: Encoded,
    /// The newest of the viewer's inputs that caused any of it.
    pub(crate) cause: Option<InputId>,
    /// Whether the viewer's copy is exact with it.
    pub(crate) exact: bool,
    /// Its way through the host.
    pub(crate) timing: Timing,
}

/// What one viewer is owed, and what its link takes.
#[derive(Debug)]
pub(crate) struct Delivery {
    viewer: ViewerId,
    /// Whether it decodes the video that the encoder makes.
    video: bool,
    rate: Rate,
    debts: BTreeMap<TrackId, Debt>,
    /// When something that rests can be repeated losslessly.
    next_rest: Option<Timestamp>,
}

impl Delivery {
    /// That of a viewer that joins.
    pub(crate) fn new(now: Timestamp, viewer: ViewerId, join: &Join) -> Self {
        Self {
            viewer,
            video: join.hello.video.contains(&VideoCodec::H264),
            rate: Rate::new(now, join.round_trip),
            debts: BTreeMap::new(),
            next_rest: None,
        }
    }

    /// The viewer is told of a window: it is owed all of it.
    pub(crate) fn introduce(&mut self, now: Timestamp, track: TrackId, size: Size<Pixels>) {
        self.debts.insert(track, Debt::new(now, size));
    }

    /// A window is gone.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        self.debts.remove(&track);
        self.rate.forget_track(track);
    }

    /// Whether anybody can see a window there.
    pub(crate) fn set_visible(&mut self, track: TrackId, visible: bool) {
        if let Some(debt) = self.debts.get_mut(&track) {
            debt.set_visible(visible);
        }
    }

    /// Whether the viewer sees a track.
    pub(crate) fn sees(&self, track: TrackId) -> bool {
        self.debts.get(&track).is_some_and(Debt::is_visible)
    }

    /// Pixels changed, perhaps by the viewer's own input.
    pub(crate) fn damage(&mut self, now: Timestamp, track: TrackId, region: &Region, own: Option<InputId>) {
        if let Some(debt) = self.debts.get_mut(&track) {
            debt.damage(now, region, own);
        }
    }

    /// The viewer confirmed an update.
    pub(crate) fn feedback(&mut self, now: Timestamp, feedback: &Feedback) {
        self.rate.feedback(now, feedback);
    }

    /// The transport measured the round trip.
    pub(crate) fn measured(&mut self, now: Timestamp, round_trip: Duration) {
        self.rate.measured(now, round_trip);
    }

    /// When the next thing is due; [`Self::pump`] or [`Self::handle_timeout`] does it.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.rate.timeout().into_iter().chain(self.next_rest).min()
    }

    /// What is under way for too long is written off.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        if self.rate.handle_timeout(now) {
            tracing::debug!(viewer = %self.viewer, "no feedback for long; what is under way is written off");
        }
    }

    /// How the link does.
    pub(crate) fn stats(&self, now: Timestamp) -> LinkStats {
        LinkStats {
            bitrate: self.rate.bitrate(now),
            round_trip: self.rate.round_trip(),
            outstanding: self.rate.outstanding(),
            window: self.rate.window(now),
        }
    }

    /// A job is done: the job, and what is to be said of it.
    pub(crate) fn finish(
        &mut self,
        now: Timestamp,
        encoded: &Encoded,
        size: Size<Pixels>,
    ) -> Option<(Job, Verdict)> {
        self.debts.get_mut(&encoded.track)?.finish(now, encoded, size)
    }

    /// Sends what a job made, in as many updates as it takes. `focus`: the viewer's window with the keyboard.
    pub(crate) fn send(
        &mut self,
        now: Timestamp,
        out: &mut Outbox,
        tracks: &Tracks,
        focus: Option<TrackId>,
        made: Made,
    ) {
        let Made { encoded, cause, exact, timing } = made;
        let (viewer, id) = (self.viewer, encoded.track);
        let Some(debt) = self.debts.get_mut(&id) else { return };
        let priority = priority(rank(tracks, focus, id, cause.is_some()));
        let mut parts = cut(encoded.ops);
        let last = parts.pop().unwrap_or_default();
        let parts = parts.into_iter().map(|ops| (ops, false)).chain([(last, true)]);
        for (ops, is_last) in parts {
            let bytes = ops.iter().map(Op::encoded_len).sum();
            let update = Update {
                track: id,
                id: debt.number(bytes),
                size: encoded.size,
                ops,
                exact: exact && is_last,
                caused_by_input: cause,
                timing,
            };
            self.rate.sent(now, id, update.id, bytes);
            let bitrate = self.rate.bitrate(now);
            out.push(Action::SendUpdate { viewer, update, priority, bitrate });
        }
    }

    /// Gives all jobs that the link has room for. `focus`: the viewer's window with the keyboard.
    pub(crate) fn pump(
        &mut self,
        now: Timestamp,
        out: &mut Outbox,
        tracks: &mut Tracks,
        focus: Option<TrackId>,
    ) {
        while let Some(id) = self.most_urgent(now, tracks, focus) {
            self.start_job(now, out, tracks, id, Region::new());
        }
        while let Some((id, refine)) = self.next_refinement(now, tracks) {
            self.start_job(now, out, tracks, id, refine);
        }
        let room = self.committed() < self.rate.window(now);
        let nothing = self.debts.values().all(|debt| !debt.is_owed() && debt.job().is_none());
        if room && nothing {
            self.rate.nothing_to_send();
        }
    }

    /// Notes when lossless repetition of something is due that the link has room for already.
    pub(crate) fn plan_rest(&mut self, now: Timestamp, tracks: &Tracks) {
        let rests = self.debts.iter().filter_map(|(id, debt)| {
            let rested = tracks.get(*id)?.rests_at();
            debt.refine_timeout(rested)
        });
        // What could be done now has been done: a time that has passed must not make the caller spin.
        let next = rests.min().map(|at| at.max(now + GRAIN));
        self.next_rest = next.filter(|_| self.may_refine(now));
    }

    /// Whether the viewer has, or is about to have without more work, the newest pixels of all windows that it
    /// sees, exactly.
    pub(crate) fn is_settled(&self) -> bool {
        self.debts.values().all(|debt| !debt.is_visible() || debt.is_settled())
    }

    /// Checks that these tracks and no others are owed, and the bounds.
    pub(crate) fn verify(&self, known: impl Iterator<Item = TrackId>) -> Result<(), Violation> {
        if !self.debts.keys().copied().eq(known) {
            return Err(Violation::Debts(self.viewer));
        }
        if !self.debts.values().all(Debt::is_bounded) {
            return Err(Violation::Bound("regions"));
        }
        if self.rate.is_consistent() { Ok(()) } else { Err(Violation::Rate(self.viewer)) }
    }

    /// Bytes under way and about to be.
    fn committed(&self) -> usize {
        let reserved: usize = self.debts.values().filter_map(|debt| debt.job()).map(|job| job.reserved).sum();
        self.rate.outstanding() + reserved
    }

    /// Whether no changes wait for the link and half of its window is free, for lossless repetition.
    fn may_refine(&self, now: Timestamp) -> bool {
        self.debts.values().all(|debt| !debt.is_owed()) && self.committed() < self.rate.window(now) / 2
    }

    /// The track that is encoded next for its changes, if the link has room.
    fn most_urgent(&self, now: Timestamp, tracks: &Tracks, focus: Option<TrackId>) -> Option<TrackId> {
        let owed = self.debts.iter().filter(|(_, debt)| debt.is_owed());
        let ranked = owed.map(|(id, debt)| {
            let impatient = now.since(debt.since()) > PATIENCE;
            let rank = rank(tracks, focus, *id, debt.is_caused() || impatient);
            (rank, debt.since(), *id)
        });
        let (rank, _, id) = ranked.min()?;
        let haste = if rank == Rank::Caused { HASTE } else { 0 };
        (self.committed() < self.rate.window(now) + haste).then_some(id)
    }

    /// The track that is repeated losslessly next, and what of it, if the link has spare room.
    fn next_refinement(&self, now: Timestamp, tracks: &mut Tracks) -> Option<(TrackId, Region)> {
        if !self.may_refine(now) {
            return None;
        }
        self.debts.iter().find_map(|(id, debt)| {
            let restless = tracks.get_mut(*id)?.restless(now);
            let region = debt.refinable(now, &restless);
            (!region.is_empty()).then_some((*id, region))
        })
    }

    fn start_job(&mut self, now: Timestamp, out: &mut Outbox, tracks: &Tracks, id: TrackId, refine: Region) {
        let Some(track) = tracks.get(id) else { return };
        let room = self.rate.window(now).saturating_sub(self.committed()).max(LEAST_BUDGET);
        let bitrate = self.rate.bitrate(now) / 8 * 7;
        let portion = usize::try_from(bitrate / 8 * PORTION.as_millis() as u64 / 1000).unwrap_or(usize::MAX);
        let room = if refine.is_empty() { room } else { room.min(portion.max(LEAST_BUDGET)) };
        let Some(debt) = self.debts.get_mut(&id) else { return };
        let reserved = debt.expected().min(room);
        let damage = debt.start(track.commits(), track.captured(), reserved);
        out.push(Action::Encode(EncodeJob {
            viewer: self.viewer,
            track: id,
            damage,
            refine,
            budget: room,
            bitrate,
            video: self.video,
            now,
        }));
    }
}

/// How urgent a track is for the viewer whose keyboard is in the window `focus`.
fn rank(tracks: &Tracks, focus: Option<TrackId>, track: TrackId, caused: bool) -> Rank {
    if caused {
        Rank::Caused
    } else if tracks.is_popup(track) {
        Rank::Popup
    } else if focus == Some(track) {
        Rank::Focused
    } else {
        Rank::Other
    }
}

/// Cuts ops that are too many bytes for one message into several lists, in order.
fn cut(ops: Vec<Op>) -> Vec<Vec<Op>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for op in ops {
        let more = op.encoded_len();
        if bytes > 0 && bytes + more > MAX_UPDATE {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(part) = parts.last_mut() {
            part.push(op);
        }
    }
    parts
}
