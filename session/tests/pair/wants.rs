//! Composed texts, text inputs and locked pointers: who is told, who is heard, and that nothing of it
//! outlasts its user.

use media::{Command, Event, Position, Rect, TextInput, TextPurpose, TrackId};
use protocol::{
    control::{Role, ToHost},
    input::InputEvent,
};

use crate::{
    MS,
    link::Profile,
    rules::{key, two_viewers},
    typing_app,
    world::World,
};

fn text_input() -> TextInput {
    TextInput { caret: Rect::new(10, 20, 1, 16), purpose: TextPurpose::Url, multiline: false }
}

fn preedit(text: &str) -> InputEvent {
    InputEvent::Preedit { text: text.to_owned(), cursor: Some((0, text.len() as u32)) }
}

fn send(world: &mut World, end: usize, track: TrackId, event: InputEvent) {
    world.with_core(end, |core, now| core.handle_input(now, track, event)).expect("sent");
    world.run_for(5 * MS);
}

fn preedits(world: &World) -> Vec<&str> {
    let mut texts = Vec::new();
    for command in &world.commands {
        if let Command::Preedit { text, .. } = command {
            texts.push(text.as_str());
        }
    }
    texts
}

fn moved(world: &World) -> Vec<(f64, f64)> {
    let way = |command: &Command| match command {
        Command::RelativeMotion { dx, dy, .. } => Some((*dx, *dy)),
        _ => None,
    };
    world.commands.iter().filter_map(way).collect()
}

#[test]
fn everybody_who_may_type_knows_where_text_is_taken_also_who_comes_later() {
    let (mut world, track, a, b) = two_viewers();
    let looks = world.add_viewer_as(Profile::lan(), Role::View);
    world.set_text_input(Some((track, text_input())));
    let late = world.add_viewer(Profile::lan());
    world.run_for(50 * MS);
    for end in [a, b, late] {
        assert_eq!(world.ends[end].text_input, Some((track, text_input())));
    }
    assert_eq!(world.ends[looks].text_input, None);
    world.set_text_input(None);
    world.run_for(50 * MS);
    assert!(world.ends.iter().all(|end| end.text_input.is_none()));
    world.set_text_input(Some((track, text_input())));
    world.close(track);
    world.run_for(50 * MS);
    assert!(world.ends.iter().all(|end| end.text_input.is_none()), "it ends with its window");
}

#[test]
fn a_composition_is_shown_and_replaced_by_its_text() {
    let (mut world, track, a, b) = two_viewers();
    send(&mut world, a, track, preedit("n"));
    send(&mut world, a, track, preedit("ni"));
    let other = preedit("x");
    world.with_core(b, |core, now| core.handle_input(now, track, other)).expect("sent");
    world.run_for(5 * MS);
    assert_eq!(preedits(&world), ["n", "ni"], "the other is not heard meanwhile");
    assert_eq!(world.commands[0], Command::Focus(Some(track)), "who composes has the keyboard");
    send(&mut world, a, track, InputEvent::Text { text: "你".to_owned() });
    assert_eq!(world.composition(), "");
    let end = world.with_core(a, |core, now| core.handle_input(now, track, preedit("")));
    end.expect_err("nothing is composed any more");
}

#[test]
fn a_composition_ends_with_the_focus_the_link_and_the_seat_of_its_user() {
    let (mut world, track, a, b) = two_viewers();
    let other = world.open(typing_app(2));
    send(&mut world, a, track, preedit("ni"));
    world.with_core(a, |core, now| core.handle_focus(now, Some(other)));
    world.run_for(5 * MS);
    assert_eq!(preedits(&world), ["ni", ""], "moved to another window");
    world.commands.clear();
    send(&mut world, a, other, preedit("ni"));
    world.with_core(a, |core, now| core.handle_focus(now, None));
    world.run_for(5 * MS);
    assert_eq!(preedits(&world), ["ni", ""], "the desktop took the focus away");
    world.commands.clear();
    send(&mut world, a, track, preedit("ni"));
    world.run_for(1100 * MS);
    key(&mut world, b, track, 30, true);
    let end = world
        .commands
        .iter()
        .position(|command| matches!(command, Command::Preedit { text, .. } if text.is_empty()));
    let typed = world.commands.iter().position(|command| matches!(command, Command::Key { .. }));
    assert!(end.is_some() && end < typed, "another takes the seat, after what the first composed has ended");
    key(&mut world, b, track, 30, false);
    world.commands.clear();
    send(&mut world, b, track, preedit("wo"));
    world.cut(b);
    assert_eq!(preedits(&world), ["wo", ""], "its link ends");
}

#[test]
fn only_who_uses_the_apps_is_told_of_a_lock_and_moves_a_locked_pointer() {
    let (mut world, track, a, b) = two_viewers();
    let motion = InputEvent::Motion { position: Position::new(5.0, 5.0) };
    let push = |dx, dy| InputEvent::RelativeMotion { dx, dy };
    send(&mut world, a, track, motion);
    let early = world.with_core(a, |core, now| core.handle_input(now, track, push(1.0, 1.0)));
    early.expect_err("nothing has locked the pointer");
    world.set_lock(Some(track));
    world.run_for(5 * MS);
    assert_eq!((world.ends[a].lock, world.ends[b].lock), (Some(track), None));
    for n in 1..=3 {
        send(&mut world, a, track, push(f64::from(n), -0.5));
    }
    assert_eq!(moved(&world), [(1.0, -0.5), (2.0, -0.5), (3.0, -0.5)]);
    // The other user takes the seat: the pointer leaves, and the first has its own back.
    world.run_for(1100 * MS);
    key(&mut world, b, track, 30, true);
    key(&mut world, b, track, 30, false);
    assert_eq!((world.ends[a].lock, world.ends[b].lock), (None, None));
    assert_eq!(world.lock, None);
    world.set_lock(Some(track));
    world.run_for(5 * MS);
    assert_eq!((world.ends[a].lock, world.ends[b].lock), (None, Some(track)));
    world.cut(b);
    world.run_for(5 * MS);
    assert_eq!((world.ends[b].lock, world.lock), (None, None), "the lock goes with its viewer");
}

#[test]
fn a_lock_that_comes_before_a_user_is_told_to_the_first() {
    let (mut world, track, gone, a) = two_viewers();
    world.add_viewer(Profile::lan());
    world.run_for(50 * MS);
    let viewer = world.ends[gone].id.expect("joined");
    world.host.handle_control(world.now, viewer, ToHost::Goodbye);
    world.cut(gone);
    world.event(Event::PointerLock(Some(track)));
    world.run_for(5 * MS);
    assert_eq!((world.host.seat_holder(), world.ends[a].lock), (None, None));
    key(&mut world, a, track, 30, true);
    assert_eq!(world.ends[a].lock, Some(track));
    world.close(track);
    world.run_for(5 * MS);
    assert_eq!(world.ends[a].lock, None, "it ends with its window");
}
