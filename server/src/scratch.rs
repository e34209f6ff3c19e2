//! Where this process itself puts short-lived files: the compositor's library writes each keymap for an older
//! app into `XDG_RUNTIME_DIR`. That one may be missing, be somebody else's, or vanish while we run; then keys
//! would reach no app.

use std::{
    env,
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, open};

/// Points `XDG_RUNTIME_DIR` of this process to a directory that takes files and will not vanish. To be called
/// before there is a second thread.
#[expect(unsafe_code, reason = "the library asks the environment, and asks nothing else")]
pub(crate) fn settle() {
    let named = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let fixed = ["/tmp", "/dev/shm", "/var/tmp"].map(PathBuf::from);
    let mut candidates = [env::temp_dir()].into_iter().chain(fixed).chain(named);
    if let Some(usable) = candidates.find(|directory| takes_files(directory)) {
        // SAFETY: no other thread exists that could read the environment meanwhile.
        unsafe { env::set_var("XDG_RUNTIME_DIR", usable) };
    }
}

/// Whether a file can be made there, as the library does: one without a name.
fn takes_files(directory: &Path) -> bool {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    directory.is_absolute() && open(directory, flags, Mode::RUSR | Mode::WUSR).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_that_is_there_takes_files() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(takes_files(directory.path()));
        assert!(!takes_files(&directory.path().join("missing")) && !takes_files(Path::new("tmp")));
    }
}
