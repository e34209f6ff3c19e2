//! A display number of our own: its lock and its socket, which are there from the start. Who connects waits in the
//! socket's queue until an Xwayland takes it over.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    process,
};

use rustix::process::{Pid, test_kill_process};

/// Where X11 apps look for displays; part of the X11 convention, not ours to choose.
const LOCKS: &str = "/tmp";
const SOCKETS: &str = "/tmp/.X11-unix";

/// Display numbers that are tried.
const NUMBERS: std::ops::Range<u32> = 0..100;

/// A display number and what makes it ours. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Sockets {
    number: u32,
    listener: UnixListener,
    lock: PathBuf,
    socket: PathBuf,
}

impl Sockets {
    /// Takes the first free display number.
    pub(crate) fn claim() -> io::Result<Self> {
        prepare(Path::new(SOCKETS))?;
        Self::claim_in(Path::new(LOCKS), Path::new(SOCKETS))
    }

    fn claim_in(locks: &Path, sockets: &Path) -> io::Result<Self> {
        let mut failure = io::Error::new(io::ErrorKind::AddrInUse, "all display numbers are taken");
        for number in NUMBERS {
            let lock = locks.join(format!(".X{number}-lock"));
            if !take_lock(&lock)? {
                continue;
            }
            let socket = sockets.join(format!("X{number}"));
            // Whoever left it there does not hold the lock any more.
            let _ = fs::remove_file(&socket);
            match UnixListener::bind(&socket) {
                Ok(listener) => return Ok(Self { number, listener, lock, socket }),
                Err(error) => {
                    let _ = fs::remove_file(&lock);
                    failure = error;
                }
            }
        }
        Err(failure)
    }

    /// N of `:N`.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The socket on which apps wait.
    pub(crate) fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for path in [&self.socket, &self.lock] {
            if let Err(error) = fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "a file of the X11 display could not be removed");
            }
        }
    }
}

/// The folder must be there and open to all users, as a system's start leaves it; containers have none.
fn prepare(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o1777).create(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o1777)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the lock is ours now. A lock whose owner is gone is taken over.
fn take_lock(path: &Path) -> io::Result<bool> {
    for _ in 0..2 {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(mut file) => {
                return file.write_all(format!("{:>10}\n", process::id()).as_bytes()).map(|()| true);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !is_stale(path) || fs::remove_file(path).is_err() {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn is_stale(path: &Path) -> bool {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(32).read_to_string(&mut text));
    let owner = read.ok().and_then(|_| text.trim().parse().ok()).and_then(Pid::from_raw);
    owner.is_some_and(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_belongs_to_one_and_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let first = Sockets::claim_in(dir.path(), dir.path()).unwrap();
        let second = Sockets::claim_in(dir.path(), dir.path()).unwrap();
        assert_eq!((first.number(), second.number()), (0, 1));
        drop(first);
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 0);
    }

    #[test]
    fn a_lock_without_an_owner_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = process::Command::new("true").spawn().unwrap();
        let gone = child.id();
        child.wait().unwrap();
        fs::write(dir.path().join(".X0-lock"), format!("{gone:>10}\n")).unwrap();
        fs::write(dir.path().join(".X1-lock"), "nonsense").unwrap();
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 0);
        fs::write(dir.path().join(".X0-lock"), format!("{:>10}\n", process::id())).unwrap();
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 2);
    }
}
