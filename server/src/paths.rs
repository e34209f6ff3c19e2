//! Where a host keeps what: its state directory and its console socket.

use std::{
    fs::DirBuilder,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rustix::process::getuid;

use crate::session_env;

/// Names the state directory, for all commands of a container.
pub(crate) const STATE_DIR: &str = "DORMER_STATE_DIR";

/// The directory that `dormer serve` uses unless told otherwise. Where nobody has a home, as in a container
/// whose user is a mere number, it lies among temporary files.
pub(crate) fn default_state_dir() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(STATE_DIR).filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(base) = named {
        return Ok(base.join("dormer"));
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match home.filter(|home| session_env::is_usable(home)) {
        Some(home) => Ok(home.join(".local/state/dormer")),
        None => without_home(),
    }
}

fn without_home() -> Result<PathBuf> {
    let own = getuid();
    let path = std::env::temp_dir().join(format!("dormer-state-{}", own.as_raw()));
    match std::fs::symlink_metadata(&path) {
        Ok(found) if !found.is_dir() || found.uid() != own.as_raw() => bail!(
            "there is no HOME that can be written, and {} is somebody else's; say where to keep the host's key with \
             --state-dir DIR",
            path.display()
        ),
        _ => Ok(path),
    }
}

/// The socket on which a running host takes orders from `dormer run`, `apps` and `links`.
pub(crate) fn console_socket(state_dir: &Path) -> PathBuf {
    state_dir.join("console.sock")
}

/// Makes a directory that only its owner may enter.
pub(crate) fn private_dir(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the directory {}{}", path.display(), advice(path)))?;
    let writable = rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
    writable.with_context(|| format!("cannot write the directory {}{}", path.display(), advice(path)))
}

/// Whose fault it is that a directory cannot be written: a fresh volume often belongs to root.
fn advice(path: &Path) -> String {
    let own = getuid().as_raw();
    let nearest = path.ancestors().find_map(|path| Some((path, std::fs::metadata(path).ok()?)));
    match nearest {
        Some((path, found)) if found.uid() != own => format!(
            ", since {} belongs to user {} and this is user {own}; run as root: chown {own} {}",
            path.display(),
            found.uid(),
            path.display()
        ),
        _ => String::new(),
    }
}
