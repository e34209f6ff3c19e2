//! The secret by which an X server knows who may connect.
//!
//! Without one, X.org's servers admit their own user by name. A container's user often has none, and then
//! nobody could connect, not even the window manager.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::config::XAUTHORITY;

/// The method, as X11 calls it.
pub(crate) const METHOD: &str = "MIT-MAGIC-COOKIE-1";

/// For any address: `FamilyWild` of Xau.
const ANY_ADDRESS: u16 = 0xffff;

/// A secret, and the file that apps read it from.
pub(crate) struct Cookie {
    secret: [u8; 16],
    file: PathBuf,
}

impl Cookie {
    /// Makes one, with its file in a directory that belongs to the user alone.
    pub(crate) fn create_in(directory: &Path) -> io::Result<Self> {
        let mut secret = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut secret)?;
        let file = directory.join(XAUTHORITY);
        let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
        written.write_all(&entry(&secret))?;
        Ok(Self { secret, file })
    }

    /// For the server.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// For the window manager.
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// One entry of the file: a family of addresses, then address, display, method and secret, each with its
/// length. Empty ones stand for all.
fn entry(secret: &[u8]) -> Vec<u8> {
    let mut bytes = ANY_ADDRESS.to_be_bytes().to_vec();
    for field in [&[], &[], METHOD.as_bytes(), secret] {
        let length = u16::try_from(field.len()).expect("a few bytes");
        bytes.extend(length.to_be_bytes());
        bytes.extend(field);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_is_private_and_holds_the_secret_once() {
        let directory = tempfile::tempdir().unwrap();
        let cookie = Cookie::create_in(directory.path()).unwrap();
        let (bytes, mode) =
            (std::fs::read(cookie.file()).unwrap(), cookie.file().metadata().unwrap().permissions());
        assert_eq!(mode.mode() & 0o777, 0o600);
        assert_eq!(bytes.len(), 2 + 4 * 2 + METHOD.len() + 16);
        assert!(bytes.starts_with(&[0xff, 0xff, 0, 0, 0, 0, 0, 18]) && bytes.ends_with(cookie.secret()));
        assert!(Cookie::create_in(directory.path()).is_err(), "nobody's file is taken");
    }
}
