//! Windows of the native viewer on a desktop with a window manager: what the manager is told of them, where
//! they are, and what people do with them.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Code, Desktop, Host, HostOptions, Session, binaries,
    desktop::Place,
    testapp::{self, Entry},
    tools,
    wait::{self, PATIENCE},
};
use serde_json::Value;

const KEY_A: u32 = 30;

/// The stages from a key to its picture, as people find them in the figures.
const STAGES: [&str; 10] = [
    "input",
    "dispatched",
    "captured",
    "encoded",
    "sent",
    "received",
    "decoded",
    "presented",
    "commit_to_presented",
    "input_to_presented",
];

#[test]
fn the_window_manager_knows_name_class_icon_and_sizes_of_an_apps_window() -> Result<()> {
    if !tools::present("windows on a desktop", &["Xvfb", "openbox", "Xwayland"]) {
        return Ok(());
    }
    let testapp = binaries()?.testapp.to_str().context("a path")?;
    let host = Host::start([testapp, "--x11", "--hints", "--title", "Grüße 世界"])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view(&host)?;
    let window = desktop.window("Grüße 世界")?;
    ensure!(desktop.title(window)? == "Grüße 世界", "{:?}", desktop.title(window));
    let class = desktop.class(window)?;
    ensure!(class.0 == "dormer-testapp" && class.1 == "dormer-testapp", "{class:?}");
    // It may follow the window.
    wait::until(PATIENCE, "the icon", || Ok((desktop.icon(window)? == testapp::icon()).then_some(())))?;
    let hints = desktop.size_hints(window)?;
    ensure!(
        (hints.min_size, hints.max_size) == (Some((325, 215)), Some((1200, 900)))
            && (hints.size_increment, hints.base_size) == (Some((10, 20)), Some((5, 15))),
        "{hints:?}"
    );
    Ok(())
}

