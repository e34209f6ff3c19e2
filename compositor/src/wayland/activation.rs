//! xdg-activation: an app asks that a window comes to the front. With a token that input led to, it does; without, the
//! window only asks for attention.

use std::time::Duration;

use smithay::{
    reexports::wayland_server::protocol::wl_surface::WlSurface,
    wayland::xdg_activation::{
        XdgActivationHandler, XdgActivationState, XdgActivationToken, XdgActivationTokenData,
    },
};

use super::{State, layout};

/// How long after the input that led to it a token counts.
const VALID: Duration = Duration::from_secs(10);

/// Tokens that are remembered at a time.
const MAX_TOKENS: usize = 256;

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
        // Only an app with the keyboard has a serial that is newer than its last focus.
        let Some((serial, _)) = data.serial else { return false };
        let entered = self.input.keyboard.last_enter();
        entered.is_some_and(|entered| serial.is_no_older_than(&entered))
    }

    fn request_activation(
        &mut self,
        token: XdgActivationToken,
        data: XdgActivationTokenData,
        surface: WlSurface,
    ) {
        let Some(id) = self.tracks.of_surface(&layout::root_of(&surface)) else { return };
        // A valid token was kept by `token_created`; any other is unknown here and has default data.
        let known = self.globals.activation.remove_token(&token);
        if known && data.timestamp.elapsed() < VALID {
            self.focus(Some(id));
        } else {
            self.mark_urgent(id);
        }
    }
}
