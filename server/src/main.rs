//! `dormer`, the host: owns a session, launches its apps and serves its viewers.
//!
//! This crate wires threads and translates between crates; it decides nothing about pictures or input. One frame
//! passes through [`serve::event_loop`] only.

mod apps;
mod catalogue;
mod cli;
mod commands;
mod config_file;
mod console;
mod doctor;
mod layers;
mod links;
mod logging;
mod paths;
mod serve;
mod usage;
mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
