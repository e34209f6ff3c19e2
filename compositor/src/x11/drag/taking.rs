//! An X11 app drags something over others: what it is told, and what they are.

use x11rb::protocol::xproto::Window;

use super::message::{Action, Types};

/// What an app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It may be dropped here, by this action, or not.
    Status(Option<Action>),
    /// What was dropped was taken, by this action, or not.
    Finished(Option<Action>),
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The app is told.
    Send(Window, Reply),
    /// A drag comes in: its types are to be read.
    Came { source: Window, types: Types },
    /// It is elsewhere, or over.
    Left,
    /// It was let go here. [`Taking::finish`] follows.
    Dropped,
}

/// The machine.
#[derive(Debug, Default)]
pub(crate) struct Taking(Phase);

#[derive(Debug, Default)]
enum Phase {
    /// No X11 app drags over others.
    #[default]
    Elsewhere,
    Over {
        source: Window,
        /// What others would do with it.
        answer: Option<Action>,
        /// What it wants to be done.
        wish: Option<Action>,
    },
    /// Others have it and say when they are done.
    Dropped { source: Window },
}

impl Taking {
    /// An app's drag comes in.
    pub(crate) fn enter(&mut self, source: Window, _version: u32, types: Types) -> Vec<Taken> {
        let mut taken = self.end();
        self.0 = Phase::Over { source, answer: None, wish: None };
        taken.push(Taken::Came { source, types });
        taken
    }

    /// It is at another place, or wants something else to be done.
    pub(crate) fn position(&mut self, from: Window, action: Action) -> Vec<Taken> {
        match &mut self.0 {
            Phase::Over { source, answer, wish } if *source == from => {
                *wish = Some(action);
                vec![Taken::Send(from, Reply::Status(*answer))]
            }
            Phase::Elsewhere | Phase::Over { .. } | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// Others would take it, by this action, or would not.
    pub(crate) fn answer(&mut self, new: Option<Action>) -> Vec<Taken> {
        match &mut self.0 {
            Phase::Over { source, answer, wish } if *answer != new => {
                *answer = new;
                // Before it has said where it is, it expects nothing.
                wish.map(|_| Taken::Send(*source, Reply::Status(new))).into_iter().collect()
            }
            Phase::Elsewhere | Phase::Over { .. } | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// The app goes elsewhere, or gives up.
    pub(crate) fn leave(&mut self, from: Window) -> Vec<Taken> {
        match self.0 {
            Phase::Over { source, .. } if source == from => self.end(),
            Phase::Elsewhere | Phase::Over { .. } | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// The app lets it go.
    pub(crate) fn drop(&mut self, from: Window) -> Vec<Taken> {
        match self.0 {
            Phase::Over { source, answer: Some(_), .. } if source == from => {
                self.0 = Phase::Dropped { source };
                vec![Taken::Dropped]
            }
            // It was told that it may not, or has not waited to be told.
            Phase::Over { source, answer: None, .. } if source == from => {
                let mut taken = vec![Taken::Send(from, Reply::Finished(None))];
                taken.extend(self.end());
                taken
            }
            Phase::Elsewhere | Phase::Over { .. } | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// Others have done with what was dropped.
    pub(crate) fn finish(&mut self, action: Option<Action>) -> Vec<Taken> {
        let Phase::Dropped { source } = self.0 else { return Vec::new() };
        self.0 = Phase::Elsewhere;
        vec![Taken::Send(source, Reply::Finished(action))]
    }

    /// A window is gone.
    pub(crate) fn gone(&mut self, id: Window) -> Vec<Taken> {
        if !self.is_from(id) {
            return Vec::new();
        }
        match std::mem::take(&mut self.0) {
            Phase::Over { .. } => vec![Taken::Left],
            Phase::Elsewhere | Phase::Dropped { .. } => Vec::new(),
        }
    }

    /// Whether this app's drag is here, or was dropped.
    pub(crate) fn is_from(&self, id: Window) -> bool {
        match self.0 {
            Phase::Elsewhere => false,
            Phase::Over { source, .. } | Phase::Dropped { source } => source == id,
        }
    }

    /// What it wants to be done.
    pub(crate) fn wish(&self) -> Option<Action> {
        match self.0 {
            Phase::Over { wish, .. } => wish,
            Phase::Elsewhere | Phase::Dropped { .. } => None,
        }
    }

    /// What was here is here no more.
    fn end(&mut self) -> Vec<Taken> {
        match std::mem::take(&mut self.0) {
            Phase::Elsewhere => Vec::new(),
            Phase::Over { .. } => vec![Taken::Left],
            Phase::Dropped { source } => vec![Taken::Send(source, Reply::Finished(None))],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// What happens to a drag.
    #[derive(Clone, Copy, Debug)]
    enum Happens {
        Enter(Window),
        Position(Window),
        Answer(Option<Action>),
        Leave(Window),
        Drop(Window),
        Finish(Option<Action>),
        Gone(Window),
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let window = 1..3_u32;
        let action = prop::option::of(Just(Action::Copy));
        prop_oneof![
            2 => window.clone().prop_map(Happens::Enter),
            3 => window.clone().prop_map(Happens::Position),
            3 => action.clone().prop_map(Happens::Answer),
            1 => window.clone().prop_map(Happens::Leave),
            2 => window.clone().prop_map(Happens::Drop),
            2 => action.prop_map(Happens::Finish),
            1 => window.prop_map(Happens::Gone),
        ]
    }

    proptest! {
        /// Others see one drag at a time, which leaves or is dropped; an app that drops is told once what
        /// became of it, when others are done or another drag comes.
        #[test]
        fn no_history_leaves_a_drag_behind(history in prop::collection::vec(happens(), 0..40)) {
            let mut taking = Taking::default();
            let mut here = false;
            let mut owed: HashMap<Window, i32> = HashMap::new();
            let mut follow = |taken: Vec<Taken>, owed: &mut HashMap<Window, i32>| {
                for taken in taken {
                    match taken {
                        Taken::Came { .. } => assert!(!std::mem::replace(&mut here, true)),
                        Taken::Left | Taken::Dropped => assert!(std::mem::replace(&mut here, false)),
                        Taken::Send(_, Reply::Status(_)) => assert!(here),
                        Taken::Send(source, Reply::Finished(_)) => *owed.entry(source).or_default() -= 1,
                    }
                }
            };
            for step in history {
                let taken = match step {
                    Happens::Enter(window) => taking.enter(window, 5, Types::Listed),
                    Happens::Position(window) => taking.position(window, Action::Copy),
                    Happens::Answer(answer) => taking.answer(answer),
                    Happens::Leave(window) => taking.leave(window),
                    Happens::Drop(window) => {
                        let was_over = matches!(taking.0, Phase::Over { .. }) && taking.is_from(window);
                        *owed.entry(window).or_default() += i32::from(was_over);
                        taking.drop(window)
                    }
                    Happens::Finish(action) => taking.finish(action),
                    Happens::Gone(window) => {
                        let taken = taking.gone(window);
                        owed.remove(&window);
                        taken
                    }
                };
                follow(taken, &mut owed);
            }
            follow(taking.finish(None), &mut owed);
            for window in 1..3 {
                follow(taking.leave(window), &mut owed);
            }
            prop_assert!(owed.values().all(|owed| *owed == 0), "{:?}", owed);
            prop_assert!(!here && matches!(taking.0, Phase::Elsewhere));
        }
    }
}
