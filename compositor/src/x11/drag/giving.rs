//! Others drag something over X11 apps: what is said to the app under the pointer.
//!
//! An app answers each place before it is told the next. What was let go while an answer is out is dropped
//! once that has come, or is not.

use x11rb::protocol::xproto::{Timestamp, Window};

use super::message::Action;

/// Since this version apps say whether they took what was dropped.
const TELLS: u32 = 5;

/// Where a drag is, on the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) time: Timestamp,
    /// What is to be done with it there.
    pub(crate) action: Action,
}

/// What is said to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// In this version.
    Enter(u32),
    Position(Place),
    Leave,
    Drop(Timestamp),
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// A window's app is told.
    Send(Window, Say),
    /// The app under the pointer would take it, by this action, or it would not.
    Answer(Option<Action>),
    /// What was dropped has been taken, by this action, or has not.
    End(Option<Action>),
}

/// The machine.
#[derive(Debug, Default)]
pub(crate) struct Giving(Phase);

#[derive(Debug, Default)]
enum Phase {
    /// Over no X11 app that can be dragged to.
    #[default]
    Elsewhere,
    Over(Over),
    /// The app has what was dropped and says when it is done.
    Dropped {
        target: Window,
        version: u32,
        action: Action,
    },
}

#[derive(Debug)]
struct Over {
    target: Window,
    version: u32,
    /// The app owes an answer.
    asked: bool,
    /// Where the drag went meanwhile.
    next: Option<Place>,
    answer: Option<Action>,
    time: Timestamp,
    /// It was let go.
    dropped: bool,
}

impl Giving {
    /// The drag is over a window whose app speaks this version, or over none.
    pub(crate) fn over(&mut self, target: Option<(Window, u32)>, place: Place) -> Vec<Given> {
        match &mut self.0 {
            Phase::Over(over) if target.is_some_and(|(id, _)| id == over.target) && !over.dropped => {
                over.go(place).into_iter().collect()
            }
            // What was let go is where it is.
            Phase::Over(Over { dropped: true, .. }) | Phase::Dropped { .. } => Vec::new(),
            Phase::Over(_) | Phase::Elsewhere => {
                let mut said = self.leave();
                if let Some((id, version)) = target {
                    let (asked, next, answer, time) = (false, None, None, place.time);
                    let mut over = Over { target: id, version, asked, next, answer, time, dropped: false };
                    said.push(Given::Send(id, Say::Enter(version)));
                    said.extend(over.go(place));
                    self.0 = Phase::Over(over);
                }
                said
            }
        }
    }

    /// An app answers.
    pub(crate) fn status(&mut self, from: Window, answer: Option<Action>) -> Vec<Given> {
        let Phase::Over(over) = &mut self.0 else { return Vec::new() };
        if over.target != from {
            return Vec::new();
        }
        over.asked = false;
        let mut said = Vec::new();
        if over.answer != answer {
            over.answer = answer;
            said.push(Given::Answer(answer));
        }
        if let Some(place) = over.next.take() {
            said.extend(over.go(place));
        } else if over.dropped {
            said.extend(self.let_go());
        }
        said
    }

    /// The user lets it go.
    pub(crate) fn drop(&mut self) -> Vec<Given> {
        match &mut self.0 {
            Phase::Elsewhere => vec![Given::End(None)],
            Phase::Over(over) if over.asked => {
                over.dropped = true;
                Vec::new()
            }
            Phase::Over(_) => self.let_go(),
            Phase::Dropped { .. } => Vec::new(),
        }
    }

    fn let_go(&mut self) -> Vec<Given> {
        let Phase::Over(Over { target, version, answer, time, .. }) = self.0 else { return Vec::new() };
        match answer {
            Some(action) => {
                self.0 = Phase::Dropped { target, version, action };
                vec![Given::Send(target, Say::Drop(time))]
            }
            None => {
                self.0 = Phase::Elsewhere;
                vec![Given::Send(target, Say::Leave), Given::End(None)]
            }
        }
    }

    /// An app has done with what was dropped.
    pub(crate) fn finished(&mut self, from: Window, taken: Option<Action>) -> Vec<Given> {
        let Phase::Dropped { target, version, action } = self.0 else { return Vec::new() };
        if target != from {
            return Vec::new();
        }
        self.0 = Phase::Elsewhere;
        vec![Given::End(if version >= TELLS { taken } else { Some(action) })]
    }

