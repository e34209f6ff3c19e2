//! The link file: tells scripts that a host is ready and how to join it.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Serialize;
use web::write_private;

use super::issue::LinkPair;

/// What the file says. See `docs/protocol.md` for the form of links.
#[derive(Debug, Serialize)]
pub(super) struct LinkFile<'a> {
    version: u32,
    pid: u32,
    #[serde(flatten)]
    control: Pair<'a>,
    view_only: Pair<'a>,
}

#[derive(Debug, Serialize)]
struct Pair<'a> {
    native: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<&'a str>,
}

impl<'a> From<&'a LinkPair> for Pair<'a> {
    fn from(links: &'a LinkPair) -> Self {
        Self { native: &links.native, browser: links.browser.as_deref() }
    }
}

impl<'a> LinkFile<'a> {
    /// Of this process, with these links.
    pub(super) fn new(control: &'a LinkPair, view: &'a LinkPair) -> Self {
        Self { version: 1, pid: std::process::id(), control: control.into(), view_only: view.into() }
    }

    /// Writes it so that readers see all of it or nothing, and only its owner can: links are keys.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let name =
            path.file_name().with_context(|| format!("--link-file {} names no file", path.display()))?;
        let mut temporary = name.to_owned();
        temporary.push(format!(".{}.new", self.pid));
        let temporary = path.with_file_name(temporary);
        let text = serde_json::to_string(self).context("no JSON form")?;
        write_private(&temporary, &format!("{text}\n"))
            .and_then(|()| fs::rename(&temporary, path))
            .with_context(|| format!("cannot write the link file {}", path.display()))
    }
}

/// Removes the file, since its links lead nowhere now; not that of a host that was started since.
pub(crate) fn remove_own(path: &Path) {
    let text = fs::read(path).unwrap_or_default();
    let pid = serde_json::from_slice::<serde_json::Value>(&text).ok().and_then(|file| file["pid"].as_u64());
    if pid == Some(u64::from(std::process::id())) {
        // Somebody else may have removed it.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_whole_private_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("links.json");
        let pair = |native: &str, browser: Option<&str>| LinkPair {
            native: native.to_owned(),
            browser: browser.map(str::to_owned),
        };
        let (first, second) = (pair("dormer://a/#1", None), pair("dormer://b/#1", Some("https://b/#3")));
        LinkFile::new(&first, &first).write(&path).expect("written");
        LinkFile::new(&second, &pair("dormer://b/#2", None)).write(&path).expect("written again");
        let text = fs::read_to_string(&path).expect("readable");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["native"], "dormer://b/#1");
        assert_eq!(json["browser"], "https://b/#3");
        assert_eq!(json["view_only"], serde_json::json!({"native": "dormer://b/#2"}));
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).expect("readable").count(), 1);
    }

    #[test]
    fn only_one_s_own_is_removed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("links.json");
        let pair = LinkPair { native: "dormer://a/#1".to_owned(), browser: None };
        let file = LinkFile::new(&pair, &pair);
        LinkFile { pid: file.pid + 1, ..file }.write(&path).expect("written");
        remove_own(&path);
        assert!(path.exists(), "another host's");
        LinkFile::new(&pair, &pair).write(&path).expect("written");
        remove_own(&path);
        assert!(!path.exists());
    }
}
