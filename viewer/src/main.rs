//! The binary `dormer-view`.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::process::ExitCode;

fn main() -> ExitCode {
    dormer_viewer::run()
}
