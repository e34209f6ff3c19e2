//! Folders that are held open, and what is in them: one name at a time, and never through a link.

use std::{
    ffi::CStr,
    fs::File,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, Stat, fstat, stat, statat},
    io::Errno,
};
use serde::Serialize;

use super::{Fault, Name};

/// The most that a listing tells; it says if there is more.
const MAX_LISTED: usize = 5000;

/// Permissions of what is made, less those that the process masks.
const FOLDER: u32 = 0o755;

/// A folder below the home, held open: it stays the same one whatever becomes of its name.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    open: Arc<OwnedFd>,
    own: Identity,
    /// What nobody sees.
    hidden: Arc<[Hidden]>,
}

/// Device and number.
type Identity = (u64, u64);

/// A file or folder of the host itself. It is known by what it is, under any name, and by its place: the host
/// replaces its files, by others that it writes beside them.
#[derive(Debug)]
struct Hidden {
    path: PathBuf,
    itself: Option<Identity>,
    folder: Option<Identity>,
    name: Vec<u8>,
}

impl Hidden {
    fn at(path: &Path) -> Self {
        let folder =
            path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
        let name = path.file_name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        Self { path: path.to_owned(), itself: identity_at(path), folder: folder.and_then(identity_at), name }
    }

    fn is(&self, folder: Identity, name: &[u8], found: Identity) -> bool {
        let fresh = || name.strip_prefix(&self.name[..]).is_some_and(|rest| rest.ends_with(b".new"));
        let in_place = self.folder == Some(folder) && !self.name.is_empty();
        // A number is given to something else as soon as what had it was replaced.
        let itself = || self.itself == Some(found) && identity_at(&self.path) == Some(found);
        itself() || (in_place && (name == self.name || fresh()))
    }
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A folder.
    Folder,
    /// A plain file.
    File,
    /// Something that is neither opened nor followed.
    Other,
}

/// What is in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// Its name, as far as that is text.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub size: u64,
    /// When it changed, in seconds since 1970.
    pub modified: u64,
}

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listing {
    /// Folders first, by name.
    pub entries: Vec<Entry>,
    /// Whether there are others, which are not told.
    pub more: bool,
}

/// What is found at a name.
#[derive(Debug)]
pub(crate) enum Found {
    /// A folder.
    Folder(Folder),
    /// A plain file, open for reading, and what is known of it.
    File(File, FileFacts),
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// Its length in bytes.
    pub size: u64,
    /// Another one wherever another file or another content is there.
    pub version: (u64, u64, u64),
}

