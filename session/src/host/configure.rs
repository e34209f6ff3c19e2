//! Wishes for one window's size and state become configures with the core's own serials. They are those of
//! the seat's holder, which changes (see `layout.rs`).
//!
//! The newest wish wins. While one is unanswered, later ones wait and replace each other, until the answer
//! comes or [`PATIENCE`] has passed: an app that redraws slowly sees few sizes, and always the last. Each
//! viewer reads in `configured` its own newest serial that the window's state answers, or that a newer wish
//! overtook.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use media::{Configure as SourceConfigure, Timestamp, ViewerId};
use protocol::control::Configure;

/// How long a wish may stay unanswered before the next is sent anyhow.
const PATIENCE: Duration = Duration::from_millis(100);

/// The most unanswered wishes that are remembered; the oldest is then taken for answered by the next one's
/// answer.
const MAX_UNANSWERED: usize = 32;

/// The newest serial of each viewer that a configure stands for.
type Wishes = BTreeMap<ViewerId, u32>;

/// The wishes for one window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configures {
    unanswered: VecDeque<(u32, Wishes)>,
    sent: Option<Timestamp>,
    waiting: Option<(Configure, Wishes)>,
    answered: Wishes,
}

impl Configures {
    /// Notes the wish of the seat's holder.
    pub(crate) fn wish(&mut self, viewer: ViewerId, configure: Configure) {
        let mut wishes = self.waiting.take().map(|(_, wishes)| wishes).unwrap_or_default();
        wishes.insert(viewer, configure.serial);
        self.waiting = Some((configure, wishes));
    }

    /// A viewer's wish is answered without the app, which is not asked.
    pub(crate) fn refuse(&mut self, viewer: ViewerId, serial: u32) {
        let answered = self.answered.entry(viewer).or_default();
        *answered = serial.max(*answered);
    }

    /// What is to be sent now, if anything; `serial` is called for its serial.
    pub(crate) fn due(&mut self, now: Timestamp, serial: impl FnOnce() -> u32) -> Option<SourceConfigure> {
        if self.timeout().is_none_or(|due| now < due) {
            return None;
        }
        let (configure, mut wishes) = self.waiting.take()?;
        let serial = serial();
        if self.unanswered.len() >= MAX_UNANSWERED
            && let Some((_, oldest)) = self.unanswered.pop_front()
        {
            for (viewer, serial) in oldest {
                wishes.entry(viewer).or_insert(serial);
            }
        }
        self.unanswered.push_back((serial, wishes));
        self.sent = Some(now);
        Some(configure.with_serial(serial))
    }

    /// When [`Configures::due`] has something, if nothing else happens.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.waiting.as_ref()?;
        Some(match self.sent {
            Some(sent) if !self.unanswered.is_empty() => sent + PATIENCE,
            _ => Timestamp(0),
        })
    }

    /// The window's state answers the core's `serial` and all before it.
    pub(crate) fn answer(&mut self, serial: u32) {
        while let Some((_, wishes)) = self.unanswered.pop_front_if(|(sent, _)| *sent <= serial) {
            self.answered.extend(wishes);
        }
    }

    /// What stands in `configured` for this viewer.
    pub(crate) fn answered(&self, viewer: ViewerId) -> u32 {
        self.answered.get(&viewer).copied().unwrap_or(0)
    }

    /// Forgets a viewer; a wish of its that waits is still carried out.
    pub(crate) fn forget(&mut self, viewer: ViewerId) {
        self.answered.remove(&viewer);
        for (_, wishes) in &mut self.unanswered {
            wishes.remove(&viewer);
        }
        if let Some((_, wishes)) = &mut self.waiting {
            wishes.remove(&viewer);
        }
    }

    /// Whether nothing is asked for that the window's state does not answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.waiting.is_none() && self.unanswered.is_empty()
    }

    /// How much is kept, for the invariants.
    pub(crate) fn kept(&self) -> impl Iterator<Item = ViewerId> {
        let waiting = self.waiting.iter().map(|(_, wishes)| wishes);
        let all = waiting.chain(self.unanswered.iter().map(|(_, wishes)| wishes)).chain([&self.answered]);
        all.flat_map(|wishes| wishes.keys().copied())
    }
}

#[cfg(test)]
mod tests {
    use media::{Scale, Size};

    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);

    fn wish(serial: u32, w: u32) -> Configure {
        Configure {
            serial,
            size: Some(Size::new(w, 100)),
            scale: Scale::default(),
            maximized: false,
            fullscreen: false,
            resizing: true,
        }
    }

    fn width(due: Option<SourceConfigure>) -> Option<u32> {
        due.and_then(|configure| configure.size).map(|size| size.w)
    }

    #[test]
    fn wishes_coalesce_while_one_is_unanswered_and_the_newest_wins() {
        let mut configures = Configures::default();
        configures.wish(A, wish(1, 101));
        assert_eq!(width(configures.due(Timestamp(0), || 10)), Some(101));
        for serial in 2..=9 {
            configures.wish(A, wish(serial, 100 + serial));
            assert_eq!(configures.due(Timestamp(1000), || unreachable!()), None);
        }
        configures.answer(10);
        assert_eq!(configures.answered(A), 1);
        assert_eq!(width(configures.due(Timestamp(2000), || 11)), Some(109));
        configures.answer(11);
        assert_eq!(configures.answered(A), 9);
        assert_eq!(configures.timeout(), None);
    }

    #[test]
    fn an_app_that_does_not_answer_gets_the_next_wish_after_a_while() {
        let mut configures = Configures::default();
        configures.wish(A, wish(1, 101));
        configures.due(Timestamp(5), || 1);
        configures.wish(A, wish(2, 102));
        assert_eq!(configures.timeout(), Some(Timestamp(5) + PATIENCE));
        assert_eq!(width(configures.due(Timestamp(5) + PATIENCE, || 2)), Some(102));
        configures.answer(2);
        assert_eq!(configures.answered(A), 2);
    }

    #[test]
    fn each_viewer_reads_its_own_serial_even_when_another_overtook_it() {
        let mut configures = Configures::default();
        configures.wish(A, wish(40, 1));
        configures.due(Timestamp(0), || 1);
        configures.wish(A, wish(41, 2));
        configures.wish(B, wish(7, 3));
        configures.answer(1);
        assert_eq!(width(configures.due(Timestamp(1), || 2)), Some(3));
        configures.answer(2);
        assert_eq!((configures.answered(A), configures.answered(B)), (41, 7));
    }

    #[test]
    fn memory_stays_bounded_and_forgets_viewers() {
        let mut configures = Configures::default();
        for n in 1..500 {
            configures.wish(ViewerId(n % 5), wish(n, n));
            configures.due(Timestamp(u64::from(n) * 1_000_000), || n);
        }
        assert!(configures.unanswered.len() <= MAX_UNANSWERED);
        for n in 0..5 {
            configures.forget(ViewerId(n));
        }
        assert_eq!(configures.kept().count(), 0);
    }
}
