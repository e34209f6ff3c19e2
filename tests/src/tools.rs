//! Programs that tests need and machines may lack.

use std::{
    env,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// Set by `make test`, which has installed everything: what is missing is a failure then.
const COMPLETE: &str = "DORMER_TESTS_COMPLETE";

/// Which package of Debian has a program that is not called like its package.
const PACKAGES: [(&str, &str); 22] = [
    ("Xvfb", "xvfb"),
    ("Xwayland", "xwayland"),
    ("chrt", "util-linux"),
    ("dbus-send", "dbus-bin"),
    ("dockerd", "docker.io"),
    ("gtk4-widget-factory", "gtk-4-examples"),
    ("ip", "iproute2"),
    ("java", "default-jdk"),
    ("javac", "default-jdk"),
    ("nsenter", "util-linux"),
    ("pip3", "python3-pip"),
    ("setpriv", "util-linux"),
    ("setxkbmap", "x11-xkb-utils"),
    ("strip", "binutils"),
    ("unshare", "util-linux"),
    ("wg", "wireguard-tools"),
    ("wl-copy", "wl-clipboard"),
    ("wl-paste", "wl-clipboard"),
    ("wish", "tk"),
    ("xprop", "x11-utils"),
    ("Xvnc", "tigervnc-standalone-server"),
    ("xtigervncviewer", "tigervnc-viewer"),
];

/// Where a program is, if it is installed. Games and services have directories of their own, which not
/// everybody's path has.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let directories = env::split_paths(&path).chain(["/usr/games", "/usr/sbin"].map(PathBuf::from));
    directories.map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// Whether all programs are there. Says which is not and that `test` is skipped for it; where everything has
/// to be there, fails instead.
pub fn present(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    missing.is_empty() || skip(test, &hindrance(&missing))
}

/// The system's Python, if it has GTK 3. Says that `test` is skipped if not; where everything has to be
/// there, fails.
pub fn python_with_gtk(test: &str) -> Option<&'static str> {
    // Not the first one on the path: what Debian's packages bring along, only Debian's own has.
    const PYTHON: &str = "/usr/bin/python3";
    let script = "import gi; gi.require_version('Gtk', '3.0')";
    let tried = Command::new(PYTHON).args(["-c", script]).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(PYTHON);
    }
    skip(test, "not installed: python3-gi and gir1.2-gtk-3.0 (`make setup-test` installs them)");
    None
}

/// Whether we are root. Says that `test` is skipped for it, also where everything is installed: it is no
/// fault of the machine's if we are not.
pub fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip_where_impossible(test, "only root can run it");
    }
    root
}

/// Says that `test` is skipped for something that the machine does not allow, also where everything is
/// installed.
pub fn skip_where_impossible(test: &str, hindrance: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {hindrance}");
}

/// Says that `test` is skipped since this is not installed; where everything has to be there, fails.
pub fn lacks(test: &str, what: &str) -> bool {
    skip(test, &format!("not installed: {what}"))
}

/// Says where people see it that a test cannot run here; fails where everything has to be there. Answers
/// `false`.
fn skip(test: &str, hindrance: &str) -> bool {
    assert!(env::var_os(COMPLETE).is_none(), "{test}: {hindrance}");
    // Not by a macro: what those print, libtest keeps to itself. Nobody to tell is no reason to fail.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {hindrance}");
    false
}

fn hindrance(missing: &[&str]) -> String {
    let package = |program: &&str| {
        let named = PACKAGES.iter().find(|(known, _)| known == program);
        named.map_or_else(|| (*program).to_owned(), |(_, package)| format!("{program} of package {package}"))
    };
    let missing: Vec<String> = missing.iter().map(package).collect();
    format!("not installed: {} (`make setup-test` installs it)", missing.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_package_and_the_remedy() {
        let said = hindrance(&["Xvfb", "foot"]);
        assert_eq!(said, "not installed: Xvfb of package xvfb, foot (`make setup-test` installs it)");
    }
}
