//! The commands for a session's owner: who is here, removing viewers, taking links back, and the end.

use std::{
    path::Path,
    process::Output,
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use dormer_tests::{
    Host, RudeViewer, Until, Viewer, binaries,
    https::Site,
    wait::{self, PATIENCE},
};
use protocol::control::{Refusal, RefusalCode};
use serde_json::Value;

#[test]
fn the_owner_sees_who_is_here_removes_them_and_ends_the_session() -> Result<()> {
    let mut host = host()?;
    ensure!(said(&host, "viewers", &[])?.starts_with("nobody is here"));
    ensure!(json(&host, "status", &[])?["seat"].is_null());
    let (first, _) = Viewer::with_window(host.link())?;
    let (second, _) = Viewer::with_window(host.view_link())?;
    host.run(&[testapp()?])?;

    let status = json(&host, "status", &[])?;
    ensure!((&status["viewers"], &status["apps"]) == (&2.into(), &2.into()), "{status}");
    let native = status["native"][0].as_str().context("an address")?;
    ensure!(host.link().contains(native) && status["browser"][0].is_string(), "{status}");
    let here = json(&host, "viewers", &[])?;
    let [one, other] = here.as_array().context("a list")?.as_slice() else { bail!("not two: {here}") };
    ensure!((&one["role"], &other["role"]) == (&"control".into(), &"view".into()), "{here}");
    ensure!(status["seat"] == one["id"] && one["seat"] == true && other["seat"] == false, "{status} {here}");
    let (name, link) = (text(&one["id"])?, text(&one["link"])?);
    ensure!(host.log().contains(link), "the log names no link {link}: {}", host.log());
    let line = said(&host, "viewers", &[])?;
    ensure!(line.contains(name) && line.contains(link) && line.lines().count() == 2, "{line}");
    let lines = said(&host, "status", &[])?;
    ensure!(lines.contains("viewers   2") && lines.contains(&format!("seat      {name}")), "{lines}");

    let told = said(&host, "kick", &[name])?;
    ensure!(told.contains("removed") && told.contains(&format!("dormer revoke {link}")), "{told}");
    is_thrown_out(first)?;
    ensure!(only_one_is_here(&host)? == other["id"], "another went with it");

    // The link is good until it is taken back; those who came by it go then.
    let back = come(host.link())?;
    let taken = json(&host, "revoke", &[link])?;
    ensure!(taken[0]["link"] == link && taken[0]["may_return"] == false, "{taken}");
    is_thrown_out(back)?;
    let (status, said_why) = Viewer::start(host.link())?.ended(PATIENCE)?;
    ensure!(status.code() == Some(1) && said_why.contains("taken this link back"), "{status}: {said_why}");
    ensure!(only_one_is_here(&host)? == other["id"]);
    let fresh = wait::until(PATIENCE, "another link in the file", || {
        let links: Value = serde_json::from_slice(&std::fs::read(host.file("link.json"))?)?;
        let link = links["native"].as_str().context("a link")?.to_owned();
        Ok((link != host.link()).then_some(link))
    })?;
    let fresh = come(&fresh)?;

    ensure!(json(&host, "kick", &["all"])?.as_array().is_some_and(|removed| removed.len() == 2));
    is_thrown_out(fresh)?;
    is_thrown_out(second)?;
    ends_with_all_its_apps(&mut host)
}

#[test]
fn a_browser_that_was_removed_needs_another_link() -> Result<()> {
    let host = host()?;
    let (going, site, cookie) = enter(&host.browser_link()?)?;
    let next = wait::until(PATIENCE, "another link in the file", || {
        Ok(host.browser_link().ok().filter(|link| !link.contains(&site.ticket)))
    })?;
    let (staying, _, _) = enter(&next)?;
    // Another tab of the same browser: it is there by the same right.
    let tab = open(&site, &cookie)?;
    let here = json(&host, "viewers", &[])?;
    let links: Vec<_> = here.as_array().context("a list")?.iter().map(|viewer| &viewer["link"]).collect();
    ensure!(links.len() == 3 && links[0] == links[2] && links[0] != links[1], "{here}");
    let removed = json(&host, "kick", &[text(&here[0]["id"])?])?;
    ensure!(removed.as_array().is_some_and(|removed| removed.len() == 2), "{removed}");
    ensure!(removed[0]["may_return"] == false, "{removed}");
    is_refused(going)?;
    is_refused(tab)?;
    let again = site.ask(&site.post("/api/join").cookie(&cookie))?;
    ensure!(again.status == 401, "{again:?}");
    ensure!(only_one_is_here(&host)? == here[1]["id"]);
    json(&host, "revoke", &[text(&here[1]["link"])?])?;
    is_refused(staying)
}

#[test]
fn what_cannot_be_done_is_one_line_that_says_what_to_do() -> Result<()> {
    let mut host = host()?;
    for (command, arguments, code, advice) in [
        ("kick", &["v9"][..], 1, "dormer viewers"),
        ("kick", &["somebody"], 2, "dormer viewers"),
        ("kick", &[], 2, "--help"),
        ("revoke", &["12"], 2, "16 hexadecimal digits"),
        ("stop", &["now"], 2, "--help"),
    ] {
        fails(&host.ask(command, arguments)?, code, advice)?;
    }
    ensure!(host.terminate()?.success());
    for command in ["status", "viewers", "stop"] {
        fails(&host.ask(command, &["--json"])?, 1, "dormer serve")?;
    }
    Ok(())
}

fn ends_with_all_its_apps(host: &mut Host) -> Result<()> {
    let apps = host.descendants()?;
    ensure!(apps.len() >= 2, "two apps run");
    let told = said(host, "stop", &[])?;
    ensure!(told.contains("asked first: 2") && told.ends_with("the session has ended\n"), "{told}");
    let alive: Vec<_> = apps.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).collect();
    ensure!(alive.is_empty(), "{alive:?} outlive the session");
    // The system tells its parent of its end a moment after it has closed what it had open.
    let status = wait::until(PATIENCE, "the host's end", || host.ended())?;
    ensure!(status.success(), "{status}: {}", host.log());
    fails(&host.ask("status", &[])?, 1, "no session is running")
}

