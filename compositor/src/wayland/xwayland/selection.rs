//! X's two selections and those of Wayland and the viewers: whoever takes one on either side owns it on both.

use std::{os::fd::OwnedFd, time::Duration};

use smithay::{
    reexports::{
        calloop::timer::{TimeoutAction, Timer},
        wayland_server::Resource,
    },
    wayland::selection::SelectionTarget,
};

use crate::wayland::State;
use crate::wayland::clipboard::pipes;
use crate::x11::{Kind, Manager, selection::Effect, transfer::Transfer};

/// How long an app may take for all of a content.
const PATIENCE: Duration = Duration::from_secs(10);

impl From<SelectionTarget> for Kind {
    fn from(target: SelectionTarget) -> Self {
        match target {
            SelectionTarget::Clipboard => Kind::Clipboard,
            SelectionTarget::Primary => Kind::Primary,
        }
    }
}

/// Which selection it is to Wayland; `None`: what is dragged is none there.
fn target(kind: Kind) -> Option<SelectionTarget> {
    match kind {
        Kind::Clipboard => Some(SelectionTarget::Clipboard),
        Kind::Primary => Some(SelectionTarget::Primary),
        Kind::Drag => None,
    }
}

impl State {
    /// A Wayland app or a viewer offers this now; `None` if nobody does any more.
    pub(in crate::wayland) fn offer_to_x11(&mut self, kind: SelectionTarget, offered: Option<Vec<String>>) {
        self.xwayland.remember_offer(kind, offered.clone());
        if let Some(x11) = self.xwayland.manager() {
            x11.offer(kind.into(), offered);
        }
    }

    /// Writes the content of a selection that an X11 app owns into a pipe.
    pub(in crate::wayland) fn x11_content_into(&mut self, kind: Kind, mime: &str, to: OwnedFd) {
        let begun = self.xwayland.manager().and_then(|x11| x11.fetch(kind, mime, to));
        self.bound_transfer(begun);
    }

    /// Whether the user works with an X11 app.
    pub(super) fn x11_has_keyboard(&self) -> bool {
        let client = self.input.keyboard_surface().and_then(|surface| surface.client());
        client.is_some() && self.xwayland.client() == client.as_ref()
    }

    /// Does what follows from an event of a selection.
    pub(super) fn x11_selection(&mut self, event: impl FnOnce(&mut Manager) -> Option<Effect>) {
        let effect = self.xwayland.manager().and_then(event);
        match effect {
            None => (),
            Some(Effect::Offers(kind, mimes)) => match (target(kind), mimes) {
                (Some(kind), Some(mimes)) => self.x11_offers(kind, mimes),
                (Some(kind), None) => self.x11_cleared(kind),
                (None, Some(mimes)) => self.x11_drag_brings(mimes),
                (None, None) => self.x11_drag_over(),
            },
            Some(Effect::Drags) => self.x11_drags(),
            Some(Effect::Deliver { to, content }) => pipes::write(&self.events, to, content),
            Some(Effect::Wanted { request, kind, mime, encoding }) => {
                let Ok((from, to)) = pipes::pipe() else {
                    return self.xwayland.manager().into_iter().for_each(|x11| x11.answer(&request, false));
                };
                pipes::read(&self.events, from, move |state, content| {
                    let x11 = state.xwayland.manager();
                    let begun = x11.and_then(|x11| x11.fill(request, encoding, content));
                    state.bound_transfer(begun);
                });
                match target(kind) {
                    Some(kind) => self.content_for_x11(kind, mime, to),
                    None => self.dragged_for_x11(mime, &to),
                }
            }
        }
    }

    fn bound_transfer(&mut self, begun: Option<Transfer>) {
        let Some(transfer) = begun else { return };
        let patience = self.events.insert_source(Timer::from_duration(PATIENCE), move |_, (), state| {
            if let Some(x11) = state.xwayland.manager() {
                x11.give_up(transfer);
            }
            TimeoutAction::Drop
        });
        if let Err(error) = patience {
            tracing::warn!(%error, "a clipboard transfer has no time limit");
        }
    }
}
