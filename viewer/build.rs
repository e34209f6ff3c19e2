//! Refuses a build in which openh264 would silently be five times slower. The same as the encoder's: either
//! may be built alone.

use std::{
    env,
    process::{Command, Stdio},
};

fn main() {
    println!("cargo::rerun-if-env-changed=PATH");
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64") && !runs("nasm") {
        println!(
            "cargo::error=nasm is missing, without which openh264 decodes and encodes several times slower: install it \
             (Debian: `apt install nasm`, Fedora: `dnf install nasm`, macOS: `brew install nasm`) and build again"
        );
    }
}

fn runs(program: &str) -> bool {
    let quiet = Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}
