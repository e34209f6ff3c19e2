//! What happens when an app commits a surface.

use media::TrackId;
use smithay::xwayland::XWaylandClientData;
use smithay::{
    reexports::wayland_server::{Client, Resource, protocol::wl_surface::WlSurface},
    wayland::{
        compositor::{
            self, CompositorClientState, CompositorHandler, CompositorState, add_destruction_hook,
            add_pre_commit_hook,
        },
        selection::data_device::DND_ICON_ROLE,
    },
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::input::cursor::CURSOR_ROLE;
use crate::wayland::picture::capture::{self, Change, Fresh};
use crate::wayland::picture::compose::Plan;
use crate::wayland::picture::layout;
use crate::wayland::quota::clients::ClientState;
use crate::wayland::windows::tracks::Role;

impl CompositorHandler for State {
    fn compositor_state(&mut self) -> &mut CompositorState {
        &mut self.globals.compositor
    }

    fn client_compositor_state<'a>(&self, client: &'a Client) -> &'a CompositorClientState {
        if let Some(state) = client.get_data::<ClientState>() {
            return &state.compositor;
        }
        let xwayland = client.get_data::<XWaylandClientData>();
        &xwayland.expect("a client is an app of ours or Xwayland").compositor_state
    }

    fn new_surface(&mut self, surface: &WlSurface) {
        add_destruction_hook::<State, _>(surface, |state, surface| state.surface_gone(surface));
        add_pre_commit_hook::<State, _>(surface, |state, _, surface| state.hold_callbacks(surface));
        let scale = self.screen.scale;
        self.announce_scale(surface, scale);
    }

    fn destroyed(&mut self, surface: &WlSurface) {
        for child in compositor::get_children(surface) {
            self.orphan(&child);
        }
    }

    fn new_subsurface(&mut self, surface: &WlSurface, parent: &WlSurface) {
        let limit = self.clients.limits.subsurface_depth;
        if ancestors(parent) + descendants(surface, limit) > limit
            && let Some(client) = surface.client()
        {
            self.cut_off(&client, "its subsurfaces are nested too deep");
        }
    }

    fn commit(&mut self, surface: &WlSurface) {
        self.took_effect(surface);
        self.pair_x11(surface);
        if let Some(id) = self.tracks.of_surface(surface) {
            self.root_committed(id, surface);
        } else {
            match compositor::get_role(surface) {
                Some("subsurface") => self.subsurface_committed(surface),
                Some(CURSOR_ROLE) => self.cursor_committed(surface),
                Some(DND_ICON_ROLE) => self.drag_icon_committed(surface),
                _ if self.keep_early_x11(surface) => (),
                _ => drop(capture::take(surface)),
            }
        }
        self.await_frame(surface);
    }
}

impl State {
    /// A toplevel, a popup or the like committed.
    fn root_committed(&mut self, id: TrackId, root: &WlSurface) {
        let change = self.take_content(root);
        let Some(track) = self.tracks.get_mut(id) else { return };
        let goes_on = match &mut track.role {
            Role::Toplevel(toplevel) => toplevel.committed(&change),
            Role::Popup(popup) => popup.committed(&change),
            Role::X11(_) => true,
        };
        if !goes_on {
            return self.await_configure(id);
        }
        match change {
            Change::Removed => self.hide(id),
            Change::Fresh(fresh) => self.draw(root, Some(fresh)),
            Change::None => self.draw(root, None),
        }
        self.send_held_configure(id);
    }

    /// A part of a tree committed. A synchronised one is shown by its parent's commit, which follows.
    fn subsurface_committed(&mut self, surface: &WlSurface) {
        if let Change::Fresh(fresh) = self.take_content(surface) {
            if self.later.may_read(surface) {
                self.keep_content(surface, fresh);
            } else {
                compositor::with_states(surface, |states| capture::put_off(states, fresh));
            }
        }
        if !compositor::is_sync_subsurface(surface) {
            self.draw(&layout::root_of(surface), None);
        }
    }

