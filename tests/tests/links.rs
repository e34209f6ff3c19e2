//! Bad links are refused with one clear line, and the host goes on.

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Viewer, binaries,
    https::Site,
    tools,
    wait::{self, PATIENCE},
};

#[test]
fn a_forged_ticket_is_refused() -> Result<()> {
    let host = host()?;
    let said = refused(&flipped(host.link(), Part::Ticket)?)?;
    ensure!(said.contains("ticket"), "{said}");
    still_serves(&host)
}

#[test]
fn a_wrong_pin_is_refused() -> Result<()> {
    let host = host()?;
    let said = refused(&flipped(host.link(), Part::Pin)?)?;
    ensure!(["key", "pin", "certificate"].iter().any(|word| said.contains(word)), "{said}");
    still_serves(&host)
}

#[test]
fn of_all_places_that_a_link_names_those_that_lead_nowhere_cost_a_moment_only() -> Result<()> {
    let (host, other) = (host()?, host()?);
    let place = |host: &Host| -> Result<String> {
        let place = host.link().strip_prefix("dormer://").and_then(|link| link.split_once('/'));
        Ok(place.context("a link has a place")?.0.to_owned())
    };
    let (own, foreign) = (place(&host)?, place(&other)?);
    // Nobody; somebody else; the host itself.
    let wide = host.link().replacen(&own, "192.0.2.1:4460", 1);
    let wide = wide.replacen("&ticket", &format!("&also={foreign}&also={own}&ticket"), 1);
    Viewer::with_window(&wide).map(drop)
}

#[test]
fn one_port_is_for_both_families_and_links_name_all_addresses() -> Result<()> {
    const TEST: &str = "one port for both families";
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        tools::skip_where_impossible(TEST, "this machine has no IPv6");
        return Ok(());
    }
    let host = HostOptions::command([binaries()?.testapp.to_str().context("a path")?]);
    let host = host.arguments(&["--quic", "[::]:0", "--advertise", "::1,127.0.0.1"]).start()?;
    ensure!(
        host.link().starts_with("dormer://[::1]:") && host.link().contains("&also=127.0.0.1:"),
        "{}",
        host.link()
    );
    let port = host.link().split("&also=127.0.0.1:").nth(1).and_then(|rest| rest.split('&').next());
    let port = port.context("a port")?;
    Viewer::with_window(host.link())?;
    let v4 =
        host.link().replacen("[::1]", "127.0.0.1", 1).replacen(&format!("&also=127.0.0.1:{port}"), "", 1);
    Viewer::with_window(&v4).map(drop)
}

#[test]
fn an_expired_ticket_is_refused() -> Result<()> {
    let host = host()?;
    let link = host.new_link(&["--ttl", "1s"])?;
    // It may be let in until its second is over; then it is refused.
    let said = wait::until(PATIENCE, "the ticket's end", || {
        let mut viewer = Viewer::start(&link)?;
        match viewer.windows() {
            Ok(_) => {
                // The link ends with the ticket, perhaps now.
                let _ = viewer.quit();
                Ok(None)
            }
            Err(_) => viewer.ended(PATIENCE).map(|(_, said)| Some(said)),
        }
    })?;
    ensure!(said.contains("expired"), "{said}");
    still_serves(&host)
}

#[test]
fn a_ticket_of_another_host_is_refused() -> Result<()> {
    let (host, other) = (host()?, host()?);
    let fragment = |link: &str| link.split_once('#').map(|(_, fragment)| fragment.to_owned());
    let address = host.link().split_once('#').context("a link has a fragment")?.0.to_owned();
    refused(&format!("{address}#{}", fragment(other.link()).context("a link has a fragment")?))?;
    still_serves(&host)
}

#[test]
fn a_text_that_is_no_link_is_wrong_usage() -> Result<()> {
    for text in ["hello", "https://example.org/", "dormer://127.0.0.1:1/", "dormer://127.0.0.1:1/#"] {
        let (status, said) = Viewer::start(text)?.ended(PATIENCE)?;
        ensure!(status.code() == Some(2), "{text}: {status}: {said}");
        one_line(&said)?;
    }
    Ok(())
}

#[test]
fn links_and_browsers_that_joined_stay_good_over_a_restart() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let state = directory.path().join("state");
    let state = state.to_str().context("test paths are text")?;
    let port = std::net::UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let testapp = binaries()?.testapp.to_str().context("a path")?;
    let start = || {
        let options = HostOptions::command([testapp]);
        options.arguments(&["--state-dir", state, "--quic", &address]).start()
    };
    let first = start()?;
    let (link, used) = (first.link().to_owned(), Site::of(&first.browser_link()?)?);
    let cookie = used.enter()?;
    let left = Site::of(&first.browser_link()?)?;
    first.crash()?;
    let second = start()?;
    Viewer::with_window(&link)?;
    let site = Site::of(&second.browser_link()?)?;
    let joined = site.ask(&site.post("/api/join").cookie(&cookie))?;
    ensure!(joined.status == 200 && joined.json()?["role"] == "control", "{joined:?}");
    let enter =
        |ticket: &str| site.ask(&site.post("/api/enter").json(&serde_json::json!({"ticket": ticket})));
    let again = enter(&used.ticket)?;
    ensure!(again.code()? == "ticket-invalid", "a link that was used works again: {again:?}");
    if left.ticket != used.ticket {
        ensure!(enter(&left.ticket)?.status == 204, "a link that was not used is lost");
    }
    Ok(())
}

fn host() -> Result<Host> {
    Host::start([binaries()?.testapp.to_str().context("a path")?])
}

/// The viewer ends with 1 and says why in one line.
fn refused(link: &str) -> Result<String> {
    let (status, said) = Viewer::start(link)?.ended(PATIENCE)?;
    ensure!(status.code() == Some(1), "the viewer ended with {status}: {said}");
    one_line(&said)?;
    Ok(said)
}

fn one_line(said: &str) -> Result<()> {
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("dormer-view:")).collect();
    ensure!(lines.len() == 1 && !said.contains("panicked"), "not one clear line: {said}");
    Ok(())
}

fn still_serves(host: &Host) -> Result<()> {
    Viewer::with_window(host.link()).map(drop)
}

enum Part {
    Pin,
    Ticket,
}

/// The same link with another character in the middle of its pin or its ticket: `#pin=…&ticket=…`.
fn flipped(link: &str, part: Part) -> Result<String> {
    let start = link.find('#').context("a link has a fragment")? + 1;
    let fragment = &link[start..];
    let cut = fragment.find('&').context("a fragment has two parts")?;
    let at = start
        + match part {
            Part::Pin => cut / 2,
            Part::Ticket => cut + 1 + (fragment.len() - cut - 1) / 2,
        };
    let other = if &link[at..=at] == "A" { "B" } else { "A" };
    Ok(format!("{}{other}{}", &link[..at], &link[at + 1..]))
}
