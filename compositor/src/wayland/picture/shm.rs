//! Reading apps' buffers: shared memory and single pixels.
//!
//! Shared memory can change or vanish while it is read. Smithay's access turns the fault of a truncated pool
//! into zeros and an error for the app; here every row is checked against the pool's size before it is
//! copied, and no reference into the pool is ever made.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "formats are the protocol's"))]

use media::{Frame, MAX_DIMENSION, Pixels, Rect, Size};
use smithay::{
    reexports::wayland_server::protocol::{wl_buffer::WlBuffer, wl_shm::Format},
    wayland::{
        shm::{BufferData, with_buffer_contents},
        single_pixel_buffer::get_single_pixel_buffer,
    },
};

/// The buffer could not be read: its app lied about it.
#[derive(Debug)]
pub(in crate::wayland) struct Unreadable;

/// How bytes become B G R A.
#[derive(Clone, Copy, Debug)]
enum Conversion {
    /// They are.
    None,
    /// The fourth byte is padding.
    Opaque,
    /// Red and blue are swapped.
    Swapped,
    /// Both.
    SwappedOpaque,
}

impl Conversion {
    fn of(format: Format) -> Option<Self> {
        match format {
            Format::Argb8888 => Some(Self::None),
            Format::Xrgb8888 => Some(Self::Opaque),
            Format::Abgr8888 => Some(Self::Swapped),
            Format::Xbgr8888 => Some(Self::SwappedOpaque),
            _ => None,
        }
    }

    fn is_opaque(self) -> bool {
        matches!(self, Self::Opaque | Self::SwappedOpaque)
    }

    fn apply(self, row: &mut [u8]) {
        let (pixels, _) = row.as_chunks_mut::<4>();
        match self {
            Self::None => (),
            Self::Opaque => pixels.iter_mut().for_each(|p| p[3] = 255),
            Self::Swapped => pixels.iter_mut().for_each(|p| p.swap(0, 2)),
            Self::SwappedOpaque => pixels.iter_mut().for_each(|p| *p = [p[2], p[1], p[0], 255]),
        }
    }
}

/// The size of a buffer and whether it has no transparency; `None` if it is of no kind that can be read.
pub(in crate::wayland) fn describe(buffer: &WlBuffer) -> Option<(Size<Pixels>, bool)> {
    if let Ok(pixel) = get_single_pixel_buffer(buffer) {
        return Some((Size::new(1, 1), !pixel.has_alpha()));
    }
    let data = with_buffer_contents(buffer, |_, _, data| data).ok()?;
    let conversion = Conversion::of(data.format)?;
    let side = |n: i32| u32::try_from(n).ok().filter(|n| (1..=2 * MAX_DIMENSION).contains(n));
    Some((Size::new(side(data.width)?, side(data.height)?), conversion.is_opaque()))
}

/// Copies rectangles of a buffer to the same place in `to`, moved by `dx`, `dy`. What lies outside of either
/// is left out.
pub(in crate::wayland) fn copy(
    buffer: &WlBuffer,
    rects: &[Rect<Pixels>],
    to: &mut Frame,
    dx: i32,
    dy: i32,
) -> Result<(), Unreadable> {
    let bounds = to.size().to_rect().offset(-dx, -dy);
    if let Ok(pixel) = get_single_pixel_buffer(buffer) {
        let [r, g, b, a] = pixel.rgba8888();
        for rect in rects.iter().filter_map(|r| r.intersection(bounds)).map(|r| r.offset(dx, dy)) {
            (rect.y..rect.bottom())
                .for_each(|y| to.row_mut(rect, y).as_chunks_mut::<4>().0.fill([b, g, r, a]));
        }
        return Ok(());
    }
    let copied = with_buffer_contents(buffer, |pool, len, data| {
        let conversion = Conversion::of(data.format).ok_or(Unreadable)?;
        let extent = Rect::between(0, 0, data.width, data.height);
        for rect in rects.iter().filter_map(|r| r.intersection(bounds)?.intersection(extent)) {
            for y in rect.y..rect.bottom() {
                let target = to.row_mut(rect.offset(dx, dy), y + dy);
                copy_row(pool, len, &data, rect.x, y, target)?;
                conversion.apply(target);
            }
        }
        Ok(())
    });
    copied.unwrap_or(Err(Unreadable))
}

/// Copies the pixels from `x` on of row `y` as far as `target` is long.
#[expect(unsafe_code, reason = "the pool is shared with the app, so no reference to it may exist")]
fn copy_row(
    pool: *const u8,
    len: usize,
    data: &BufferData,
    x: i32,
    y: i32,
    target: &mut [u8],
) -> Result<(), Unreadable> {
    let start = i64::from(data.offset) + i64::from(y) * i64::from(data.stride) + i64::from(x) * 4;
    let start = usize::try_from(start).map_err(|_| Unreadable)?;
    if start.checked_add(target.len()).is_none_or(|end| end > len) {
        return Err(Unreadable);
    }
    // SAFETY: `pool` is valid for `len` bytes while Smithay's access lasts, and `start + target.len() <= len`
    // was checked just now; `target` is our own memory, so the two do not overlap. Other writers of the pool
    // can tear the pixels, which are valid whatever they are.
    unsafe { std::ptr::copy_nonoverlapping(pool.add(start), target.as_mut_ptr(), target.len()) };
    Ok(())
}
