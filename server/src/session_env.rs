//! What apps find in their environment: the session's displays and its bus and none of the machine's, and
//! what every app expects and a container may lack.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Command,
};

use compositor::{AppEnv, Entrance};
use rustix::process::getuid;

use crate::catalogue::DESKTOP;

/// What apps find in their environment.
#[derive(Clone, Debug)]
pub(crate) struct SessionEnv {
    /// What leads them to the session's windows.
    pub display: AppEnv,
    /// Where they connect.
    pub entrance: Entrance,
    /// Which of them cannot run here and why, for people.
    pub lacks: Option<&'static str>,
    /// The session's `XDG_RUNTIME_DIR`.
    pub runtime_dir: PathBuf,
    /// Where apps keep what is their user's.
    pub home: PathBuf,
    /// The session's own bus, once there is one.
    pub bus: Option<String>,
}

/// What leads to another session of the machine, and what is meant for the host alone.
const FOREIGN: [&str; 10] = [
    "SESSION_MANAGER",
    "DESKTOP_STARTUP_ID",
    "XDG_ACTIVATION_TOKEN",
    "XDG_SESSION_ID",
    "XDG_SEAT",
    "XDG_VTNR",
    "AT_SPI_BUS_ADDRESS",
    "DORMER_LOG",
    "DORMER_ADVERTISE",
    crate::paths::STATE_DIR,
];

/// What tells programs of the language and of the characters they may use, strongest first.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

impl SessionEnv {
    /// Gives it to a program that is about to be started.
    pub(crate) fn apply_to(&self, command: &mut Command) {
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("XDG_RUNTIME_DIR", &self.runtime_dir)
            .env("XDG_CURRENT_DESKTOP", DESKTOP)
            .env("HOME", &self.home);
        for (name, value) in self.display.iter() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        match &self.bus {
            Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
            // That of the machine's own desktop would open windows there.
            None if !bus_is_disabled() => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
            None => command,
        };
        if LOCALE.iter().all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) {
            command.env("LANG", "C.UTF-8");
        }
        if let Some(shell) = missing_shell() {
            command.env("SHELL", shell);
        }
    }
}

/// Whether whoever started the host wants its apps to have no bus, as D-Bus' libraries understand it.
pub(crate) fn bus_is_disabled() -> bool {
    env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| address == "disabled:")
}

/// The home directory of apps: the one that is named, if apps can write there, or one below the state
/// directory, with what people should know of it.
pub(crate) fn home(state_dir: &Path) -> (PathBuf, Option<String>) {
    let named = env::var_os("HOME").map(PathBuf::from);
    if let Some(home) = named.as_ref().filter(|home| is_usable(home)) {
        return (home.clone(), None);
    }
    let own = state_dir.join("home");
    let fault = named.map_or_else(
        || "HOME is not set".to_owned(),
        |home| format!("HOME={} cannot be written by user {}", home.display(), getuid().as_raw()),
    );
    let advice = format!(
        "{fault}; apps use {}: set HOME to a directory that lasts and belongs to that user",
        own.display()
    );
    (own, Some(advice))
}

/// Whether it is a directory that can be written, or can be made one.
pub(crate) fn is_usable(directory: &Path) -> bool {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    let make = |path: &Path| fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    directory.is_absolute() && make(directory).is_ok() && rustix::fs::access(directory, access).is_ok()
}

/// A shell for terminals, where neither the environment nor the system's list of users names one.
fn missing_shell() -> Option<OsString> {
    if env::var_os("SHELL").is_some_and(|shell| !shell.is_empty()) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = getuid().as_raw().to_string();
    let is_listed = users.lines().any(|line| line.split(':').nth(2) == Some(own.as_str()));
    let shells = ["/bin/bash", "/bin/sh"].into_iter();
    shells.filter(|_| !is_listed).find(|shell| Path::new(shell).exists()).map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(command: &Command, name: &str) -> Option<Option<OsString>> {
        let mut all = command.get_envs();
        all.find(|(known, _)| *known == name).map(|(_, value)| value.map(OsString::from))
    }

    #[test]
    fn nothing_leads_to_another_display_or_bus() {
        let env = SessionEnv {
            display: AppEnv::default(),
            entrance: Entrance::Wayland("/run/own/wayland-1".into()),
            lacks: None,
            runtime_dir: "/run/own".into(),
            home: "/home/own".into(),
            bus: Some("unix:path=/run/own/bus".to_owned()),
        };
        let mut command = Command::new("app");
        command.env("DISPLAY", ":0").env("XAUTHORITY", "/nobody/.Xauthority").env("WAYLAND_SOCKET", "3");
        env.apply_to(&mut command);
        for name in ["DISPLAY", "XAUTHORITY", "WAYLAND_SOCKET", "AT_SPI_BUS_ADDRESS"] {
            assert_eq!(given(&command, name), Some(None), "{name}");
        }
        assert_eq!(given(&command, "DBUS_SESSION_BUS_ADDRESS"), Some(Some("unix:path=/run/own/bus".into())));
    }

    #[test]
    fn a_home_is_usable_if_it_can_be_written_or_made() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(is_usable(&directory.path().join("new/home")));
        std::fs::write(directory.path().join("file"), "").expect("written");
        assert!(!is_usable(&directory.path().join("file")) && !is_usable(Path::new("home")));
        assert!(!is_usable(&directory.path().join("file/home")));
    }
}
