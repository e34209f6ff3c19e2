//! Uploads: what has arrived of each, checked piece by piece, until it is whole and gets its name.
//!
//! What has arrived stands in a folder of its own in the inbox, where no app sees a file that is not whole.

use std::{
    collections::HashMap,
    fs::File,
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ring::{
    digest::{Context, SHA256},
    rand::{SecureRandom, SystemRandom},
};
use tokio::sync::watch;

use super::{Fault, Folder, Name};

/// Where what has not arrived wholly stands, in the inbox.
const STAGING: &str = ".dormer-uploads";

/// The most uploads that are under way.
const MAX_UPLOADS: usize = 64;

/// The most that have arrived and are known. Of more, half are forgotten, those that came first.
const MAX_ARRIVED: usize = 1024;

/// How long an upload on which nothing happens is kept while others wait for its place.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// Uploads by their secret names.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    known: Mutex<HashMap<String, Upload>>,
}

/// One upload. All its values mean the same one.
#[derive(Clone, Debug)]
pub(crate) struct Upload(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    id: String,
    path: Vec<Name>,
    size: u64,
    link: Option<u64>,
    /// Whose turn it is: whoever comes later takes the place of a request that may hang on a dead link.
    turn: watch::Sender<u64>,
    state: Mutex<State>,
}

/// What has become of it.
#[derive(Debug)]
enum State {
    /// It comes.
    Coming(Box<Part>),
    /// It has come, which is known for a while, and when: whoever lost the answer asks again.
    Arrived(Arrived, Instant),
    /// It was cancelled.
    Over,
}

/// What has arrived.
struct Part {
    file: File,
    offset: u64,
    /// Of all that has arrived.
    hash: Context,
    /// The piece that is on its way, if it must be whole to count.
    piece: Option<Piece>,
    used: Instant,
}

struct Piece {
    from: u64,
    /// The hash of what was there before.
    before: Context,
    hash: Context,
}

/// A turn to bring more of an upload.
#[derive(Debug)]
pub(crate) struct Chunk {
    upload: Upload,
    number: u64,
    turns: watch::Receiver<u64>,
}

/// A file that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// The names of its path in the inbox.
    pub path: Vec<String>,
    /// Of its content, in hexadecimal digits.
    pub sha256: String,
}

impl Uploads {
    pub(super) fn begin(
        &self,
        inbox: &Folder,
        path: &[Name],
        size: u64,
        link: Option<u64>,
    ) -> Result<Upload, Fault> {
        if path.first().is_some_and(|name| name.as_str() == STAGING) {
            return Err(Fault::Name("this name is the session's own"));
        }
        if size > inbox.room()? {
            return Err(Fault::Full);
        }
        let staging = inbox.make(&Name::fresh(STAGING)?)?;
        let mut known = self.lock();
        forget_oldest(&mut known);
        if known.values().filter(|upload| upload.is_coming()).count() >= MAX_UPLOADS {
            let idle: Vec<_> = known.values().filter(|upload| upload.is_idle()).cloned().collect();
            for upload in &idle {
                known.remove(upload.id());
                upload.end(&staging);
            }
        }
        if known.values().filter(|upload| upload.is_coming()).count() >= MAX_UPLOADS {
            return Err(Fault::Busy);
        }
        let id = random_id()?;
        let file = staging.create(&Name::fresh(&id)?)?;
        let part = Part { file, offset: 0, hash: Context::new(&SHA256), piece: None, used: Instant::now() };
        let shared = Shared {
            id: id.clone(),
            path: path.to_vec(),
            size,
            link,
            turn: watch::Sender::new(0),
            state: Mutex::new(State::Coming(Box::new(part))),
        };
        let upload = Upload(Arc::new(shared));
        known.insert(id, upload.clone());
        Ok(upload)
    }

    /// The one of this name, if it was begun by a page that came by the same link.
    pub(crate) fn find(&self, id: &str, link: Option<u64>) -> Option<Upload> {
        self.lock().get(id).filter(|upload| upload.0.link == link).cloned()
    }

