//! What was seen, as docs/apps.md tells it.

use std::{fmt, fs, path::Path};

use anyhow::Result;

use super::list::App;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Starts,
    Exact,
    Types,
    PastesIn,
    Scrolls,
    Menu,
    Resizes,
    Closes,
}

const COLUMNS: [(Column, &str); 8] = [
    (Column::Starts, "starts"),
    (Column::Exact, "exact pixels"),
    (Column::Types, "takes text and copies it out"),
    (Column::PastesIn, "pastes"),
    (Column::Scrolls, "scrolls"),
    (Column::Menu, "menu in its place"),
    (Column::Resizes, "resizes"),
    (Column::Closes, "closes, after its question"),
];

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    /// It failed, and how.
    No(String),
    /// The app has nothing of the kind.
    Nothing,
}

/// One app's verdicts.
#[derive(Debug)]
pub(crate) struct Row {
    app: &'static str,
    toolkit: &'static str,
    file: String,
    cannot: &'static [(Column, &'static str)],
    verdicts: Vec<Verdict>,
}

impl Row {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            app: app.name,
            toolkit: app.toolkit,
            file: app.file_name(),
            cannot: app.cannot,
            verdicts: vec![Verdict::Nothing; COLUMNS.len()],
        }
    }

    pub(crate) fn set(&mut self, column: Column, verdict: Verdict) {
        self.verdicts[column as usize] = verdict;
    }

    /// What failed without being in an app's nature.
    pub(crate) fn faults(&self) -> Vec<String> {
        let faults =
            COLUMNS.iter().zip(&self.verdicts).filter_map(|((column, name), verdict)| match verdict {
                Verdict::No(reason) if self.excuse(*column).is_none() => {
                    Some(format!("{}: {name}: {reason}", self.app))
                }
                Verdict::No(_) | Verdict::Yes | Verdict::Nothing => None,
            });
        faults.collect()
    }

    fn excuse(&self, column: Column) -> Option<&'static str> {
        self.cannot.iter().find(|(cannot, _)| *cannot == column).map(|(_, why)| *why)
    }

    fn cell(&self, column: Column) -> String {
        match (&self.verdicts[column as usize], self.excuse(column)) {
            (Verdict::Yes, _) => "yes".into(),
            (Verdict::Nothing, None) => "–".into(),
            (Verdict::No(_) | Verdict::Nothing, Some(why)) => format!("by nature not: {why}"),
            (Verdict::No(_), None) => "**no**".into(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (column, name) in COLUMNS {
            match &self.verdicts[column as usize] {
                Verdict::Yes => write!(f, " {name}: yes;")?,
                Verdict::No(reason) => write!(f, "\n  {name}: NO, {reason}\n ")?,
                Verdict::Nothing => {}
            }
        }
        Ok(())
    }
}

/// Writes the table.
pub(crate) fn write(file: &Path, rows: &[Row]) -> Result<()> {
    let mut text = String::from(
        "# Apps\n\nWhat `make test-apps` saw: real apps of Debian 12 in a session, used by the headless \
         viewer. Text is\n`Grüße 世界 €`, and is read back from the app by its own copy, or from a file. \
         `–` is what an app has\nnothing of.\n\n",
    );
    let names: Vec<&str> = COLUMNS.iter().map(|(_, name)| *name).collect();
    text.push_str(&format!(
        "| app | drawn by | {} |\n|{}\n",
        names.join(" | "),
        "---|".repeat(COLUMNS.len() + 2)
    ));
    for row in rows {
        let cells: Vec<String> = COLUMNS.iter().map(|(column, _)| row.cell(*column)).collect();
        text.push_str(&format!(
            "| [{}](apps/{}.png) | {} | {} |\n",
            row.app,
            row.file,
            row.toolkit,
            cells.join(" | ")
        ));
    }
    fs::write(file, text)?;
    Ok(())
}
