//! Who draws title bars: the viewer, wherever the app leaves it to us.
//!
//! Two protocols say so, xdg-decoration and the older one of KDE, which GTK speaks. In both an app that wants
//! to draw its title bar itself has its way: it would draw it in any case, and there would be two.

use std::cell::Cell;

use smithay::{
    reexports::{
        wayland_protocols::xdg::decoration::zv1::server::zxdg_toplevel_decoration_v1::Mode,
        wayland_protocols_misc::server_decoration::server::org_kde_kwin_server_decoration::{
            Mode as KdeMode, OrgKdeKwinServerDecoration,
        },
        wayland_server::{Resource, WEnum, protocol::wl_surface::WlSurface},
    },
    wayland::{
        compositor,
        shell::{
            kde::decoration::{KdeDecorationHandler, KdeDecorationState},
            xdg::{ToplevelSurface, decoration::XdgDecorationHandler},
        },
    },
};

use crate::wayland::State;

/// What a surface agreed on by KDE's protocol.
#[derive(Default)]
struct ByServer(Cell<bool>);

/// Whether the app agreed by KDE's protocol that the viewer draws the title bar.
pub(in crate::wayland) fn is_agreed(root: &WlSurface) -> bool {
    compositor::with_states(root, |states| states.data_map.get_or_insert(ByServer::default).0.get())
}

impl XdgDecorationHandler for State {
    fn new_decoration(&mut self, toplevel: ToplevelSurface) {
        self.decorate(&toplevel, Mode::ServerSide);
    }

    fn request_mode(&mut self, toplevel: ToplevelSurface, mode: Mode) {
        let own = mode == Mode::ClientSide;
        self.decorate(&toplevel, if own { Mode::ClientSide } else { Mode::ServerSide });
    }

    fn unset_mode(&mut self, toplevel: ToplevelSurface) {
        self.decorate(&toplevel, Mode::ServerSide);
    }
}

impl KdeDecorationHandler for State {
    fn kde_decoration_state(&self) -> &KdeDecorationState {
        &self.globals.kde_decoration
    }

    fn new_decoration(&mut self, surface: &WlSurface, decoration: &OrgKdeKwinServerDecoration) {
        decoration.mode(KdeMode::Server);
        self.agree(surface, true);
    }

    fn request_mode(
        &mut self,
        surface: &WlSurface,
        decoration: &OrgKdeKwinServerDecoration,
        mode: WEnum<KdeMode>,
    ) {
        let WEnum::Value(mode) = mode else { return };
        decoration.mode(mode);
        self.agree(surface, mode == KdeMode::Server);
    }

    fn release(&mut self, _decoration: &OrgKdeKwinServerDecoration, surface: &WlSurface) {
        self.agree(surface, false);
    }
}

impl State {
    fn agree(&mut self, surface: &WlSurface, by_server: bool) {
        if surface.is_alive() {
            compositor::with_states(surface, |states| {
                states.data_map.get_or_insert(ByServer::default).0.set(by_server);
            });
            self.report_surface(surface);
        }
    }

    fn decorate(&mut self, toplevel: &ToplevelSurface, mode: Mode) {
        if !toplevel.xdg_toplevel().is_alive() {
            return;
        }
        toplevel.with_pending_state(|state| state.decoration_mode = Some(mode));
        if toplevel.is_initial_configure_sent() {
            self.answer(toplevel);
        }
    }
}
