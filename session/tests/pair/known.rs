//! Whom a host knows again: it alone, and viewers that say anything.

use dormer_session::host::{self, Host, Join};
use media::{Command, Event, InputId, KeyCode, Timestamp, TrackId, ViewerId};
use protocol::{
    control::{Hello, Refusal, RefusalCode, Role, ToHost, ToViewer},
    input::{Input, InputEvent},
    resume::{Resume, ResumeKey},
    version::VersionRange,
};

use crate::typing_app;

const CTRL: u16 = 29;

/// A host with one window, and what a viewer with the key 7 said there.
fn host_with(inputs: &[(u64, u32, u16)]) -> (Host, TrackId, ViewerId) {
    let mut host = Host::new(host::Config::default());
    let track = TrackId(1);
    host.handle_event(Timestamp(0), Event::Window(typing_app(track.0).window()));
    let (viewer, _) = join(&mut host, 0, 7, None, Role::Control).expect("room");
    for (id, after, key) in inputs {
        send(&mut host, viewer, *id, *after, *key);
    }
    while host.poll_action().is_some() {}
    (host, track, viewer)
}

fn send(host: &mut Host, viewer: ViewerId, id: u64, after: u32, key: u16) {
    let event = InputEvent::Key { key: KeyCode(key), pressed: true };
    let input = Input { id: InputId(id), at: Timestamp(0), after, track: TrackId(1), event };
    host.handle_input(Timestamp(id), viewer, input);
}

fn commands(host: &mut Host) -> Vec<Command> {
    let actions = std::iter::from_fn(|| host.poll_action());
    let command = |action| match action {
        host::Action::Source(command) => Some(command),
        _ => None,
    };
    actions.filter_map(command).collect()
}

#[test]
fn a_key_that_is_down_stays_down_for_the_apps_when_its_viewer_returns() {
    let (mut host, track, first) = host_with(&[(3, 0, CTRL)]);
    host.handle_control(Timestamp(4), first, ToHost::Focus { track: Some(track) });
    let resume = |since| Resume { key: ResumeKey([7; 16]), began: Some(first), since: InputId(since) };
    let second = host.handle_join(Timestamp(5), hello(resume(3), Role::Control)).expect("let in");
    assert_eq!(commands(&mut host), [], "the apps hear nothing of it");
    assert_eq!(host.seat_holder(), Some(second));
    send(&mut host, second, 4, 0, 31);
    send(&mut host, first, 5, 0, 32);
    let pressed = |command: &Command| matches!(command, Command::Key { pressed: true, .. });
    let [command] = &commands(&mut host)[..] else { panic!("one key") };
    assert!(pressed(command), "and what a dead link still brings is not heard");
    host.verify_invariants().expect("invariants");

    let third = host.handle_join(Timestamp(6), hello(resume(5), Role::Control)).expect("let in");
    let released = commands(&mut host);
    assert_eq!(released.iter().filter(|it| matches!(it, Command::Key { pressed: false, .. })).count(), 2);
    assert_eq!(
        (host.seat_holder(), host.viewers().count()),
        (Some(third), 1),
        "5 is missing: it begins anew"
    );
    host.handle_gone(Timestamp(7), third);
    host.verify_invariants().expect("invariants");
}

#[test]
fn what_waits_for_what_was_said_before_has_not_taken_effect() {
    let (mut host, _, first) = host_with(&[(3, 0, 30), (6, 1, 31), (9, 1, 32)]);
    let (second, resumed) = join(&mut host, 10, 7, Some(first), Role::Control).expect("let in");
    assert_eq!(resumed, Some(InputId(5)), "4 and 5 were motion");
    send(&mut host, second, 6, 0, 31);
    assert_eq!(commands(&mut host).len(), 1);
}

#[test]
fn only_the_same_key_in_the_same_role_takes_a_place_and_also_when_the_session_is_full() {
    let config = host::Config { max_viewers: 2, ..host::Config::default() };
    let mut host = Host::new(config);
    let (first, resumed) = join(&mut host, 0, 7, None, Role::Control).expect("room");
    assert_eq!(resumed, None);
    let (other, _) = join(&mut host, 0, 8, None, Role::Control).expect("room");
    let forged = join(&mut host, 1, 9, Some(first), Role::Control).expect_err("no place is free");
    assert_eq!(forged.code, RefusalCode::Full);
    let looks = join(&mut host, 1, 7, Some(first), Role::View).expect_err("another role");
    assert_eq!(looks.code, RefusalCode::Full);
    let (second, resumed) = join(&mut host, 1, 7, Some(first), Role::Control).expect("it is the first");
    assert_eq!(resumed, Some(InputId(0)));
    let there: Vec<ViewerId> = host.viewers().map(|(viewer, _)| viewer).collect();
    assert_eq!(there, [other, second]);
    let (third, resumed) = join(&mut host, 2, 7, Some(first), Role::Control).expect("again");
    assert_eq!(resumed, Some(InputId(0)), "numbers began with the first");
    let (_, resumed) = join(&mut host, 3, 7, Some(third), Role::Control).expect("again");
    assert_eq!(resumed, None, "no numbers began there");
}

#[test]
fn who_went_is_known_for_half_a_minute() {
    for (back, known) in [(29, true), (31, false)] {
        let mut host = Host::new(host::Config::default());
        let (first, _) = join(&mut host, 0, 7, None, Role::Control).expect("room");
        host.handle_gone(Timestamp(0), first);
        assert_eq!(host.poll_timeout(), None, "a session without viewers rests");
        let (_, resumed) = join(&mut host, back * 1_000_000, 7, Some(first), Role::Control).expect("room");
        assert_eq!(resumed.is_some(), known, "after {back} s");
    }
}

/// Joins with a key; what the welcome says of it.
fn join(
    host: &mut Host,
    at: u64,
    key: u8,
    began: Option<ViewerId>,
    role: Role,
) -> Result<(ViewerId, Option<InputId>), Refusal> {
    let resume = Resume { key: ResumeKey([key; 16]), began, since: InputId(0) };
    let viewer = host.handle_join(Timestamp(at), hello(resume, role))?;
    let mut resumed = None;
    while let Some(action) = host.poll_action() {
        if let host::Action::Send { message: ToViewer::Welcome(welcome), .. } = action {
            resumed = welcome.resumed;
        }
    }
    host.verify_invariants().expect("invariants");
    Ok((viewer, resumed))
}

fn hello(resume: Resume, role: Role) -> Join {
    let (ticket, agent) = (String::new(), String::new());
    let hello = Hello { versions: VersionRange::OURS, ticket, agent, video: vec![], resume: Some(resume) };
    Join { hello, role, round_trip: None }
}
