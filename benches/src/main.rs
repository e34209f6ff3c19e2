//! Benchmarks against the goals and the rivals, in one run.
//!
//! Everything is measured from outside on the real programs: pixels of the test app's block code, bytes on
//! the wire, `/proc`. Rivals run in the same run, on the same display, interleaved with ours.

mod headless;
mod idle;
mod motion;
mod native;
mod numbers;
mod resources;
mod slow_link;
mod table;
mod traffic;

use std::{fs, io::Write, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

use table::Row;

/// Measures Dormer against its goals and its rivals.
#[derive(Debug, Parser)]
#[command(name = "dormer-bench", version)]
struct Options {
    /// Only these, by name; all unless given
    #[arg(value_name = "NAME")]
    only: Vec<String>,
    /// List the names
    #[arg(long)]
    list: bool,
    /// Print JSON lines instead of a Markdown table
    #[arg(long)]
    json: bool,
    /// Write the table to docs/benchmarks.md too
    #[arg(long)]
    write: bool,
    /// Fewer repetitions, to try things out
    #[arg(long)]
    quick: bool,
}

/// How much to repeat.
#[derive(Clone, Copy, Debug)]
struct Effort {
    quick: bool,
}

impl Effort {
    /// `full` repetitions or seconds, or a fifth of them.
    fn of(self, full: u32) -> u32 {
        if self.quick { full.div_ceil(5) } else { full }
    }
}

/// A benchmark: measures, and says what it found in rows of the table.
type Benchmark = fn(Effort) -> Result<Vec<Row>>;

const BENCHMARKS: &[(&str, Benchmark)] = &[
    ("headless", headless::run),
    ("native", native::run),
    ("idle", idle::run),
    ("motion", motion::run),
    ("slow-link", slow_link::run),
    ("restart", resources::restart),
    ("memory", resources::memory),
    ("typing", traffic::typing),
    ("scrolling", traffic::scrolling),
];

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "dormer-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let mut out = std::io::stdout();
    if options.list {
        return BENCHMARKS.iter().try_for_each(|(name, _)| Ok(writeln!(out, "{name}")?));
    }
    let known = |name: &String| BENCHMARKS.iter().any(|(known, _)| known == name);
    if let Some(unknown) = options.only.iter().find(|name| !known(name)) {
        anyhow::bail!("there is no benchmark {unknown}; see --list");
    }
    let effort = Effort { quick: options.quick };
    let mut rows = Vec::new();
    for (name, benchmark) in BENCHMARKS {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == name) {
            continue;
        }
        writeln!(std::io::stderr(), "measuring {name} …")?;
        // One that fails must not hide what the others found.
        let found = benchmark(effort).unwrap_or_else(|error| vec![Row::failed(name, &error)]);
        if options.json {
            found.iter().try_for_each(|row| {
                Ok::<(), anyhow::Error>(writeln!(out, "{}", serde_json::to_string(row)?)?)
            })?;
        }
        rows.extend(found);
    }
    let table = table::markdown(&rows);
    if !options.json {
        writeln!(out, "{table}")?;
    }
    if options.write {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md");
        fs::write(&file, table::page(&table)).with_context(|| file.display().to_string())?;
    }
    Ok(())
}
