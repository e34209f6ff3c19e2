//! Viewers that keep no rules lose their link for one clear reason. The host and everybody else go on.

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{Host, Press, RudeViewer, Session, Starved, Track, Viewer, tools, wait};
use media::{InputId, KeyCode, Position, Timestamp, TrackId};
use protocol::{
    control::{Refusal, RefusalCode, Role, ToHost, ToViewer},
    input::{Input, InputEvent},
};
use transport::{
    CloseReason, ViewerIncoming,
    quic::{self, Introduction, QuicSettings},
};

/// The most that a host may grow because of one viewer.
const MOST_MEMORY_KIB: u64 = 96 << 10;

/// How often so many messages are sent: enough to fill any memory if they were kept.
const ROUNDS: u32 = 10_000;
const AT_ONCE: usize = 500;

/// A keymap that compiles.
const KEYMAP: &str = r#"xkb_keymap { xkb_keycodes { minimum = 8; maximum = 255; indicator 1 = "Caps Lock"; <A> = 38; };
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
    // What somebody without the seat says changes nothing, however often.
    loop {
        flooder.control(&[ToHost::TakeSeat])?;
        if matches!(flooder.hear()?, ToViewer::Seat { held: true }) {
            break;
        }
    }
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

#[test]
fn a_viewer_that_may_only_look_and_sends_input_has_to_go() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut honest, window) = Viewer::with_window(session.host.link())?;
    let track = TrackId(u32::try_from(window.track.0)?);
    let key = || InputEvent::Key { key: KeyCode(30), pressed: true };
    let motion = || InputEvent::Motion { position: Position::new(5.0, 5.0) };
    for event in [key(), motion()] {
        let refusal = refused_over_quic(session.host.view_link(), &input(1, track, event.clone()))?;
        ensure!(refusal.message.contains("can see the windows but not use them"), "{refusal:?}");
        let mut viewer = RudeViewer::join(&session.host.browser_view_link()?)?;
        ensure!(viewer.welcome.role == Role::View);
        // What it says of its windows is no input.
        viewer.control(&[ToHost::Focus { track: Some(track) }, ToHost::Ping { viewer: Timestamp(7) }])?;
        while !matches!(viewer.hear()?, ToViewer::Pong { .. }) {}
        viewer.input(&[input(1, track, event)])?;
        let refusal = viewer.refusal()?;
        ensure!(refusal.code == RefusalCode::Protocol, "{refusal:?}");
        ensure!(refusal.message.contains("can see the windows but not use them"), "{refusal:?}");
    }
    types(&mut honest, window.track, 1)
}

#[test]
fn scripts_hear_that_they_may_only_look_and_their_link_lives_on() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.view_link())?;
    for _ in 0..3 {
        let refused = viewer.key(window.track, "a", Press::Tap).err().context("a key had an effect")?;
        ensure!(refused.to_string().contains("can see the windows but not use them"), "{refused:#}");
    }
    ensure!(viewer.click(window.track, 5.0, 5.0, "left").is_err(), "a click had an effect");
    ensure!(viewer.windows()?.len() == 1 && !session.host.log().contains("thrown out"));
    Ok(())
}

/// What a viewer hears that joins over QUIC and sends this.
fn refused_over_quic(link: &str, input: &Input) -> Result<Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let introduction = Introduction { agent: "rude".to_owned(), video: Vec::new(), resume: None };
        let (mut link, _) = quic::connect(&link.parse()?, introduction, QuicSettings::default()).await?;
        link.sender().send_input(input);
        loop {
            match link.recv().await {
                ViewerIncoming::Control(ToViewer::Refused(refusal))
                | ViewerIncoming::Closed(CloseReason::Refused(refusal)) => return Ok(refusal),
                ViewerIncoming::Closed(reason) => bail!("the link ended otherwise: {reason}"),
                _ => {}
            }
        }
    })
}

fn thrown_out(host: &Host) -> bool {
    host.log().contains("apps cannot take so much")
}

fn input(id: u64, track: TrackId, event: InputEvent) -> Input {
    Input { id: InputId(id), at: Timestamp(id), after: 0, track, event }
}

/// The app answers to the viewer's `number`th key.
fn types(viewer: &mut Viewer, track: Track, number: u32) -> Result<()> {
    viewer.key(track, "a", Press::Tap)?;
    viewer.code_until(track, |code| code.input == number).map(drop)
}
