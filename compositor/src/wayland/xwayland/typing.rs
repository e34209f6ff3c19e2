//! Typing text into X11 apps through a keymap made for it.
//!
//! X11 apps translate keys themselves, with the keymap that X has when they get to it: later than the keys. So the
//! keymap made for a text only ever grows, which leaves its older keys as they were, and the viewer's keymap comes back
//! when nothing was typed for a moment. Keys that are pressed meanwhile wait for that, and a text that follows keys
//! waits until apps have looked at those.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use media::{Cause, Command, TrackId};
use smithay::{
    backend::input::{KeyState, Keycode},
    input::keyboard::ModifiersState,
    reexports::calloop::timer::{TimeoutAction, Timer},
};

use crate::wayland::State;
use crate::wayland::input::text::{self, FIRST_KEY, KEYS};

/// So long after a text apps have looked at the keymap.
const QUIET: Duration = Duration::from_millis(200);

/// Commands that wait at most; more are carried out at once.
const WAITING: usize = 4096;

/// A keymap made for text that is in use, or that will be when the keys before it have been looked at.
#[derive(Debug)]
pub(in crate::wayland) struct Typing {
    /// The keysym's name of each key.
    keys: Vec<String>,
    /// What was held down before.
    modifiers: ModifiersState,
    last: Instant,
    waiting: VecDeque<Command>,
}

impl Typing {
    fn new(modifiers: ModifiersState, last: Instant) -> Self {
        Self { keys: Vec::new(), modifiers, last, waiting: VecDeque::new() }
    }
}

impl State {
    /// Types a text if an X11 app has the keyboard. Whether it has.
    pub(in crate::wayland) fn type_into_x11(&mut self, cause: Cause, track: TrackId, text: &str) -> bool {
        if !self.x11_has_keyboard() {
            return false;
        }
        let keyboard = self.input.keyboard.clone();
        let begun = self.xwayland.typing.is_some();
        let modifiers = keyboard.modifier_state();
        let typing = self.xwayland.typing.get_or_insert_with(|| Typing::new(modifiers, Instant::now()));
        let (known, mut taps) = (typing.keys.len(), Vec::new());
        for (at, name) in text.char_indices().filter_map(|(at, c)| Some((at, text::keysym(c)?))) {
            let key = typing.keys.iter().position(|key| *key == name);
            if key.is_none() && typing.keys.len() >= KEYS {
                let rest = text[at..].to_owned();
                typing.waiting.push_front(Command::Text { cause, track, text: rest });
                break;
            }
            taps.push(key.unwrap_or(typing.keys.len()));
            if key.is_none() {
                typing.keys.push(name);
            }
        }
        typing.last = Instant::now();
        let keymap =
            (typing.keys.len() > known).then(|| text::keymap_for(&typing.keys, text::Reader::XServer));
        if keymap.is_none_or(|keymap| keyboard.set_keymap_from_string(self, keymap).is_ok()) {
            for key in taps {
                let code = Keycode::new(FIRST_KEY + key as u32);
                self.press(code, KeyState::Pressed);
                self.press(code, KeyState::Released);
            }
        } else {
            tracing::warn!("a text cannot be typed: its keymap does not compile");
        }
        if !begun {
            self.await_quiet(QUIET);
        }
        true
    }

    /// Keeps a command for the keyboard back while a keymap made for text is in use.
    pub(in crate::wayland) fn hold_for_x11(&mut self, command: Command) -> Option<Command> {
        let Some(typing) = &mut self.xwayland.typing else { return self.hold_text_behind_keys(command) };
        let waits = match &command {
            // The focus too: an app that loses it before it has looked at its keys would never see the rest of the text.
            Command::Key { .. } | Command::Keymap(_) | Command::Focus(_) => true,
            Command::Text { .. } => !typing.waiting.is_empty(),
            Command::Preedit { .. }
            | Command::Motion { .. }
            | Command::RelativeMotion { .. }
            | Command::PointerLeft
            | Command::Button { .. }
            | Command::Scroll { .. }
            | Command::Touch { .. }
            | Command::DismissPopups
            | Command::Configure { .. }
            | Command::Close(_)
            | Command::ForceQuit(_)
            | Command::FrameDone { .. }
            | Command::OfferClipboard { .. }
            | Command::ClipboardContent { .. }
            | Command::ReadClipboard { .. } => false,
        };
        if !waits {
            return Some(command);
        }
        typing.waiting.push_back(command);
        if typing.waiting.len() > WAITING {
            tracing::warn!(limit = WAITING, "too many keys wait for a text to be typed");
            self.end_typing();
        }
        None
    }

    /// Keeps a text back that follows keys which X11 apps may not have translated yet.
    fn hold_text_behind_keys(&mut self, command: Command) -> Option<Command> {
        if !matches!(command, Command::Key { .. } | Command::Text { .. }) || !self.x11_has_keyboard() {
            return Some(command);
        }
        if matches!(command, Command::Key { .. }) {
            self.xwayland.last_key = Some(Instant::now());
            return Some(command);
        }
        let last = self.xwayland.last_key.filter(|last| last.elapsed() < QUIET);
        let Some(last) = last else { return Some(command) };
        let mut typing = Typing::new(self.input.keyboard.modifier_state(), last);
        typing.waiting.push_back(command);
        self.xwayland.typing = Some(typing);
        self.await_quiet(QUIET.saturating_sub(last.elapsed()));
        None
    }

    fn await_quiet(&mut self, wait: Duration) {
        let inserted = self.events.insert_source(Timer::from_duration(wait), |_, (), state| {
            let Some(typing) = &state.xwayland.typing else { return TimeoutAction::Drop };
            match QUIET.checked_sub(typing.last.elapsed()) {
                Some(left) if !left.is_zero() => TimeoutAction::ToDuration(left),
                _ => {
                    state.end_typing();
                    TimeoutAction::Drop
                }
            }
        });
        if inserted.is_err() {
            self.end_typing();
        }
    }

    /// Brings the viewer's keymap back, and carries out what waited for it.
    fn end_typing(&mut self) {
        let Some(typing) = self.xwayland.typing.take() else { return };
        if !typing.keys.is_empty() {
            self.restore_keymap(typing.modifiers);
            self.flush();
        }
        for command in typing.waiting {
            self.handle_command(command);
        }
    }
}
