//! Typing into X11 apps, which translate keys themselves, by the keymap that X has when they get to them:
//! later than the keys were pressed.
//!
//! So nothing that an app may still have to translate is changed: a code that is lent to a character keeps it
//! (see [`spare`](crate::wayland::input::spare)), and what would change a key waits until its app has read
//! that. What is typed after it waits as well ([`held`](crate::wayland::input::held)). An app has surely read
//! its keys when
//! - it answers a ping that was sent behind them, or
//! - it knows no pings, and sleeps after they were handed to it. One that was stopped does not sleep.
//!
//! Keys go to X by another connection than the focus: while X is busy and the focus is late, they wait for it
//! too.

use std::{collections::HashMap, time::Duration};

use media::{Command, TrackId};
use smithay::reexports::calloop::timer::{TimeoutAction, Timer};
use x11rb::protocol::{
    res::{ClientIdMask, ClientIdSpec, ConnectionExt as _, QueryClientIdsReply},
    xproto::Window,
};

use crate::clock::Worked;
use crate::wayland::State;
use crate::wayland::input::spare::{Reader, Unread};
use crate::wayland::input::text::Care;
use crate::x11::{
    manager::{Handed, Then},
    wire::Answer,
};

/// Our pings have numbers from here on: others ask whether an app answers at all.
const PINGS: u32 = 1 << 31;

/// How often an app is looked at that answers no pings.
const LOOK: Duration = Duration::from_millis(10);

/// What X11 apps were sent and what they have read.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Typing {
    sent: HashMap<Window, Sent>,
    pings: u32,
    watched: bool,
    /// How many changes of the focus X has not carried out: keys sent now would go to another window.
    focusing: u32,
}

/// The keys of one window.
#[derive(Debug, Default)]
struct Sent {
    /// How many it was sent.
    keys: u64,
    /// So many of them were read.
    read: u64,
    asked: Asked,
}

/// Whether it was asked how far it has read.
#[derive(Debug, Default)]
enum Asked {
    #[default]
    No,
    /// X is asked to hand over its keys first; after that it will have read so many.
    Handing(u64),
    /// It was sent this ping.
    Pinged(u32, u64),
    /// It is looked at whether it sleeps.
    Watched(Worked, u64),
}

impl Typing {
    /// Whether one of these keys may not have been read yet, by one window or by any.
    pub(in crate::wayland) fn any_of(&self, keys: &[Unread], by: Option<Reader>) -> bool {
        keys.iter().any(|(window, key)| {
            let meant = by.is_none_or(|reader| reader == Reader::X11(*window));
            meant && self.sent.get(window).is_some_and(|sent| sent.read < *key)
        })
    }

    /// X is busy, and will carry out a change of the focus later.
    pub(in crate::wayland) fn focus_is_late(&mut self) {
        self.focusing += 1;
    }

    /// A window was sent a key. Its number.
    fn key_sent(&mut self, window: Window) -> u64 {
        let sent = self.sent.entry(window).or_default();
        sent.keys += 1;
        sent.keys
    }

    fn has_unread(&self, window: Window) -> bool {
        self.sent.get(&window).is_some_and(|sent| sent.read < sent.keys)
    }

    /// All that were asked have read that much.
    fn read(&mut self, window: Window) {
        let Some(sent) = self.sent.get_mut(&window) else { return };
        match std::mem::take(&mut sent.asked) {
            Asked::No => (),
            Asked::Handing(keys) | Asked::Pinged(_, keys) | Asked::Watched(_, keys) => {
                sent.read = sent.read.max(keys);
            }
        }
    }
}

impl State {
    /// The X11 window that has the keyboard, if it is one of X11.
    pub(in crate::wayland) fn x11_reader(&self) -> Option<Window> {
        let focused = self.xwayland.running().map(|x11| x11.focused.unwrap_or(x11rb::NONE));
        focused.filter(|_| self.x11_has_keyboard())
    }

    /// A key is about to go to whoever has the keyboard.
    pub(in crate::wayland) fn count_key(&mut self, code: u16) {
        if let Some(window) = self.x11_reader() {
            let key = self.xwayland.typing.key_sent(window);
            self.input.keymaps.spare.used(code, (window, key));
        }
    }

    /// Whether X has a change of the focus yet to carry out: keys sent now would go to another window.
    pub(in crate::wayland) fn x11_focus_is_late(&self) -> bool {
        self.xwayland.typing.focusing > 0
    }

    /// Whether a toplevel is one of X11.
    pub(in crate::wayland) fn is_x11(&self, toplevel: TrackId) -> bool {
        self.x11_window_of(toplevel).is_some()
    }

    /// X has carried out a change of the focus.
    pub(super) fn x11_focused(&mut self) {
        let typing = &mut self.xwayland.typing;
        typing.focusing = typing.focusing.saturating_sub(1);
        if typing.focusing == 0 {
            self.carry_on();
        }
    }

