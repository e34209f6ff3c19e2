//! The native viewer on a desktop: its clipboard, its pointer, its keyboard, its input method.

use std::{fs::File, path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Desktop, Host, Session, Until, Viewer,
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};

#[test]
fn pictures_and_html_go_between_the_desktop_and_the_session() -> Result<()> {
    if !tools::present("the native viewer's clipboard", &["Xvfb", "xclip"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let desktop = Desktop::bare()?;
    let _native = desktop.view(&session.host)?;
    let (mut other, _) = Viewer::with_window(session.host.link())?;
    for mime in ["image/png", "text/html"] {
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n / 256 * 7 + n % 251) as u8).collect();
        let file = desktop.file("content");
        std::fs::write(&file, &content)?;
        let arguments = ["-selection", "clipboard", "-t", mime, "-i"];
        let copied = desktop.command("xclip").args(arguments).arg(&file).stdout(Stdio::null()).status()?;
        ensure!(copied.success(), "xclip: {copied}");
        wait::until(PATIENCE, "what was copied on the desktop", || {
            Ok(other.clipboard_get_as(mime).is_ok_and(|data| data == content).then_some(()))
        })
        .context(mime)?;

        let reversed: Vec<u8> = content.into_iter().rev().collect();
        other.clipboard_set_as(mime, &reversed)?;
        wait::until(PATIENCE, "what was copied in the session", || {
            let pasted = desktop.file("pasted");
            let arguments = ["-selection", "clipboard", "-t", mime, "-o"];
            let mut paste = desktop.command("xclip");
            paste.args(arguments).stdout(File::create(&pasted)?).stderr(Stdio::null()).status()?;
            Ok((std::fs::read(&pasted)? == reversed).then_some(()))
        })
        .context(mime)?;
    }
    Ok(())
}

