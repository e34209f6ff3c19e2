//! Why something cannot be done with a file, in words for people.

use std::io;

use rustix::io::Errno;

/// Why something cannot be done with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// This name cannot be given.
    #[error("{0}")]
    Name(&'static str),
    /// Nothing is there.
    #[error("there is no such file or folder")]
    NotFound,
    /// It is no folder: a file, or a link to somewhere.
    #[error("that is no folder; links are not followed")]
    NotAFolder,
    /// It is no plain file: a folder, a link, a device, a socket.
    #[error("that is no plain file; links are not followed")]
    NotAFile,
    /// The session's user may not.
    #[error("the session's user may not read or write there")]
    Denied,
    /// There is no room.
    #[error("the session's disk is full")]
    Full,
    /// Too many uploads are under way.
    #[error("too many uploads are under way; finish or cancel one of them")]
    Busy,
    /// More comes than was said.
    #[error("more came than was said")]
    TooLong,
    /// What came is not at the place where the upload stands.
    #[error("the upload stands at another place")]
    Offset,
    /// What arrived is not what was sent.
    #[error("what arrived is not what was sent: the checksums differ")]
    Checksum,
    /// Not all has come.
    #[error("not all of the file has come")]
    Incomplete,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(errno) => errno.into(),
            None => Self::Other(error.to_string()),
        }
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound,
            Errno::NOTDIR | Errno::LOOP => Self::NotAFolder,
            Errno::ISDIR | Errno::NXIO => Self::NotAFile,
            Errno::ACCESS | Errno::PERM | Errno::ROFS => Self::Denied,
            Errno::NOSPC | Errno::DQUOT | Errno::FBIG => Self::Full,
            Errno::NAMETOOLONG => Self::Name("the name is too long"),
            Errno::INVAL => Self::Name("the session's disk takes no such name"),
            errno => Self::Other(errno.to_string()),
        }
    }
}