impl Folder {
    /// The folder at a path that is trusted; what is `hidden` is not found in it.
    pub(super) fn root<'a>(path: &Path, hidden: impl Iterator<Item = &'a Path>) -> Result<Self, Fault> {
        let open = fs::openat(CWD, path, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let own = identity(&fstat(&open)?);
        Ok(Self { open: Arc::new(open), own, hidden: hidden.map(Hidden::at).collect() })
    }

    /// A folder in it.
    pub(crate) fn enter(&self, name: &Name) -> Result<Self, Fault> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = fs::openat(self, name.as_str(), flags, Mode::empty())?;
        let found = fstat(&open)?;
        self.is_seen(name.as_str().as_bytes(), &found)?;
        Ok(Self { open: Arc::new(open), own: identity(&found), hidden: Arc::clone(&self.hidden) })
    }

    /// A folder in it, which is made if nothing is there.
    pub(crate) fn make(&self, name: &Name) -> Result<Self, Fault> {
        match fs::mkdirat(self, name.as_str(), Mode::from_raw_mode(FOLDER)) {
            Ok(()) | Err(Errno::EXIST) => self.enter(name),
            Err(error) => Err(error.into()),
        }
    }

    /// A folder in it of this name, or of a number more where something else has the name.
    pub(super) fn make_beside(&self, name: &Name) -> Result<(Self, Name), Fault> {
        for n in 0..MAX_NUMBER {
            let name = name.numbered(n);
            match self.make(&name) {
                Ok(folder) => return Ok((folder, name)),
                Err(Fault::NotAFolder) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::Name("too many files have this name"))
    }

    /// What is at a name.
    pub(crate) fn find(&self, name: &Name) -> Result<Found, Fault> {
        let seen = statat(self, name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(seen.st_mode);
        if kind.is_dir() {
            return self.enter(name).map(Found::Folder);
        }
        if !kind.is_file() {
            return Err(Fault::NotAFile);
        }
        // Something else may be there by now: a pipe must not be waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let open = fs::openat(self, name.as_str(), flags, Mode::empty())?;
        let found = fstat(&open)?;
        self.is_seen(name.as_str().as_bytes(), &found)?;
        if !FileType::from_raw_mode(found.st_mode).is_file() {
            return Err(Fault::NotAFile);
        }
        let changed = (found.st_mtime as u64).wrapping_mul(1_000_000_000);
        let changed = changed.wrapping_add(found.st_mtime_nsec as u64);
        let size = u64::try_from(found.st_size).unwrap_or_default();
        let version = (found.st_ino, size, changed);
        Ok(Found::File(File::from(open), FileFacts { size, version }))
    }

    /// What is in it.
    pub(crate) fn list(&self) -> Result<Listing, Fault> {
        let mut names = Vec::new();
        let mut more = false;
        for entry in Dir::read_from(self)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            if names.len() == MAX_LISTED {
                more = true;
                break;
            }
            names.push(name.to_owned());
        }
        let mut entries: Vec<_> = names.iter().filter_map(|name| self.entry(name)).collect();
        entries.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        Ok(Listing { entries, more })
    }

    fn entry(&self, name: &CStr) -> Option<Entry> {
        // It may have gone since.
        let found = statat(self, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        self.is_seen(name.to_bytes(), &found).ok()?;
        let text = name.to_str().ok();
        let found_kind = FileType::from_raw_mode(found.st_mode);
        let kind = match text {
            Some(_) if found_kind.is_dir() => Kind::Folder,
            Some(_) if found_kind.is_file() => Kind::File,
            Some(_) | None => Kind::Other,
        };
        Some(Entry {
            name: name.to_string_lossy().into_owned(),
            kind,
            size: u64::try_from(found.st_size).unwrap_or_default(),
            modified: u64::try_from(found.st_mtime).unwrap_or_default(),
        })
    }

    /// A new file in it, to be written; nothing may be there.
    pub(super) fn create(&self, name: &Name) -> Result<File, Fault> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(self, name.as_str(), flags, Mode::from_raw_mode(0o644))?))
    }

    /// Removes a file of it.
    pub(super) fn remove(&self, name: &Name) -> Result<(), Fault> {
        Ok(fs::unlinkat(self, name.as_str(), AtFlags::empty())?)
    }

    /// Moves a file of it into another folder; its name there has a number where something has it. The name.
    pub(super) fn move_beside(&self, name: &Name, to: &Self, wanted: &Name) -> Result<Name, Fault> {
        for n in 0..MAX_NUMBER {
            let wanted = wanted.numbered(n);
            match self.move_to(name, to, &wanted) {
                Ok(()) => return Ok(wanted),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Fault::Name("too many files have this name"))
    }

    /// Never over something that is there.
    fn move_to(&self, name: &Name, to: &Self, wanted: &Name) -> Result<(), Errno> {
        let (name, wanted) = (name.as_str(), wanted.as_str());
        match fs::renameat_with(self, name, to, wanted, RenameFlags::NOREPLACE) {
            // Some file systems know it not; these know links of files.
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::linkat(self, name, to, wanted, AtFlags::empty())?;
                fs::unlinkat(self, name, AtFlags::empty())
            }
            moved => moved,
        }
    }

    /// How many bytes can still be written.
    pub(super) fn room(&self) -> Result<u64, Fault> {
        let facts = fs::fstatvfs(self)?;
        Ok(facts.f_bavail.saturating_mul(facts.f_frsize))
    }

    fn is_seen(&self, name: &[u8], found: &Stat) -> Result<(), Fault> {
        let is_hidden = self.hidden.iter().any(|hidden| hidden.is(self.own, name, identity(found)));
        if is_hidden { Err(Fault::Denied) } else { Ok(()) }
    }
}

