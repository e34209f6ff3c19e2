//! A host works in whatever surroundings it is started: without a name, a home, a language or a runtime
//! directory, and beside another desktop.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Until, Viewer, binaries, tools,
    wait::{self, PATIENCE},
};

/// A user whom no list of users names.
const NOBODY: u32 = 47_110;

/// Writes what an app finds, and goes on.
const TELLS: &str = "env > $HOME/tells.new; mv $HOME/tells.new $HOME/tells; exec sleep 1000";

#[test]
fn an_x11_app_runs_as_a_user_without_a_name() -> Result<()> {
    const TEST: &str = "X11 of a user without a name";
    if !tools::present(TEST, &["Xwayland", "setpriv"]) || !tools::is_root(TEST) {
        return Ok(());
    }
    let app = binaries()?.testapp.to_str().context("a path")?.to_owned();
    let host = HostOptions::command([app, "--x11".into()]).user(NOBODY).start()?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.code_until(window.track, |_| true)?;
    Ok(())
}

#[test]
fn what_is_typed_arrives_whatever_the_runtime_directory_is() -> Result<()> {
    if !tools::present("typing without a runtime directory", &["foot"]) {
        return Ok(());
    }
    let missing = |_: &Path| Ok(());
    let read_only = |path: &Path| -> Result<()> {
        fs::create_dir(path)?;
        Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o500))?)
    };
    for (name, make) in [("missing", &missing as &dyn Fn(&Path) -> Result<()>), ("read-only", &read_only)] {
        let directory = tempfile::tempdir()?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
        let runtime = directory.path().join(name);
        make(&runtime)?;
        let mut options =
            HostOptions::command(terminal("typed")).variable("XDG_RUNTIME_DIR", text(&runtime)?);
        if rustix::process::geteuid().is_root() {
            // Root could write everywhere.
            options = options.user(NOBODY);
        }
        let host = options.start()?;
        types(&host, "typed").with_context(|| format!("the runtime directory is {name}"))?;
    }
    Ok(())
}

