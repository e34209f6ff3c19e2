//! The link file: tells scripts that a host is ready and how to join it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result};
use serde::Serialize;

/// What the file says. See `docs/protocol.md` for the form of links.
#[derive(Debug, Serialize)]
pub(crate) struct LinkFile<'a> {
    version: u32,
    pid: u32,
    native: &'a str,
    view_only: ViewOnly<'a>,
}

#[derive(Debug, Serialize)]
struct ViewOnly<'a> {
    native: &'a str,
}

impl<'a> LinkFile<'a> {
    /// Of this process, with these links.
    pub(crate) fn new(control: &'a str, view: &'a str) -> Self {
        Self { version: 1, pid: std::process::id(), native: control, view_only: ViewOnly { native: view } }
    }

    /// Writes it so that readers see all of it or nothing, and only its owner can: links are keys.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let name =
            path.file_name().with_context(|| format!("--link-file {} names no file", path.display()))?;
        let mut temporary = name.to_owned();
        temporary.push(format!(".{}.new", self.pid));
        let temporary = path.with_file_name(temporary);
        let text = serde_json::to_string(self).context("no JSON form")?;
        write_private(&temporary, &text)
            .and_then(|()| fs::rename(&temporary, path))
            .with_context(|| format!("cannot write the link file {}", path.display()))
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_whole_private_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("links.json");
        LinkFile::new("dormer://a/#1", "dormer://a/#2").write(&path).expect("written");
        LinkFile::new("dormer://b/#1", "dormer://b/#2").write(&path).expect("written again");
        let text = fs::read_to_string(&path).expect("readable");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["native"], "dormer://b/#1");
        assert_eq!(json["view_only"]["native"], "dormer://b/#2");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).expect("readable").count(), 1);
    }
}
