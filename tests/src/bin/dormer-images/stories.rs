//! What somebody does in a subsystem of each image.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{
    Picture, Press, Track, Until, Viewer, Window,
    container::{Docker, STEP, Subsystem, images},
    tools, wait,
};
use tempfile::TempDir;

type Story = fn(&Docker) -> Result<()>;

/// Every image that has a story here, and that.
pub(crate) const ALL: [(&str, Story); 3] = [("desktop", desktop), ("web", web), ("wine", wine)];

/// How long a change is waited for before the next look.
const GLANCE: Duration = Duration::from_secs(1);

/// Letters that no keyboard has together.
const TYPED: &str = "Grüße, 世界";

/// One window shows LXQt. Its menu opens by a click and starts a terminal within.
fn desktop(docker: &Docker) -> Result<()> {
    let subsystem = Subsystem::up(docker, "desktop")?;
    let mut viewer = Viewer::start(&subsystem.new_native_link()?)?;
    let window = only(viewer.wait_for(Until::Windows(1), STEP)?)?;
    viewer.activate(window.track)?;
    // The panel is light and lies at the bottom; what is above it is a dark picture.
    let light = |picture: &Picture, x: usize, up: usize| {
        picture.height.checked_sub(up).and_then(|y| picture.luma(x, y)).is_some_and(|luma| luma > 180)
    };
    let before = look(&mut viewer, window.track, "LXQt's panel", |picture| {
        light(picture, picture.width / 2, 12) && !light(picture, 150, 100)
    })?;
    viewer.click(window.track, 14.0, f64::from(window.height) - 16.0, "left")?;
    let menu = look(&mut viewer, window.track, "LXQt's menu", |picture| {
        light(picture, 150, 100) && picture.differing(&before) > 10_000
    })?;
    keep(&menu, "desktop-menu")?;
    viewer.type_text(window.track, "qterminal")?;
    // The menu sorts itself anew while letters come, and a key in between is for what is no more.
    rests(&mut viewer, window.track)?;
    viewer.key(window.track, "Return", Press::Tap)?;
    look(&mut viewer, window.track, "a terminal", |picture| {
        picture.luma(picture.width / 2, picture.height / 4).is_some_and(|luma| luma < 10)
    })?;
    wait::until(STEP, "what was typed in a terminal of the desktop", || {
        // What is typed before its shell is there goes nowhere.
        viewer.type_text(window.track, &format!("echo '{TYPED}' >~/typed\n"))?;
        let _ = viewer.wait_for(Until::Changed(window.track), GLANCE);
        Ok(subsystem.exec(&["cat", "/home/dormer/typed"]).ok().filter(|text| text.trim_end() == TYPED))
    })?;
    keep(&viewer.screenshot(window.track)?, "desktop-terminal")?;
    ensure!(toplevels(&mut viewer)?.len() == 1, "the desktop's windows must stay within its own");
    Ok(())
}

/// Chromium says itself that it is sandboxed, and the kernel says the same of its renderers.
fn web(docker: &Docker) -> Result<()> {
    let subsystem = Subsystem::up(docker, "web")?;
    let mut viewer = Viewer::start(&subsystem.new_native_link()?)?;
    let track = titled(&mut viewer, "Chromium")?;
    viewer.activate(track)?;
    wait::until(STEP, "the page about the sandbox", || {
        viewer.key(track, "ctrl+l", Press::Tap)?;
        viewer.type_text(track, "chrome://sandbox\n")?;
        Ok(viewer.wait_for(Until::Title("Sandbox".into()), wait::PATIENCE).ok())
    })?;
    let said = wait::until(STEP, "the text of that page", || {
        let window = viewer.window(track)?;
        viewer.click(track, f64::from(window.width) / 2.0, f64::from(window.height) * 0.7, "left")?;
        viewer.keys(track, &["ctrl+a", "ctrl+c"])?;
        Ok(viewer.clipboard_get().ok().filter(|text| text.contains("Sandbox Status")))
    })?;
    keep(&viewer.screenshot(track)?, "web-sandbox")?;
    ensure!(said.contains("You are adequately sandboxed."), "{said}");

    // Docker's filter and the browser's own, in a user namespace of their own.
    let script = r#"host=$(readlink /proc/1/ns/user)
        for process in /proc/[0-9]*; do
            tr '\0' ' ' <$process/cmdline 2>/dev/null | grep -q 'type=rendere[r]' || continue
            grep -q '^Seccomp_filters:.[2-9]' $process/status &&
                [ "$(readlink $process/ns/user)" != "$host" ] &&
                echo sandboxed || echo open
        done"#;
    let renderers = subsystem.exec(&["sh", "-c", script])?;
    ensure!(renderers.contains("sandboxed") && !renderers.contains("open"), "{renderers}");

    // What it takes is this image's alone, and lies in the image as well.
    let shipped = subsystem.exec(&["cat", "/usr/share/dormer/seccomp.json"])?;
    ensure!(shipped == fs::read_to_string(images().join("web/seccomp.json"))?, "another profile is shipped");
    let usual = fs::read_to_string(images().join("compose.yaml"))?;
    ensure!(!usual.contains("seccomp"), "compose.yaml weakens other images");
    Ok(())
}

