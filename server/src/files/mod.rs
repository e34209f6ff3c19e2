//! Files that viewers bring to the session and fetch from it: what they may name, where that is, and uploads
//! that go on after a broken link.
//!
//! Everything is below the home of the apps. Nothing on the way there may be a link, so no name leads out of
//! it, whatever apps do meanwhile.

mod fault;
mod folder;
mod names;
mod uploads;

use std::path::PathBuf;

pub(crate) use fault::Fault;
pub(crate) use folder::{FileFacts, Folder, Found};
pub(crate) use names::Name;
pub(crate) use uploads::{Arrived, Chunk, Upload, Uploads};

/// The folder in the home that takes what viewers bring.
pub(crate) const INBOX: &str = "Inbox";

/// A part of the home that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// All of it.
    Home,
    /// What viewers brought.
    Inbox,
}

/// The session's files.
#[derive(Debug)]
pub(crate) struct Files {
    home: PathBuf,
    /// Places of the host itself, which nobody sees.
    hidden: Vec<PathBuf>,
    /// What is being brought.
    pub uploads: Uploads,
}

impl Files {
    /// Those below `home`, but for the `hidden` ones. What was left of uploads to an earlier host goes.
    pub(crate) fn new(home: PathBuf, hidden: Vec<PathBuf>) -> Self {
        let files = Self { home, hidden, uploads: Uploads::default() };
        if let Ok(inbox) = files.existing_inbox() {
            uploads::clear(&inbox);
        }
        files
    }

    /// The path of something in the inbox, for apps.
    pub(crate) fn path_in_inbox(&self, names: &[String]) -> PathBuf {
        names.iter().fold(self.home.join(INBOX), |path, name| path.join(name))
    }

    /// A place, which is made if need be. Reads and writes: not for the network's thread.
    pub(crate) fn folder(&self, place: Place) -> Result<Folder, Fault> {
        match place {
            Place::Home => self.root(),
            Place::Inbox => self.root()?.make(&Name::fresh(INBOX)?),
        }
    }

    /// Begins an upload of `size` bytes to a path in the inbox, on behalf of the page that came by `link`.
    /// Reads and writes, as all that follows.
    pub(crate) fn begin(&self, path: &[Name], size: u64, link: Option<u64>) -> Result<Upload, Fault> {
        self.uploads.begin(&self.folder(Place::Inbox)?, path, size, link)
    }

    /// Puts what has arrived into its place.
    pub(crate) fn finish(&self, upload: &Upload, sha256: Option<&str>) -> Result<Arrived, Fault> {
        self.uploads.finish(&self.folder(Place::Inbox)?, upload, sha256)
    }

    /// Drops what has arrived of an upload.
    pub(crate) fn cancel(&self, upload: &Upload) -> Result<(), Fault> {
        self.uploads.cancel(&self.folder(Place::Inbox)?, upload);
        Ok(())
    }

    fn root(&self) -> Result<Folder, Fault> {
        Folder::root(&self.home, self.hidden.iter().map(PathBuf::as_path))
    }

    fn existing_inbox(&self) -> Result<Folder, Fault> {
        self.root()?.enter(&Name::fresh(INBOX)?)
    }
}
