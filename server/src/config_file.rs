//! The TOML file of `--config`: what no flag says, it says, under the flags' names. Every command reads one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::{logging, usage::Usage};

/// What the file says; nothing if there is none.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    keys: Table,
}

impl ConfigFile {
    /// Reads it, if there is one.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let path = path.to_owned();
        let keys = text.parse().map_err(|error| wrong(&path, &error))?;
        Ok(Self { path, keys })
    }

    /// Takes out what all commands have in common.
    pub(crate) fn take_logging(&mut self) -> Result<logging::Options> {
        let common = ["log", "log-format"];
        let keys = common.iter().filter_map(|&key| Some((key.to_owned(), self.keys.remove(key)?)));
        Table::from_iter(keys).try_into().map_err(|error| wrong(&self.path, &error))
    }

    /// The settings of one command; keys that it does not know are refused.
    pub(crate) fn settings<T: DeserializeOwned>(self) -> Result<T> {
        self.keys.try_into().map_err(|error| wrong(&self.path, &error))
    }
}

fn wrong(path: &Path, error: &toml::de::Error) -> anyhow::Error {
    let reason = error.message().trim().replace('\n', " ");
    let keys = "keys are the command's flags, as its --help lists them, without dashes in front";
    Usage(format!("{}: {reason}; {keys}", path.display())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{commands::LinksOptions, serve::ServeOptions};

    fn file(text: &str) -> ConfigFile {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("dormer.toml");
        fs::write(&path, text).expect("written");
        ConfigFile::read(Some(&path)).expect("TOML")
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = file("qiuc = '127.0.0.1:7'").settings::<ServeOptions>().expect_err("a typing mistake");
        assert!(error.is::<Usage>() && error.to_string().contains("qiuc"), "{error}");
        let error = file("quic = '127.0.0.1:7'").settings::<LinksOptions>().expect_err("another's flag");
        assert!(error.to_string().contains("quic"), "{error}");
    }

    #[test]
    fn logging_stands_beside_the_settings_of_any_command() {
        let mut file = file("log = 'debug'\nlog-format = 'json'\nttl = '5m'");
        file.take_logging().expect("valid");
        file.settings::<LinksOptions>().expect("the rest is the command's");
    }

    #[test]
    fn a_missing_file_is_said_with_its_name() {
        let error = ConfigFile::read(Some(Path::new("/nowhere/dormer.toml"))).expect_err("nothing there");
        assert!(error.to_string().contains("/nowhere/dormer.toml"), "{error}");
    }
}
