//! Text, HTML and pictures are copied and pasted between viewer, Wayland apps and X11 apps, in every
//! direction.

use std::path::Path;

use anyhow::{Context, Result};
use dormer_tests::{
    Host, HostOptions, Press, Track, Until, Viewer, tools,
    wait::{self, PATIENCE},
};

const TEXT: &str = "Fenster: ℵ₀ – 世界\nsecond line";

#[test]
fn what_a_wayland_app_copies_a_viewer_pastes() -> Result<()> {
    if !tools::present("copy out of a GTK3 app", &["l3afpad"]) {
        return Ok(());
    }
    let (_host, mut viewer, _) = editor_with(TEXT, "wayland")?;
    viewer_pastes(&mut viewer, TEXT)
}

#[test]
fn what_an_x11_app_copies_a_viewer_pastes() -> Result<()> {
    if !tools::present("copy out of xclip", &["xclip", "Xwayland"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("text");
    std::fs::write(&file, TEXT)?;
    let host = Host::start(["xclip", "-selection", "clipboard", "-i", file.to_str().context("a path")?])?;
    let mut viewer = Viewer::start(host.link())?;
    viewer_pastes(&mut viewer, TEXT)
}

#[test]
fn what_a_viewer_copies_a_wayland_app_pastes() -> Result<()> {
    if !tools::present("paste into a GTK3 app", &["l3afpad"]) {
        return Ok(());
    }
    pasted_into_editor("wayland")
}

#[test]
fn what_a_viewer_copies_an_x11_app_pastes() -> Result<()> {
    if !tools::present("paste into a GTK3 app over X11", &["l3afpad", "Xwayland"]) {
        return Ok(());
    }
    pasted_into_editor("x11")
}

#[test]
fn what_a_viewer_copies_xclip_pastes() -> Result<()> {
    if !tools::present("paste into xclip", &["xclip", "xterm", "Xwayland"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("pasted");
    let host = Host::start(["xterm", "-e", "sh", "-c", &x11_paste_into(&file)])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.clipboard_set(TEXT)?;
    viewer.activate(window.track)?;
    file_holds(&file, TEXT)
}

#[test]
fn what_a_wayland_app_copies_an_x11_app_pastes() -> Result<()> {
    if !tools::present("from a GTK3 app to xclip", &["l3afpad", "xclip", "xterm", "Xwayland"]) {
        return Ok(());
    }
    let (host, mut viewer, editor) = editor_with(TEXT, "wayland")?;
    viewer_pastes(&mut viewer, TEXT)?;
    let file = host.file("pasted");
    host.run(&["xterm", "-e", "sh", "-c", &x11_paste_into(&file)])?;
    let windows = viewer.wait(Until::Windows(2))?;
    let terminal = windows.iter().find(|window| window.track != editor).context("waited for it")?;
    viewer.activate(terminal.track)?;
    file_holds(&file, TEXT)
}

#[test]
fn what_an_x11_app_copies_a_wayland_app_pastes() -> Result<()> {
    if !tools::present("from xclip to a GTK3 app", &["l3afpad", "xclip", "Xwayland"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let (copied, pasted) = (directory.path().join("copied"), directory.path().join("note.txt"));
    std::fs::write(&copied, TEXT)?;
    std::fs::write(&pasted, "")?;
    let name = copied.to_str().context("a path")?;
    let host = HostOptions::command(["xclip", "-selection", "clipboard", "-i", name])
        .variable("GDK_BACKEND", "wayland")
        .start()?;
    host.run(&["l3afpad", pasted.to_str().context("a path")?])?;
    let (mut viewer, editor) = Viewer::with_window(host.link())?;
    viewer_pastes(&mut viewer, TEXT)?;
    viewer.activate(editor.track)?;
    viewer.wait(Until::Exact(editor.track))?;
    viewer.key(editor.track, "ctrl+v", Press::Tap)?;
    viewer.wait(Until::Title("*".into()))?;
    viewer.key(editor.track, "ctrl+s", Press::Tap)?;
    file_holds(&pasted, TEXT)
}

#[test]
fn the_command_line_tools_copy_and_paste() -> Result<()> {
    if !tools::present("wl-copy and wl-paste", &["wl-copy", "wl-paste", "foot"]) {
        return Ok(());
    }
    let host = Host::start(["foot", "--config=/dev/null"])?;
    let (mut viewer, terminal) = Viewer::with_window(host.link())?;
    viewer.activate(terminal.track)?;
    viewer.type_text(terminal.track, "printf %s 'from the shell' | wl-copy\n")?;
    focus_tools_until(&mut viewer, terminal.track, |viewer| {
        viewer.clipboard_get().is_ok_and(|text| text == "from the shell")
    })?;

    viewer.clipboard_set(TEXT)?;
    let file = host.file("pasted");
    viewer.activate(terminal.track)?;
    viewer.type_text(terminal.track, &format!("wl-paste -n > {}\n", file.display()))?;
    focus_tools_until(&mut viewer, terminal.track, |_| {
        std::fs::read_to_string(&file).is_ok_and(|pasted| pasted.trim_end() == TEXT)
    })
}

#[test]
fn html_and_pictures_come_from_the_command_line_tools_and_go_to_them() -> Result<()> {
    if !tools::present("wl-copy and wl-paste of pictures", &["wl-copy", "wl-paste", "foot"]) {
        return Ok(());
    }
    let host = Host::start(["foot", "--config=/dev/null"])?;
    let (mut viewer, terminal) = Viewer::with_window(host.link())?;
    for (mime, content) in [("image/png", picture(300)), ("text/html", HTML.as_bytes().to_vec())] {
        let (copied, pasted) = (host.file("copied"), host.file("pasted"));
        std::fs::write(&copied, &content)?;
        viewer.activate(terminal.track)?;
        viewer.type_text(terminal.track, &format!("wl-copy -t {mime} < {}\n", copied.display()))?;
        focus_tools_until(&mut viewer, terminal.track, |viewer| {
            viewer.clipboard_get_as(mime).is_ok_and(|data| data == content)
        })?;

        let reversed: Vec<u8> = content.iter().rev().copied().collect();
        viewer.clipboard_set_as(mime, &reversed)?;
        viewer.activate(terminal.track)?;
        viewer.type_text(terminal.track, &format!("wl-paste -n -t {mime} > {}\n", pasted.display()))?;
        focus_tools_until(&mut viewer, terminal.track, |_| {
            std::fs::read(&pasted).is_ok_and(|data| data == reversed)
        })?;
    }
    Ok(())
}

#[test]
fn html_and_pictures_come_from_x11_apps() -> Result<()> {
    if !tools::present("copy a picture out of xclip", &["xclip", "Xwayland"]) {
        return Ok(());
    }
    for (mime, content) in [("image/png", picture(700)), ("text/html", HTML.as_bytes().to_vec())] {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("content");
        std::fs::write(&file, &content)?;
        let name = file.to_str().context("a path")?;
        let host = Host::start(["xclip", "-selection", "clipboard", "-t", mime, "-i", name])?;
        let mut viewer = Viewer::start(host.link())?;
        wait::until(PATIENCE, "what xclip copied", || {
            Ok(viewer.clipboard_get_as(mime).is_ok_and(|data| data == content).then_some(()))
        })
        .context(mime)?;
    }
    Ok(())
}

#[test]
fn html_and_pictures_go_to_x11_apps_and_are_listed_among_their_targets() -> Result<()> {
    if !tools::present("paste a picture into xclip", &["xclip", "xterm", "Xwayland"]) {
        return Ok(());
    }
    for (mime, content) in [("image/png", picture(700)), ("text/html", HTML.as_bytes().to_vec())] {
        let directory = tempfile::tempdir()?;
        let (targets, pasted) = (directory.path().join("targets"), directory.path().join("pasted"));
        let script = x11_paste_as("TARGETS", &targets) + &x11_paste_as(mime, &pasted) + "cat";
        let host = Host::start(["xterm", "-e", "sh", "-c", &script])?;
        let (mut viewer, window) = Viewer::with_window(host.link())?;
        viewer.clipboard_set_as(mime, &content)?;
        viewer.activate(window.track)?;
        wait::until(PATIENCE, "the pasted content", || {
            Ok(std::fs::read(&pasted).is_ok_and(|data| data == content).then_some(()))
        })
        .context(mime)?;
        let targets = std::fs::read_to_string(&targets)?;
        assert!(targets.lines().any(|target| target == mime), "{targets:?}");
        assert!(!targets.contains("UTF8_STRING"), "no text was offered");
    }
    Ok(())
}

const HTML: &str = "<meta charset=\"utf-8\"><b>Grüße</b> <i>世界</i>";

/// Bytes like a picture's: none repeats, every value comes, and there are enough of them for several parts.
fn picture(kilobytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    b"\x89PNG\r\n\x1a\n".iter().copied().chain((0..kilobytes << 10).map(|_| next())).collect()
}

/// An editor that shows `text`, all of it selected and copied.
fn editor_with(text: &str, backend: &str) -> Result<(Host, Viewer, Track)> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, text)?;
    let name = file.to_str().context("a path")?;
    let host = HostOptions::command(["l3afpad", name]).variable("GDK_BACKEND", backend).start()?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.activate(window.track)?;
    viewer.wait(Until::Exact(window.track))?;
    viewer.keys(window.track, &["ctrl+a", "ctrl+c"])?;
    Ok((host, viewer, window.track))
}

fn pasted_into_editor(backend: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let name = file.to_str().context("a path")?;
    let host = HostOptions::command(["l3afpad", name]).variable("GDK_BACKEND", backend).start()?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.activate(window.track)?;
    viewer.wait(Until::Exact(window.track))?;
    viewer.clipboard_set(TEXT)?;
    viewer.key(window.track, "ctrl+v", Press::Tap)?;
    viewer.wait(Until::Title("*".into()))?;
    viewer.key(window.track, "ctrl+s", Press::Tap)?;
    file_holds(&file, TEXT)
}

/// The viewer gets what an app copied, as soon as the app has offered it.
fn viewer_pastes(viewer: &mut Viewer, wanted: &str) -> Result<()> {
    let mut last = String::new();
    wait::until(PATIENCE, "the copied text", || {
        last = viewer.clipboard_get().unwrap_or_else(|error| format!("{error:#}"));
        Ok((last == wanted).then_some(()))
    })
    .with_context(|| format!("the clipboard holds {last:?}"))
}

/// A script that pastes by `xclip` as soon as it may: only the app that has the keyboard can read the
/// clipboard. It stays open, so that its window does. It names the type: where `UTF8_STRING` is refused,
/// xclip asks for Latin-1 next.
fn x11_paste_into(file: &Path) -> String {
    x11_paste_as("text/plain;charset=utf-8", file) + "cat"
}

fn x11_paste_as(target: &str, file: &Path) -> String {
    let file = file.display();
    format!(
        "until [ -s {file} ]; do xclip -selection clipboard -t '{target}' -o > {file} || sleep 0.1; done; "
    )
}

fn file_holds(file: &Path, wanted: &str) -> Result<()> {
    let mut last = String::new();
    wait::until(PATIENCE, "the pasted text", || {
        last = std::fs::read_to_string(file).unwrap_or_default();
        Ok((last.trim_end() == wanted.trim_end()).then_some(()))
    })
    .with_context(|| format!("the file holds {last:?}"))
}

/// Command line tools of Wayland show a tiny window to get the focus, which a desktop would give them. Gives
/// it to whatever appears until all is done.
fn focus_tools_until(viewer: &mut Viewer, besides: Track, done: impl Fn(&mut Viewer) -> bool) -> Result<()> {
    wait::until(PATIENCE, "what a tool with focus does", || {
        for window in viewer.windows()?.iter().filter(|window| window.track != besides) {
            // It may be gone by now.
            let _ = viewer.activate(window.track);
        }
        Ok(done(viewer).then_some(()))
    })
}
