//! `docs/limits.md` says what the code does: each limit that it names is there, with the value that it gives.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between the first two backquotes, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.split_once('`')?.1.split_once('`')
}

/// Name, file and value of each limit in the tables.
fn table() -> Vec<(String, String, String)> {
    let document = read("docs/limits.md");
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let (limit, value) = cells.next().zip(cells.next()).expect("two cells");
        let (name, rest) = quoted(limit).expect("a name");
        let (file, _) = quoted(rest).expect("a file");
        let value = quoted(value).map(|(value, _)| value).unwrap_or_default();
        (name.to_owned(), file.to_owned(), value.to_owned())
    })
    .collect()
}

/// Whether the code gives a name this value: as a constant, in a binding or a field.
fn gives(code: &str, name: &str, value: &str) -> bool {
    let constant = |line: &str| {
        let (head, given) = line.split_once(" = ")?;
        let declared = head
            .split_once("const ")
            .map_or_else(|| head.trim_start().strip_prefix("let "), |(_, d)| Some(d))?;
        (declared.split(':').next()? == name && given.strip_suffix(';')? == value).then_some(())
    };
    let field = format!("{name}: {value}");
    code.lines().any(|line| {
        let ends = |at: usize| line[at + field.len()..].starts_with([',', ' ']);
        constant(line).is_some() || line.match_indices(&field).any(|(at, _)| ends(at))
    })
}

#[test]
fn the_table_of_limits_is_that_of_the_code() {
    let table = table();
    assert!(table.len() > 40, "the table is read: {}", table.len());
    for (name, file, value) in &table {
        let code = read(file);
        if value.is_empty() {
            assert!(code.contains(name.as_str()), "{name} is not in {file}");
        } else {
            assert!(gives(&code, name, value), "{name} is not {value} in {file}");
        }
    }
}

#[test]
fn every_limit_that_can_be_configured_is_in_the_table() {
    let config = read("compositor/src/config.rs");
    let (_, limits) = config.split_once("pub struct Limits {").expect("the limits");
    let (limits, _) = limits.split_once("\n}").expect("their end");
    let fields = limits.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next());
    let table = table();
    for field in fields {
        assert!(table.iter().any(|(name, ..)| name == field), "{field} is not in docs/limits.md");
    }
}

#[test]
fn a_value_is_read_where_it_stands() {
    assert!(gives("const MOST: usize = 4096;", "MOST", "4096"));
    assert!(gives("        let session_bytes = bytes / 2;", "session_bytes", "bytes / 2"));
    assert!(gives(
        "            canvas_bytes: session_bytes / 4 * 3,",
        "canvas_bytes",
        "session_bytes / 4 * 3"
    ));
    assert!(!gives("const MOST: usize = 40960;", "MOST", "4096"));
    assert!(!gives("            pools: 10240,", "pools", "1024"));
}