fn host() -> Result<Host> {
    Host::start([testapp()?])
}

fn testapp() -> Result<&'static str> {
    binaries()?.testapp.to_str().context("a path")
}

/// A page's link, which answers the host's question whether it is there, until it is refused.
type Page = JoinHandle<Result<Refusal>>;

/// A page that entered by this link and has joined.
fn enter(link: &str) -> Result<(Page, Site, String)> {
    let site = Site::of(link)?;
    let cookie = site.enter()?;
    Ok((open(&site, &cookie)?, site, cookie))
}

fn open(site: &Site, cookie: &str) -> Result<Page> {
    let joined = site.ask(&site.post("/api/join").cookie(cookie))?.json()?;
    let mut page = RudeViewer::open(site, cookie, text(&joined["ticket"])?)?;
    Ok(thread::spawn(move || page.refusal()))
}

/// It is told that its owner removed it.
fn is_refused(page: Page) -> Result<()> {
    let refusal = page.join().map_err(|_| anyhow!("the page's thread panicked"))??;
    let told = refusal.code == RefusalCode::Removed && refusal.message.contains("removed by the owner");
    ensure!(told, "{refusal:?}");
    Ok(())
}

/// A viewer that sees both windows.
fn come(link: &str) -> Result<Viewer> {
    let mut viewer = Viewer::start(link)?;
    viewer.wait(Until::Windows(2))?;
    Ok(viewer)
}

/// It ends, and says that its owner wanted that.
fn is_thrown_out(mut viewer: Viewer) -> Result<()> {
    let never = viewer.wait(Until::Windows(99)).err().context("windows that nobody opened")?;
    ensure!(format!("{never:#}").contains("removed by the owner"), "{never:#}");
    viewer.send(serde_json::json!({"do": "quit"}))?;
    let (status, said) = viewer.ended(PATIENCE)?;
    ensure!(status.code() == Some(1) && said.contains("removed by the owner"), "{status}: {said}");
    Ok(())
}

fn only_one_is_here(host: &Host) -> Result<Value> {
    let here = json(host, "viewers", &[])?;
    ensure!(here.as_array().is_some_and(|here| here.len() == 1), "{here}");
    Ok(here[0]["id"].clone())
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

fn json(host: &Host, command: &str, arguments: &[&str]) -> Result<Value> {
    Ok(serde_json::from_str(&said(host, command, &[&["--json"], arguments].concat())?)?)
}

fn said(host: &Host, command: &str, arguments: &[&str]) -> Result<String> {
    let output = host.ask(command, arguments)?;
    ensure!(output.status.success(), "{command}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

fn fails(output: &Output, code: i32, advice: &str) -> Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    let one_line = said.lines().filter(|line| line.starts_with("dormer: ")).count() == 1;
    ensure!(output.status.code() == Some(code) && one_line && said.contains(advice), "{output:?}");
    Ok(())
}
