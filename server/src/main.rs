//! `dormer`, the host: owns a session, launches its apps and serves its viewers.
//!
//! This crate wires threads and translates between crates; it decides nothing about pictures or input. One
//! frame passes through `serve::event_loop` only.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod api;
mod apps;
mod bus;
mod catalogue;
mod cli;
mod commands;
mod config_file;
mod console;
mod doctor;
mod files;
mod health;
mod layers;
mod links;
mod logging;
mod output;
mod paths;
mod processes;
mod reaper;
mod runtime_dir;
mod scratch;
mod serve;
mod session_env;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::give_back_large_blocks();
    scratch::settle();
    cli::run()
}
