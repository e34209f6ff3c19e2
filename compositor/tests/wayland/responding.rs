//! Apps that do not answer, and answer again.

use media::{Command, KeyCode, TrackId, WindowKind};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    apps::{Running, start},
    host::{Host, cause},
};

fn signal(app: &Running, signal: Signal) {
    kill_process(Pid::from_child(&app.0), signal).expect("the app is there");
}

fn type_key(host: &Host, track: TrackId, number: u64) {
    for (cause, pressed) in [(2 * number, true), (2 * number + 1, false)] {
        host.send(Command::Key { cause: self::cause(cause), track, key: KeyCode(30), pressed });
    }
}

#[test]
fn an_app_that_stops_right_after_an_answer_is_noticed_by_the_next_key_as_well() {
    let mut host = Host::start();
    let Some(foot) = start(&host, "foot", &["--config=/dev/null", "cat"]) else { return };
    let track = host.window("window", |window| window.kind == WindowKind::Toplevel).track;
    host.frame_done(track);
    host.send(Command::Focus(Some(track)));
    type_key(&host, track, 1);
    while host.damage(track).2.is_none() {
        host.frame_done(track);
    }
    signal(&foot, Signal::STOP);
    type_key(&host, track, 2);
    host.window("window that does not answer", |window| window.states.unresponsive);
    signal(&foot, Signal::CONT);
    host.window("window that answers again", |window| !window.states.unresponsive);
}

#[test]
fn an_app_that_was_stopped_does_not_answer_until_it_goes_on_and_can_be_ended() {
    let mut host = Host::start();
    let Some(mut foot) = start(&host, "foot", &["--config=/dev/null", "cat"]) else { return };
    let track = host.window("window", |window| window.kind == WindowKind::Toplevel).track;
    host.frame_done(track);
    host.send(Command::Focus(Some(track)));
    signal(&foot, Signal::STOP);
    host.send(Command::Key { cause: cause(1), track, key: KeyCode(30), pressed: true });
    host.send(Command::Key { cause: cause(2), track, key: KeyCode(30), pressed: false });
    host.window("window that does not answer", |window| window.states.unresponsive);
    signal(&foot, Signal::CONT);
    host.window("window that answers again", |window| !window.states.unresponsive);
    signal(&foot, Signal::STOP);
    host.send(Command::Close(track));
    host.window("window that does not close", |window| window.states.unresponsive);
    host.send(Command::ForceQuit(track));
    host.gone(track);
    assert!(!foot.0.wait().expect("its end").success(), "a stopped process is ended too");
}
