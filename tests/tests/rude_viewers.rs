//! Viewers that keep no rules lose their link for one clear reason. The host and everybody else go on.

use anyhow::{Result, ensure};
use dormer_tests::{Host, Press, RudeViewer, Session, Starved, Track, Viewer, tools, wait};
use protocol::control::ToHost;

/// The most that a host may grow because of one viewer.
const MOST_MEMORY_KIB: u64 = 96 << 10;

/// How often so many messages are sent: enough to fill any memory if they were kept.
const ROUNDS: u32 = 10_000;
const AT_ONCE: usize = 500;

/// A keymap that compiles.
const KEYMAP: &str = r#"xkb_keymap { xkb_keycodes { minimum = 8; maximum = 255; <A> = 38; };
    xkb_types { type "ONE_LEVEL" { modifiers = none; level_name[1] = "Any"; }; };
    xkb_compatibility { }; xkb_symbols { key <A> { [ a ] }; }; };"#;

#[test]
fn a_viewer_that_floods_while_apps_cannot_be_reached_has_to_go_and_others_stay() -> Result<()> {
    if !tools::present("a flood of a viewer", &["chrt"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let (mut honest, window) = Viewer::with_window(session.host.link())?;
    types(&mut honest, window.track, 1)?;
    let mut flooder = RudeViewer::join(&session.host.browser_link()?)?;
    let before = session.host.usage()?.memory_kib;
    let starved = Starved::thread(session.host.pid(), "compositor")?;
    let keymap = ToHost::Keymap { text: KEYMAP.to_owned() };
    let flood: Vec<ToHost> = [keymap, ToHost::DismissPopups].into_iter().cycle().take(AT_ONCE).collect();
    let mut most = 0;
    for _ in 0..ROUNDS {
        // The host closes the link while it is written to.
        if thrown_out(&session.host) || flooder.control(&flood).is_err() {
            break;
        }
        most = most.max(session.host.usage()?.memory_kib);
    }
    wait::until(wait::PATIENCE, "the flooder's end", || Ok(thrown_out(&session.host).then_some(())))?;
    drop(starved);
    let grown = most.saturating_sub(before);
    ensure!(grown < MOST_MEMORY_KIB, "the host grew by {grown} KiB");
    types(&mut honest, window.track, 2)
}

fn thrown_out(host: &Host) -> bool {
    host.log().contains("apps cannot take so much")
}

/// The app answers to the viewer's `number`th key.
fn types(viewer: &mut Viewer, track: Track, number: u32) -> Result<()> {
    viewer.key(track, "a", Press::Tap)?;
    viewer.code_until(track, |code| code.input == number).map(drop)
}