    /// Whether keys that the app with the keyboard has yet to read would mean something else after a command.
    pub(in crate::wayland) fn changes_unread(&self, command: &Command) -> bool {
        let typing = &self.xwayland.typing;
        if let Command::Keymap(_) = command {
            return self.x11_reader().is_some_and(|window| typing.has_unread(window));
        }
        let Command::Key { key, .. } = command else { return false };
        let keys = self.input.keymaps.spare.lent(key.0);
        keys.is_some_and(|keys| typing.any_of(keys, Some(self.reader())))
    }

    /// Finds out how far apps have read that have not read everything.
    pub(in crate::wayland) fn ask_x11_readers(&mut self) {
        let Some((x11, typing)) = self.xwayland.manager_and_typing() else { return };
        typing.sent.retain(|id, _| x11.windows.get(*id).is_some());
        let mut asked = Vec::new();
        for (&id, sent) in &mut typing.sent {
            if matches!(sent.asked, Asked::No) && sent.read < sent.keys {
                sent.asked = Asked::Handing(sent.keys);
                let spec = [ClientIdSpec { client: id, mask: ClientIdMask::LOCAL_CLIENT_PID }];
                asked.push((id, x11.wire.asked(x11.wire.conn().res_query_client_ids(&spec))));
            }
        }
        if !asked.is_empty() {
            self.flush();
            if let Some(x11) = self.xwayland.manager() {
                x11.after(Then::Handed(Handed::Nearly(asked)));
                x11.wire.flush();
            }
        }
    }

    /// Keys were handed to apps, or nearly.
    pub(super) fn x11_handed(&mut self, handed: Handed) {
        let Some((x11, typing)) = self.xwayland.manager_and_typing() else { return };
        match handed {
            Handed::Nearly(asked) => {
                let known = |(id, answer): (Window, Option<Answer>)| {
                    let reply: Option<QueryClientIdsReply> = answer.and_then(|answer| x11.wire.read(answer));
                    let pid = reply.and_then(|reply| reply.ids.first()?.value.first().copied());
                    (id, pid)
                };
                let apps = asked.into_iter().map(known).collect();
                x11.after(Then::Handed(Handed::Wholly(apps)));
            }
            Handed::Wholly(apps) => {
                for (id, pid) in apps {
                    let Some(sent) = typing.sent.get_mut(&id) else { continue };
                    let Asked::Handing(keys) = sent.asked else { continue };
                    typing.pings = typing.pings.wrapping_add(1);
                    let number = PINGS | typing.pings;
                    if x11.ping(id, number) {
                        sent.asked = Asked::Pinged(number, keys);
                    } else if let Some(pid) = pid {
                        sent.asked = Asked::Watched(Worked::of_process(pid), keys);
                    } else {
                        typing.read(id);
                    }
                }
                self.look_at_readers();
                self.watch_readers();
            }
        }
    }

    /// An app has read all that came before a ping.
    pub(super) fn x11_came_along(&mut self, id: Window, ping: u32) {
        let typing = &mut self.xwayland.typing;
        if typing.sent.get(&id).is_some_and(|sent| matches!(sent.asked, Asked::Pinged(own, _) if own == ping))
        {
            typing.read(id);
            self.carry_on();
        }
    }

    /// A window is gone, with all that it was sent.
    pub(super) fn x11_reads_no_more(&mut self, id: Window) {
        if self.xwayland.typing.sent.remove(&id).is_some() {
            self.carry_on();
        }
    }

    /// All windows are gone.
    pub(super) fn x11_all_read(&mut self) {
        self.xwayland.typing.sent.clear();
        self.xwayland.typing.focusing = 0;
        self.carry_on_with(Care::None);
    }

    /// Looks at apps that answer no pings: who sleeps, or is gone, has read its keys.
    fn look_at_readers(&mut self) {
        let typing = &mut self.xwayland.typing;
        let rests = |sent: &Sent| match &sent.asked {
            Asked::Watched(worked, _) => worked.look().is_none_or(|work| work.asleep),
            Asked::No | Asked::Handing(_) | Asked::Pinged(..) => false,
        };
        let read: Vec<Window> =
            typing.sent.iter().filter(|(_, sent)| rests(sent)).map(|(&id, _)| id).collect();
        read.into_iter().for_each(|id| typing.read(id));
        self.carry_on();
    }

    fn watch_readers(&mut self) {
        let typing = &mut self.xwayland.typing;
        if typing.watched || !typing.sent.values().any(|sent| matches!(sent.asked, Asked::Watched(..))) {
            return;
        }
        let inserted = self.events.insert_source(Timer::from_duration(LOOK), |_, (), state| {
            state.xwayland.typing.watched = false;
            state.look_at_readers();
            state.watch_readers();
            TimeoutAction::Drop
        });
        match inserted {
            Ok(_) => self.xwayland.typing.watched = true,
            Err(error) => {
                tracing::warn!(%error, "it cannot be seen when X11 apps have read their keys");
                self.carry_on_with(Care::None);
            }
        }
    }
}
