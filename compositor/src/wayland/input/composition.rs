//! Composed text on its way to the text input in use.
//!
//! Apps look at keys later than at composed text: they queue the ones and are called with the other. So text
//! goes by keys as well where the app may still have keys to look at, and so do line ends and tabs, which
//! mean a key to most apps. Keys behind an inserted text wait until the app has taken that in: its text input
//! commits, or it answers a ping that was sent behind the text.
//!
//! Terminals get all text by keys: it is the same to them, and some drop what names a commit of theirs that
//! is not the newest. What is shown to them as composed is told again if they commit before they have surely
//! seen it.

use media::{Cause, TextPurpose, TrackId};
use smithay::{utils::SERIAL_COUNTER, wayland::shell::xdg::ShellClient};

use crate::wayland::State;
use crate::wayland::windows::tracks::Role;

/// The longest text of one event: what text-input-v3 allows.
const MAX_PART: usize = 4000;

/// Round trips after which an app has looked at the keys before them: with the first it has taken them in,
/// with the second it has turned its loop.
const TRIPS: u8 = 2;

/// How far the app with the keyboard has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How many keys it was sent since it has the keyboard, and how many of them it has looked at.
    sent: u64,
    read: u64,
    trip: Option<Trip>,
    /// A text was inserted which it may not have taken in.
    inserted: bool,
    /// What it was told last of a composed text, if it may not have seen it.
    unseen: Option<Shown>,
    /// So many pongs are to come until it has taken in both.
    pongs: u8,
}

/// A ping under way.
#[derive(Debug)]
struct Trip {
    shell: ShellClient,
    /// How many keys came before it.
    keys: u64,
    /// How many pongs are still to come.
    rest: u8,
}

/// A composed text with its cursor; `None` if there is none.
#[derive(Clone, Debug)]
struct Shown {
    text: Option<String>,
    cursor: (i32, i32),
}

impl State {
    /// A viewer composes a text: the app shows it at its caret. Without a text input in use nobody sees it.
    pub(in crate::wayland) fn preedit(
        &mut self,
        cause: Cause,
        track: TrackId,
        text: &str,
        cursor: Option<(u32, u32)>,
    ) {
        let ends = text.is_empty();
        // The end of a composition is for whom it was begun in, wherever the focus is to go.
        if ends && !self.text_inputs.composing {
            return;
        }
        self.deliver(cause, |state| {
            if !ends {
                state.follow_focus(track);
            }
            let shown = &text[..text.floor_char_boundary(MAX_PART)];
            let place = |at: u32| i32::try_from(shown.len().min(at as usize)).unwrap_or(-1);
            let cursor = cursor.map_or((-1, -1), |(begin, end)| (place(begin), place(end)));
            state.show_composed(Shown { text: (!ends).then(|| shown.to_owned()), cursor })?;
            state.input.keyboard_surface()
        });
    }

    /// Shows a composed text in the text input in use, if there is one.
    fn show_composed(&mut self, shown: Shown) -> Option<()> {
        self.tell_composed(&shown)?;
        self.text_inputs.composing = shown.text.is_some();
        self.input.progress.unseen = self.types_all().then_some(shown);
        self.ask_app();
        Some(())
    }

    fn tell_composed(&self, shown: &Shown) -> Option<()> {
        let (input, serial) = self.text_inputs.in_use()?;
        input.preedit_string(shown.text.clone(), shown.cursor.0, shown.cursor.1);
        input.done(serial);
        Some(())
    }

    /// Whether the text input in use takes all text by keys.
    fn types_all(&self) -> bool {
        self.text_inputs.purpose() == Some(TextPurpose::Terminal)
    }

