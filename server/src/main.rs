//! `dormer`, the host: owns a session, launches its apps and serves its viewers.
//!
//! This crate wires threads and translates between crates; it decides nothing about pictures or input. One frame
//! passes through [`host`] only.

mod apps;
mod browsers;
mod catalogue;
mod cli;
mod commands;
mod config;
mod config_file;
mod console;
mod doctor;
mod door;
mod host;
mod link_file;
mod links;
mod logging;
mod paths;
mod serve;
mod start_order;
mod web;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
