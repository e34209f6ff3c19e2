//! Where the product's binaries are, built with the profile that the caller was built with.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result, ensure};
use rustix::fs::{FlockOperation, flock};

/// The programs under test.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The host.
    pub dormer: PathBuf,
    /// The viewer.
    pub view: PathBuf,
    /// The test app.
    pub testapp: PathBuf,
}

/// Builds the programs once a process and says where they are. `DORMER_BINARIES=DIR` names a directory with
/// ready ones.
pub fn binaries() -> Result<&'static Binaries> {
    static FOUND: OnceLock<Result<Binaries, String>> = OnceLock::new();
    FOUND
        .get_or_init(|| find().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// Whether the caller is a test program of cargo's.
pub(crate) fn is_test() -> bool {
    env::current_exe().is_ok_and(|program| program.parent().is_some_and(|parent| parent.ends_with("deps")))
}

fn find() -> Result<Binaries> {
    let directory = match env::var_os("DORMER_BINARIES") {
        Some(directory) => PathBuf::from(directory),
        None => {
            let directory = target_directory()?;
            build(&directory)?;
            directory
        }
    };
    let program = |name: &str| {
        let file = directory.join(name);
        ensure!(file.is_file(), "{} is missing: run `cargo build --workspace --bins`", file.display());
        Ok(file)
    };
    Ok(Binaries {
        dormer: program("dormer")?,
        view: program("dormer-view")?,
        testapp: program("dormer-testapp")?,
    })
}

/// `target/<profile>`: test programs lie in `deps` within it, others in itself.
fn target_directory() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let directory = program.parent().context("a program lies in a directory")?;
    let deps = directory.file_name().is_some_and(|name| name == "deps");
    let directory = if deps { directory.parent().context("deps lies in target")? } else { directory };
    Ok(directory.to_owned())
}

/// Test programs run side by side: one builds, the others wait and find all done.
fn build(directory: &Path) -> Result<()> {
    let lock = File::create(directory.join(".end-to-end.lock"))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // All of the workspace, as `make test` builds it: another choice is other features, and all is compiled
    // once more.
    cargo.args(["build", "--quiet", "--workspace", "--bins"]);
    if directory.file_name().is_some_and(|profile| profile == "release") {
        cargo.arg("--release");
    }
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate lies in the workspace")?;
    let status = cargo.current_dir(workspace).status().context("cargo does not start")?;
    ensure!(status.success(), "`cargo build` of the programs under test failed");
    Ok(())
}
