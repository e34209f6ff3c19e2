//! Sockets by paths of any length: the system takes at most 107 bytes of one.

use std::{
    fs::File,
    io,
    os::{fd::AsRawFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
};

/// The longest path that the system takes as it is.
const MAX_PATH: usize = 107;

/// A path that the system takes, as long as this lives.
#[derive(Debug)]
pub(super) struct Address {
    path: PathBuf,
    /// The directory that a short path begins at.
    _directory: Option<File>,
}

impl Address {
    /// For the socket at `path`; the directory must be there.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if path.as_os_str().as_bytes().len() <= MAX_PATH {
            return Ok(Self { path: path.to_owned(), _directory: None });
        }
        let directory = File::open(directory)?;
        let path = Path::new("/proc/self/fd").join(directory.as_raw_fd().to_string()).join(name);
        Ok(Self { path, _directory: Some(directory) })
    }
}

impl AsRef<Path> for Address {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_path_of_any_length_can_be_listened_on_and_found() {
        let directory = tempfile::tempdir().expect("a directory");
        for depth in [1, 60, 250] {
            let deep = directory.path().join("d".repeat(depth));
            std::fs::create_dir(&deep).expect("made");
            let path = deep.join("console.sock");
            let _listener = UnixListener::bind(Address::of(&path).expect("an address")).expect("listens");
            UnixStream::connect(Address::of(&path).expect("an address")).expect("found");
            assert!(path.exists());
        }
    }
}
