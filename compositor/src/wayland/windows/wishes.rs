//! What windows ask of the viewer's machine: that its screen stays on, that its shortcuts stay away.

use std::cell::Cell;

use smithay::{
    reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface},
    wayland::{
        compositor,
        idle_inhibit::IdleInhibitHandler,
        keyboard_shortcuts_inhibit::{
            KeyboardShortcutsInhibitHandler, KeyboardShortcutsInhibitState, KeyboardShortcutsInhibitor,
        },
    },
};

use crate::wayland::State;
use crate::wayland::picture::layout;

/// How many inhibitors of idleness the surfaces of a window have.
#[derive(Default)]
struct Awake(Cell<u32>);

/// Whether the screen must stay on while a window is seen.
pub(in crate::wayland) fn keeps_awake(root: &WlSurface) -> bool {
    compositor::with_states(root, |states| states.data_map.get_or_insert(Awake::default).0.get() > 0)
}

impl IdleInhibitHandler for State {
    fn inhibit(&mut self, surface: WlSurface) {
        self.count_awake(&surface, |count| count.saturating_add(1));
    }

    fn uninhibit(&mut self, surface: WlSurface) {
        self.count_awake(&surface, |count| count.saturating_sub(1));
    }
}

impl State {
    fn count_awake(&mut self, surface: &WlSurface, change: impl Fn(u32) -> u32) {
        if !surface.is_alive() {
            return;
        }
        let root = layout::root_of(surface);
        compositor::with_states(&root, |states| {
            let count = &states.data_map.get_or_insert(Awake::default).0;
            count.set(change(count.get()));
        });
        self.report_surface(&root);
    }
}

impl KeyboardShortcutsInhibitHandler for State {
    fn keyboard_shortcuts_inhibit_state(&mut self) -> &mut KeyboardShortcutsInhibitState {
        &mut self.globals.shortcuts_inhibit
    }

    fn new_inhibitor(&mut self, inhibitor: KeyboardShortcutsInhibitor) {
        // The session has no shortcuts: all keys that reach it reach the app.
        inhibitor.activate();
    }
}
