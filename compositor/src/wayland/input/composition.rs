//! Composed text on its way to the text input in use.
//!
//! Apps look at keys later than at composed text: they queue the ones and are called with the other. So text that
//! follows keys closely goes by keys as well, and so do line ends and tabs, which mean a key to most apps.

use std::time::{Duration, Instant};

use media::{Cause, TrackId};

use crate::wayland::State;

/// The longest text of one event: what text-input-v3 allows.
const MAX_PART: usize = 4000;

/// So long after a key apps have looked at it.
const QUIET: Duration = Duration::from_millis(200);

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
            let (input, serial) = state.text_inputs.in_use()?;
            let shown = &text[..text.floor_char_boundary(MAX_PART)];
            let place = |at: u32| i32::try_from(shown.len().min(at as usize)).unwrap_or(-1);
            let (begin, end) = cursor.map_or((-1, -1), |(begin, end)| (place(begin), place(end)));
            input.preedit_string((!ends).then(|| shown.to_owned()), begin, end);
            input.done(serial);
            state.text_inputs.composing = !ends;
            state.input.keyboard_surface()
        });
    }

    /// Hands a text to the text input in use. Whether it was taken: if not, it is to be typed.
    pub(in crate::wayland) fn commit_text(&mut self, text: &str) -> bool {
        let inputs = &mut self.text_inputs;
        let composing = std::mem::take(&mut inputs.composing);
        let Some((input, serial)) = inputs.in_use() else { return false };
        let keys_wait = self.input.last_key.is_some_and(|at| at.elapsed() < QUIET);
        if text.contains(char::is_control) || (keys_wait && !composing) {
            if composing {
                // Said without a composed text, `done` takes away what was composed.
                input.done(serial);
            }
            return false;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_PART));
            input.commit_string(Some(part.to_owned()));
            input.done(serial);
            rest = after;
        }
        true
    }

    /// Keys are about to go to an app.
    pub(in crate::wayland) fn keys_follow(&mut self) {
        self.input.last_key = Some(Instant::now());
    }
}
