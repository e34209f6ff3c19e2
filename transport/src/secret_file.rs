//! Secrets in the state directory: made once, readable by their owner alone, refused when others could have
//! read them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

/// Why a secret cannot be used.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// The directory cannot be made or read.
    #[error("the state directory {path} cannot be used: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others could replace the secrets.
    #[error(
        "the state directory {path} can be written by others (mode {mode:04o}); run: chmod 700 {path}",
        path = path.display()
    )]
    DirectoryWritable {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file cannot be read or written.
    #[error("the secret {path} cannot be read or written: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read the secret, so it is none any more.
    #[error(
        "the secret {path} can be read by others (mode {mode:04o}); delete it to have a new one made (old links end), \
         or if nobody else has had access run: chmod 600 {path}",
        path = path.display()
    )]
    Exposed {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file's content is not what was written.
    #[error(
        "the secret {path} is corrupt ({problem}); delete it to have a new one made (old links end)",
        path = path.display()
    )]
    Corrupt {
        /// Which.
        path: PathBuf,
        /// In what way.
        problem: String,
    },
    /// The system gave no random numbers or no key.
    #[error("no new key could be made")]
    Generate,
}

/// The largest secret that is read.
const MAX_LENGTH: u64 = 16 << 10;

/// Reads the secret `name` in `directory`, or has it made and keeps it there. If two processes do so at once,
/// both end up with the same secret.
pub(crate) fn load_or_create(
    directory: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, SecretFileError>,
) -> Result<Vec<u8>, SecretFileError> {
    prepare_directory(directory)?;
    let path = directory.join(name);
    let file_error = |source| SecretFileError::File { path: path.clone(), source };
    match File::open(&path) {
        Ok(file) => return read(file, &path),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(file_error(source)),
    }
    let secret = make()?;
    let draft = directory.join(format!(".{name}.{:016x}", random_number()?));
    let written = write_draft(&draft, &secret)
        // A link, not a rename: it does not replace what another process put there meanwhile.
        .and_then(|()| match fs::hard_link(&draft, &path) {
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    // The draft may not exist if writing failed; either way there is nothing left to do about it.
    let _ = fs::remove_file(&draft);
    written.map_err(file_error)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(file_error)?;
    read(File::open(&path).map_err(file_error)?, &path)
}

/// Fills `N` bytes with random numbers.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], SecretFileError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SecretFileError::Generate)?;
    Ok(bytes)
}

fn random_number() -> Result<u64, SecretFileError> {
    random_bytes().map(u64::from_le_bytes)
}

fn prepare_directory(directory: &Path) -> Result<(), SecretFileError> {
    let failed = |source| SecretFileError::Directory { path: directory.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let mode = fs::metadata(directory).map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(SecretFileError::DirectoryWritable { path: directory.to_owned(), mode });
    }
    Ok(())
}

fn write_draft(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret)?;
    file.sync_all()
}

fn read(file: File, path: &Path) -> Result<Vec<u8>, SecretFileError> {
    let failed = |source| SecretFileError::File { path: path.to_owned(), source };
    let corrupt =
        |problem: &str| SecretFileError::Corrupt { path: path.to_owned(), problem: problem.to_owned() };
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(corrupt("not a file"));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut secret = Vec::new();
    file.take(MAX_LENGTH + 1).read_to_end(&mut secret).map_err(failed)?;
    if secret.len() as u64 > MAX_LENGTH {
        return Err(corrupt("too long"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("exists").permissions().mode() & 0o777
    }

    #[test]
    fn a_secret_is_made_once_for_its_owner_alone() {
        let home = tempfile::tempdir().expect("a directory");
        let state = home.path().join("deep/state");
        let first = load_or_create(&state, "key", || Ok(vec![1, 2, 3])).expect("made");
        let second = load_or_create(&state, "key", || panic!("made already")).expect("read");
        assert_eq!(first, second);
        assert_eq!(mode(&state), 0o700);
        assert_eq!(mode(&state.join("key")), 0o600);
        assert_eq!(fs::read_dir(&state).expect("lists").count(), 1, "no draft is left");
    }

    #[test]
    fn an_exposed_secret_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        load_or_create(home.path(), "key", || Ok(vec![1])).expect("made");
        fs::set_permissions(home.path().join("key"), fs::Permissions::from_mode(0o640)).expect("set");
        let refusal = load_or_create(home.path(), "key", || Ok(vec![2])).expect_err("exposed").to_string();
        assert!(refusal.contains("0640") && refusal.contains("chmod 600"), "{refusal}");
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o777)).expect("set");
        let refusal = load_or_create(home.path(), "key", || Ok(vec![2])).expect_err("open").to_string();
        assert!(refusal.contains("chmod 700"), "{refusal}");
    }

    #[test]
    fn an_overlong_file_is_corrupt() {
        let home = tempfile::tempdir().expect("a directory");
        let refusal = load_or_create(home.path(), "key", || Ok(vec![0; 17 << 10])).expect_err("too long");
        assert!(matches!(refusal, SecretFileError::Corrupt { .. }), "{refusal}");
    }

    #[test]
    fn processes_that_start_together_agree() {
        let home = tempfile::tempdir().expect("a directory");
        let secrets: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let start = |n: u8| scope.spawn(move || vec![n]);
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let made = start(n);
                    let path = home.path();
                    scope.spawn(move || {
                        load_or_create(path, "key", || Ok(made.join().expect("ends"))).expect("made or read")
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("ends")).collect()
        });
        assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]), "{secrets:?}");
    }
}
