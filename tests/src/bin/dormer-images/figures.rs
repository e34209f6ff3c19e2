//! What images weigh, how soon they show a window, and what it is worth that apps share one.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Until, Viewer,
    container::{Docker, STEP, Subsystem, tell},
    wait,
};
use serde_json::Value;

/// Apps that are compared, each a package of Debian's, and their programs.
const APPS: [&str; 5] = ["foot", "xterm", "l3afpad", "pcmanfm", "viewnior"];

const IMAGES: [&str; 5] = ["base", "linux", "desktop", "web", "wine"];

/// How the containers that are compared are started.
const FLAGS: [&str; 7] = [
    "--detach",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:mode=1777",
    "--network=none",
    "--shm-size=64m",
];

/// Measures everything and prints the tables of `docs/subsystems.md`.
pub(crate) fn print(docker: &Docker) -> Result<()> {
    docker.build(&IMAGES)?;
    tell("\n| image | on disk | of that beyond `base` |\n|---|---|---|");
    let base = size(docker, "dormer/base")?;
    for image in IMAGES {
        let all = size(docker, &format!("dormer/{image}"))?;
        tell(&format!("| `{image}` | {} MB | {} MB |", all / MB, (all - base) / MB));
    }
    tell("\n| from `docker compose up` to | seconds |\n|---|---|");
    for (image, app) in [("linux", Some("foot")), ("desktop", None), ("web", None)] {
        tell(&format!("| a window of `{image}` in a viewer | {:.1} |", first_window(docker, image, app)?));
    }
    tell("\n| five apps | in one subsystem | in one subsystem each |\n|---|---|---|");
    let (shared, alone) = (together(docker)?, apart(docker)?);
    let disk = |figures: &Figures| format!("{} MB", figures.disk / MB);
    let memory = |figures: &Figures| format!("{} MiB", figures.memory / MIB);
    let time = |figures: &Figures| format!("{:.1} s", figures.time.as_secs_f32());
    tell(&format!("| disk | {} | {} |", disk(&shared), disk(&alone)));
    tell(&format!("| memory | {} | {} |", memory(&shared), memory(&alone)));
    tell(&format!("| from nothing to five windows | {} | {} |", time(&shared), time(&alone)));
    Ok(())
}

const MB: u64 = 1_000_000;
const MIB: u64 = 1 << 20;

struct Figures {
    disk: u64,
    memory: u64,
    time: Duration,
}

fn size(docker: &Docker, image: &str) -> Result<u64> {
    let size = docker.ok(&["image", "inspect", "--format", "{{.Size}}", image])?;
    Ok(size.trim().parse()?)
}

/// Until somebody who joins at once sees what the image, or `app` in it, opens.
fn first_window(docker: &Docker, image: &str, app: Option<&str>) -> Result<f32> {
    let begun = Instant::now();
    let subsystem = Subsystem::up(docker, image)?;
    let mut viewer = Viewer::start(&subsystem.new_native_link()?)?;
    if let Some(app) = app {
        subsystem.exec(&["dormer", "run", app])?;
    }
    viewer.wait_for(Until::Windows(1), STEP)?;
    Ok(begun.elapsed().as_secs_f32())
}

/// All apps in one container of one image that holds them all.
fn together(docker: &Docker) -> Result<Figures> {
    const IMAGE: &str = "dormer/figures-all";
    image_with(docker, IMAGE, &APPS)?;
    let disk = size(docker, IMAGE)?;
    let begun = Instant::now();
    let container = started(docker, IMAGE, APPS[0])?;
    for app in &APPS[1..] {
        docker.ok(&["exec", &container, "dormer", "run", app])?;
    }
    shows(docker, &container, APPS.len())?;
    let time = begun.elapsed();
    let memory = memory(docker, &container)?;
    remove(docker, &[container], &[IMAGE.to_owned()])?;
    Ok(Figures { disk, memory, time })
}

/// Each app in a container of its own, of an image that holds it alone. Their base is counted once.
fn apart(docker: &Docker) -> Result<Figures> {
    let base = size(docker, "dormer/base")?;
    let images = APPS.map(|app| format!("dormer/figures-{app}"));
    for (app, image) in APPS.iter().zip(&images) {
        image_with(docker, image, &[app])?;
    }
    let begun = Instant::now();
    let containers: Vec<String> =
        APPS.iter().zip(&images).map(|(app, image)| started(docker, image, app)).collect::<Result<_>>()?;
    containers.iter().try_for_each(|container| shows(docker, container, 1))?;
    let time = begun.elapsed();
    let memory = containers.iter().map(|container| memory(docker, container)).sum::<Result<u64>>()?;
    let above = images.iter().map(|image| Ok(size(docker, image)? - base)).sum::<Result<u64>>()?;
    remove(docker, &containers, &images)?;
    Ok(Figures { disk: base + above, memory, time })
}

fn remove(docker: &Docker, containers: &[String], images: &[String]) -> Result<()> {
    for container in containers {
        docker.ok(&["rm", "--force", "--volumes", container])?;
    }
    for image in images {
        docker.ok(&["rmi", image])?;
    }
    Ok(())
}

/// An image with these packages on the base.
fn image_with(docker: &Docker, name: &str, packages: &[&str]) -> Result<()> {
    let file = format!(
        "FROM dormer/base\nUSER root\nRUN apt-get update -qq && \
         apt-get install -y -qq --no-install-recommends {} >/dev/null && rm -rf /var/lib/apt/lists/*\nUSER 1000:1000\n",
        packages.join(" ")
    );
    let mut command: Command = docker.command(&["build", "--quiet", "--network=host", "--tag", name, "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    child.stdin.take().context("stdin is a pipe")?.write_all(file.as_bytes())?;
    ensure!(child.wait()?.success(), "{name} is not built");
    Ok(())
}

fn started(docker: &Docker, image: &str, app: &str) -> Result<String> {
    let container = docker.ok(&[&["run"], &FLAGS[..], &[image, "serve", "--", app]].concat())?;
    Ok(container.trim().to_owned())
}

/// Waits until so many windows are there.
fn shows(docker: &Docker, container: &str, windows: usize) -> Result<()> {
    wait::until(STEP, "windows", || {
        let output = docker.run(&["exec", container, "dormer", "health", "--json"])?;
        let health: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        Ok(health.filter(|health| health["windows"] == windows).map(drop))
    })
}

/// What a container's processes hold, without what the kernel may drop.
fn memory(docker: &Docker, container: &str) -> Result<u64> {
    let said = docker.ok(&["stats", "--no-stream", "--format", "{{.MemUsage}}", container])?;
    let used = said.split('/').next().unwrap_or_default().trim();
    let unit = used.find(|c: char| c.is_ascii_alphabetic()).context("a unit")?;
    let (number, unit) = used.split_at(unit);
    let factor = match unit {
        "KiB" => 1024.0,
        "MiB" => MIB as f64,
        "GiB" => 1024.0 * MIB as f64,
        _ => 1.0,
    };
    Ok((number.parse::<f64>()? * factor) as u64)
}
