//! From nothing to windows in a container: the images are built, the subsystem is started as people start it,
//! used, stopped, killed and started again. See `dormer_tests::container`.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{
    Person, Until, Viewer,
    container::{Docker, LICENCES, STEP, Subsystem, said},
    https::Site,
    tools, wait,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Apps of the menu, by their names there.
const APPS: [(&str, &str); 3] =
    [("Kept", "foot sh /home/dormer/keep"), ("Terminal", "xterm"), ("Editor", "l3afpad")];

/// What is copied in an editor.
const COPIED: &str = "Zeile für Zeile";

/// The uid of somebody whom the image does not know.
const NOBODY: &str = "4711:4711";

/// The hardening of `images/compose.yaml`, for those that are started without it.
const HARDENED: [&str; 8] = [
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--shm-size=64m",
    "--network=none",
    "--tmpfs=/tmp:mode=1777",
    "--stop-timeout=3",
    "--name=anybody",
];

/// Its usual limits are higher than what a machine may allow, and its health checks need systemd.
const PODMAN: [&str; 3] = ["--no-healthcheck", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];

#[test]
fn a_subsystem_goes_from_nothing_to_windows_and_through_restarts() -> Result<()> {
    const TEST: &str = "a subsystem in a container";
    if !tools::is_root(TEST) || !tools::present(TEST, &["dockerd", "docker-compose", "mmdebstrap", "strip"]) {
        return Ok(());
    }
    let Some(docker) = Docker::start(TEST)? else { return Ok(()) };
    let Some(mut person) = Person::start(TEST)? else { return Ok(()) };
    docker.build(&["base", "linux"])?;
    let story = Story { docker: &docker, subsystem: Subsystem::up(&docker, "linux")? };
    let site = story.opens_by_the_printed_link(&mut person)?;
    story.runs_three_apps(&mut person)?;
    story.keeps_no_zombies()?;
    story.names_all_licences()?;
    let link = story.subsystem.new_native_link()?;
    let kept = story.state()?;

    // Docker kills what has not ended after three seconds: then the exit code is not 0.
    docker.ok(&["stop", "--time", "3", &story.subsystem.container()?])?;
    ensure!(story.exit_code()? == 0, "it did not end by itself: {}", story.subsystem.log()?);
    story.subsystem.compose(&["up", "-d"])?;
    story.is_as_it_was(&link, &site, &mut person, &kept)?;

    docker.ok(&["kill", "--signal", "KILL", &story.subsystem.container()?])?;
    story.subsystem.compose(&["up", "-d"])?;
    story.is_as_it_was(&link, &site, &mut person, &kept)?;
    drop(story);
    Engine::Docker(&docker).runs_as_anybody()?;
    podman_runs_the_same_image(&docker)
}

/// The image that Docker built, in podman's own store.
fn podman_runs_the_same_image(docker: &Docker) -> Result<()> {
    const TEST: &str = "a subsystem in podman";
    if !tools::present(TEST, &["podman"]) {
        return Ok(());
    }
    let directory = TempDir::with_prefix("dormer-podman-")?;
    let podman = Podman { directory };
    let archive = podman.directory.path().join("image.tar");
    docker.ok(&["save", "--output", &archive.display().to_string(), "dormer/linux"])?;
    let engine = Engine::Podman(&podman);
    engine.ok(&["load", "--quiet", "--input", &archive.display().to_string()])?;
    fs::remove_file(archive)?;
    let trial = ["--rm", "--network=none", "--entrypoint=true", "dormer/linux"];
    let tried = engine.run(&[&["run"], &PODMAN[..], &trial].concat())?;
    if !tried.status.success() {
        let why = String::from_utf8_lossy(&tried.stderr);
        tools::skip_where_impossible(TEST, &format!("podman cannot run any container here: {}", why.trim()));
        return Ok(());
    }
    engine.runs_as_anybody()
}

/// What runs containers.
enum Engine<'a> {
    Docker(&'a Docker),
    Podman(&'a Podman),
}

impl Engine<'_> {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        match self {
            Self::Docker(docker) => docker.run(arguments),
            Self::Podman(podman) => podman.run(arguments),
        }
    }

    fn ok(&self, arguments: &[&str]) -> Result<String> {
        said(self.run(arguments)?, arguments)
    }

    /// What this one needs besides.
    fn needs(&self) -> &[&'static str] {
        match self {
            Self::Docker(_) => &[],
            Self::Podman(_) => &PODMAN,
        }
    }

    /// Nobody knows this user, nothing is mounted, and the root is read-only.
    fn runs_as_anybody(&self) -> Result<()> {
        let user = format!("--user={NOBODY}");
        let app = ["dormer/linux", "serve", "--", "xterm", "-e", "sleep", "1000"];
        self.ok(&[&["run", "--detach", &user][..], &HARDENED, self.needs(), &app].concat())?;
        let window = wait::until(STEP, "a window of a user without a name", || {
            let output = self.run(&["exec", "anybody", "dormer", "health", "--json"])?;
            let health: Option<Value> = serde_json::from_slice(&output.stdout).ok();
            Ok(health.filter(|health| health["windows"] == 1))
        });
        window.with_context(|| self.ok(&["logs", "anybody"]).unwrap_or_default())?;
        self.ok(&["stop", "anybody"])?;
        let code = self.ok(&["inspect", "--format", "{{.State.ExitCode}}", "anybody"])?;
        ensure!(code.trim() == "0", "it did not end by itself: {code}");
        self.ok(&["rm", "--force", "anybody"]).map(drop)
    }
}