    /// A window is gone.
    pub(crate) fn gone(&mut self, id: Window) -> Vec<Given> {
        match &self.0 {
            Phase::Over(over) if over.target == id => {
                let mut said = self.leave();
                said.retain(|given| !matches!(given, Given::Send(..)));
                said
            }
            Phase::Dropped { target, .. } if *target == id => self.cancel(),
            Phase::Elsewhere | Phase::Over(_) | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// Nothing is dragged any more, and what was dropped is given up.
    pub(crate) fn cancel(&mut self) -> Vec<Given> {
        match self.0 {
            Phase::Dropped { .. } => {
                self.0 = Phase::Elsewhere;
                vec![Given::End(None)]
            }
            Phase::Elsewhere | Phase::Over(_) => self.leave(),
        }
    }

    fn leave(&mut self) -> Vec<Given> {
        let Phase::Over(over) = std::mem::take(&mut self.0) else { return Vec::new() };
        let mut said = vec![Given::Send(over.target, Say::Leave)];
        said.extend(over.answer.map(|_| Given::Answer(None)));
        said.extend(over.dropped.then_some(Given::End(None)));
        said
    }
}

impl Over {
    fn go(&mut self, place: Place) -> Option<Given> {
        self.time = place.time;
        if self.asked {
            self.next = Some(place);
            return None;
        }
        self.asked = true;
        Some(Given::Send(self.target, Say::Position(place)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Whether something was let go and is not done with.
    fn is_dropped(giving: &Giving) -> bool {
        match &giving.0 {
            Phase::Elsewhere => false,
            Phase::Over(over) => over.dropped,
            Phase::Dropped { .. } => true,
        }
    }

    /// What happens to a drag.
    #[derive(Clone, Copy, Debug)]
    enum Happens {
        Over(Option<Window>, i16),
        Status(Window, Option<Action>),
        Drop,
        Finished(Window, Option<Action>),
        Gone(Window),
        Cancel,
    }

    fn place(x: i16) -> Place {
        Place { x, y: 0, time: 1, action: Action::Copy }
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let window = 1..4_u32;
        let action = prop::option::of(prop::sample::select(vec![Action::Copy, Action::Move]));
        prop_oneof![
            4 => (prop::option::weighted(0.8, window.clone()), any::<i16>())
                .prop_map(|(window, x)| Happens::Over(window, x)),
            4 => (window.clone(), action.clone()).prop_map(|(w, a)| Happens::Status(w, a)),
            1 => Just(Happens::Drop),
            2 => (window.clone(), action).prop_map(|(w, a)| Happens::Finished(w, a)),
            1 => window.prop_map(Happens::Gone),
            1 => Just(Happens::Cancel),
        ]
    }

    /// What an app has heard of a drag.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Heard {
        Nothing,
        Drag { owes: bool },
        Dropped,
    }

    #[derive(Default)]
    struct World {
        giving: Giving,
        apps: HashMap<Window, Heard>,
        drops: i32,
        ends: i32,
    }

    impl World {
        fn happen(&mut self, happens: Happens) {
            let was_dropped = is_dropped(&self.giving);
            let said = match happens {
                Happens::Over(window, x) => self.giving.over(window.map(|id| (id, 5)), place(x)),
                Happens::Status(window, answer) => {
                    if let Some(Heard::Drag { owes }) = self.apps.get_mut(&window) {
                        *owes = false;
                    }
                    self.giving.status(window, answer)
                }
                Happens::Drop => {
                    self.drops += i32::from(!was_dropped);
                    self.giving.drop()
                }
                Happens::Finished(window, action) => {
                    if self.apps.get(&window) == Some(&Heard::Dropped) {
                        self.apps.insert(window, Heard::Nothing);
                    }
                    self.giving.finished(window, action)
                }
                Happens::Gone(window) => {
                    self.apps.insert(window, Heard::Nothing);
                    self.giving.gone(window)
                }
                Happens::Cancel => {
                    let said = self.giving.cancel();
                    self.apps.values_mut().filter(|app| **app == Heard::Dropped).for_each(|app| {
                        *app = Heard::Nothing;
                    });
                    said
                }
            };
            said.into_iter().for_each(|given| self.follow(given));
        }

        fn follow(&mut self, given: Given) {
            let Given::Send(window, say) = given else {
                self.ends += i32::from(matches!(given, Given::End(_)));
                return;
            };
            let app = self.apps.entry(window).or_insert(Heard::Nothing);
            *app = match (*app, say) {
                (Heard::Nothing, Say::Enter(_)) => Heard::Drag { owes: false },
                (Heard::Drag { owes: false }, Say::Position(_)) => Heard::Drag { owes: true },
                (Heard::Drag { .. }, Say::Leave) => Heard::Nothing,
                (Heard::Drag { owes: false }, Say::Drop(_)) => Heard::Dropped,
                (heard, say) => panic!("{say:?} after {heard:?}"),
            };
            let busy = self.apps.values().filter(|app| **app != Heard::Nothing).count();
            assert!(busy <= 1, "one drag, one app");
        }
    }

    proptest! {
        /// Each app hears a drag in order, no place before it has answered the last; what was let go ends
        /// once, at the latest when it is given up, and then nothing is left.
        #[test]
        fn no_history_leaves_a_drag_behind(history in prop::collection::vec(happens(), 0..40)) {
            let mut world = World::default();
            for step in history {
                world.happen(step);
                prop_assert_eq!(world.drops - world.ends, i32::from(is_dropped(&world.giving)));
            }
            world.happen(Happens::Cancel);
            prop_assert_eq!(world.drops, world.ends);
            prop_assert!(world.apps.values().all(|app| *app == Heard::Nothing), "{:?}", world.apps);
        }
    }

    #[test]
    fn what_is_let_go_before_an_answer_waits_for_it() {
        let mut giving = Giving::default();
        let entered = giving.over(Some((7, 5)), place(1));
        assert_eq!(entered, [Given::Send(7, Say::Enter(5)), Given::Send(7, Say::Position(place(1)))]);
        assert_eq!(giving.over(Some((7, 5)), place(2)), []);
        assert_eq!(giving.drop(), []);
        let copied = Some(Action::Copy);
        let moved = [Given::Answer(copied), Given::Send(7, Say::Position(place(2)))];
        assert_eq!(giving.status(7, copied), moved);
        assert_eq!(giving.status(7, copied), [Given::Send(7, Say::Drop(1))]);
        assert_eq!(giving.finished(7, copied), [Given::End(copied)]);
    }
}
