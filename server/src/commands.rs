//! The commands that speak to a running session: `dormer run`, `apps`, `links`.

use std::{env, path::PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::{
    catalogue::App,
    cli::{AppsOptions, LinksOptions, RoleName, RunOptions, Usage},
    config,
    console::{self, Answer, Request},
    paths,
};

/// Starts one more app.
pub(crate) fn run(options: RunOptions) -> Result<()> {
    let words = options.command.into_iter().map(|word| {
        word.into_string().map_err(|word| Usage(format!("'{}' is not UTF-8", word.to_string_lossy())))
    });
    let command = words.collect::<Result<Vec<_>, _>>()?;
    let directory = env::current_dir().context("the current directory is gone; change to another")?;
    match ask(options.session, &Request::Run { command, directory: Some(directory) })? {
        Answer::Started { pid } => {
            print(&pid.to_string());
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

/// Lists what can be started.
pub(crate) fn apps(options: AppsOptions) -> Result<()> {
    match ask(options.session, &Request::Apps)? {
        Answer::Apps(apps) if options.json => print(&serde_json::to_string(&apps).context("no JSON form")?),
        Answer::Apps(apps) => print(&table(&apps)),
        other => return Err(unexpected(&other)),
    }
    Ok(())
}

/// Makes links.
pub(crate) fn links(options: LinksOptions) -> Result<()> {
    let role = options.role.unwrap_or(RoleName::Control).into();
    let ttl = config::ttl(options.ttl.as_deref())?;
    let request = Request::Link { role, ttl_secs: ttl.as_secs() };
    match ask(options.session, &request)? {
        Answer::Link { native, browser } => {
            browser.iter().for_each(|link| print(link));
            print(&native);
            Ok(())
        }
        other => Err(unexpected(&other)),
    }
}

fn ask(session: Option<PathBuf>, request: &Request) -> Result<Answer> {
    let state_dir = session.map_or_else(paths::default_state_dir, Ok)?;
    console::ask(&state_dir, request)
}

fn table(apps: &[App]) -> String {
    if apps.is_empty() {
        return "no app has a desktop entry here; start programs by name with `dormer run`".into();
    }
    let width = apps.iter().map(|app| app.id.chars().count()).max().unwrap_or(0);
    let rows = apps.iter().map(|app| format!("{:width$}  {}", app.id, app.name));
    rows.collect::<Vec<_>>().join("\n")
}

fn unexpected(answer: &Answer) -> anyhow::Error {
    anyhow!("the session gave an unexpected answer ({answer:?}); are both of one version?")
}

#[expect(clippy::print_stdout, reason = "results of commands go to stdout")]
fn print(result: &str) {
    println!("{result}");
}
