//! What containers lack more often than other machines.

use std::{env, fs, path::Path};

use rustix::process::{getgroups, getuid};

use super::{Finding, absent, good, program};
use crate::{paths, session_env};

/// Looks at all of it.
pub(super) fn surroundings() -> Vec<Finding> {
    vec![user(), home(), state(), shared_memory(), bus(), namespaces(), gpu_rights(), first_process()]
}

fn user() -> Finding {
    let own = getuid().as_raw();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let entry = users.lines().find(|line| line.split(':').nth(2) == Some(own.to_string().as_str()));
    match entry.and_then(|line| line.split(':').next()) {
        Some(name) => good("user", format!("{own}, {name}")),
        None => good("user", format!("{own}, without a name; some apps show a number instead")),
    }
}

fn home() -> Finding {
    match env::var_os("HOME") {
        Some(home) if session_env::is_usable(Path::new(&home)) => good("home", home.to_string_lossy()),
        Some(home) => absent(
            "home",
            format!("{} cannot be written", home.to_string_lossy()),
            format!("mount a volume that user {} can write, or set HOME to one", getuid().as_raw()),
        ),
        None => absent("home", "HOME is not set", "set it to a directory that lasts"),
    }
}

fn state() -> Finding {
    let place = paths::default_state_dir();
    match place.and_then(|path| paths::private_dir(&path).map(|()| path)) {
        Ok(path) => good("state", path.display().to_string()),
        Err(error) => absent("state", format!("{error:#}"), "or serve with --state-dir DIR"),
    }
}

/// Browsers as apps crash where it is too small; Docker gives 64 MB.
fn shared_memory() -> Finding {
    const ENOUGH: u64 = 256 << 20;
    match rustix::fs::statvfs("/dev/shm") {
        Ok(found) if found.f_blocks.saturating_mul(found.f_frsize) < ENOUGH => absent(
            "shared memory",
            format!("/dev/shm has {} MiB", (found.f_blocks * found.f_frsize) >> 20),
            "--shm-size 512m, if browsers shall run as apps",
        ),
        Ok(found) => {
            good("shared memory", format!("/dev/shm has {} MiB", (found.f_blocks * found.f_frsize) >> 20))
        }
        Err(error) => absent("shared memory", format!("/dev/shm: {error}"), "mount a tmpfs at /dev/shm"),
    }
}

fn bus() -> Finding {
    match program("dbus-daemon") {
        Some(path) => good("session bus", path.display().to_string()),
        None => absent("session bus", "no dbus-daemon; some apps start slowly or not", "install dbus-daemon"),
    }
}

/// By doing it, since seccomp, sysctls and AppArmor all have a say.
fn namespaces() -> Finding {
    let tried = std::process::Command::new("unshare").args(["--user", "true"]).output();
    match tried {
        Ok(output) if output.status.success() => good("sandboxes", "apps can make user namespaces"),
        Ok(_) => absent(
            "sandboxes",
            "apps cannot make user namespaces: browsers run without their sandbox or not at all",
            "a seccomp profile that allows it, for images that need it",
        ),
        Err(_) => good("sandboxes", "not tried: unshare is not installed"),
    }
}

/// Groups are numbers here: the image's names for them may be other ones than the machine's.
fn gpu_rights() -> Finding {
    use std::os::unix::fs::MetadataExt;
    let nodes = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let render = nodes.filter(|node| node.file_name().to_string_lossy().starts_with("renderD"));
    let closed = render.filter(|node| {
        let access = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK;
        rustix::fs::access(node.path(), access).is_err()
    });
    let groups = getgroups().map_or(0, |groups| groups.len());
    match closed.filter_map(|node| node.metadata().ok()).map(|found| found.gid()).next() {
        Some(group) => absent(
            "gpu rights",
            format!("the GPU belongs to group {group}; this user is in {groups} others"),
            format!("--group-add {group}"),
        ),
        None => good("gpu rights", "nothing is closed"),
    }
}

fn first_process() -> Finding {
    let first = fs::read_to_string("/proc/1/comm").unwrap_or_default();
    good("first process", format!("{}; orphans of apps come to the host in any case", first.trim()))
}