    pub(super) fn finish(
        &self,
        inbox: &Folder,
        upload: &Upload,
        sha256: Option<&str>,
    ) -> Result<Arrived, Fault> {
        upload.take_turn();
        let mut state = upload.state();
        if let State::Arrived(arrived, _) = &*state {
            return Ok(arrived.clone());
        }
        let part = state.coming()?;
        part.settle()?;
        if part.offset != upload.0.size {
            return Err(Fault::Incomplete);
        }
        let content = hex(part.hash.clone().finish().as_ref());
        if sha256.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(&content)) {
            return Err(Fault::Checksum);
        }
        let staging = inbox.make(&Name::fresh(STAGING)?)?;
        let mut folder = inbox.clone();
        let mut names = Vec::with_capacity(upload.0.path.len());
        let Some((last, folders)) = upload.0.path.split_last() else { return Err(Fault::NotFound) };
        for name in folders {
            let (next, name) = folder.make_beside(name)?;
            folder = next;
            names.push(name.as_str().to_owned());
        }
        let name = staging.move_beside(&Name::fresh(upload.id())?, &folder, last)?;
        names.push(name.as_str().to_owned());
        let arrived = Arrived { path: names, sha256: content };
        *state = State::Arrived(arrived.clone(), Instant::now());
        Ok(arrived)
    }

    pub(super) fn cancel(&self, inbox: &Folder, upload: &Upload) {
        self.lock().remove(upload.id());
        if let Ok(staging) = Name::fresh(STAGING).and_then(|name| inbox.enter(&name)) {
            upload.end(&staging);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Upload>> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_oldest(known: &mut HashMap<String, Upload>) {
    let arrived = known.values().filter_map(|upload| Some((upload.arrived_at()?, upload.id().to_owned())));
    let mut arrived: Vec<_> = arrived.collect();
    if arrived.len() > MAX_ARRIVED {
        arrived.sort();
        for (_, id) in &arrived[..arrived.len() / 2] {
            known.remove(id);
        }
    }
}

/// Removes what an earlier host was brought and never got wholly.
pub(super) fn clear(inbox: &Folder) {
    let Ok(staging) = Name::fresh(STAGING).and_then(|name| inbox.enter(&name)) else { return };
    let Ok(listing) = staging.list() else { return };
    for entry in listing.entries {
        // What cannot be removed does no harm.
        let _ = Name::existing(&entry.name).and_then(|name| staging.remove(&name));
    }
}

impl Upload {
    /// Its secret name.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// How long it will be.
    pub(crate) fn size(&self) -> u64 {
        self.0.size
    }

    /// How much has arrived and counts. Whatever still brings more has to stop.
    pub(crate) fn offset(&self) -> Result<u64, Fault> {
        self.take_turn();
        let mut state = self.state();
        if let State::Arrived(..) = &*state {
            return Ok(self.0.size);
        }
        let part = state.coming()?;
        part.settle()?;
        Ok(part.offset)
    }

    /// A turn to bring what follows `offset`. `whole`: it counts only once it is confirmed.
    pub(crate) fn turn(&self, offset: u64, whole: bool) -> Result<Chunk, Fault> {
        let (number, turns) = self.take_turn();
        let mut state = self.state();
        let part = state.coming()?;
        part.settle()?;
        if part.offset != offset {
            return Err(Fault::Offset);
        }
        if whole {
            part.piece = Some(Piece { from: offset, before: part.hash.clone(), hash: Context::new(&SHA256) });
        }
        drop(state);
        Ok(Chunk { upload: self.clone(), number, turns })
    }

    fn take_turn(&self) -> (u64, watch::Receiver<u64>) {
        self.0.turn.send_modify(|turn| *turn += 1);
        let mut turns = self.0.turn.subscribe();
        let number = *turns.borrow_and_update();
        (number, turns)
    }

    fn is_idle(&self) -> bool {
        matches!(&*self.state(), State::Coming(part) if part.used.elapsed() > IDLE)
    }

    fn is_coming(&self) -> bool {
        matches!(&*self.state(), State::Coming(_))
    }

    fn arrived_at(&self) -> Option<Instant> {
        match &*self.state() {
            State::Arrived(_, at) => Some(*at),
            State::Coming(_) | State::Over => None,
        }
    }

    fn end(&self, staging: &Folder) {
        self.take_turn();
        let mut state = self.state();
        if let State::Arrived(..) = &*state {
            return;
        }
        *state = State::Over;
        // It may be gone already.
        let _ = Name::fresh(self.id()).and_then(|name| staging.remove(&name));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic may leave is found by the checksum.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunk {
    /// Waits until somebody else's turn comes.
    pub(crate) async fn superseded(&mut self) {
        // The upload outlives this.
        let _ = self.turns.changed().await;
    }

    /// Writes what follows. Not for the network's thread.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        let mut state = self.upload.state();
        self.is_now()?;
        let part = state.coming()?;
        let end = part.offset.checked_add(bytes.len() as u64).ok_or(Fault::TooLong)?;
        if end > self.upload.0.size {
            return Err(Fault::TooLong);
        }
        part.file.write_all_at(bytes, part.offset)?;
        part.offset = end;
        part.hash.update(bytes);
        part.piece.iter_mut().for_each(|piece| piece.hash.update(bytes));
        part.used = Instant::now();
        Ok(())
    }

    /// All of it has come; with the SHA-256 that it must have. How much there is now.
    pub(crate) fn end(&self, sha256: Option<&[u8]>) -> Result<u64, Fault> {
        let mut state = self.upload.state();
        self.is_now()?;
        let part = state.coming()?;
        if let Some(wanted) = sha256 {
            let came = part.piece.as_ref().map(|piece| piece.hash.clone().finish());
            if came.is_none_or(|came| came.as_ref() != wanted) {
                part.settle()?;
                return Err(Fault::Checksum);
            }
        }
        part.piece = None;
        Ok(part.offset)
    }

    fn is_now(&self) -> Result<(), Fault> {
        if *self.turns.borrow() == self.number { Ok(()) } else { Err(Fault::Offset) }
    }
}

impl State {
    fn coming(&mut self) -> Result<&mut Part, Fault> {
        match self {
            Self::Coming(part) => Ok(part),
            Self::Arrived(..) | Self::Over => Err(Fault::NotFound),
        }
    }
}

impl Part {
    /// What came of a piece that was never whole does not count.
    fn settle(&mut self) -> Result<(), Fault> {
        self.used = Instant::now();
        if let Some(piece) = self.piece.take() {
            self.offset = piece.from;
            self.hash = piece.before;
            self.file.set_len(piece.from)?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("offset", &self.offset).finish_non_exhaustive()
    }
}

fn random_id() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Fault::Other("no random numbers".to_owned()))?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::files::Files;

    fn files() -> (tempfile::TempDir, Files) {
        let home = tempfile::tempdir().expect("a directory");
        let files = Files::new(home.path().join("home"), Vec::new());
        std::fs::create_dir(home.path().join("home")).expect("made");
        (home, files)
    }

    fn bring(files: &Files, path: &str, content: &[u8]) -> Result<Arrived, Fault> {
        let upload = files.begin(&Name::path(path)?, content.len() as u64, None)?;
        let chunk = upload.turn(0, false)?;
        chunk.write(content)?;
        chunk.end(None)?;
        files.finish(&upload, None)
    }

    /// All files below a directory, by their paths.
    fn all(directory: &std::path::Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![directory.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("readable") {
                let path = entry.expect("an entry").path();
                if path.is_symlink() || !path.is_dir() { found.push(path) } else { folders.push(path) }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_file_that_has_come_in_pieces_is_whole_and_its_name_is_its_own() {
        let (home, files) = files();
        let path = Name::path("a/b.txt").expect("a path");
        let upload = files.begin(&path, 6, Some(7)).expect("begun");
        assert!(files.uploads.find(upload.id(), None).is_none(), "another page's");
        let upload = files.uploads.find(upload.id(), Some(7)).expect("its own");
        let first = upload.turn(0, false).expect("its turn");
        first.write(b"abc").expect("written");
        // A link broke: the next one takes its place.
        assert_eq!(upload.offset(), Ok(3));
        assert_eq!(first.write(b"x"), Err(Fault::Offset));
        assert_eq!(upload.turn(2, false).expect_err("elsewhere"), Fault::Offset);
        assert_eq!(files.finish(&upload, None), Err(Fault::Incomplete));
        let second = upload.turn(3, false).expect("its turn");
        assert_eq!(second.write(b"defg"), Err(Fault::TooLong));
        second.write(b"def").expect("written");
        assert_eq!(second.end(None), Ok(6));
        assert_eq!(files.finish(&upload, Some(&"0".repeat(64))), Err(Fault::Checksum));
        let sha256 = "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721";
        let arrived = files.finish(&upload, Some(sha256)).expect("whole");
        assert_eq!((arrived.path.join("/"), arrived.sha256.as_str()), ("a/b.txt".to_owned(), sha256));
        assert_eq!(files.finish(&upload, None), Ok(arrived), "whoever lost the answer gets it again");
        assert_eq!(upload.offset(), Ok(6));
        assert!(upload.turn(6, false).is_err(), "and nothing more comes");
        for n in 1..4 {
            let arrived = bring(&files, "a/b.txt", b"x").expect("brought");
            assert_eq!(arrived.path, ["a".to_owned(), format!("b ({n}).txt")]);
        }
        assert_eq!(all(home.path()).len(), 4);
    }

    #[test]
    fn a_piece_counts_when_it_is_what_was_sent() {
        let (_home, files) = files();
        let upload = files.begin(&Name::path("a").expect("a path"), 6, None).expect("begun");
        let sha256 = |bytes: &[u8]| ring::digest::digest(&SHA256, bytes);
        let piece = upload.turn(0, true).expect("its turn");
        piece.write(b"abc").expect("written");
        assert_eq!(piece.end(Some(sha256(b"abc").as_ref())), Ok(3));
        let piece = upload.turn(3, true).expect("its turn");
        piece.write(b"dex").expect("written");
        assert_eq!(piece.end(Some(sha256(b"def").as_ref())), Err(Fault::Checksum));
        let piece = upload.turn(3, true).expect("what was wrong does not count");
        piece.write(b"de").expect("written");
        assert_eq!(upload.offset(), Ok(3), "nor does what is not whole");
        let piece = upload.turn(3, true).expect("its turn");
        piece.write(b"def").expect("written");
        assert_eq!(piece.end(Some(sha256(b"def").as_ref())), Ok(6));
        let whole = files.finish(&upload, None).expect("whole").sha256;
        assert_eq!(whole, hex(sha256(b"abcdef").as_ref()));
    }

    #[test]
    fn a_disk_without_room_says_so_before_anything_comes() {
        let (_home, files) = files();
        let path = Name::path("a").expect("a path");
        assert_eq!(files.begin(&path, u64::MAX / 2, None).expect_err("no room"), Fault::Full);
        for errno in [libc_errno("ENOSPC"), libc_errno("EDQUOT")] {
            assert_eq!(Fault::from(std::io::Error::from_raw_os_error(errno)), Fault::Full);
        }
    }

    fn libc_errno(name: &str) -> i32 {
        match name {
            "ENOSPC" => rustix::io::Errno::NOSPC.raw_os_error(),
            _ => rustix::io::Errno::DQUOT.raw_os_error(),
        }
    }

    #[test]
    fn what_is_cancelled_or_left_by_an_earlier_host_leaves_nothing() {
        let (home, files) = files();
        let path = Name::path("a").expect("a path");
        let [cancelled, _left] = [0, 1].map(|_| files.begin(&path, 9, None).expect("begun"));
        let turn = cancelled.turn(0, false).expect("its turn");
        files.cancel(&cancelled).expect("cancelled");
        assert!(turn.write(b"x").is_err() && cancelled.turn(0, false).is_err());
        assert_eq!(all(home.path()).len(), 1);
        Files::new(files.home.clone(), Vec::new());
        assert_eq!(all(home.path()), [] as [PathBuf; 0]);
    }

    #[test]
    fn uploads_are_bounded() {
        let (_home, files) = files();
        let path = Name::path("a").expect("a path");
        let all: Vec<_> = (0..MAX_UPLOADS).map(|_| files.begin(&path, 1, None).expect("begun")).collect();
        assert_eq!(files.begin(&path, 1, None).expect_err("too many"), Fault::Busy);
        files.cancel(&all[0]).expect("cancelled");
        files.begin(&path, 1, None).expect("room");
    }

    #[test]
    fn no_name_leads_out_of_the_inbox_and_none_replaces_anything() {
        let (home, files) = files();
        let outside = home.path().join("outside");
        std::fs::create_dir_all(home.path().join("home/Inbox/folder")).expect("made");
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(outside.join("kept"), "kept").expect("written");
        std::fs::write(home.path().join("home/Inbox/file"), "kept").expect("written");
        for (at, to) in
            [("link", "outside"), ("folder/link", "outside"), ("to-file", "outside/kept"), ("up", "")]
        {
            let at = home.path().join("home/Inbox").join(at);
            std::os::unix::fs::symlink(home.path().join(to), at).expect("linked");
        }
        let words = [
            "..", ".", "", "/", "a", "file", "link", "folder", "to-file", "up", STAGING, "kept", "outside",
            "\0", "a\nb", "%2e%2e", "..\\", "~", "$HOME", "…", "ü", "-rf", "CON", " ", "....", "../..",
        ];
        // Which words follow each other is random, and the same each time.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut brought = 0;
        for _ in 0..3000 {
            let depth = 1 + random(5);
            let mut path = (0..depth).map(|_| words[random(words.len())]).collect::<Vec<_>>().join("/");
            if random(4) == 0 {
                path.insert(0, '/');
            }
            match bring(&files, &path, b"brought") {
                Ok(arrived) => {
                    brought += 1;
                    let at = files.path_in_inbox(&arrived.path);
                    assert_eq!(std::fs::read(&at).expect("there"), b"brought", "{path:?}");
                    let real = at.canonicalize().expect("there");
                    let inbox = home.path().canonicalize().expect("there").join("home/Inbox");
                    assert!(
                        real.starts_with(&inbox) && real == inbox.join(arrived.path.join("/")),
                        "{path:?}"
                    );
                }
                Err(Fault::Name(_)) => {}
                Err(fault) => panic!("{path:?}: {fault:?}"),
            }
        }
        assert!(brought > 200, "{brought}");
        assert_eq!(all(&outside), [outside.join("kept")]);
        for kept in [outside.join("kept"), home.path().join("home/Inbox/file")] {
            assert_eq!(std::fs::read(kept).expect("there"), b"kept");
        }
        let elsewhere =
            all(home.path()).into_iter().filter(|path| !path.starts_with(home.path().join("home/Inbox")));
        assert_eq!(elsewhere.collect::<Vec<_>>(), [outside.join("kept")]);
    }
}
