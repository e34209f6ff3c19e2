//! xdg-toplevel-icon: icons that apps give their windows.
//!
//! Of the pictures of one icon only the best is kept, small. It is read when the app names it, since nothing
//! here refers to apps' buffers later. Icons by name are the viewer's to find, as are those of apps that give
//! none.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "requests are the protocol's"))]

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use media::{Event, Frame, Icon, IconId, Timestamp};
use smithay::reexports::{
    wayland_protocols::xdg::{
        shell::server::xdg_toplevel::XdgToplevel,
        toplevel_icon::v1::server::{
            xdg_toplevel_icon_manager_v1::{self, XdgToplevelIconManagerV1},
            xdg_toplevel_icon_v1::{self, XdgToplevelIconV1},
        },
    },
    wayland_server::{
        Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource, backend::ClientId,
        protocol::wl_buffer::WlBuffer,
    },
};

use crate::clock;
use crate::icons;
use crate::wayland::State;
use crate::wayland::picture::shm;
use crate::wayland::quota::requests::{Verdict, one_object_less, one_object_more};
use crate::wayland::windows::tracks::Role;

/// What apps are told to draw, in logical units.
const SIDES: [i32; 2] = [64, 128];

/// Icons that one app makes at a time.
const MAX_DRAFTS: u32 = 64;

/// Icons that are remembered to be known; the session core keeps no more.
const MAX_KNOWN: usize = 64;

/// New icons in one period, of all apps together: more stay unseen, so that no app floods viewers with them.
const NEW_ICONS: u32 = 32;
const PERIOD: Duration = Duration::from_secs(1);

/// Which icons the session core knows.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    known: VecDeque<IconId>,
    period: Timestamp,
    new: u32,
}

/// An icon that an app is making.
#[derive(Debug, Default)]
pub(crate) struct Draft(Mutex<Made>);

#[derive(Debug, Default)]
struct Made {
    /// The best of its pictures, and the size it had.
    best: Option<(u32, Icon)>,
    /// It was given to a window: it cannot change any more.
    given: bool,
}

impl Reported {
    /// Whether an icon must be reported before it is named; `None` if there were too many lately.
    fn is_new(&mut self, id: IconId) -> Option<bool> {
        if self.known.contains(&id) {
            return Some(false);
        }
        let now = clock::now();
        if now.since(self.period) >= PERIOD {
            (self.period, self.new) = (now, 0);
        }
        if self.new >= NEW_ICONS {
            return None;
        }
        self.new += 1;
        if self.known.len() >= MAX_KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(id);
        Some(true)
    }
}

impl State {
    /// Gives a window an icon, or takes it away.
    fn set_icon(&mut self, toplevel: &XdgToplevel, icon: Option<Icon>) {
        let Some(surface) = self.globals.xdg_shell.get_toplevel(toplevel) else { return };
        let Some(id) = self.tracks.of_surface(surface.wl_surface()) else { return };
        if let Some(icon) = &icon {
            match self.icons.is_new(icon.id) {
                Some(true) => self.outbox.source(Event::Icon(icon.clone())),
                Some(false) => {}
                None => return tracing::debug!(limit = NEW_ICONS, "too many new icons; one stays unseen"),
            }
        }
        if let Some(Role::Toplevel(toplevel)) = self.tracks.get_mut(id).map(|track| &mut track.role) {
            toplevel.icon = icon.map(|icon| icon.id);
        }
        self.report_surface(surface.wl_surface());
    }
}

impl Draft {
    fn made(&self) -> std::sync::MutexGuard<'_, Made> {
        self.0.lock().expect("nothing panics while it holds this")
    }

    /// Takes a picture into account. An error is the app's.
    fn add(&self, buffer: &WlBuffer) -> Result<(), (xdg_toplevel_icon_v1::Error, &'static str)> {
        use xdg_toplevel_icon_v1::Error;
        let mut made = self.made();
        if made.given {
            return Err((Error::Immutable, "the icon was given to a window already"));
        }
        let Some((size, _)) = shm::describe(buffer).filter(|(size, _)| size.w == size.h) else {
            return Err((Error::InvalidBuffer, "a picture of an icon is a square in shared memory"));
        };
        let better = made.best.as_ref().is_none_or(|(side, _)| icons::rank(size.w) <= icons::rank(*side));
        if size.w > icons::LARGEST_SIDE || !better {
            return Ok(());
        }
        let mut frame = Frame::default();
        frame.resize(size);
        if shm::copy(buffer, &[size.to_rect()], &mut frame, 0, 0).is_ok() {
            made.best = icons::from_frame(&frame).map(|icon| (size.w, icon));
        }
        Ok(())
    }
}

impl GlobalDispatch<XdgToplevelIconManagerV1, ()> for State {
    fn bind(
        state: &mut Self,
        _: &DisplayHandle,
        client: &Client,
        manager: New<XdgToplevelIconManagerV1>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        let manager = init.init(manager, ());
        SIDES.into_iter().for_each(|side| manager.icon_size(side));
        manager.done();
        if let Verdict::CutOff(reason) = one_object_more(state, client) {
            state.cut_off(client, reason);
        }
    }
}

impl Dispatch<XdgToplevelIconManagerV1, ()> for State {
    fn request(
        state: &mut Self,
        client: &Client,
        _: &XdgToplevelIconManagerV1,
        request: xdg_toplevel_icon_manager_v1::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        use xdg_toplevel_icon_manager_v1::Request;
        if state.clients.floods(&client.id()) {
            return state.cut_off(client, "it sends requests faster than they can be handled");
        }
        match request {
            Request::CreateIcon { id } => {
                init.init(id, Draft::default());
                let usage = state.clients.usage(&client.id());
                usage.icons += 1;
                if usage.icons > MAX_DRAFTS {
                    state.cut_off(client, "it made too many icons");
                }
            }
            Request::SetIcon { toplevel, icon } => {
                let icon = icon.and_then(|icon| {
                    let mut made = icon.data::<Draft>()?.made();
                    made.given = true;
                    made.best.as_ref().map(|(_, icon)| icon.clone())
                });
                state.set_icon(&toplevel, icon);
            }
            _ => {}
        }
    }

    fn destroyed(state: &mut Self, client: ClientId, _: &XdgToplevelIconManagerV1, (): &()) {
        if let Some(usage) = state.clients.usage_if_known(&client) {
            one_object_less(usage, &());
        }
    }
}

impl Dispatch<XdgToplevelIconV1, Draft> for State {
    fn request(
        state: &mut Self,
        client: &Client,
        icon: &XdgToplevelIconV1,
        request: xdg_toplevel_icon_v1::Request,
        draft: &Draft,
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        let xdg_toplevel_icon_v1::Request::AddBuffer { buffer, .. } = request else { return };
        // Reading a picture costs as much as a commit.
        if state.clients.floods(&client.id()) {
            return state.cut_off(client, "it sends requests faster than they can be handled");
        }
        if let Err((code, reason)) = draft.add(&buffer) {
            icon.post_error(code, reason);
        }
    }

    fn destroyed(state: &mut Self, client: ClientId, _: &XdgToplevelIconV1, _: &Draft) {
        if let Some(usage) = state.clients.usage_if_known(&client) {
            usage.icons = usage.icons.saturating_sub(1);
        }
    }
}
