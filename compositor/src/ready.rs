//! What is known of a source of windows once apps can be started, so that whoever starts them, or asks how
//! they do, need not know which source it is.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use media::Capabilities;
use serde::{Deserialize, Serialize};

/// The programs that sources start for themselves: they are no apps, and end with the last of them.
pub const SERVERS: [&str; 1] = ["Xwayland"];

/// All variables that lead apps to a display, whichever: none of them may lead to another.
const LEADING: [&str; 6] =
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY", "XAUTHORITY", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM"];

/// What a source says of itself.
#[derive(Clone, Debug)]
pub struct Ready {
    /// What apps find in their environment.
    pub env: AppEnv,
    /// Where they connect.
    pub entrance: Entrance,
    /// What the source can do.
    pub capabilities: Capabilities,
    /// Which apps cannot run here and why, for people; `None`: none that is known of.
    pub lacks: Option<&'static str>,
}

/// What apps find in their environment, so that they show their windows here and nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppEnv(Vec<(&'static str, OsString)>);

impl AppEnv {
    /// These, and nothing else that leads to a display.
    pub(crate) fn new(variables: Vec<(&'static str, OsString)>) -> Self {
        debug_assert!(variables.iter().all(|(name, _)| LEADING.contains(name)), "it would not be taken away");
        Self(variables)
    }

    /// Each variable that leads to a display; `None`: it must not be there.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&OsStr>)> {
        LEADING.into_iter().map(|name| (name, self.get(name)))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_os_str())
    }

    /// Whether X11 apps find a display.
    pub fn serves_x11(&self) -> bool {
        self.get("DISPLAY").is_some()
    }
}

/// Where apps connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entrance {
    /// By a Wayland socket.
    Wayland(PathBuf),
    /// By an X display's socket.
    X11(PathBuf),
}

impl Entrance {
    /// Asks as an app does, and waits for an answer for at most `patience`.
    pub fn answers(&self, patience: Duration) -> io::Result<()> {
        match self {
            Entrance::Wayland(socket) => answers_wayland(socket, patience),
            Entrance::X11(socket) => answers_x11(socket, patience),
        }
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        match self {
            Entrance::Wayland(socket) | Entrance::X11(socket) => socket,
        }
    }
}

/// `wl_display.sync` has the answer `wl_callback.done`.
fn answers_wayland(socket: &Path, patience: Duration) -> io::Result<()> {
    const CALLBACK: u32 = 2;
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(patience))?;
    let sync = [1, 12 << 16, CALLBACK];
    stream.write_all(&sync.map(u32::to_ne_bytes).concat())?;
    let mut object = [0; 4];
    stream.read_exact(&mut object)?;
    if u32::from_ne_bytes(object) == CALLBACK { Ok(()) } else { Err(io::Error::other("an app is refused")) }
}

/// Whoever connects is answered, if only that a key is missing.
fn answers_x11(socket: &Path, patience: Duration) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(patience))?;
    // The order of bytes, the protocol's version, and that there is no key.
    let [high, low] = 11_u16.to_be_bytes();
    stream.write_all(&[b'B', 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0])?;
    stream.read_exact(&mut [0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_leads_to_a_display_is_named_and_is_absent_unless_it_leads_here() {
        let env = AppEnv::new(vec![("DISPLAY", ":7".into()), ("XDG_SESSION_TYPE", "x11".into())]);
        let given: Vec<_> = env.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
        assert_eq!(given, ["DISPLAY", "XDG_SESSION_TYPE"]);
        assert_eq!(env.iter().count(), LEADING.len());
        assert!(env.serves_x11() && !AppEnv::default().serves_x11());
    }
}