    /// Hands a text to the text input in use. Whether it was taken: if not, it is to be typed.
    pub(in crate::wayland) fn commit_text(&mut self, text: &str) -> bool {
        let composing = self.text_inputs.composing;
        let Some((input, serial)) = self.text_inputs.in_use() else { return false };
        if self.goes_by_keys(text) {
            if composing {
                self.show_composed(Shown { text: None, cursor: (-1, -1) });
            }
            self.ask_app();
            return false;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_PART));
            input.commit_string(Some(part.to_owned()));
            input.done(serial);
            rest = after;
        }
        self.text_inputs.composing = false;
        self.input.progress.unseen = None;
        self.input.progress.inserted = true;
        self.ask_app();
        true
    }

    /// Whether a text is typed also where a text input is in use.
    pub(in crate::wayland) fn goes_by_keys(&self, text: &str) -> bool {
        let progress = &self.input.progress;
        text.contains(char::is_control) || progress.read < progress.sent || self.types_all()
    }

    /// A key is about to go to an app.
    pub(in crate::wayland) fn key_follows(&mut self) {
        self.input.progress.sent += 1;
    }

    /// Whether the app may not have taken in a text that was inserted.
    pub(in crate::wayland) fn text_settles(&self) -> bool {
        self.input.progress.inserted
    }

    /// Asks the app with the keyboard how far it has come. What is under way already tells nothing of what
    /// was sent now.
    fn ask_app(&mut self) {
        let progress = &mut self.input.progress;
        if let Some(trip) = &mut progress.trip {
            progress.pongs = 2;
            trip.rest = trip.rest.max(2);
            return;
        }
        let Some(shell) = self.shell_of_keyboard() else {
            // Nothing tells.
            return self.app_came_along(self.input.progress.sent);
        };
        // A ping that others sent is answered before ours can be sent.
        let others = u8::from(shell.send_ping(SERIAL_COUNTER.next_serial()).is_err());
        self.input.progress.pongs = 1 + others;
        self.input.progress.trip = Some(Trip { shell, keys: self.input.progress.sent, rest: TRIPS + others });
    }

    fn shell_of_keyboard(&self) -> Option<ShellClient> {
        let track = self.tracks.of_surface(&self.input.keyboard_surface()?)?;
        let shell = match &self.tracks.get(track)?.role {
            Role::Toplevel(toplevel) => toplevel.surface.client(),
            Role::Popup(popup) => popup.surface.client(),
            Role::X11(_) => return None,
        };
        shell.alive().then_some(shell)
    }

    /// An app answered a ping.
    pub(in crate::wayland) fn app_ponged(&mut self, shell: &ShellClient) {
        let progress = &mut self.input.progress;
        let Some(mut trip) = progress.trip.take_if(|trip| trip.shell == *shell) else { return };
        trip.rest -= 1;
        if trip.rest >= TRIPS {
            // That was another's. What was sent until now is before this one.
            trip.keys = progress.sent;
        }
        let taken_in = progress.pongs <= 1;
        progress.pongs = progress.pongs.saturating_sub(1);
        let keys = trip.keys;
        let arrived = trip.rest == 0;
        if !arrived {
            let busy = trip.shell.send_ping(SERIAL_COUNTER.next_serial()).is_err();
            trip.rest += u8::from(busy);
            progress.trip = trip.shell.alive().then_some(trip);
        }
        if taken_in {
            progress.unseen = None;
            self.text_came_along();
        }
        if arrived {
            self.app_came_along(keys);
        }
        self.flush();
    }

    /// The app has looked at so many keys, and at all text.
    fn app_came_along(&mut self, keys: u64) {
        self.input.progress.read = self.input.progress.read.max(keys);
        self.text_came_along();
    }

    fn text_came_along(&mut self) {
        if std::mem::take(&mut self.input.progress.inserted) {
            self.carry_on();
        }
    }

    /// The text input in use has committed: it has a new serial.
    pub(in crate::wayland) fn text_input_committed(&mut self) {
        self.text_came_along();
        if let Some(shown) = &self.input.progress.unseen {
            let _ = self.tell_composed(shown);
        }
    }

    /// The keyboard has come or gone: what its app had to look at is not waited for.
    pub(in crate::wayland) fn progress_anew(&mut self) {
        self.input.progress = Progress::default();
    }
}
