//! What X11 windows say about themselves: every property of every form is taken in, cleaned and bounded.
#![no_main]

#[path = "../wayland/mod.rs"]
mod wayland;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|reads: Vec<wayland::x11::Read>| wayland::x11::take_in(reads));