#[test]
fn an_app_that_locks_the_pointer_has_all_of_its_motion() -> Result<()> {
    if !tools::present("the native viewer's pointer lock", &["Xvfb", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&["--lock-pointer"])?;
    let desktop = Desktop::bare()?;
    let _native = desktop.view(&session.host)?;
    let (x, y) = desktop.use_test_app()?;
    desktop.xdotool(&["mousemove", &(x + 300).to_string(), &(y + 200).to_string(), "click", "1"])?;
    session.reported("the lock", |entry| *entry == Entry::Lock { held: true })?;
    // Further than the window is wide: a pointer that is only kept within would stop.
    let pushed = || -> Result<(i32, i32)> {
        let sum = |(x, y), entry: &Entry| match entry {
            Entry::Pushed { dx, dy } => (x + dx, y + dy),
            _ => (x, y),
        };
        Ok(session.entries()?.iter().fold((0, 0), sum))
    };
    // The desktop's lock follows the app's; until then motion goes by places.
    wait::until(PATIENCE, "motion", || {
        desktop.xdotool(&["mousemove_relative", "--", "0", "1"])?;
        Ok((pushed()?.1 > 5 * 256).then_some(()))
    })?;
    let before = pushed()?;
    for _ in 0..40 {
        desktop.xdotool(&["mousemove_relative", "--", "50", "0"])?;
    }
    wait::until(PATIENCE, "all of the way", || Ok((pushed()?.0 - before.0 >= 40 * 50 * 256).then_some(())))?;
    ensure!(pushed()?.0 - before.0 == 40 * 50 * 256, "{:?}", pushed()?);
    Ok(())
}

#[test]
fn the_desktops_input_method_composes_at_the_apps_caret() -> Result<()> {
    if !tools::present("the native viewer's input method", &["Xvfb", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&["--text-input"])?;
    let desktop = Desktop::bare()?;
    // The first to join has the seat: joining and looking on take it from nobody.
    let _native = desktop.view(&session.host)?;
    desktop.use_test_app()?;
    let (mut other, window) = Viewer::with_window(session.host.link())?;
    other.wait(Until::TextInput(window.track))?;
    // X11's own input method composes by dead keys.
    let inserted = Entry::Inserted { text: "é".into() };
    wait::until(PATIENCE, "the composed letter", || {
        desktop.xdotool(&["key", "dead_acute", "e"])?;
        Ok(session.entries()?.contains(&inserted).then_some(()))
    })
}

#[test]
fn text_goes_between_the_desktop_and_a_terminal() -> Result<()> {
    if !tools::present("text between desktop and terminal", &["Xvfb", "openbox", "xclip", "xdotool", "foot"])
    {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let typed = directory.path().join("typed");
    let script = format!("echo {COPIED}; cat > {}", typed.display());
    let host = Host::start(["foot", "--config=/dev/null", "--title=Terminal", "sh", "-c", &script])?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view(&host)?;
    let (mut other, _) = Viewer::with_window(host.link())?;
    let window = desktop.window("Terminal")?;
    desktop.focus(window)?;

    let file = desktop.file("content");
    std::fs::write(&file, TEXT)?;
    let copy = ["-selection", "clipboard", "-t", "UTF8_STRING", "-i"];
    let copied = desktop.command("xclip").args(copy).arg(&file).stdout(Stdio::null()).status()?;
    ensure!(copied.success(), "xclip: {copied}");
    wait::until(PATIENCE, "what was copied on the desktop", || {
        Ok(other.clipboard_get().is_ok_and(|text| text == TEXT).then_some(()))
    })?;
    desktop.xdotool(&["key", "ctrl+shift+v", "Return"])?;
    file_holds(&typed, &format!("{TEXT}\n"))?;

    // A double click selects the word in the first line.
    let place = desktop.place(window)?;
    let (x, y) = ((place.x + 20).to_string(), (place.y + 8).to_string());
    desktop.xdotool(&["mousemove", &x, &y, "click", "1", "click", "1", "key", "ctrl+shift+c"])?;
    wait::until(PATIENCE, "what was copied in the terminal", || {
        let paste = ["-selection", "clipboard", "-t", "UTF8_STRING", "-o"];
        let pasted = desktop.command("xclip").args(paste).stderr(Stdio::null()).output()?;
        Ok((pasted.stdout == COPIED.as_bytes()).then_some(()))
    })
}

#[test]
fn a_german_keyboard_types_german_in_a_wayland_app() -> Result<()> {
    if !tools::present("a German keyboard in foot", &["Xvfb", "openbox", "setxkbmap", "xdotool", "foot"]) {
        return Ok(());
    }
    types_german(&["foot", "--config=/dev/null", "--title=Terminal"])
}

#[test]
fn a_german_keyboard_types_german_in_an_x11_app() -> Result<()> {
    let programs = ["Xvfb", "openbox", "setxkbmap", "xdotool", "xterm", "Xwayland"];
    if !tools::present("a German keyboard in xterm", &programs) {
        return Ok(());
    }
    types_german(&["xterm", "-u8", "-fa", "monospace", "-T", "Terminal", "-e"])
}

#[test]
fn caps_lock_that_was_on_before_is_on_with_the_first_key() -> Result<()> {
    if !tools::present("Caps Lock in foot", &["Xvfb", "openbox", "xdotool", "foot"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let typed = directory.path().join("typed");
    let script = format!("cat > {}", typed.display());
    let host = Host::start(["foot", "--config=/dev/null", "--title=Terminal", "sh", "-c", &script])?;
    let desktop = Desktop::managed()?;
    desktop.xdotool(&["key", "66"])?;
    let _native = desktop.view(&host)?;
    desktop.focus(desktop.window("Terminal")?)?;
    // The letter A and Enter, Caps Lock, and both again.
    desktop.xdotool(&["key", "38", "key", "36", "key", "66", "key", "38", "key", "36"])?;
    file_holds(&typed, "A\na\n")
}

#[test]
fn shortcuts_of_a_russian_keyboard_reach_an_app_that_knows_only_what_keys_type() -> Result<()> {
    let programs = ["Xvfb", "openbox", "setxkbmap", "xdotool", "wish", "Xwayland"];
    if !tools::present("a Russian keyboard in Tk", &programs) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let (typed, script) = (directory.path().join("typed"), directory.path().join("app.tcl"));
    let note = format!("set f [open {} a]; puts -nonewline $f", typed.display());
    let tcl = format!(
        "wm title . Terminal; wm geometry . 300x200; focus -force .\n\
         bind . <Control-c> {{ {note} copy; close $f }}\n\
         bind . <Key> {{ if {{[string match Cyrillic* %K]}} {{ {note} %K; close $f }} }}\n"
    );
    std::fs::write(&script, tcl)?;
    let host = Host::start(["wish", script.to_str().context("a path")?])?;
    let desktop = Desktop::managed()?;
    desktop.output("setxkbmap", &["ru"])?;
    let _native = desktop.view(&host)?;
    desktop.focus(desktop.window("Terminal")?)?;
    // The key of C with Ctrl, and alone: the letter es.
    desktop.xdotool(&["keydown", "37", "key", "54", "keyup", "37", "key", "54"])?;
    file_holds(&typed, "copyCyrillic_es")
}

/// Neither on the US layout nor in Latin-1.
const TEXT: &str = "Grüße 世界";
/// A word that double clicks select.
const COPIED: &str = "fenster";

/// Keys by their places, as X numbers them: the letter right of L, AltGr with Q, the dead key left of
/// backspace with E.
fn types_german(terminal: &[&str]) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let typed = directory.path().join("typed");
    let script = format!("cat > {}", typed.display());
    let host = Host::start(terminal.iter().copied().chain(["sh", "-c", &script]))?;
    let desktop = Desktop::managed()?;
    desktop.output("setxkbmap", &["de"])?;
    let _native = desktop.view(&host)?;
    desktop.focus(desktop.window("Terminal")?)?;
    desktop.xdotool(&["key", "47", "key", "48", "keydown", "108", "key", "24", "keyup", "108"])?;
    desktop.xdotool(&["key", "21", "key", "26", "key", "36"])?;
    file_holds(&typed, "öä@é\n")
}

fn file_holds(file: &Path, wanted: &str) -> Result<()> {
    let mut last = String::new();
    wait::until(PATIENCE, "the text in the file", || {
        last = std::fs::read_to_string(file).unwrap_or_default();
        Ok((last == wanted).then_some(()))
    })
    .with_context(|| format!("the file holds {last:?}"))
}