#[test]
fn typing_goes_on_when_the_runtime_directory_vanishes() -> Result<()> {
    if !tools::present("typing without a runtime directory", &["foot"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let runtime = directory.path().join("run");
    fs::create_dir(&runtime)?;
    let host =
        HostOptions::command(["sleep", "1000"]).variable("XDG_RUNTIME_DIR", text(&runtime)?).start()?;
    fs::remove_dir_all(&runtime)?;
    let command = terminal("typed");
    host.run(&command.iter().map(String::as_str).collect::<Vec<_>>())?;
    types(&host, "typed")
}

/// A terminal that writes the line that is typed in it.
fn terminal(file: &str) -> Vec<String> {
    let script = format!("read line; echo \"$line\" > $HOME/{file}; exec sleep 1000");
    ["foot", "sh", "-c", &script].map(str::to_owned).into()
}

fn types(host: &Host, file: &str) -> Result<()> {
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.activate(window.track)?;
    viewer.type_text(window.track, "every key\n")?;
    let typed = wait::until(PATIENCE, "the typed line", || Ok(fs::read_to_string(host.file(file)).ok()));
    let typed = typed.with_context(|| host.log())?;
    ensure!(typed == "every key\n", "{typed:?}");
    Ok(())
}

#[test]
fn a_home_that_cannot_be_written_is_replaced_and_a_language_given() -> Result<()> {
    const TEST: &str = "a home that cannot be written";
    if !tools::present(TEST, &["setpriv"]) || !tools::is_root(TEST) {
        return Ok(());
    }
    let options = HostOptions::command(["sh", "-c", TELLS]).user(NOBODY);
    let host = options.variable("HOME", "/").variable("LC_ALL", "").variable("LANG", "").start()?;
    let home = host.file("state/home");
    let found = told(&home)?;
    let value = |name: &str| found.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    ensure!(value("HOME").map(Path::new) == Some(&home), "{found:?}");
    ensure!(value("LANG") == Some("C.UTF-8"), "{found:?}");
    ensure!(value("SHELL").is_some_and(|shell| Path::new(shell).exists()), "{found:?}");
    let said = host.log();
    ensure!(said.lines().filter(|line| line.contains("HOME=/ cannot be written")).count() == 1, "{said}");
    Ok(())
}

#[test]
fn what_the_bus_starts_opens_in_the_session_and_nowhere_else() -> Result<()> {
    if !tools::present("the session's bus", &["dbus-daemon", "dbus-send"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let services = directory.path().join("data/dbus-1/services");
    fs::create_dir_all(&services)?;
    let app = text(&binaries()?.testapp)?;
    let service = format!("[D-BUS Service]\nName=org.dormer.Activated\nExec={app} --title Activated\n");
    fs::write(services.join("org.dormer.Activated.service"), service)?;
    let ask = "dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
               org.freedesktop.DBus.StartServiceByName string:org.dormer.Activated uint32:0";
    let options = HostOptions::command(["sh", "-c", &format!("{ask}; {TELLS}")])
        .variable("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/of/the/machine")
        .variable("DISPLAY", ":4711")
        .variable("XDG_DATA_HOME", text(&directory.path().join("data"))?);
    let mut host = options.start()?;
    let mut viewer = Viewer::start(host.link())?;
    viewer.wait(Until::Title("Activated".into()))?;
    ensure!(host.terminate()?.success(), "{}", host.log());
    Ok(())
}

#[test]
fn a_command_whose_window_the_bus_shows_ends_the_session_with_that_window() -> Result<()> {
    if !tools::present("the session's bus", &["dbus-daemon", "dbus-send"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let services = directory.path().join("data/dbus-1/services");
    fs::create_dir_all(&services)?;
    let app = text(&binaries()?.testapp)?;
    let service = format!("[D-BUS Service]\nName=org.dormer.Shows\nExec={app} --title Shown\n");
    fs::write(services.join("org.dormer.Shows.service"), service)?;
    let ask = "dbus-send --session --dest=org.freedesktop.DBus --type=method_call / \
               org.freedesktop.DBus.StartServiceByName string:org.dormer.Shows uint32:0; \
               while [ ! -e $HOME/enough ]; do sleep 0.05; done";
    let options = HostOptions::command(["sh", "-c", ask])
        .arguments(&["--exit-with-command"])
        .variable("DBUS_SESSION_BUS_ADDRESS", "")
        .variable("XDG_DATA_HOME", text(&directory.path().join("data"))?);
    let mut host = options.start()?;
    let mut viewer = Viewer::start(host.link())?;
    let shown = viewer.wait(Until::Title("Shown".into()))?;
    fs::write(host.file("enough"), "")?;
    wait::until(PATIENCE, "the command's own end", || Ok(host.log().contains("app ended").then_some(())))?;
    ensure!(host.ended()?.is_none(), "it ended while its window was open: {}", host.log());
    viewer.close(shown.first().context("waited for it")?.track)?;
    let status = wait::until(PATIENCE, "the session's end", || host.ended())?;
    ensure!(status.success(), "{status}: {}", host.log());
    Ok(())
}

#[test]
fn an_app_that_needs_x11_says_so_where_there_is_none() -> Result<()> {
    if !tools::present("an X11 app without X11", &["xterm"]) {
        return Ok(());
    }
    let host = HostOptions::command(["sleep", "1000"]).arguments(&["--no-x11"]).start()?;
    let output = host.ask("run", &["--", "xterm"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && said.contains("X11 apps cannot run"), "{}: {said}", output.status);
    ensure!(said.trim_end().lines().count() == 1, "{said}");
    host.run(&["sleep", "1000"])
}

#[test]
fn a_session_says_that_it_serves_and_one_that_is_gone_that_it_does_not() -> Result<()> {
    let mut host = Host::start(["sleep", "1000"])?;
    let output = host.ask("health", &["--json"])?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    ensure!(output.status.success() && said["serving"] == true && said["apps"] == 1, "{said}");
    host.terminate()?;
    let output = host.ask("health", &["--json"])?;
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    ensure!(output.status.code() == Some(1) && said["serving"] == false, "{said}");
    ensure!(said["reason"].as_str().is_some_and(|reason| reason.contains("no session")), "{said}");
    Ok(())
}

#[test]
fn a_state_directory_may_lie_as_deep_as_one_likes() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let deep = directory.path().join("d".repeat(120)).join("state");
    let deep = text(&deep)?;
    let host = HostOptions::command(["sleep", "1000"]).arguments(&["--state-dir", &deep]).start()?;
    let mut health = std::process::Command::new(&binaries()?.dormer);
    let output = health.args(["health", "--session", &deep]).output()?;
    ensure!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), host.log());
    Ok(())
}

/// What the app that [`TELLS`] found.
fn told(home: &Path) -> Result<Vec<String>> {
    let file = home.join("tells");
    let told = wait::until(PATIENCE, "the app's environment", || Ok(fs::read_to_string(&file).ok()))?;
    Ok(told.lines().map(str::to_owned).collect())
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("test paths are text")?.to_owned())
}
