//! The binary `dormer-view`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dormer_viewer::run()
}
