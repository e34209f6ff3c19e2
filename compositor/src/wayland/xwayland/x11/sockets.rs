//! A display number of our own: its lock and its socket, which are there from the start. Who connects waits in the
//! socket's queue until an Xwayland takes it over.
//!
//! X servers that choose their number themselves (`-displayfd`) look at no lock. They take the number's abstract socket,
//! which on Linux stands beside the file, and then replace the file, whosever it is: apps of this session would open their
//! windows there. So the abstract name is taken as well. Nobody listens on it, since everybody could connect: who tries is
//! refused, and goes to the file.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, PermissionsExt},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
    process,
};

use rustix::{
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with},
    process::{Pid, test_kill_process},
};

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
    /// Keeps the abstract name.
    _name: OwnedFd,
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
            match take_sockets(&socket) {
                Ok((listener, name)) => return Ok(Self { number, listener, lock, socket, _name: name }),
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

/// The abstract name, and the file.
fn take_sockets(path: &Path) -> io::Result<(UnixListener, OwnedFd)> {
    let name = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bind(&name, &SocketAddrUnix::new_abstract_name(path.as_os_str().as_bytes())?)?;
    // Whoever left it there holds neither the lock nor the name any more.
    let _ = fs::remove_file(path);
    Ok((UnixListener::bind(path)?, name))
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
    fn a_number_whose_abstract_socket_is_taken_belongs_to_another() {
        let dir = tempfile::tempdir().unwrap();
        let (_listener, _name) = take_sockets(&dir.path().join("X0")).unwrap();
        let ours = Sockets::claim_in(dir.path(), dir.path()).unwrap();
        assert_eq!(ours.number(), 1);
        assert!(!dir.path().join(".X0-lock").exists(), "its lock was given back");
        let refused =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        let name = SocketAddrUnix::new_abstract_name(ours.socket.as_os_str().as_bytes()).unwrap();
        let refused = rustix::net::connect(&refused, &name);
        assert_eq!(refused, Err(rustix::io::Errno::CONNREFUSED), "who tries it goes to the file");
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
