//! What a host does for processes: it waits for those that nobody else waits for, and nothing outlives it.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use dormer_tests::{
    Host, HostOptions, tools,
    wait::{self, PATIENCE},
};
use rustix::process::Signal;

/// How long the end of a host may take, on a busy machine as well; people who stop a container wait for it.
const END: Duration = Duration::from_secs(5);

#[test]
fn a_container_s_first_process_waits_for_every_orphan() -> Result<()> {
    if !first_process_can_be_tested("orphans of a container") {
        return Ok(());
    }
    thousand_orphans(|options| options.first_process())
}

#[test]
fn outside_of_a_container_orphans_of_apps_are_waited_for_as_well() -> Result<()> {
    thousand_orphans(|options| options)
}

/// Each of them ends after its parent has, and takes a place in the process table until somebody waits for
/// it.
fn thousand_orphans(options: impl FnOnce(HostOptions) -> HostOptions) -> Result<()> {
    let script =
        "i=0; while [ $i -lt 1000 ]; do (exec true &); i=$((i+1)); done; touch $HOME/done; exec sleep 1000";
    let mut host = options(HostOptions::command(["sh", "-c", script])).start()?;
    wait::until(END * 6, "all orphans", || Ok(host.file("done").exists().then_some(())))?;
    wait::until(PATIENCE, "the end of all orphans", || Ok((named(&host)? == ["sleep"]).then_some(())))?;
    ensure!(host.terminate()?.success(), "{}", host.log());
    Ok(())
}

#[test]
fn the_app_of_a_container_s_first_process_is_still_waited_for() -> Result<()> {
    if !first_process_can_be_tested("the first app of a container") {
        return Ok(());
    }
    let options =
        HostOptions::command(["sh", "-c", "(sleep 0.1 &); exit 7"]).arguments(&["--exit-with-command"]);
    let (status, said) = options.first_process().run_to_its_end()?;
    ensure!(status.code() == Some(1) && said.contains("exit status: 7"), "{status}: {said}");
    Ok(())
}

#[test]
fn what_apps_leave_in_the_background_ends_with_the_host() -> Result<()> {
    let polite = "trap 'echo asked > $HOME/asked; exit' TERM; while :; do sleep 0.05; done";
    let stubborn = "trap '' TERM; while :; do sleep 0.05; done";
    let script = format!(
        "setsid sh -c \"{}\" & setsid sh -c \"{stubborn}\" & echo > $HOME/started",
        polite.replace('$', "\\$")
    );
    let mut host = Host::start(["sh", "-c", &script])?;
    wait::until(PATIENCE, "two processes in the background", || {
        let shells = named(&host)?.iter().filter(|name| *name == "sh").count();
        Ok((shells == 2 && host.file("started").exists()).then_some(()))
    })?;
    let all = host.descendants()?;
    let asked = std::time::Instant::now();
    ensure!(host.terminate()?.success(), "{}", host.log());
    ensure!(asked.elapsed() < END, "it took {:?}", asked.elapsed());
    ensure!(host.file("asked").exists(), "it was killed without having been asked to end");
    let alive: Vec<_> = all.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).collect();
    ensure!(alive.is_empty(), "{alive:?} outlive the host");
    Ok(())
}

#[test]
fn a_session_ends_with_all_that_its_command_started() -> Result<()> {
    let script = "setsid sh -c 'while [ ! -e $HOME/enough ]; do sleep 0.05; done' & exit 3";
    let options = HostOptions::command(["sh", "-c", script]).arguments(&["--exit-with-command"]);
    let mut host = options.start()?;
    // What was started besides is another app's, in the background or not.
    host.run(&["sh", "-c", "setsid sh -c 'exec sleep 1000' & exec sleep 1001"])?;
    wait::until(PATIENCE, "the command's own end", || Ok(host.log().contains("app failed").then_some(())))?;
    wait::until(PATIENCE, "what runs besides", || {
        Ok((named(&host)?.iter().filter(|name| *name == "sleep").count() >= 2).then_some(()))
    })?;
    ensure!(host.ended()?.is_none(), "it ended before what the command had started: {}", host.log());
    std::fs::write(host.file("enough"), "")?;
    let status = wait::until(PATIENCE, "the session's end", || host.ended())?;
    ensure!(status.code() == Some(1), "not the command's outcome: {status}");
    Ok(())
}

#[test]
fn a_killed_host_leaves_no_directory_behind_once_another_starts() -> Result<()> {
    let directory_of = |host: &Host| -> Result<String> {
        let file = host.file("where");
        wait::until(PATIENCE, "the app's environment", || {
            Ok(std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')))
        })
        .map(|text| text.trim().to_owned())
    };
    let command = ["sh", "-c", "echo $XDG_RUNTIME_DIR > $HOME/where; exec sleep 1000"];
    let killed = Host::start(command)?;
    let left = directory_of(&killed)?;
    ensure!(Path::new(&left).is_dir(), "{left}");
    killed.crash()?;
    ensure!(Path::new(&left).is_dir(), "a killed host cannot clean up");
    let mut next = Host::start(command)?;
    let own = directory_of(&next)?;
    ensure!(!Path::new(&left).exists() && Path::new(&own).is_dir(), "{left} is left, besides {own}");
    next.terminate()?;
    ensure!(!Path::new(&own).exists(), "{own} is left");
    Ok(())
}

#[test]
fn a_container_s_first_process_ends_when_it_is_told_to() -> Result<()> {
    if !first_process_can_be_tested("the end of a container") {
        return Ok(());
    }
    for signal in [Signal::TERM, Signal::INT] {
        let mut host = HostOptions::command(["sleep", "1000"]).first_process().start()?;
        host.signal(signal)?;
        let status = wait::until(END, "the host's end", || host.ended())?;
        ensure!(status.success(), "{status}: {}", host.log());
    }
    Ok(())
}

/// The names of all processes below a host, ended ones that nobody has waited for included.
fn named(host: &Host) -> Result<Vec<String>> {
    let name = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    let mut names: Vec<String> =
        host.descendants()?.iter().filter_map(name).map(|name| name.trim().to_owned()).collect();
    names.sort();
    Ok(names)
}

fn first_process_can_be_tested(test: &str) -> bool {
    tools::present(test, &["unshare"]) && tools::is_root(test)
}
