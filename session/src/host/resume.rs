//! Viewers that return: a link that takes the place of an earlier one, and how its input goes on where that
//! one's ended.
//!
//! A viewer is known again by its key, its role and where its numbers began. The one whose link is still
//! thought to live, the *ghost*, hands over the seat with all that is held down: for the apps nothing
//! happens. What one that is gone held down was released, but its user may still hold it: modifiers are
//! remembered with the viewer, and go down again with the next thing that it does, so that the rest of a
//! chord means what it was to mean. Other keys, buttons and fingers stay up: pressing them again would be
//! doing it twice.
//!
//! Invariants: of one key and role there is at most one viewer, and of the absent ones one at most; at most
//! [`MOST`] absent ones are remembered. An event of the input lane takes effect once, whatever link it comes
//! by.

use std::{collections::VecDeque, time::Duration};

use media::{InputId, KeyCode, Timestamp, ViewerId};
use protocol::{
    control::{Refusal, RefusalCode, Role},
    resume::ResumeKey,
};

use super::{Action, Host, Join, Member, input_end::Progress, seat::Departure};

/// How long a viewer that went is remembered: longer than its journal reaches back.
const MEMORY: Duration = Duration::from_secs(30);

/// How many are remembered; the oldest goes first.
const MOST: usize = 16;

/// Viewers that went lately.
#[derive(Debug, Default)]
pub(crate) struct Absent(VecDeque<Gone>);

#[derive(Debug)]
struct Gone {
    key: ResumeKey,
    role: Role,
    progress: Progress,
    /// The modifiers that its user may still hold down.
    resting: Vec<KeyCode>,
    since: Timestamp,
}

impl Absent {
    /// A viewer's link ended: it is remembered, with the modifiers that are about to be released.
    pub(crate) fn remember(&mut self, now: Timestamp, member: &Member, released: Vec<KeyCode>) {
        let Some(key) = member.key() else { return };
        let (role, progress) = (member.role(), member.input().progress());
        let resting = member.input().resting().iter().copied().chain(released).collect();
        self.keep(Gone { key, role, progress, resting, since: now });
    }

    /// A viewer went.
    fn keep(&mut self, gone: Gone) {
        let (key, role, now) = (gone.key, gone.role, gone.since);
        self.0.retain(|gone| (gone.key, gone.role) != (key, role) && now.since(gone.since) < MEMORY);
        while self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(gone);
    }

    /// A viewer is back, and no longer absent.
    fn take(&mut self, now: Timestamp, key: ResumeKey, role: Role) -> Option<Gone> {
        self.0.retain(|gone| now.since(gone.since) < MEMORY);
        let at = self.0.iter().position(|gone| (gone.key, gone.role) == (key, role))?;
        self.0.remove(at)
    }

    /// Whether the bound holds, and no viewer is absent twice, or is one of these.
    pub(super) fn is_consistent(&self, is_here: impl Fn(ResumeKey, Role) -> bool) -> bool {
        let twice = |(at, gone): (usize, &Gone)| {
            self.0.iter().skip(at + 1).any(|other| (other.key, other.role) == (gone.key, gone.role))
        };
        self.0.len() <= MOST
            && !self.0.iter().enumerate().any(twice)
            && !self.0.iter().any(|gone| is_here(gone.key, gone.role))
    }
}

impl Host {
    /// Ends what an earlier link of a viewer that joins has left. If its input goes on, the new member takes
    /// over what its ghost has, and the answer is where.
    pub(super) fn resume(
        &mut self,
        now: Timestamp,
        viewer: ViewerId,
        join: &Join,
        member: &mut Member,
    ) -> Option<InputId> {
        let resume = join.hello.resume.as_ref()?;
        let absent = self.absent.take(now, resume.key, join.role);
        let ghost = self.members.ghost(join);
        let progress = ghost.and_then(|ghost| self.members.get(ghost)).map(|it| it.input().progress());
        let progress = progress.or(absent.as_ref().map(|gone| gone.progress));
        let progress = progress.filter(|progress| progress.goes_on(resume));
        if let Some(progress) = progress {
            tracing::debug!(%viewer, ?ghost, input = %progress.input(), "a viewer is back");
            member.input_mut().go_on(progress, absent.map_or_else(Vec::new, |gone| gone.resting));
        }
        if let Some(ghost) = ghost {
            if progress.is_some() {
                self.hand_on(ghost, viewer, member);
            }
            self.forget_viewer(now, ghost, Departure::MayReturn);
            let message = "this viewer goes on over another link".to_owned();
            let refusal = Refusal { code: RefusalCode::Replaced, message };
            self.out.push(Action::Disconnect { viewer: ghost, refusal });
        }
        progress.map(Progress::input)
    }

    /// What a ghost has, a newcomer has from now on; the source is told nothing.
    fn hand_on(&mut self, ghost: ViewerId, viewer: ViewerId, member: &mut Member) {
        self.seat.hand_on(ghost, viewer);
        self.repeats.hand_on(ghost, viewer);
        self.wants.hand_on(ghost, viewer);
        self.keyboard.hand_on(ghost, viewer);
        if let Some(ghost) = self.members.get_mut(ghost) {
            member.take_over(ghost);
        }
    }
}

#[cfg(test)]
mod tests {
    use media::TrackId;
    use protocol::input::{Input, InputEvent};

    use super::{super::input_end::InputEnd, *};

    const HERE: ViewerId = ViewerId(1);

    fn key(n: u8) -> ResumeKey {
        ResumeKey([n; 16])
    }

    fn progress(input: u64) -> Progress {
        let mut end = InputEnd::new(HERE);
        let event = InputEvent::Leave;
        end.arrive(
            Timestamp(0),
            Input { id: InputId(input), track: TrackId(1), after: 0, at: Timestamp(0), event },
        )
        .expect("the first");
        end.progress()
    }

    fn gone(since: Timestamp, key: ResumeKey, input: u64) -> Gone {
        Gone { key, role: Role::Control, progress: progress(input), resting: Vec::new(), since }
    }

    #[test]
    fn who_went_is_remembered_once_for_a_while_and_only_in_its_role() {
        let mut absent = Absent::default();
        let start = Timestamp(9);
        absent.keep(gone(start, key(1), 1));
        absent.keep(gone(start, key(1), 2));
        assert!(absent.take(start, key(1), Role::View).is_none());
        assert!(absent.take(start, key(2), Role::Control).is_none());
        assert_eq!(absent.take(start, key(1), Role::Control).map(|it| it.progress.input()), Some(InputId(2)));
        assert!(absent.take(start, key(1), Role::Control).is_none(), "it is back");
        absent.keep(gone(start, key(1), 2));
        assert!(absent.take(start + MEMORY, key(1), Role::Control).is_none(), "too long ago");
    }

    #[test]
    fn few_are_remembered_and_those_the_newest() {
        let mut absent = Absent::default();
        for n in 0..100 {
            absent.keep(gone(Timestamp(u64::from(n)), key(n), 1));
            assert!(absent.is_consistent(|_, _| false));
        }
        assert!(absent.take(Timestamp(100), key(83), Role::Control).is_none());
        assert!(absent.take(Timestamp(100), key(84), Role::Control).is_some());
    }
}
