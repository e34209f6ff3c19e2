//! The Xwayland process.

use std::{
    env,
    ffi::OsString,
    io::{self, PipeReader},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::sockopt::set_socket_send_buffer_size,
};

use crate::clock::Worked;
use crate::x11::{cookie::Cookie, sockets::Sockets};

/// The name of the program.
const PROGRAM: &str = "Xwayland";

/// The largest X11 request in MiB; X.org's default would be 4.
const REQUEST_MIB: u32 = 16;

/// Bytes that it may have sent to us before we have read them.
const SEND_BUFFER: usize = 4 << 20;

/// What an Xwayland gets from the environment.
const ENVIRONMENT: [&str; 4] = ["PATH", "HOME", "LANG", "XDG_RUNTIME_DIR"];

/// A running Xwayland. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

/// Our ends of what connects us to an Xwayland.
#[derive(Debug)]
pub(crate) struct Ends {
    /// Where it is a Wayland client.
    pub(crate) wayland: UnixStream,
    /// Where we are its window manager.
    pub(crate) manager: UnixStream,
    /// Becomes readable when it is ready for us.
    pub(crate) ready: PipeReader,
    /// Becomes readable when it has ended.
    pub(crate) ended: OwnedFd,
}

/// Where the program is, if it is installed.
pub(crate) fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(PROGRAM)).find(|program| program.is_file())
}

impl Server {
    /// Starts an Xwayland that takes over the socket of `sockets` and lets in who knows the cookie.
    pub(crate) fn start(sockets: &Sockets, cookie: &Cookie) -> io::Result<(Self, Ends)> {
        let program =
            find().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "Xwayland is not installed"))?;
        let (wayland, their_wayland) = UnixStream::pair()?;
        // Its Wayland library gives up when this is full and it has buffers to hand over. The system may
        // allow less.
        set_socket_send_buffer_size(&their_wayland, SEND_BUFFER)?;
        let (manager, their_manager) = UnixStream::pair()?;
        let (ready, their_ready) = io::pipe()?;
        let their_listener = sockets.listener().try_clone()?;

        let number = |fd: &dyn AsRawFd| fd.as_raw_fd().to_string();
        let mut command = Command::new(program);
        command
            .arg(format!(":{}", sockets.number()))
            // No GPU is at hand that Xwayland could share with us, and Mesa would cost more memory than all
            // else.
            .args(["-rootless", "-shm", "-noreset"])
            .args(["-maxbigreqsize", &REQUEST_MIB.to_string()])
            .args(["-listenfd", &number(&their_listener)])
            .args(["-wm", &number(&their_manager)])
            .args(["-displayfd", &number(&their_ready)])
            .arg("-auth")
            .arg(cookie.file())
            .env_clear()
            .envs(environment())
            .env("WAYLAND_SOCKET", number(&their_wayland))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(if tracing::enabled!(tracing::Level::DEBUG) { Stdio::inherit() } else { Stdio::null() });
        let inherited: [OwnedFd; 4] =
            [their_wayland.into(), their_manager.into(), their_ready.into(), their_listener.into()];
        inherit(&mut command, inherited);

        let child = Self(command.spawn()?);
        let pid = rustix::process::Pid::from_child(&child.0);
        let ended = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?;
        Ok((child, Ends { wayland, manager, ready, ended }))
    }

    /// What tells how much it has worked.
    pub(crate) fn worked(&self) -> Worked {
        Worked::of_process(self.0.id())
    }

    /// Ends it if it has not ended, and says how it did.
    pub(crate) fn end(mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.0.try_wait()? {
            return Ok(status);
        }
        self.0.kill()?;
        self.0.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Without effect where it has ended and was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    ENVIRONMENT.into_iter().filter_map(|name| Some((name, env::var_os(name)?)))
}

/// Lets the program inherit descriptors under the numbers that they have.
#[expect(unsafe_code, reason = "the standard library offers no other way to pass descriptors on")]
fn inherit(command: &mut Command, fds: [OwnedFd; 4]) {
    let keep_open = move || {
        for fd in &fds {
            fcntl_setfd(fd.as_fd(), FdFlags::empty())?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec only what is async-signal-safe may run; `fcntl` is, and neither memory is
    // taken nor a lock.
    unsafe { command.pre_exec(keep_open) };
}