    /// Takes what a commit attached. What was kept of a surface that shows nothing any more is not accounted
    /// any more.
    pub(in crate::wayland) fn take_content(&mut self, surface: &WlSurface) -> Change {
        let before = capture::kept_bytes(surface);
        let change = capture::take(surface);
        self.book(surface, before, capture::kept_bytes(surface));
        change
    }

    /// Keeps a buffer's pixels, if the app has room for them; else the surface shows nothing. The buffer is
    /// released.
    pub(in crate::wayland) fn keep_content(&mut self, surface: &WlSurface, fresh: Fresh) {
        // Accounted before the memory is taken.
        let (before, after) = (capture::kept_bytes(surface), capture::bytes_to_keep(surface));
        if self.account(surface, before, after) {
            let keep = || compositor::with_states(surface, |states| capture::keep(states, &fresh));
            self.clients.aside(|| self.outbox.watch.aside(keep));
        } else {
            compositor::with_states(surface, |states| capture::content_mut(states).pixels = None);
            self.book(surface, before, 0);
        }
    }

    /// Brings a track's picture and state up to date with what was committed, and reports what changed. Where
    /// there is no room for that, the picture stays as it is and its newest buffer the compositor's.
    pub(in crate::wayland) fn repaint(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get(id) else { return };
        let root = track.root.clone();
        let Some(plan) = Plan::of(&root, track.preferred_scale) else {
            return;
        };
        let before = track.picture.bytes() + capture::kept_bytes(&root);
        let after = plan.bytes() + if plan.is_direct() { 0 } else { capture::bytes_to_keep(&root) };
        if !self.has_room(&root, after.saturating_sub(before)) {
            // Its app may go on, as if the picture had not changed.
            return self.later.refuse(&root);
        }
        self.later.settle(&root);
        let Some(track) = self.tracks.get_mut(id) else { return };
        let fresh = capture::take_waiting(&root);
        // However long it takes: it is done twice a turn at most.
        let update = || track.picture.update(&track.canvas, &root, plan, fresh.as_ref());
        let damage = self.clients.aside(|| self.outbox.watch.aside(update));
        let (size, bytes) = (track.picture.size, track.picture.bytes());
        // The buffer is the app's again before any frame callback.
        drop(fresh);
        self.book(&root, before, bytes + capture::kept_bytes(&root));
        let Some(region) = damage else { return };
        self.report(id);
        if region.is_empty() {
            return;
        }
        let cause = self.clients.take_cause(&root);
        self.reports.damaged(id, size, region, clock::now(), cause);
    }

    /// A surface is destroyed: what it was part of changes.
    fn surface_gone(&mut self, surface: &WlSurface) {
        let kept = capture::kept_bytes(surface);
        self.book(surface, kept, 0);
        self.later.settle(surface);
        self.forget_pending(surface);
        self.frames.forget(surface);
        self.cursor_gone(surface);
        self.unpair_x11(surface);
        let shown_by: Vec<TrackId> = self
            .tracks
            .iter()
            .filter(|(_, track)| track.root != *surface && track.picture.shows(&surface.id()))
            .map(|(id, _)| id)
            .collect();
        for id in shown_by {
            self.repaint(id);
        }
    }
}

fn ancestors(surface: &WlSurface) -> u32 {
    let mut count = 1;
    let mut at = surface.clone();
    while let Some(parent) = compositor::get_parent(&at) {
        count += 1;
        at = parent;
    }
    count
}

/// How deep the tree below a surface is, looking no deeper than `limit`.
fn descendants(surface: &WlSurface, limit: u32) -> u32 {
    if limit == 0 {
        return 0;
    }
    let below = |child: &WlSurface| 1 + descendants(child, limit - 1);
    compositor::get_children(surface).iter().map(below).max().unwrap_or(0)
}
