//! X11 apps that do not answer.

use std::{
    io::Write,
    process::{Child, Command as Process, Stdio},
};

use media::{Command, TrackId};
use rustix::process::{Pid, Signal, kill_process};

use crate::host::Host;

/// A GTK app.
const EDITOR: &str = "l3afpad";

/// One that knows no pings.
const TERMINAL: &str = "xterm";

/// An app, which ends with the test.
struct App(Child);

impl App {
    /// Starts one; `None`, with the reason printed, where it is missing.
    fn start(host: &Host, name: &str) -> Option<Self> {
        let mut process = Process::new(name);
        process.env("DISPLAY", format!(":{}", host.display)).env("GDK_BACKEND", "x11");
        process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = process.spawn() else {
            let complete = std::env::var_os("DORMER_TESTS_COMPLETE").is_some();
            assert!(!complete, "{name} is not installed; `make setup-test` installs its package");
            let _ = writeln!(std::io::stderr(), "SKIPPED: {name} is not installed");
            return None;
        };
        Some(Self(child))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("the app is there");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for the first window that is none of these.
fn shown(host: &mut Host, known: &[TrackId]) -> TrackId {
    let track = host.window("window", |window| !known.contains(&window.track)).track;
    host.send(Command::Focus(Some(track)));
    track
}

/// Of two apps that are typed into, the one that is stopped does not answer until it goes on. `None` where the
/// app is not installed.
fn only_the_stopped_one_is_silent(app: &str) -> Option<(Host, App, TrackId)> {
    let mut host = Host::start()?;
    let stopped = App::start(&host, app)?;
    let first = shown(&mut host, &[]);
    let _honest = App::start(&host, app)?;
    let second = shown(&mut host, &[first]);
    stopped.signal(Signal::STOP);
    for track in [second, first] {
        host.key(track, 30, true);
        host.key(track, 30, false);
    }
    let silent = host.window("window that does not answer", |window| window.states.unresponsive);
    assert_eq!(silent.track, first);
    stopped.signal(Signal::CONT);
    host.window("window that answers again", |window| window.track == first && !window.states.unresponsive);
    Some((host, stopped, first))
}

#[test]
fn a_stopped_app_does_not_answer_until_it_goes_on_and_nobody_else_is_blamed() {
    let Some((mut host, mut stopped, first)) = only_the_stopped_one_is_silent(EDITOR) else { return };
    stopped.signal(Signal::STOP);
    host.send(Command::Close(first));
    host.window("window that does not close", |window| window.track == first && window.states.unresponsive);
    host.send(Command::ForceQuit(first));
    host.gone(first);
    assert!(!stopped.0.wait().expect("its end").success(), "a stopped process is ended too");
}

#[test]
fn a_stopped_app_that_knows_no_pings_does_not_answer_until_it_goes_on() {
    only_the_stopped_one_is_silent(TERMINAL);
}
