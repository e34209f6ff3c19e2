//! Shared memory for the window's pictures.
//!
//! Each buffer knows what was painted since it was last shown, so that a small change costs a small copy.
//! Pixels are written through the file, which needs no mapping.

use std::{
    fs::File,
    os::{fd::AsFd, unix::fs::FileExt},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Result;
use media::{Frame, Pixels, Rect, Size};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use wayland_client::{
    QueueHandle,
    protocol::{
        wl_buffer::WlBuffer,
        wl_shm::{Format, WlShm},
    },
};

use super::{App, Scene};

/// More are never needed: one shown, one pending, two in case the display is slow to let go.
const MOST: usize = 4;
/// A buffer that is this many changes behind is filled anew.
const MOST_STALE: usize = 16;

/// Whether the display holds a buffer.
pub(super) type Held = Arc<AtomicBool>;

/// The window's buffers, all of one size.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    size: Size<Pixels>,
    slots: Vec<Slot>,
    /// For those that do not wait: which is next.
    turn: usize,
}

#[derive(Debug)]
struct Slot {
    buffer: WlBuffer,
    file: File,
    held: Held,
    stale: Vec<Rect<Pixels>>,
}

impl Buffers {
    /// A buffer with all of the scene's pixels, of which `damage` is new; `None` if the display holds all
    /// buffers. `rude` takes one all the same.
    pub(super) fn filled(
        &mut self,
        shm: &WlShm,
        queue: &QueueHandle<App>,
        scene: &Scene,
        damage: &[Rect<Pixels>],
        rude: bool,
    ) -> Result<Option<&WlBuffer>> {
        if self.size != scene.size() {
            self.slots.drain(..).for_each(|slot| slot.buffer.destroy());
            self.size = scene.size();
        }
        for slot in &mut self.slots {
            slot.stale.extend_from_slice(damage);
        }
        let free = self.slots.iter().position(|slot| !slot.held.load(Ordering::Relaxed));
        let index = match free {
            Some(index) => index,
            None if self.slots.len() < MOST => {
                self.slots.push(Slot::new(shm, queue, self.size)?);
                self.slots.len() - 1
            }
            None if rude => {
                self.turn = (self.turn + 1) % MOST;
                self.turn
            }
            None => return Ok(None),
        };
        let slot = &mut self.slots[index];
        slot.fill(scene.frame())?;
        slot.held.store(true, Ordering::Relaxed);
        Ok(Some(&slot.buffer))
    }
}

impl Slot {
    fn new(shm: &WlShm, queue: &QueueHandle<App>, size: Size<Pixels>) -> Result<Self> {
        let held = Held::default();
        let (buffer, file) = allocate(shm, queue, size, held.clone())?;
        Ok(Self { buffer, file, held, stale: vec![size.to_rect()] })
    }

    fn fill(&mut self, frame: &Frame) -> Result<()> {
        let whole = frame.size().to_rect();
        if self.stale.len() > MOST_STALE {
            self.stale = vec![whole];
        }
        for rect in self.stale.drain(..).filter_map(|rect| rect.intersection(whole)) {
            write(&self.file, frame, rect)?;
        }
        Ok(())
    }
}

/// A new buffer and the file behind it.
pub(super) fn allocate(
    shm: &WlShm,
    queue: &QueueHandle<App>,
    size: Size<Pixels>,
    held: Held,
) -> Result<(WlBuffer, File)> {
    let stride = i32::try_from(size.w * 4)?;
    let (w, h) = (i32::try_from(size.w)?, i32::try_from(size.h)?);
    let fd = memfd_create("dormer-testapp", MemfdFlags::CLOEXEC)?;
    ftruncate(&fd, u64::from(size.h) * u64::from(size.w) * 4)?;
    let pool = shm.create_pool(fd.as_fd(), stride * h, queue, ());
    let buffer = pool.create_buffer(0, w, h, stride, Format::Xrgb8888, queue, held);
    pool.destroy();
    Ok((buffer, File::from(fd)))
}

/// Copies a part of `frame` to its place in the file.
pub(super) fn write(file: &File, frame: &Frame, rect: Rect<Pixels>) -> Result<()> {
    let start = |y: i32| (y as usize * frame.stride() + rect.x as usize * 4) as u64;
    if rect.w == frame.size().w {
        let rows = rect.y as usize * frame.stride()..rect.bottom() as usize * frame.stride();
        return Ok(file.write_all_at(&frame.data()[rows], start(rect.y))?);
    }
    (rect.y..rect.bottom()).try_for_each(|y| Ok(file.write_all_at(frame.row(rect, y), start(y))?))
}
