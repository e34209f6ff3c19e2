//! Which track of which viewer is encoded next: encode late, send always.
//!
//! A job is given when the link has room for about what it will make. The most urgent track goes first: what
//! the viewer's own input caused, then popups, then the window with the keyboard, then what has waited
//! longest. What has waited for [`PATIENCE`] is as urgent as anything. Lossless repetition of what rests
//! takes only room that is spare.

use std::time::Duration;

use media::{EncodeJob, Region, Timestamp, TrackId, ViewerId};

use super::{Action, Host};

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
pub(super) enum Rank {
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
pub(super) fn priority(rank: Rank) -> i32 {
    match rank {
        Rank::Caused => 4,
        Rank::Popup => 3,
        Rank::Focused => 2,
        Rank::Other => 1,
    }
}

impl Host {
    /// Does all that is due: called at the end of whatever may make something due.
    pub(super) fn pump(&mut self, now: Timestamp) {
        self.settle_seat();
        self.pump_tracks(now);
        let viewers: Vec<ViewerId> = self.members.keys().copied().collect();
        for viewer in viewers {
            self.pump_debts(now, viewer);
        }
        self.next_rest = self.next_rest(now);
    }

    /// How urgent a track is for a viewer.
    pub(super) fn rank(&self, viewer: ViewerId, track: TrackId, caused: bool) -> Rank {
        if caused {
            Rank::Caused
        } else if self.tracks.all.get(&track).is_some_and(|track| track.is_popup()) {
            Rank::Popup
        } else if self.members.get(&viewer).is_some_and(|member| member.focus == Some(track)) {
            Rank::Focused
        } else {
            Rank::Other
        }
    }

    /// When lossless repetition of something is due that the link has room for already.
    fn next_rest(&self, now: Timestamp) -> Option<Timestamp> {
        let roomy = self.members.values().filter(|member| member.may_refine(now));
        let rests = roomy.flat_map(|member| member.debts.iter()).filter_map(|(id, debt)| {
            let rested = self.tracks.all.get(id)?.rests_at();
            debt.refine_timeout(rested)
        });
        // What could be done now has been done: a time that has passed must not make the caller spin.
        rests.min().map(|at| at.max(now + GRAIN))
    }

    fn pump_debts(&mut self, now: Timestamp, viewer: ViewerId) {
        while let Some(id) = self.most_urgent(now, viewer) {
            self.start_job(now, viewer, id, Region::new());
        }
        while let Some((id, refine)) = self.next_refinement(now, viewer) {
            self.start_job(now, viewer, id, refine);
        }
        if let Some(member) = self.members.get_mut(&viewer) {
            let room = member.committed() < member.rate.window(now);
            let nothing = member.debts.values().all(|debt| !debt.is_owed() && debt.job().is_none());
            if room && nothing {
                member.rate.nothing_to_send();
            }
        }
    }

    /// The track that is encoded next for its changes, if the link has room.
    fn most_urgent(&self, now: Timestamp, viewer: ViewerId) -> Option<TrackId> {
        let member = self.members.get(&viewer)?;
        let owed = member.debts.iter().filter(|(_, debt)| debt.is_owed());
        let ranked = owed.map(|(id, debt)| {
            let impatient = now.since(debt.since()) > PATIENCE;
            let rank = self.rank(viewer, *id, debt.is_caused() || impatient);
            (rank, debt.since(), *id)
        });
        let (rank, _, id) = ranked.min()?;
        let haste = if rank == Rank::Caused { HASTE } else { 0 };
        (member.committed() < member.rate.window(now) + haste).then_some(id)
    }

    /// The track that is repeated losslessly next, and what of it, if the link has spare room.
    fn next_refinement(&mut self, now: Timestamp, viewer: ViewerId) -> Option<(TrackId, Region)> {
        let member = self.members.get(&viewer)?;
        if !member.may_refine(now) {
            return None;
        }
        member.debts.iter().find_map(|(id, debt)| {
            let restless = self.tracks.all.get_mut(id)?.restless(now);
            let region = debt.refinable(now, &restless);
            (!region.is_empty()).then_some((*id, region))
        })
    }

    fn start_job(&mut self, now: Timestamp, viewer: ViewerId, id: TrackId, refine: Region) {
        let (Some(track), Some(member)) = (self.tracks.all.get(&id), self.members.get_mut(&viewer)) else {
            return;
        };
        let room = member.rate.window(now).saturating_sub(member.committed()).max(LEAST_BUDGET);
        let bitrate = member.rate.bitrate(now) / 8 * 7;
        let portion = usize::try_from(bitrate / 8 * PORTION.as_millis() as u64 / 1000).unwrap_or(usize::MAX);
        let room = if refine.is_empty() { room } else { room.min(portion.max(LEAST_BUDGET)) };
        let Some(debt) = member.debts.get_mut(&id) else { return };
        let reserved = debt.expected().min(room);
        let damage = debt.start(track.pacer.commits(), track.captured, reserved);
        self.out.push(Action::Encode(EncodeJob {
            viewer,
            track: id,
            damage,
            refine,
            budget: room,
            bitrate,
            video: member.video,
            now,
        }));
    }
}
