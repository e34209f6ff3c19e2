//! Programs that tests need and machines may lack.

use std::{env, path::PathBuf};

/// Where a program is, if it is installed.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Whether all programs are there. Says which is not and that `test` is skipped for it.
#[expect(clippy::print_stderr, reason = "a skipped test must say why, and libtest has no word for it")]
pub fn present(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED {test}: {} not installed (`make setup` installs it)", missing.join(", "));
    }
    missing.is_empty()
}
