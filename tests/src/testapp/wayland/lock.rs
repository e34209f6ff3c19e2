//! A pointer lock: a left press locks the pointer, the next one lets it go, and all of its motion is
//! reported.

use anyhow::{Context, Result};
use wayland_client::{
    Connection, Dispatch, QueueHandle, delegate_noop, globals::GlobalList, protocol::wl_pointer::WlPointer,
};
use wayland_protocols::wp::{
    pointer_constraints::zv1::client::{
        zwp_locked_pointer_v1::{self, ZwpLockedPointerV1},
        zwp_pointer_constraints_v1::{Lifetime, ZwpPointerConstraintsV1},
    },
    relative_pointer::zv1::client::{
        zwp_relative_pointer_manager_v1::ZwpRelativePointerManagerV1,
        zwp_relative_pointer_v1::{self, ZwpRelativePointerV1},
    },
};

use super::App;
use crate::testapp::Entry;

/// What locks the pointer.
#[derive(Debug)]
pub(super) struct Lock {
    constraints: ZwpPointerConstraintsV1,
    relative: ZwpRelativePointerManagerV1,
    pointer: Option<WlPointer>,
    locked: Option<ZwpLockedPointerV1>,
}

impl Lock {
    pub(super) fn new(globals: &GlobalList, queue: &QueueHandle<App>) -> Result<Self> {
        let constraints = globals.bind(queue, 1..=1, ()).context("zwp_pointer_constraints_v1")?;
        let relative = globals.bind(queue, 1..=1, ()).context("zwp_relative_pointer_manager_v1")?;
        Ok(Self { constraints, relative, pointer: None, locked: None })
    }

    /// The seat has a pointer.
    pub(super) fn has_pointer(&mut self, pointer: WlPointer, queue: &QueueHandle<App>) {
        self.relative.get_relative_pointer(&pointer, queue, ());
        self.pointer = Some(pointer);
    }
}

impl App {
    /// A left press: locks the pointer, or lets it go.
    pub(super) fn toggle_lock(&mut self) -> Result<()> {
        let Some(lock) = &mut self.lock else { return Ok(()) };
        if let Some(locked) = lock.locked.take() {
            locked.destroy();
            return self.report.add(&Entry::Lock { held: false });
        }
        lock.locked = lock.pointer.as_ref().map(|pointer| {
            lock.constraints.lock_pointer(&self.surface, pointer, None, Lifetime::Persistent, &self.queue, ())
        });
        Ok(())
    }
}

impl Dispatch<ZwpLockedPointerV1, ()> for App {
    fn event(
        app: &mut Self,
        _: &ZwpLockedPointerV1,
        event: zwp_locked_pointer_v1::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let held = matches!(event, zwp_locked_pointer_v1::Event::Locked);
        let done = app.report.add(&Entry::Lock { held });
        app.must(done);
    }
}

impl Dispatch<ZwpRelativePointerV1, ()> for App {
    fn event(
        app: &mut Self,
        _: &ZwpRelativePointerV1,
        event: zwp_relative_pointer_v1::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let zwp_relative_pointer_v1::Event::RelativeMotion { dx, dy, .. } = event else { return };
        let fixed = |way: f64| (way * 256.0).round() as i32;
        let done = app.report.add(&Entry::Pushed { dx: fixed(dx), dy: fixed(dy) });
        app.must(done);
    }
}

delegate_noop!(App: ZwpPointerConstraintsV1);
delegate_noop!(App: ZwpRelativePointerManagerV1);
