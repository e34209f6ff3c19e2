//! ext-foreign-toplevel-list: tools inside the session see which windows there are.

use std::collections::HashMap;

use media::{TrackId, Window, WindowKind};
use smithay::wayland::foreign_toplevel_list::{
    ForeignToplevelHandle, ForeignToplevelListHandler, ForeignToplevelListState,
};

use crate::wayland::State;

/// What is listed: every window that viewers know.
#[derive(Debug, Default)]
pub(crate) struct Listed(HashMap<TrackId, ForeignToplevelHandle>);

impl ForeignToplevelListHandler for State {
    fn foreign_toplevel_list_state(&mut self) -> &mut ForeignToplevelListState {
        &mut self.globals.toplevel_list
    }
}

impl State {
    /// Lists a window, or what changed of it.
    pub(in crate::wayland) fn list_window(&mut self, window: &Window) {
        if window.kind != WindowKind::Toplevel {
            return;
        }
        match self.listed.0.get(&window.track) {
            Some(handle) => {
                if handle.title() != window.title || handle.app_id() != window.app_id {
                    handle.send_title(&window.title);
                    handle.send_app_id(&window.app_id);
                    handle.send_done();
                }
            }
            None => {
                self.end_hoarders();
                let list = &mut self.globals.toplevel_list;
                let handle = list.new_toplevel::<State>(window.title.clone(), window.app_id.clone());
                self.listed.0.insert(window.track, handle);
            }
        }
    }

    /// A window is gone.
    pub(in crate::wayland) fn unlist_window(&mut self, track: TrackId) {
        if let Some(handle) = self.listed.0.remove(&track) {
            self.globals.toplevel_list.remove_toplevel(&handle);
        }
    }
}