/// A store of podman's of the test's own.
struct Podman {
    directory: TempDir,
}

impl Podman {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let path = |name: &str| self.directory.path().join(name);
        let mut command = Command::new("podman");
        command.arg("--root").arg(path("root")).arg("--runroot").arg(path("run"));
        // Without systemd there is nobody else who could keep them.
        command.args(["--cgroup-manager", "cgroupfs", "--events-backend", "file"]).args(arguments);
        Ok(command.stdin(Stdio::null()).output()?)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Its layers are mounts, which the directory's removal would not end.
        let _ = self.run(&["rm", "--all", "--force", "--time", "0"]);
        let _ = self.run(&["rmi", "--all", "--force"]);
    }
}

/// Somebody who uses a subsystem.
struct Story<'a> {
    docker: &'a Docker,
    subsystem: Subsystem<'a>,
}

impl Story<'_> {
    fn exit_code(&self) -> Result<i64> {
        let code =
            self.docker.ok(&["inspect", "--format", "{{.State.ExitCode}}", &self.subsystem.container()?])?;
        Ok(code.trim().parse()?)
    }

    /// One link for a browser, and nothing else that gives a right, stands in the log. A browser opens it.
    fn opens_by_the_printed_link(&self, person: &mut Person) -> Result<Site> {
        let log = self.subsystem.log()?;
        let links: Vec<&str> =
            log.split_ascii_whitespace().filter(|word| word.contains("#ticket=")).collect();
        let [link] = links.as_slice() else { bail!("{} links in {log}", links.len()) };
        ensure!(!log.contains("dormer://"), "{log}");
        let online = person.open(link)?;
        ensure!(online["role"] == "control", "{online}");
        Site::of(link)
    }

    /// From the menu of the page, by entries that were put into the home just now.
    fn runs_three_apps(&self, person: &mut Person) -> Result<()> {
        let keep = "echo 'read line; echo \"$line\" >~/kept; exec sleep 1000' >~/keep";
        self.subsystem.exec(&["sh", "-c", keep])?;
        for (name, command) in APPS {
            self.adds_to_the_menu(name, command)?;
        }
        person.start_app("Kept", "foot")?;
        person.type_text("foot", "Grüße, Welt")?;
        person.press("foot", "Enter")?;
        self.has_kept()?;
        person.start_app("Terminal", "XTerm")?;
        person.start_app("Editor", "l3afpad")?;
        person.type_text("l3afpad", COPIED)?;
        person.press("l3afpad", "Control+a")?;
        person.press("l3afpad", "Control+c")?;
        person.pasted(COPIED)
    }

    fn adds_to_the_menu(&self, name: &str, command: &str) -> Result<()> {
        let entry = format!("[Desktop Entry]\nType=Application\nName={name}\nExec={command}\n");
        let write = format!(
            "cd && mkdir -p .local/share/applications && cat >.local/share/applications/{name}.desktop <<'END'\n\
             {entry}END"
        );
        self.subsystem.exec(&["sh", "-c", &write]).map(drop)
    }

    fn has_kept(&self) -> Result<()> {
        let read = || Ok(self.subsystem.exec(&["cat", "/home/dormer/kept"]).ok());
        let kept = wait::until(STEP, "what was typed", read)?;
        ensure!(kept == "Grüße, Welt\n", "{kept:?}");
        Ok(())
    }

    fn keeps_no_zombies(&self) -> Result<()> {
        let many = "i=0; while [ $i -lt 1000 ]; do (exec true &); i=$((i+1)); done; touch ~/many";
        self.subsystem.exec(&["dormer", "run", "sh", "-c", many])?;
        let done = || Ok(self.subsystem.exec(&["ls", "/home/dormer/many"]).ok());
        wait::until(STEP, "many orphans", done)?;
        wait::until(STEP, "the end of all orphans", || {
            let states = self.subsystem.exec(&["ps", "-A", "-o", "stat="])?;
            Ok((!states.lines().any(|state| state.starts_with('Z'))).then_some(()))
        })
    }

    /// Those of the libraries in the host lie beside it.
    fn names_all_licences(&self) -> Result<()> {
        let licences = self.subsystem.exec(&["cat", "/usr/share/doc/dormer/THIRD-PARTY.yml.gz"])?;
        ensure!(licences == LICENCES, "{licences}");
        Ok(())
    }

    /// What lies in the state volume.
    fn state(&self) -> Result<String> {
        self.subsystem.exec(&["sh", "-c", "find /var/lib/dormer | sort"])
    }

    /// The same links, the same browsers, the same home, nothing of the former process; apps are new.
    fn is_as_it_was(&self, link: &str, site: &Site, person: &mut Person, kept: &str) -> Result<()> {
        self.subsystem.is_healthy()?;
        self.has_kept()?;
        let state = self.state()?;
        ensure!(state == kept, "something is left behind: {kept} became {state}");
        // Who comes back to the page without any link is known.
        person.open(&site.origin)?;
        person.start_app("Editor", "l3afpad")?;
        let mut viewer = Viewer::start(link)?;
        viewer.wait_for(Until::Windows(1), STEP)?;
        let again = site.ask(&site.post("/api/enter").json(&json!({"ticket": site.ticket})))?;
        ensure!(again.code()? == "ticket-invalid", "a link that was used works again: {again:?}");
        Ok(())
    }
}
