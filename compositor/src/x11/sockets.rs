//! A display number of our own: its lock and its socket, which are there from the start. Who connects waits
//! in the socket's queue until an Xwayland takes it over.
//!
//! X servers that choose their number themselves (`-displayfd`) look at no lock. They take the number's
//! abstract socket, which on Linux stands beside the file, and then replace the file, whosever it is: apps of
//! this session would open their windows there. So the abstract name is taken first of all. Nobody listens on
//! it where the file can be made: who tries is refused, and goes to the file, which has permissions. Where it
//! cannot be made, in a container whose root is read-only, apps are awaited on the abstract name; the
//! [`Cookie`](super::cookie::Cookie) decides in any case who may connect.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, MetadataExt, PermissionsExt},
            net::UnixListener,
        },
    },
    path::{Path, PathBuf},
    process,
};

use rustix::{
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with},
    process::{Pid, getuid, test_kill_process},
};

/// Where X11 apps look for displays; part of the X11 convention, not ours to choose.
const LOCKS: &str = "/tmp";
const SOCKETS: &str = "/tmp/.X11-unix";

/// Display numbers that are tried.
const NUMBERS: std::ops::Range<u32> = 0..1000;

/// How many may wait on the abstract name, as the standard library has it for files.
const QUEUE: i32 = 128;

/// A display number and what makes it ours. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Sockets {
    number: u32,
    listener: UnixListener,
    /// What was made for it, where something could be.
    files: Vec<PathBuf>,
    /// Keeps the abstract name.
    _name: OwnedFd,
}

/// Whether a number can be ours.
enum Claim<T> {
    Ours(T),
    Taken,
}

impl Sockets {
    /// Takes the first free display number.
    pub(crate) fn claim() -> io::Result<Self> {
        Self::claim_in(Path::new(LOCKS), Path::new(SOCKETS))
    }

    fn claim_in(locks: &Path, sockets: &Path) -> io::Result<Self> {
        let files = can_hold_files(sockets);
        if !files {
            let folder = sockets.display();
            tracing::info!(%folder, "X11 apps are awaited on an abstract socket, since no file can be made there");
        }
        for number in NUMBERS {
            let socket = sockets.join(format!("X{number}"));
            let Claim::Ours(name) = take_name(&socket)? else { continue };
            let lock = locks.join(format!(".X{number}-lock"));
            let Claim::Ours(lock) = take_lock(lock) else { continue };
            let mut made: Vec<PathBuf> = lock.into_iter().collect();
            match open(&socket, &name, files) {
                Ok(listener) => {
                    made.extend(files.then_some(socket));
                    return Ok(Self { number, listener, files: made, _name: name });
                }
                Err(error) => {
                    tracing::debug!(%error, number, "a display number cannot be used");
                    made.iter().for_each(|lock| drop(fs::remove_file(lock)));
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::AddrInUse, "all display numbers are taken"))
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
        for path in &self.files {
            if let Err(error) = fs::remove_file(path) {
                tracing::debug!(%error, path = %path.display(), "a file of the X11 display could not be removed");
            }
        }
    }
}

/// Whether sockets can lie in the folder. It must be there and open to all users, as a system's start leaves
/// it; containers have none. Whoever owns it can replace what lies there.
fn can_hold_files(folder: &Path) -> bool {
    if DirBuilder::new().mode(0o1777).create(folder).is_ok() {
        return fs::set_permissions(folder, Permissions::from_mode(0o1777)).is_ok();
    }
    let is_trusted =
        |found: fs::Metadata| found.is_dir() && (found.uid() == 0 || found.uid() == getuid().as_raw());
    fs::symlink_metadata(folder).is_ok_and(is_trusted)
        && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

/// The abstract name.
fn take_name(path: &Path) -> io::Result<Claim<OwnedFd>> {
    let name = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    match bind(&name, &SocketAddrUnix::new_abstract_name(path.as_os_str().as_bytes())?) {
        Ok(()) => Ok(Claim::Ours(name)),
        Err(rustix::io::Errno::ADDRINUSE) => Ok(Claim::Taken),
        Err(error) => Err(error.into()),
    }
}

/// The lock, if one can be made. One whose owner is gone is taken over, and so is one that bears our own
/// number: who made that had our place in an earlier run of the container, since we hold the number's name.
fn take_lock(path: PathBuf) -> Claim<Option<PathBuf>> {
    for _ in 0..2 {
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                // A lock without an owner's number is nobody's to take over, which is as good.
                let _ = file.write_all(format!("{:>10}\n", process::id()).as_bytes());
                return Claim::Ours(Some(path));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !is_stale(&path) || fs::remove_file(&path).is_err() {
                    return Claim::Taken;
                }
            }
            // The folder takes no files: nobody else can lock anything there either.
            Err(_) => return Claim::Ours(None),
        }
    }
    Claim::Taken
}

/// The socket on which apps are awaited.
fn open(path: &Path, name: &OwnedFd, as_file: bool) -> io::Result<UnixListener> {
    if as_file {
        // Whoever left it there holds neither the lock nor the name any more.
        let _ = fs::remove_file(path);
        return UnixListener::bind(path);
    }
    listen(name, QUEUE)?;
    Ok(name.try_clone()?.into())
}

fn is_stale(path: &Path) -> bool {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(32).read_to_string(&mut text));
    let owner: Option<i32> = read.ok().and_then(|_| text.trim().parse().ok());
    let is_gone = |pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
    let is_own = owner.and_then(|pid| u32::try_from(pid).ok()) == Some(process::id());
    is_own || owner.and_then(Pid::from_raw).is_some_and(is_gone)
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
        let Claim::Ours(_name) = take_name(&dir.path().join("X0")).unwrap() else { panic!("free") };
        let ours = Sockets::claim_in(dir.path(), dir.path()).unwrap();
        assert_eq!(ours.number(), 1);
        assert!(!dir.path().join(".X0-lock").exists(), "its lock was given back");
        let refused =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        let socket = dir.path().join("X1");
        let name = SocketAddrUnix::new_abstract_name(socket.as_os_str().as_bytes()).unwrap();
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
        fs::write(dir.path().join(".X0-lock"), format!("{:>10}\n", std::os::unix::process::parent_id()))
            .unwrap();
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 2);
    }

    #[test]
    fn a_lock_of_an_earlier_run_with_our_process_id_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".X0-lock"), format!("{:>10}\n", process::id())).unwrap();
        fs::write(dir.path().join("X0"), "").unwrap();
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 0);
    }

    #[test]
    fn more_numbers_are_tried_than_the_usual_hundred() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..100 {
            fs::write(dir.path().join(format!(".X{number}-lock")), "nonsense").unwrap();
        }
        assert_eq!(Sockets::claim_in(dir.path(), dir.path()).unwrap().number(), 100);
    }

    #[test]
    fn where_no_file_can_be_made_apps_are_awaited_on_the_abstract_name() {
        let dir = tempfile::tempdir().unwrap();
        let (locks, sockets) = (dir.path().join("no/locks"), dir.path().join("no/sockets"));
        let ours = Sockets::claim_in(&locks, &sockets).unwrap();
        assert!(ours.files.is_empty());
        let app = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        let socket = sockets.join("X0");
        let name = SocketAddrUnix::new_abstract_name(socket.as_os_str().as_bytes()).unwrap();
        rustix::net::connect(&app, &name).unwrap();
        ours.listener().accept().unwrap();
    }
}