/// Wine's notepad, and a program that was made for Windows by others: Qt Linguist.
fn wine(docker: &Docker) -> Result<()> {
    let subsystem = Subsystem::up(docker, "wine")?;
    let mut viewer = Viewer::start(&subsystem.new_native_link()?)?;
    subsystem.exec(&["dormer", "run", "wine", "notepad"])?;
    let notepad = titled(&mut viewer, "Notepad")?;
    viewer.activate(notepad)?;
    wait::until(STEP, "what was copied in Notepad", || {
        // What is typed before Windows has given it the keyboard goes nowhere. Wine copies at its own pace,
        // and another key in between starts it anew.
        viewer.key(notepad, "ctrl+a", Press::Tap)?;
        viewer.type_text(notepad, TYPED)?;
        viewer.keys(notepad, &["ctrl+a", "ctrl+c"])?;
        let copied = || Ok(viewer.clipboard_get().ok().filter(|text| text == TYPED));
        Ok(wait::until(wait::PATIENCE, "the clipboard", copied).ok())
    })?;
    keep(&viewer.screenshot(notepad)?, "wine-notepad")?;

    let program = TempDir::with_prefix("dormer-program-")?;
    if !tools::present("a program for Windows", &["python3", "pip3", "unzip"]) {
        return Ok(());
    }
    fetch_linguist(program.path())?;
    let container = subsystem.container()?;
    let from = program.path().join("qt5_applications/Qt").display().to_string();
    docker.ok(&["cp", &from, &format!("{container}:/home/dormer/qt")])?;
    subsystem.exec(&["sh", "-c", &format!("cat >~/door.ts <<'END'\n{TRANSLATION}\nEND")])?;
    subsystem.exec(&[
        "dormer",
        "run",
        "wine",
        r"Z:\home\dormer\qt\bin\linguist.exe",
        r"Z:\home\dormer\door.ts",
    ])?;
    let linguist = titled(&mut viewer, "Qt Linguist")?;
    viewer.activate(linguist)?;
    wait::until(STEP, "a finished translation", || {
        // To the next open one, done, save.
        viewer.keys(linguist, &["ctrl+j", "ctrl+Return", "ctrl+s"])?;
        let _ = viewer.wait_for(Until::Changed(linguist), GLANCE);
        let file = subsystem.exec(&["cat", "/home/dormer/door.ts"])?;
        Ok((!file.contains("unfinished")).then_some(()))
    })?;
    keep(&viewer.screenshot(linguist)?, "wine-linguist")?;
    ensure!(toplevels(&mut viewer)?.len() == 2, "each program has a window of its own");
    Ok(())
}

/// A text that nobody has looked at.
const TRANSLATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context><name>Door</name><message><source>Open the door</source>
<translation type="unfinished">Öffne die Tür</translation></message></context>
</TS>"#;

/// Qt Linguist for Windows, as it stands on PyPI.
fn fetch_linguist(directory: &Path) -> Result<()> {
    let wanted = ["qt5-applications==5.15.2.2.3", "--platform=win_amd64", "--only-binary=:all:"];
    let mut pip = Command::new("pip3");
    pip.args(["download", "--quiet", "--no-deps", "--dest", "."]).args(wanted);
    run(pip.current_dir(directory))?;
    let mut unzip = Command::new("sh");
    let bin = "'*/Qt/bin/qt.conf' '*/Qt/bin/linguist.exe' '*/Qt/bin/*.dll'";
    let plugins = "'*/Qt/plugins/platforms/*' '*/Qt/plugins/styles/*'";
    unzip.args(["-c", &format!("unzip -q ./*.whl {bin} {plugins} && rm ./*.whl && chmod -R a+rX .")]);
    run(unzip.current_dir(directory))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn only(windows: Vec<Window>) -> Result<Window> {
    match <[Window; 1]>::try_from(windows) {
        Ok([window]) => Ok(window),
        Err(windows) => bail!("one window is due, not {windows:?}"),
    }
}

fn toplevels(viewer: &mut Viewer) -> Result<Vec<Window>> {
    Ok(viewer.windows()?.into_iter().filter(|window| window.parent.is_none()).collect())
}

fn titled(viewer: &mut Viewer, title: &str) -> Result<Track> {
    let windows = viewer.wait_for(Until::Title(title.into()), STEP)?;
    let window = windows.iter().find(|window| window.title.contains(title));
    Ok(window.context("waited for it")?.track)
}

/// Looks until a window's picture is as wanted, for as long as a step may take; answers that picture.
fn look(viewer: &mut Viewer, track: Track, what: &str, wanted: impl Fn(&Picture) -> bool) -> Result<Picture> {
    wait::until(STEP, what, || {
        let picture = viewer.screenshot(track)?;
        if wanted(&picture) {
            return Ok(Some(picture));
        }
        let _ = viewer.wait_for(Until::Changed(track), GLANCE);
        Ok(None)
    })
}

/// Waits until a picture rests for a while, but for what is as small as a caret.
fn rests(viewer: &mut Viewer, track: Track) -> Result<()> {
    wait::until(STEP, "a picture at rest", || {
        let (before, end) = (viewer.screenshot(track)?, Instant::now() + GLANCE);
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let _ = viewer.wait_for(Until::Changed(track), left);
        }
        Ok((viewer.screenshot(track)?.differing(&before) < 500).then_some(()))
    })
}

/// Keeps a picture for people.
fn keep(picture: &Picture, name: &str) -> Result<()> {
    let directory = images().join("../out/images");
    fs::create_dir_all(&directory)?;
    picture.save(&directory.join(format!("{name}.png")))
}
