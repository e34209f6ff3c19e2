//! The table: what was measured, against which goal.

use std::fmt::Write;

use serde::Serialize;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// What was found, with its unit.
    pub(crate) measured: String,
    /// What was wanted; empty if it is only told.
    pub(crate) goal: String,
    /// Whether that is so.
    pub(crate) verdict: Verdict,
}

/// What became of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As good as the goal, or better.
    Met,
    /// Not as good.
    Missed,
    /// There is no goal.
    Told,
    /// Something that it needs is not here.
    Skipped,
    /// It could not be measured.
    Failed,
}

impl Row {
    /// A measurement against a goal.
    pub(crate) fn goal(what: &str, measured: impl Into<String>, goal: &str, met: bool) -> Self {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        Self { what: what.to_owned(), measured: measured.into(), goal: goal.to_owned(), verdict }
    }

    /// A measurement to compare with.
    pub(crate) fn told(what: &str, measured: impl Into<String>) -> Self {
        Self { what: what.to_owned(), measured: measured.into(), goal: String::new(), verdict: Verdict::Told }
    }

    /// Something could not be run here.
    pub(crate) fn skipped(what: &str, reason: &str) -> Self {
        Self {
            what: what.to_owned(),
            measured: reason.to_owned(),
            goal: String::new(),
            verdict: Verdict::Skipped,
        }
    }

    /// Something went wrong.
    pub(crate) fn failed(what: &str, error: &anyhow::Error) -> Self {
        let measured = format!("{error:#}").replace(['\n', '|'], " ");
        Self { what: what.to_owned(), measured, goal: String::new(), verdict: Verdict::Failed }
    }
}

/// All rows as a Markdown table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut table = String::from("| what | measured | goal | |\n|---|---|---|---|\n");
    for row in rows {
        let mark = match row.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "**missed**",
            Verdict::Told => "",
            Verdict::Skipped => "skipped",
            Verdict::Failed => "**failed**",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {} | {} | {} | {mark} |", row.what, row.measured, row.goal);
    }
    table
}

/// The page of the documentation that holds the table.
pub(crate) fn page(table: &str) -> String {
    format!(
        "# Benchmarks\n\n\
         Printed by `make bench`, written by `cargo run --release --bin dormer-bench -- --write`: the real programs on\n\
         one machine ({cores} cores), host, viewer, apps and the measuring program sharing it. Times are milliseconds,\n\
         p50/p95, unless stated otherwise.\n\n{table}",
        cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
    )
}
