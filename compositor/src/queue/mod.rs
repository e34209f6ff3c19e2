//! What waits between the session core and the compositor's thread. Bounded, whatever either of them does.
//!
//! Commands are handled in order, and the thread is woken only when it has none yet. While it is busy,
//! - a pointer's newest place takes the place of the one before it, and ways of a locked one are added up,
//!   unless something stands between them that must stay where it is;
//! - of each track one frame callback and one configure wait at most, the newest;
//! - all else is counted. When it is too much, whoever has the most waiting pays: its commands are dropped,
//!   except that what it holds down is let go, and [`Overflow`] tells whose link is to be closed.

mod down;
mod load;

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use calloop::ping::{self, Ping, PingSource};
use media::{Command, ViewerId};

use self::{down::Down, load::Load};
use crate::Overflow;

/// Commands that may wait: what several people do in the longest time for which one app can hold the thread
/// up.
pub(crate) const MOST: usize = 4096;

/// Bytes of texts, keymaps and clipboard contents among them: several of the largest that there are.
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// The farthest that ways of a locked pointer are added up.
const FARTHEST: f64 = 1e6;

/// The end where commands go in.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    queue: Arc<Mutex<Queue>>,
    wake: Ping,
}

/// The end where they come out.
#[derive(Debug)]
pub(crate) struct Inbox {
    orders: Orders,
}

/// What the thread is to do next.
#[derive(Debug, PartialEq)]
pub(crate) enum Order {
    /// Carry out a command.
    Command(Command),
    /// End.
    Shutdown,
}

/// Both ends, and what wakes the loop at the second.
pub(crate) fn orders() -> std::io::Result<(Orders, Inbox, PingSource)> {
    let (wake, woken) = ping::make_ping()?;
    let orders = Orders { queue: Arc::default(), wake };
    Ok((orders.clone(), Inbox { orders }, woken))
}

impl Orders {
    /// Hands in a command that `by` caused, if anybody did; input names its viewer itself.
    pub(crate) fn send(&self, by: Option<ViewerId>, command: Command) -> Result<(), Overflow> {
        let mut queue = self.lock();
        let sleeps = queue.waiting.is_empty();
        let sent = queue.push(by, command);
        drop(queue);
        if sleeps {
            self.wake.ping();
        }
        sent
    }

