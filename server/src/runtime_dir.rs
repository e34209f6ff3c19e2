//! The `XDG_RUNTIME_DIR` of one session's apps: their sockets lie there.
//!
//! It lies below the directory for temporary files, and not below the user's own runtime directory, which the
//! system removes when that user logs out, and which a container may lack. Its host holds a lock on it as
//! long as it lives: what nobody holds was left by a host that was killed, and is removed by the next.

use std::{
    env,
    fs::{self, DirBuilder, File},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rustix::{
    fs::{FlockOperation, flock},
    process::getuid,
};
use transport::TicketId;

/// How all of them are called. A dot, since no library makes one up for temporary files.
const PREFIX: &str = "dormer-run.";

/// The longest path: with the name of a socket in it, it must fit into an address of 107 bytes.
const MAX_PATH: usize = 90;

/// How often a name is tried.
const ATTEMPTS: u32 = 16;

/// A fresh directory; removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct RuntimeDir {
    path: PathBuf,
    /// Holds the lock.
    _held: File,
}

impl RuntimeDir {
    /// Makes it where that can be done, after removing what hosts left that are gone.
    pub(crate) fn create() -> Result<Self> {
        let bases = bases();
        bases.iter().for_each(|base| sweep(base));
        let mut failures = Vec::new();
        for base in &bases {
            match Self::create_in(base) {
                Ok(made) => return Ok(made),
                Err(error) => failures.push(format!("{}: {error:#}", base.display())),
            }
        }
        bail!(
            "no directory for the apps' sockets can be made ({}); make /tmp writable, or name another short directory in TMPDIR",
            failures.join("; ")
        )
    }

    fn create_in(base: &Path) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            let random = TicketId::random().context("no random numbers")?.0 as u32;
            let path = base.join(format!("{PREFIX}{random:08x}"));
            if path.as_os_str().as_bytes().len() > MAX_PATH {
                bail!("too long for sockets");
            }
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error.into()),
            }
            // Somebody who sweeps may have taken it for a leftover just now.
            if let Some(held) = hold(&path) {
                return Ok(Self { path, _held: held });
            }
        }
        bail!("others remove what is made there")
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RuntimeDir {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Where it may lie, best first.
fn bases() -> Vec<PathBuf> {
    // Not the user's any more, see `scratch`.
    let own = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let fixed = ["/tmp", "/dev/shm", "/var/tmp"].map(PathBuf::from);
    let mut bases = Vec::new();
    for base in [env::temp_dir()].into_iter().chain(own).chain(fixed) {
        if base.is_absolute() && !bases.contains(&base) {
            bases.push(base);
        }
    }
    bases
}

/// Takes the lock, if nobody has it and the directory is still the one of this name.
fn hold(path: &Path) -> Option<File> {
    let held = File::open(path).ok()?;
    flock(&held, FlockOperation::NonBlockingLockExclusive).ok()?;
    let (here, there) = (held.metadata().ok()?, fs::symlink_metadata(path).ok()?);
    ((here.dev(), here.ino()) == (there.dev(), there.ino())).then_some(held)
}

/// Removes what hosts of this user left that were killed.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let is_own = || {
            let found = entry.metadata();
            found.is_ok_and(|found| found.is_dir() && found.uid() == getuid().as_raw())
        };
        if is_one
            && is_own()
            && let Some(_held) = hold(&entry.path())
        {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::debug!(%error, path = %path.display(), "a runtime directory could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_private_and_removed_when_dropped() {
        let base = tempfile::tempdir().expect("a directory");
        let made = RuntimeDir::create_in(base.path()).expect("made");
        let mode = fs::metadata(made.path()).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o700);
        fs::write(made.path().join("socket"), "").expect("writable");
        drop(made);
        assert_eq!(fs::read_dir(base.path()).expect("lists").count(), 0);
    }

    #[test]
    fn what_nobody_holds_is_swept_and_nothing_else() {
        let base = tempfile::tempdir().expect("a directory");
        let living = RuntimeDir::create_in(base.path()).expect("made");
        let left = base.path().join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join("deep")).expect("made");
        for other in ["dormer-runs", "dormer-4711"] {
            fs::create_dir(base.path().join(other)).expect("made");
        }
        sweep(base.path());
        assert!(living.path().is_dir() && !left.exists());
        assert_eq!(fs::read_dir(base.path()).expect("lists").count(), 3);
    }

    #[test]
    fn a_base_that_is_too_deep_is_refused() {
        let base = tempfile::tempdir().expect("a directory");
        let deep = base.path().join("d".repeat(80));
        fs::create_dir(&deep).expect("made");
        let refusal = RuntimeDir::create_in(&deep).expect_err("too long").to_string();
        assert!(refusal.contains("too long"), "{refusal}");
    }
}
