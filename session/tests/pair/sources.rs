//! Sources of windows that cannot do all that a compositor can: they are not asked for it, and viewers have
//! answers all the same.

use media::{Capabilities, Command, Scale, Size};
use protocol::control::Configure;

use crate::{MS, link::Profile, typing_app, world::World};

/// What viewers want of a window, who then take the seat from each other.
fn used_by_two(source: Capabilities) -> (World, Vec<Command>) {
    let mut world = World::new();
    world.obedient = true;
    world.host.handle_ready(source);
    let track = world.open(typing_app(1));
    let ends = [world.add_viewer(Profile::lan()), world.add_viewer(Profile::lan())];
    world.run_for(300 * MS);
    for (end, width) in ends.into_iter().zip([300, 90]) {
        let wish = |serial| Configure {
            serial,
            size: Some(Size::new(width, 60)),
            scale: Scale::ONE,
            maximized: false,
            fullscreen: false,
            resizing: false,
        };
        world.with_core(end, |core, _| core.set_keymap(format!("of {width}")));
        world.with_core(end, |core, _| core.take_seat());
        world.run_for(1200 * MS);
        for serial in 1..=2 {
            world.with_core(end, |core, _| core.configure(track, wish(serial)));
            world.run_for(300 * MS);
        }
        world.with_core(end, |core, _| core.dismiss_popups());
        world.run_for(1200 * MS);
    }
    let commands = std::mem::take(&mut world.commands);
    (world, commands)
}

fn asks(command: &Command) -> &'static str {
    match command {
        Command::Configure { .. } => "configure",
        Command::Keymap(_) => "keymap",
        Command::DismissPopups => "dismiss",
        _ => "",
    }
}

#[test]
fn a_source_is_asked_for_what_it_can_do_and_nothing_else() {
    for bits in 0..8 {
        let source = Capabilities { resizes: bits & 1 > 0, keymaps: bits & 2 > 0, dismisses: bits & 4 > 0 };
        let (_, commands) = used_by_two(source);
        let able = [("configure", source.resizes), ("keymap", source.keymaps), ("dismiss", source.dismisses)];
        for (what, able) in able {
            assert_eq!(commands.iter().any(|command| asks(command) == what), able, "{what} of {source:?}");
        }
    }
}

#[test]
fn wishes_for_windows_that_cannot_change_are_answered_and_their_limits_say_so() {
    let fixed = Capabilities { resizes: false, ..Capabilities::ALL };
    let (world, _) = used_by_two(fixed);
    for end in &world.ends {
        let window = &end.core.windows().next().expect("it is open").window;
        let size = world.apps[0].size;
        assert_eq!((window.size.w, window.configured), (size.w, 2), "as its app made it, and answered");
        assert_eq!((window.limits.min, window.limits.max), (Some(window.size), Some(window.size)));
    }
    let (world, _) = used_by_two(Capabilities::ALL);
    let window = &world.ends[1].core.windows().next().expect("it is open").window;
    assert_eq!((window.size.w, window.limits.max), (90, None));
}