#[test]
fn a_menu_stands_where_the_app_put_it_in_its_window() -> Result<()> {
    if !tools::present("menus on a desktop", &["Xvfb", "openbox", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&["--popup"])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view(&session.host)?;
    let window = desktop.window("Dormer test app")?;
    let parent = showing(&desktop, window, |code| code.input == 0)?;
    let at = (parent.x + 300, parent.y + 200);
    desktop.xdotool(&["mousemove", &at.0.to_string(), &at.1.to_string(), "click", "3"])?;
    let menu = wait::until(PATIENCE, "the menu", || Ok(desktop.menus()?.first().copied()))?;
    ensure!((menu.x.abs_diff(at.0) <= 1) && (menu.y.abs_diff(at.1) <= 1), "{menu:?} in {parent:?}");
    ensure!((menu.width, menu.height) == (200, 140), "{menu:?}");
    // It shows the menu's own picture, and goes by a press outside.
    wait::until(PATIENCE, "the menu's picture", || {
        Ok(code_at(&desktop, menu)?.filter(|code| code.input == 1).map(drop))
    })?;
    let outside = (parent.x + 20, parent.y + 380);
    desktop.xdotool(&["mousemove", &outside.0.to_string(), &outside.1.to_string(), "click", "1"])?;
    wait::until(PATIENCE, "the menu's end", || Ok(desktop.menus()?.is_empty().then_some(())))?;
    session.reported("the menu's end", |entry| *entry == Entry::Popup { open: false })
}

#[test]
fn the_wheel_turns_in_the_app() -> Result<()> {
    if !tools::present("the wheel on a desktop", &["Xvfb", "openbox", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view(&session.host)?;
    let place = showing(&desktop, desktop.window("Dormer test app")?, |_| true)?;
    desktop.xdotool(&["mousemove", &(place.x + 300).to_string(), &(place.y + 200).to_string()])?;
    desktop.xdotool(&["click", "5", "click", "5", "click", "4"])?;
    let turned = || -> Result<Vec<Entry>> {
        let of_wheel = |entry: &Entry| matches!(entry, Entry::Scrolled { .. });
        Ok(session.entries()?.into_iter().filter(of_wheel).collect())
    };
    wait::until(PATIENCE, "the wheel", || Ok((turned()?.len() >= 3).then_some(())))?;
    let expected = [120, 120, -120].map(|dy| Entry::Scrolled { dx: 0, dy });
    ensure!(turned()? == expected, "{:?}", turned()?);
    Ok(())
}

#[test]
fn the_pointer_looks_as_the_app_wants_it() -> Result<()> {
    if !tools::present("the pointer on a desktop", &["Xvfb", "openbox", "xdotool", "foot"]) {
        return Ok(());
    }
    let host = Host::start(["foot", "--config=/dev/null", "--title=Terminal"])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view(&host)?;
    let place = desktop.place(desktop.window("Terminal")?)?;
    desktop.xdotool(&["mousemove", "1000", "750"])?;
    let arrow = desktop.cursor()?;
    // Over text it is a beam, in any case another picture. A hand is never quite still.
    let mut steps = (0..40).cycle();
    wait::until(PATIENCE, "the beam", || {
        let x = place.x + 100 + steps.next().unwrap_or_default();
        desktop.xdotool(&["mousemove", &x.to_string(), &(place.y + 100).to_string()])?;
        Ok((desktop.cursor()? != arrow).then_some(()))
    })
}

#[test]
fn the_close_button_is_a_request_to_the_app() -> Result<()> {
    if !tools::present("the close button on a desktop", &["Xvfb", "openbox", "l3afpad", "xdotool"]) {
        return Ok(());
    }
    // An app that does as it is told.
    let session = Session::start(&[])?;
    let desktop = Desktop::managed()?;
    let native = desktop.view(&session.host)?;
    let window = desktop.window("Dormer test app")?;
    desktop.close(window)?;
    session.reported("the wish to close", |entry| *entry == Entry::Close)?;
    desktop.gone(window)?;
    drop(native);

    // An app that asks first: its window stays, and its question is a window as well.
    let host = HostOptions::command(["l3afpad"]).variable("GDK_BACKEND", "wayland").start()?;
    let _native = desktop.view(&host)?;
    let editor = desktop.window("ntitled")?;
    desktop.focus(editor)?;
    desktop.xdotool(&["key", "a"])?;
    wait::until(PATIENCE, "the mark of an edited file", || {
        Ok(desktop.title(editor)?.contains('*').then_some(()))
    })?;
    let before = desktop.clients()?;
    desktop.close(editor)?;
    let now = wait::until(PATIENCE, "the question", || {
        Ok(Some(desktop.clients()?).filter(|now| now.len() > before.len()))
    })?;
    ensure!(now.contains(&editor), "the editor was closed without an answer");
    Ok(())
}

#[test]
fn the_figures_tell_every_stage_from_a_key_to_its_picture() -> Result<()> {
    if !tools::present("figures of the native viewer", &["Xvfb", "openbox", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view_with(session.host.link(), &["--stats"])?;
    let window = desktop.window("Dormer test app")?;
    desktop.focus(window)?;
    for number in 1..=3 {
        desktop.xdotool(&["key", "a"])?;
        showing(&desktop, window, |code| code.input == number)?;
    }
    session.reported("the keys", |entry| matches!(entry, Entry::Key { key: KEY_A, pressed: true, .. }))?;
    let mut last = None;
    let figures = wait::until(PATIENCE, "figures of three keys", || {
        let printed = std::fs::read_to_string(desktop.file("native.stdout"))?;
        let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
        last = whole.lines().last().map(serde_json::from_str::<Value>).transpose()?;
        let counts_all = |figures: &Value| figures["latency_us"]["input_to_presented"]["count"] == 3;
        Ok(last.clone().filter(counts_all))
    })
    .with_context(|| format!("the last were {last:?}"))?;
    let stages = figures["latency_us"].as_object().context("stages have names")?;
    let named: BTreeSet<&str> = stages.keys().map(String::as_str).collect();
    ensure!(named == STAGES.into(), "{named:?}");
    for (stage, figures) in stages {
        let [p50, p95, p99, max] = ["p50", "p95", "p99", "max"].map(|name| figures[name].as_u64());
        ensure!(p50.is_some() && p50 <= p95 && p95 <= p99 && p99 <= max, "{stage}: {figures}");
    }
    ensure!(figures["transport"] == "quic" && figures["state"] == "live", "{figures}");
    ensure!(figures["rtt_ms"].as_f64().is_some_and(|rtt| rtt > 0.0), "{figures}");
    Ok(())
}

/// The code that the test app's picture shows at a place of the display.
fn code_at(desktop: &Desktop, place: Place) -> Result<Option<Code>> {
    let grab = desktop.display().grab()?;
    let (left, top) = (usize::try_from(place.x)?, usize::try_from(place.y)?);
    let origin = dormer_tests::code::ORIGIN;
    Ok(Code::read(|x, y| grab.luma(x, y), left + origin, top + origin))
}

/// Waits until the test app's window shows such a code; where the window is then.
fn showing(desktop: &Desktop, window: u32, wanted: impl Fn(Code) -> bool) -> Result<Place> {
    wait::until(PATIENCE, "the picture on the display", || {
        let place = desktop.place(window)?;
        Ok(code_at(desktop, place)?.is_some_and(&wanted).then_some(place))
    })
}