    /// Has the thread end before it does anything else.
    pub(crate) fn shut_down(&self) {
        self.lock().shut_down = true;
        self.wake.ping();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inbox {
    /// Hands out what waits now. What comes meanwhile has the loop turn once more: it is not kept from apps
    /// for ever.
    pub(crate) fn take_all(&self, mut handle: impl FnMut(Order)) {
        let waiting = self.orders.lock().waiting.len();
        for _ in 0..waiting {
            let mut queue = self.orders.lock();
            if queue.shut_down {
                break;
            }
            let next = queue.pop();
            drop(queue);
            next.into_iter().for_each(|command| handle(Order::Command(command)));
        }
        let queue = self.orders.lock();
        let (shut_down, more) = (queue.shut_down, !queue.waiting.is_empty());
        drop(queue);
        if shut_down {
            handle(Order::Shutdown);
        } else if more {
            self.orders.wake.ping();
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// What of it is counted, by who caused it.
    loads: HashMap<Option<ViewerId>, Load>,
    all: Load,
    shut_down: bool,
}

#[derive(Debug)]
struct Waiting {
    by: Option<ViewerId>,
    load: Load,
    command: Command,
}

impl Queue {
    fn push(&mut self, by: Option<ViewerId>, command: Command) -> Result<(), Overflow> {
        let Some(command) = self.join(command) else { return Ok(()) };
        let by = viewer_of(&command).or(by);
        let load = Load::of(&command);
        let its = self.loads.entry(by).or_default();
        *its = its.plus(load);
        self.all = self.all.plus(load);
        self.waiting.push_back(Waiting { by, load, command });
        if !self.is_too_much() {
            return Ok(());
        }
        let too_large = self.all.bytes > MOST_BYTES;
        let most = |(_, load): &(&_, &Load)| if too_large { load.bytes } else { load.commands };
        let viewer = self.loads.iter().max_by_key(most).and_then(|(by, _)| *by);
        self.drop_commands_of(viewer);
        Err(Overflow { viewer })
    }

    fn pop(&mut self) -> Option<Command> {
        let Waiting { by, load, command } = self.waiting.pop_front()?;
        self.all = self.all.less(load);
        if let Some(its) = self.loads.get_mut(&by) {
            *its = its.less(load);
            if *its == Load::default() {
                self.loads.remove(&by);
            }
        }
        Some(command)
    }

    fn is_too_much(&self) -> bool {
        self.all.commands > MOST || self.all.bytes > MOST_BYTES
    }

    /// Joins a command with one that waits, if that changes nothing for apps but the number of events.
    fn join(&mut self, command: Command) -> Option<Command> {
        for Waiting { command: earlier, .. } in self.waiting.iter_mut().rev() {
            match (&mut *earlier, &command) {
                (Command::FrameDone { track, .. }, Command::FrameDone { track: same, .. })
                | (Command::Configure { track, .. }, Command::Configure { track: same, .. })
                    if track == same =>
                {
                    *earlier = command;
                    return None;
                }
                // Below them, the other kinds: these two may wait for ever so long.
                (_, Command::FrameDone { .. } | Command::Configure { .. }) => {}
                (Command::Motion { cause, track, .. }, Command::Motion { cause: newer, track: same, .. })
                    if (cause.viewer, *track) == (newer.viewer, *same) =>
                {
                    *earlier = command;
                    return None;
                }
                (
                    Command::RelativeMotion { cause, track, dx, dy },
                    Command::RelativeMotion { cause: newer, track: same, dx: right, dy: down },
                ) if (cause.viewer, *track) == (newer.viewer, *same)
                    && (*dx + right).abs() <= FARTHEST
                    && (*dy + down).abs() <= FARTHEST =>
                {
                    (*cause, *dx, *dy) = (*newer, *dx + right, *dy + down);
                    return None;
                }
                // Nobody minds whether these come before or after the pointer moves.
                (
                    Command::FrameDone { .. }
                    | Command::Configure { .. }
                    | Command::ClipboardContent { .. }
                    | Command::ReadClipboard { .. },
                    Command::Motion { .. } | Command::RelativeMotion { .. },
                ) => {}
                _ => break,
            }
        }
        Some(command)
    }

    /// Drops what a viewer wants. What went down before is let go, and who waits for content hears that there
    /// is none; unless that alone is too much.
    fn drop_commands_of(&mut self, viewer: Option<ViewerId>) {
        let mut down = Down::default();
        self.keep(viewer, |command| down.without(command));
        if self.is_too_much() {
            self.keep(viewer, |command| load::is_uncounted(&command).then_some(command));
        }
    }

    /// Puts what `keep` makes of each of a viewer's commands in its place.
    fn keep(&mut self, viewer: Option<ViewerId>, mut keep: impl FnMut(Command) -> Option<Command>) {
        self.loads.remove(&viewer);
        let mut kept = Load::default();
        let keep = |mut waiting: Waiting| {
            if waiting.by == viewer {
                waiting.command = keep(waiting.command)?;
                waiting.load = Load::of(&waiting.command);
                kept = kept.plus(waiting.load);
            }
            Some(waiting)
        };
        self.waiting = mem::take(&mut self.waiting).into_iter().filter_map(keep).collect();
        if kept != Load::default() {
            self.loads.insert(viewer, kept);
        }
        self.all = self.loads.values().fold(Load::default(), |all, load| all.plus(*load));
    }
}

/// Who sent the input that a command is.
fn viewer_of(command: &Command) -> Option<ViewerId> {
    match command {
        Command::Key { cause, .. }
        | Command::Text { cause, .. }
        | Command::Preedit { cause, .. }
        | Command::Motion { cause, .. }
        | Command::RelativeMotion { cause, .. }
        | Command::Button { cause, .. }
        | Command::Scroll { cause, .. }
        | Command::Touch { cause, .. } => Some(cause.viewer),
        Command::PointerLeft
        | Command::DropFiles { .. }
        | Command::Focus(_)
        | Command::DismissPopups
        | Command::Configure { .. }
        | Command::Close(_)
        | Command::ForceQuit(_)
        | Command::FrameDone { .. }
        | Command::Keymap(_)
        | Command::Locks(_)
        | Command::OfferClipboard { .. }
        | Command::ClipboardContent { .. }
        | Command::ReadClipboard { .. } => None,
    }
}

#[cfg(test)]
mod tests;
