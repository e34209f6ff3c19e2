//! The session's own D-Bus: what apps start through it opens in this session, and on no other display of the
//! machine.
//!
//! The daemon has the session's environment, and gives it to all that it starts.

use std::{
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracing::{info, warn};

use crate::session_env::{SessionEnv, bus_is_disabled};

const PROGRAM: &str = "dbus-daemon";

/// How long it may take to be ready.
const START: Duration = Duration::from_secs(10);

/// A running bus. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Bus(Child);

impl Bus {
    /// Starts one for a session, and waits until it can be used; `None` if there shall be none or can be
    /// none. Says at which address in `env`.
    pub(crate) fn start(env: &mut SessionEnv) -> Option<Self> {
        env.bus = None;
        if bus_is_disabled() {
            return None;
        }
        let address = address(&env.runtime_dir.join("bus"));
        match launch(env, &address) {
            Ok(bus) => {
                env.bus = Some(address);
                Some(bus)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                info!(
                    "apps have no session bus, since {PROGRAM} is not installed: install the package dbus-daemon"
                );
                None
            }
            Err(error) => {
                warn!(%error, "apps have no session bus");
                None
            }
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // Without effect where it has ended and was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn launch(env: &SessionEnv, address: &str) -> io::Result<Bus> {
    // Of a daemon that died.
    let _ = std::fs::remove_file(env.runtime_dir.join("bus"));
    let mut command = Command::new(PROGRAM);
    // What it starts is asked what it is for.
    env.apply_to(&mut command);
    command
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .args(["--session", "--nofork", "--nopidfile", "--nosyslog", "--print-address"])
        .arg(format!("--address={address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if tracing::enabled!(tracing::Level::DEBUG) { Stdio::inherit() } else { Stdio::null() });
    let mut bus = Bus(command.spawn()?);
    let said = bus.0.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    if is_ready(said)? { Ok(bus) } else { Err(io::Error::other("it ended or hangs; --log debug says more")) }
}

/// It tells its address once it listens.
fn is_ready(mut said: ChildStdout) -> io::Result<bool> {
    let late = Instant::now() + START;
    let mut word = [0; 256];
    loop {
        let left = late.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        if poll(&mut [PollFd::new(&said, PollFlags::IN)], Some(&left))? == 0 {
            return Ok(false);
        }
        match said.read(&mut word)? {
            0 => return Ok(false),
            n if word[..n].contains(&b'\n') => return Ok(true),
            _ => {}
        }
    }
}

/// An address of D-Bus, in which most characters are escaped.
fn address(path: &Path) -> String {
    let mut text = "unix:path=".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_/.\\*".contains(&byte) {
            text.push(byte.into());
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_escaped() {
        assert_eq!(address(Path::new("/tmp/a b/bus")), "unix:path=/tmp/a%20b/bus");
    }
}