/// The highest number that a further file of a name gets.
const MAX_NUMBER: u32 = 10_000;

fn identity_at(path: &Path) -> Option<Identity> {
    stat(path).ok().map(|found| identity(&found))
}

fn identity(found: &Stat) -> Identity {
    (found.st_dev, found.st_ino)
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.open.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn name(text: &str) -> Name {
        Name::existing(text).expect("a name")
    }

    #[test]
    fn links_and_special_files_are_neither_followed_nor_opened() {
        let home = tempfile::tempdir().expect("a directory");
        let outside = tempfile::tempdir().expect("a directory");
        std::fs::write(outside.path().join("secret"), "x").expect("written");
        symlink(outside.path(), home.path().join("folder-link")).expect("linked");
        symlink(outside.path().join("secret"), home.path().join("file-link")).expect("linked");
        rustix::fs::mknodat(CWD, home.path().join("pipe"), FileType::Fifo, Mode::RUSR, 0).expect("made");
        let _socket = std::os::unix::net::UnixListener::bind(home.path().join("socket")).expect("listens");
        let root = Folder::root(home.path(), [].into_iter()).expect("a folder");
        for special in ["folder-link", "file-link", "pipe", "socket"] {
            assert_eq!(root.find(&name(special)).expect_err(special), Fault::NotAFile);
            assert_eq!(root.enter(&name(special)).expect_err(special), Fault::NotAFolder);
            assert_eq!(root.make(&name(special)).expect_err(special), Fault::NotAFolder);
            let (_, beside) = root.make_beside(&name(special)).expect("a folder");
            assert_eq!(beside.as_str(), format!("{special} (1)"));
        }
        let listed = root.list().expect("readable");
        let kinds = listed.entries.iter().map(|entry| entry.kind).collect::<Vec<_>>();
        assert_eq!(kinds, [[Kind::Folder; 4], [Kind::Other; 4]].concat());
        assert!(root.find(&name("missing")).is_err_and(|fault| fault == Fault::NotFound));
    }

    #[test]
    fn what_is_hidden_is_not_seen_by_any_name() {
        let home = tempfile::tempdir().expect("a directory");
        let state = home.path().join("state");
        std::fs::create_dir(&state).expect("made");
        std::fs::write(home.path().join("links.json"), "x").expect("written");
        std::fs::hard_link(home.path().join("links.json"), home.path().join("other")).expect("linked");
        let hidden = [state, home.path().join("links.json"), home.path().join("nothing")];
        let root = Folder::root(home.path(), hidden.iter().map(|path| path.as_path())).expect("a folder");
        for hidden in ["state", "links.json", "other"] {
            assert_eq!(root.find(&name(hidden)).expect_err(hidden), Fault::Denied);
        }
        assert_eq!(root.list().expect("readable").entries, []);
    }

    #[test]
    fn what_takes_the_place_of_something_hidden_is_hidden_as_well() {
        let home = tempfile::tempdir().expect("a directory");
        let (file, fresh) = (home.path().join("links.json"), home.path().join("links.json.7.new"));
        std::fs::write(&file, "x").expect("written");
        let root = Folder::root(home.path(), [file.as_path()].into_iter()).expect("a folder");
        let inner = root.make(&name("inner")).expect("a folder");
        std::fs::write(home.path().join("inner/links.json"), "z").expect("written");
        assert!(inner.find(&name("links.json")).is_ok(), "the name alone says nothing");
        std::fs::remove_file(&file).expect("removed");
        std::fs::write(home.path().join("inner/other"), "z").expect("written");
        assert!(inner.find(&name("other")).is_ok(), "it may have the number of what was removed");
        std::fs::remove_dir_all(home.path().join("inner")).expect("removed");
        std::fs::write(&fresh, "y").expect("written");
        assert_eq!(root.list().expect("readable").entries, []);
        assert_eq!(root.find(&name("links.json.7.new")).expect_err("hidden"), Fault::Denied);
        std::fs::rename(&fresh, &file).expect("renamed");
        assert_eq!(root.list().expect("readable").entries, []);
        assert_eq!(root.find(&name("links.json")).expect_err("hidden"), Fault::Denied);
    }
}
