//! The test app: paints the number of its newest input and a frame counter as a block code, and reacts to a
//! key with an immediate commit of just these cells. It draws the same picture through Wayland or straight
//! through X11.
//!
//! It tells what it did on its own clock (`--report`, JSON lines with microseconds of CLOCK_MONOTONIC), so
//! that measurements can subtract its own reaction, and answers commands on a socket (`--control`), so that
//! tests can compare a viewer's pixels with the app's own. It can also be a hostile guest.

mod control;
mod options;
mod report;
mod scene;
mod ticker;
mod wayland;
mod x11;

pub use control::Remote;
pub use options::{Extent, Hoard, Options};
pub use report::Entry;

/// Runs until its window is closed or the display goes away.
pub fn run(options: Options) -> anyhow::Result<()> {
    if options.x11 { x11::run(options) } else { wayland::run(options) }
}

/// The icon of `--hints` as X11 has it: width, height, then ARGB by rows.
pub fn icon() -> Vec<u32> {
    let side = 32;
    let pixels = (0..side * side).map(|n| 0xff00_0000 | (n % side * 8) << 16 | (n / side * 8) << 8 | 0x40);
    [side, side].into_iter().chain(pixels).collect()
}

/// Microseconds of CLOCK_MONOTONIC: one clock for all processes of a machine.
pub fn now_us() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Uptime is positive.
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1_000
}
