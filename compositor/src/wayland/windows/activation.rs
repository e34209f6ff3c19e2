//! xdg-activation: an app asks that a window comes to the front. With a token that input led to, it does;
//! without, the window only asks for attention.

use std::time::Duration;

use smithay::{
    reexports::wayland_server::protocol::wl_surface::WlSurface,
    wayland::xdg_activation::{
        XdgActivationHandler, XdgActivationState, XdgActivationToken, XdgActivationTokenData,
    },
};

use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::wayland::windows::invited::Press;

/// How long after the input that led to it a token counts.
const VALID: Duration = Duration::from_secs(10);

/// Tokens that are remembered at a time.
const MAX_TOKENS: usize = 256;

/// Marks a token that a user's input led to: by what was pressed last.
struct LedByInput(Option<Press>);

impl XdgActivationHandler for State {
    fn activation_state(&mut self) -> &mut XdgActivationState {
        &mut self.globals.activation
    }

    fn token_created(&mut self, _token: XdgActivationToken, data: XdgActivationTokenData) -> bool {
        let tokens = &mut self.globals.activation;
        tokens.retain_tokens(|_, known| known.timestamp.elapsed() < VALID);
        if tokens.tokens().count() >= MAX_TOKENS {
            tracing::warn!(limit = MAX_TOKENS, "an activation token is refused: too many are open");
            return false;
        }
        // Only an app that has the keyboard, or had it just now, knows a serial as new as the last focus.
        let entered = self.input.keyboard.last_enter();
        let led_by_input =
            data.serial.as_ref().zip(entered).is_some_and(|((s, _), e)| s.is_no_older_than(&e));
        let pressed = self.input.pressed;
        if led_by_input {
            data.user_data.insert_if_missing_threadsafe(|| LedByInput(pressed));
        }
        true
    }

    fn request_activation(
        &mut self,
        token: XdgActivationToken,
        data: XdgActivationTokenData,
        surface: WlSurface,
    ) {
        self.globals.activation.remove_token(&token);
        let Some(id) = self.tracks.of_surface(&layout::root_of(&surface)) else { return };
        let led = data.user_data.get::<LedByInput>().filter(|_| data.timestamp.elapsed() < VALID);
        // Who types elsewhere by now goes on.
        if led.is_some_and(|LedByInput(press)| self.awaits(press.as_ref())) {
            self.focus(Some(id));
        } else {
            self.set_urgent(id, true);
        }
    }
}
