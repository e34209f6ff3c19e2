//! What is attached to each surface, and the pixels kept of it.
//!
//! A buffer is read while its commit is handled and released then; nothing of ours refers to it later. So
//! pixels that will be needed again, to compose a tree of several surfaces, are kept in a picture of our own.
//! The root of a tree that needs no composing keeps none: its pixels live in the track's canvas alone.

use std::cell::{Ref, RefCell, RefMut};

use media::{Frame, MAX_DIMENSION, Pixels, Rect, Region, Size};
use smithay::{
    reexports::wayland_server::protocol::{wl_buffer::WlBuffer, wl_surface::WlSurface},
    utils::Transform,
    wayland::compositor::{self, BufferAssignment, Damage, SurfaceAttributes, SurfaceData},
};

use crate::wayland::picture::shm;

/// More rectangles of damage than this in one commit are taken as one around them.
const MANY_RECTS: usize = 256;

/// What is attached to a surface and kept of it.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Content {
    /// The buffer that was attached last, `None` while the surface shows nothing.
    pub(in crate::wayland) attached: Option<Attached>,
    /// Its pixels, if they are kept.
    pub(in crate::wayland) pixels: Option<Frame>,
    /// What of them changed since the tree was composed last.
    pub(in crate::wayland) damage: Region,
    /// The newest buffer, if it is to be read later.
    waiting: Option<Fresh>,
}

/// What is known of a buffer after it has been released.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::wayland) struct Attached {
    /// Its size, before any transform.
    pub(in crate::wayland) size: Size<Pixels>,
    /// Pixels per surface unit.
    pub(in crate::wayland) scale: i32,
    /// How it is turned.
    pub(in crate::wayland) transform: Transform,
    /// Whether it has no transparency.
    pub(in crate::wayland) opaque: bool,
}

/// A buffer that was attached by a commit and is not read yet. Released when dropped.
#[derive(Debug)]
pub(in crate::wayland) struct Fresh {
    pub(in crate::wayland) buffer: WlBuffer,
    /// What changed in it, within its size.
    pub(in crate::wayland) damage: Region,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.buffer.release();
    }
}

/// What a commit did to a surface's content.
#[derive(Debug)]
pub(in crate::wayland) enum Change {
    /// Nothing.
    None,
    /// It shows nothing any more.
    Removed,
    /// It shows a new buffer.
    Fresh(Fresh),
}

/// Borrows a surface's content.
pub(in crate::wayland) fn content(states: &SurfaceData) -> Ref<'_, Content> {
    states.data_map.get_or_insert(RefCell::<Content>::default).borrow()
}

/// Borrows a surface's content to change it.
pub(in crate::wayland) fn content_mut(states: &SurfaceData) -> RefMut<'_, Content> {
    states.data_map.get_or_insert(RefCell::<Content>::default).borrow_mut()
}

/// Takes what a commit attached. The content then tells of the new buffer, but holds the old pixels.
pub(in crate::wayland) fn take(surface: &WlSurface) -> Change {
    compositor::with_states(surface, |states| {
        let mut guard = states.cached_state.get::<SurfaceAttributes>();
        let attributes = guard.current();
        let damage = std::mem::take(&mut attributes.damage);
        match attributes.buffer.take() {
            None => Change::None,
            Some(BufferAssignment::Removed) => {
                *content_mut(states) = Content::default();
                Change::Removed
            }
            Some(BufferAssignment::NewBuffer(buffer)) => {
                let Some((size, opaque)) = shm::describe(&buffer) else {
                    tracing::debug!("an app attached a buffer that cannot be read");
                    buffer.release();
                    return Change::None;
                };
                let attached = Attached {
                    size,
                    scale: attributes.buffer_scale.max(1),
                    transform: attributes.buffer_transform.into(),
                    opaque,
                };
                let mut content = content_mut(states);
                let same = content.attached.replace(attached) == Some(attached);
                let mut damage =
                    if same { changed(&damage, attached, states) } else { Region::from(size.to_rect()) };
                if let Some(older) = content.waiting.take() {
                    damage.union(&older.damage);
                    damage.clip(size.to_rect());
                }
                Change::Fresh(Fresh { buffer, damage })
            }
        }
    })
}

/// Has a buffer wait until it can be read. It takes the place of any that waits.
pub(in crate::wayland) fn put_off(states: &SurfaceData, mut fresh: Fresh) {
    let waiting = &mut content_mut(states).waiting;
    if let Some(older) = waiting.take() {
        fresh.damage.union(&older.damage);
    }
    *waiting = Some(fresh);
}

/// The buffer that waits.
pub(in crate::wayland) fn take_waiting(surface: &WlSurface) -> Option<Fresh> {
    compositor::with_states(surface, |states| content_mut(states).waiting.take())
}

/// Copies what is new of a buffer into the surface's kept pixels. `None` if the buffer cannot be read.
pub(in crate::wayland) fn keep(states: &SurfaceData, fresh: &Fresh) -> Option<()> {
    let content = &mut *content_mut(states);
    let size = content.attached?.size;
    // What is larger than any picture is cut.
    let size = Size::new(size.w.min(MAX_DIMENSION), size.h.min(MAX_DIMENSION));
    let whole = content.pixels.as_ref().is_none_or(|frame| frame.size() != size);
    let damage = if whole { Region::from(size.to_rect()) } else { fresh.damage.clone() };
    let frame = content.pixels.get_or_insert_default();
    frame.resize(size);
    shm::copy(&fresh.buffer, damage.rects(), frame, 0, 0).ok()?;
    content.damage.union(&damage);
    Some(())
}

/// How many bytes are kept of a surface.
pub(in crate::wayland) fn kept_bytes(surface: &WlSurface) -> u64 {
    compositor::with_states(surface, |states| {
        content(states).pixels.as_ref().map_or(0, |frame| frame.data().len() as u64)
    })
}

/// How many bytes would be kept of what is attached to a surface.
pub(in crate::wayland) fn bytes_to_keep(surface: &WlSurface) -> u64 {
    compositor::with_states(surface, |states| {
        let side = |n: u32| u64::from(n.min(MAX_DIMENSION));
        let bytes = |a: Attached| side(a.size.w) * side(a.size.h) * Frame::BYTES_PER_PIXEL as u64;
        content(states).attached.map_or(0, bytes)
    })
}

/// The damage of a commit in pixels of its buffer. What an app says is bounded by its buffer.
fn changed(damage: &[Damage], attached: Attached, states: &SurfaceData) -> Region {
    let bounds = attached.size.to_rect();
    let plain = attached.transform == Transform::Normal
        && crate::wayland::picture::layout::viewport(states).is_none();
    let rects = damage.iter().filter_map(|damage| match damage {
        Damage::Buffer(r) => between(r.loc.x, r.loc.y, r.size.w, r.size.h, 1).intersection(bounds),
        Damage::Surface(r) if plain => {
            between(r.loc.x, r.loc.y, r.size.w, r.size.h, attached.scale).intersection(bounds)
        }
        Damage::Surface(_) => Some(bounds),
    });
    if damage.len() > MANY_RECTS {
        Region::from(rects.fold(Rect::default(), Rect::bounds_with))
    } else {
        rects.collect()
    }
}

fn between(x: i32, y: i32, w: i32, h: i32, scale: i32) -> Rect<Pixels> {
    let scaled = |n: i32| n.saturating_mul(scale);
    Rect::between(scaled(x), scaled(y), scaled(x.saturating_add(w)), scaled(y.saturating_add(h)))
}
