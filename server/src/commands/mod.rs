//! The commands that speak to a running session: `dormer run`, `apps`, `links`.

mod apps;
mod links;
mod run;

use std::path::PathBuf;

use anyhow::{Result, anyhow};

pub(crate) use apps::{AppsOptions, apps};
pub(crate) use links::{LinksOptions, links};
pub(crate) use run::{RunOptions, run};

use crate::{
    console::{self, Answer, Request},
    paths,
};

fn ask(session: Option<PathBuf>, request: &Request) -> Result<Answer> {
    let state_dir = session.map_or_else(paths::default_state_dir, Ok)?;
    console::ask(&state_dir, request)
}

fn unexpected(answer: &Answer) -> anyhow::Error {
    anyhow!("the session gave an unexpected answer ({answer:?}); are both of one version?")
}

#[expect(clippy::print_stdout, reason = "results of commands go to stdout")]
fn print(result: &str) {
    println!("{result}");
}
