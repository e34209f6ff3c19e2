//! What X11 windows say about themselves: every property of every form is taken in, cleaned and bounded.
#![no_main]

// The compositor needs more of these two.
#[allow(dead_code)]
#[path = "../../../compositor/src/icons.rs"]
mod icons;
#[allow(dead_code)]
#[path = "../../../compositor/src/text.rs"]
mod text;
#[path = "../x11/mod.rs"]
mod x11;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|reads: Vec<x11::Read>| x11::take_in(reads));
