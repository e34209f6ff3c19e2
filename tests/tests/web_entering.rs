//! Who may enter by a browser link, and what a page that entered may ask for. Everything else is refused with
//! a reason, and the session goes on.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dormer_tests::{
    Host, HostOptions, Session, Viewer, binaries,
    https::{Answer, Request, Site},
    wait::{self, PATIENCE},
};
use serde_json::{Value, json};

#[test]
fn a_link_opens_one_page_and_its_successor_takes_its_place() -> Result<()> {
    let host = host()?;
    let link = host.browser_link()?;
    let site = Site::of(&link)?;
    let cookie = site.enter()?;
    let joined = site.ask(&site.post("/api/join").cookie(&cookie))?;
    ensure!(joined.status == 200 && joined.json()?["role"] == "control", "{joined:?}");
    let url = joined.json()?["websocket"]["url"].as_str().context("a way in")?.to_owned();
    ensure!(url == site.origin.replace("https", "wss") + "/api/link", "{url}");
    // Who has joined knows the host's process again, without a cookie.
    let alive = site.ask(&Request::new("GET", "/api/alive"))?;
    let instance = joined.json()?["instance"].clone();
    ensure!(alive.json()? == json!({ "instance": instance }) && instance.is_string(), "{alive:?} {joined:?}");

    let again = site.ask(&enter(&site, &site.ticket))?;
    refused(&again, 403, "ticket-invalid")?;
    ensure!(String::from_utf8_lossy(&again.body).contains("used already"), "{again:?}");

    let next = wait::until(PATIENCE, "another link in the file", || {
        let next = host.browser_link()?;
        Ok((next != link).then_some(next))
    })?;
    Site::of(&next)?.enter()?;
    wait::until(PATIENCE, "the new link to be printed", || Ok(host.output()?.contains(&next).then_some(())))?;
    Ok(())
}

#[test]
fn the_kinds_of_tickets_are_not_for_each_other() -> Result<()> {
    let host = host()?;
    let site = Site::of(&host.browser_link()?)?;
    // A page's ticket in a native link.
    let (place, native_ticket) = host.link().split_once("&ticket=").context("a native link has a ticket")?;
    let (status, said) = Viewer::start(&format!("{place}&ticket={}", site.ticket))?.ended(PATIENCE)?;
    ensure!(status.code() == Some(1) && said.contains("browser"), "{status}: {said}");
    // A native ticket, a forged one, and none at all on the page.
    for ticket in [native_ticket, &site.ticket.replace(&site.ticket[9..12], "AAA"), ""] {
        refused(&site.ask(&enter(&site, ticket))?, 403, "ticket-invalid")?;
    }
    // None of this used the ticket up.
    site.enter()?;
    Viewer::with_window(host.link()).map(drop)
}

#[test]
fn an_expired_link_is_refused() -> Result<()> {
    let host = host()?;
    let links = host.new_links(&["--ttl", "0s"])?;
    let link = links.iter().find(|link| link.starts_with("https")).context("a browser link")?;
    let site = Site::of(link)?;
    let answer = site.ask(&enter(&site, &site.ticket))?;
    refused(&answer, 403, "ticket-expired")
}

#[test]
fn pages_of_others_can_do_nothing_with_a_live_cookie() -> Result<()> {
    let host = host()?;
    let site = Site::of(&host.browser_link()?)?;
    let cookie = site.enter()?;
    for path in ["join", "leave", "links", "run", "rtc", "apps/foot"] {
        let path = format!("/api/{path}");
        let body = json!({"command": "foot", "role": "control", "sdp": ""});
        for origin in ["https://evil.example", "null", &site.origin.replace("https", "http")] {
            let request = Request::new("POST", &path).header("Origin", origin).cookie(&cookie).json(&body);
            refused(&site.ask(&request)?, 403, "origin")?;
        }
        let request = Request::new("POST", &path).cookie(&cookie).json(&body);
        refused(&site.ask(&request)?, 403, "origin")?;
    }
    let upgrade = |origin: &str| Request::upgrade(origin).cookie(&cookie);
    refused(&site.ask(&upgrade("https://evil.example"))?, 403, "origin")?;
    ensure!(site.ask(&upgrade(&site.origin))?.status == 101, "our own page may");
    // The cookie still counts: nobody could make it leave.
    ensure!(site.ask(&site.post("/api/join").cookie(&cookie))?.status == 200);
    Ok(())
}

#[test]
fn names_that_are_not_the_host_s_lead_nowhere() -> Result<()> {
    let host = HostOptions::command([testapp()?]).arguments(&["--http-host", "apps.example.org"]).start()?;
    let site = Site::of(&host.browser_link()?)?;
    let named = |name: &str| {
        let origin = format!("https://{name}");
        let request = Request::new("POST", "/api/enter").header("Host", name).header("Origin", &origin);
        site.ask(&request.json(&json!({"ticket": site.ticket})))
    };
    refused(&named("evil.example:4461")?, 421, "host")?;
    refused(&named("127.0.0.1.evil.example")?, 421, "host")?;
    ensure!(named("apps.example.org:4461")?.status == 204);
    Ok(())
}

#[test]
fn without_a_cookie_nothing_is_told_and_after_leaving_nothing_any_more() -> Result<()> {
    let host = host()?;
    let site = Site::of(&host.browser_link()?)?;
    let forged = format!("{}={}", site.enter()?.split('=').next().unwrap_or_default(), "A".repeat(43));
    let questions = [
        site.post("/api/join"),
        site.post("/api/leave"),
        site.post("/api/apps/foot"),
        Request::new("GET", "/api/apps"),
        Request::new("GET", "/api/apps/foot/icon"),
        Request::upgrade(&site.origin),
    ];
    for question in &questions {
        refused(&site.ask(question)?, 401, "enter")?;
        refused(&site.ask(&question.clone().cookie(&forged))?, 401, "enter")?;
    }
    let cookie = Site::of(&wait_for_next(&host, &site)?)?.enter()?;
    let left = site.ask(&site.post("/api/leave").cookie(&cookie))?;
    ensure!(left.status == 204 && left.header("set-cookie")?.contains("Max-Age=0"), "{left:?}");
    for question in &questions {
        refused(&site.ask(&question.clone().cookie(&cookie))?, 401, "enter")?;
    }
    Ok(())
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Nothing,
    Entered,
    Control,
    Owner,
}

/// Every request of the page's API, as `docs/http.md` lists them; leaving comes last.
const ROUTES: &[(&str, &str, Needs)] = &[
    ("POST", "/api/enter", Needs::Nothing),
    ("GET", "/api/alive", Needs::Nothing),
    ("POST", "/api/join", Needs::Entered),
    ("GET", "/api/link", Needs::Entered),
    ("POST", "/api/rtc", Needs::Entered),
    ("POST", "/api/rtc/ID", Needs::Entered),
    ("GET", "/api/apps", Needs::Entered),
    ("GET", "/api/apps/ID/icon", Needs::Entered),
    ("POST", "/api/apps/ID", Needs::Control),
    ("POST", "/api/run", Needs::Control),
    ("GET", "/api/started/PID", Needs::Control),
    ("POST", "/api/links", Needs::Control),
    ("GET", "/api/files/home/PATH", Needs::Control),
    ("GET", "/api/files/inbox/PATH", Needs::Control),
    ("POST", "/api/uploads", Needs::Control),
    ("POST", "/api/drops", Needs::Control),
    ("GET", "/api/uploads/ID", Needs::Control),
    ("PATCH", "/api/uploads/ID", Needs::Control),
    ("POST", "/api/uploads/ID", Needs::Control),
    ("DELETE", "/api/uploads/ID", Needs::Control),
    ("GET", "/api/links", Needs::Owner),
    ("DELETE", "/api/links/ID", Needs::Owner),
    ("GET", "/api/viewers", Needs::Owner),
    ("DELETE", "/api/viewers/ID", Needs::Owner),
    ("POST", "/api/leave", Needs::Entered),
];

#[test]
fn every_request_needs_its_right_and_whatever_acts_its_own_page() -> Result<()> {
    let listed = include_str!("../../docs/http.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let listed = listed.filter_map(|line| line.split_once('`')).filter_map(|(request, _)| {
        let mut words = request.split([' ', ',']);
        Some((words.next()?, words.next()?))
    });
    let listed: BTreeSet<_> = listed.filter(|(_, path)| path.starts_with("/api/")).collect();
    let known: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| (*method, *path)).collect();
    ensure!(listed == known, "listed: {listed:?}\nknown: {known:?}");

    let host = host()?;
    let site = Site::of(&host.browser_link()?)?;
    let shared = host.new_links(&[])?;
    let shared = shared.iter().find(|link| link.starts_with("https")).context("a browser link")?;
    let (owner, shared) = (site.enter()?, Site::of(shared)?.enter()?);
    let view = Site::of(&host.browser_view_link()?)?.enter()?;
    let who = [
        (None, Needs::Nothing),
        (Some(view), Needs::Entered),
        (Some(shared), Needs::Control),
        (Some(owner), Needs::Owner),
    ];
    for (cookie, may) in &who {
        for (method, path, needs) in ROUTES {
            let what = format!("{method} {path} by who may {may:?}");
            let answer = |origin: Option<&str>| -> Result<Answer> {
                let asked = match *path {
                    "/api/link" => Request::upgrade(origin.unwrap_or("null")),
                    _ => origin
                        .into_iter()
                        .fold(Request::new(method, path), |asked, origin| asked.header("Origin", origin)),
                };
                let body = json!({"ticket": "x", "sdp": "x", "command": "'", "role": "view"});
                let body = body.as_object().context("an object")?;
                let wanted = match *path {
                    "/api/enter" => "ticket",
                    "/api/run" => "command",
                    "/api/links" => "role",
                    _ => "sdp",
                };
                let asked =
                    if *method == "POST" { asked.json(&json!({wanted: body[wanted]})) } else { asked };
                site.ask(&cookie.iter().fold(asked, |asked, cookie| asked.cookie(cookie)))
            };
            if *method != "GET" || *path == "/api/link" {
                for origin in [None, Some("https://evil.example")] {
                    refused(&answer(origin)?, 403, "origin").context(what.clone())?;
                }
            }
            let answer = answer(Some(&site.origin))?;
            let refusal = match (may, needs) {
                (may, needs) if may >= needs => None,
                (Needs::Nothing, _) => Some((401, "enter")),
                (Needs::Entered, _) => Some((403, "view-only")),
                (Needs::Control | Needs::Owner, _) => Some((403, "owner-only")),
            };
            match refusal {
                Some((status, code)) => refused(&answer, status, code).context(what)?,
                None => {
                    let code = answer.code().unwrap_or_default();
                    let barred = ["enter", "view-only", "owner-only", "origin", "method", "not-found"];
                    // Nothing is at these places but what is asked of them.
                    let named = path.contains("ID") && code == "not-found";
                    ensure!(named || !barred.contains(&code.as_str()), "{what}: {answer:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_link_that_is_not_taken_says_why_in_a_word() -> Result<()> {
    let host = host()?;
    let other = self::host()?;
    let owner = Site::of(&host.browser_link()?)?;
    let cookie = owner.enter()?;
    let made = host.new_links(&["--ttl", "0s"])?;
    let expired = Site::of(made.iter().find(|link| link.starts_with("https")).context("a link")?)?.ticket;
    let native = host.link().rsplit_once('=').context("a ticket")?.1.to_owned();
    let foreign = Site::of(&other.browser_link()?)?.ticket;
    let taken_back = shared_page(&owner, &cookie)?;
    let open = owner.ask(&Request::new("GET", "/api/links").cookie(&cookie))?.json()?;
    let is_it = |link: &&Value| link["used"] == false && link["kind"] == "browser";
    let id = open.as_array().and_then(|open| open.iter().find(is_it)).context("a link that is not used")?;
    let path = format!("/api/links/{}", id["id"].as_str().context("a number")?);
    let revoke = || owner.ask(&Request::new("DELETE", &path).header("Origin", &owner.origin).cookie(&cookie));
    let (first, second) = (revoke()?, revoke()?);
    ensure!(first.status == 200 && first.json()? == json!([]), "nobody came by it: {first:?}");
    refused(&second, 404, "gone")?;
    for (ticket, code, reason) in [
        (&owner.ticket, "ticket-invalid", "used"),
        (&expired, "ticket-expired", "expired"),
        (&native, "ticket-invalid", "not-for-browsers"),
        (&foreign, "ticket-invalid", "foreign"),
        (&Site::of(&taken_back)?.ticket, "ticket-invalid", "taken-back"),
    ] {
        let answer = owner.ask(&enter(&owner, ticket))?;
        refused(&answer, 403, code)?;
        ensure!(answer.json()?["reason"] == reason, "{reason}: {answer:?}");
    }
    let unknown = owner.ask(&owner.post("/api/join"))?;
    ensure!(unknown.json()?["reason"] == "unknown", "{unknown:?}");
    owner.ask(&owner.post("/api/leave").cookie(&cookie))?;
    let left = owner.ask(&owner.post("/api/join").cookie(&cookie))?;
    ensure!(left.json()?["reason"] == "left", "{left:?}");
    Ok(())
}

fn shared_page(site: &Site, cookie: &str) -> Result<String> {
    let made = site.ask(&site.post("/api/links").cookie(cookie).json(&json!({"role": "control"})))?;
    Ok(made.json()?["browser"].as_str().context("a link")?.to_owned())
}

#[test]
fn who_looks_on_starts_nothing() -> Result<()> {
    let host = host()?;
    let site = Site::of(&host.browser_view_link()?)?;
    let cookie = site.enter()?;
    let joined = site.ask(&site.post("/api/join").cookie(&cookie))?;
    ensure!(joined.json()?["role"] == "view", "{joined:?}");
    for (path, body) in [
        ("/api/run", json!({"command": "foot"})),
        ("/api/links", json!({"role": "view"})),
        ("/api/apps/foot", json!({})),
    ] {
        refused(&site.ask(&site.post(path).cookie(&cookie).json(&body))?, 403, "view-only")?;
    }
    Ok(())
}

#[test]
fn guesses_cost_the_guesser_and_an_owner_joins_at_once() -> Result<()> {
    let session = Session::start(&[])?;
    let host = &session.host;
    let site = Site::of(&host.browser_link()?)?;
    let known = Site::of(&host.browser_view_link()?)?.enter()?;
    // Wrong in a native link, which counts as well.
    let (place, _) = host.link().split_once("&ticket=").context("a native link has a ticket")?;
    let (_, said) = Viewer::start(&format!("{place}&ticket=AAAA"))?.ended(PATIENCE)?;
    ensure!(said.contains("ticket"), "{said}");
    let mut told_to_wait = 0;
    for _ in 0..100 {
        let answer = site.ask(&enter(&site, "AAAA"))?;
        match answer.status {
            403 => refused(&answer, 403, "ticket-invalid")?,
            _ => refused(&answer, 429, "busy")?,
        }
        told_to_wait += u32::from(answer.status == 429);
    }
    ensure!(told_to_wait > 40, "guessing costs the guesser: {told_to_wait}");
    // From the same address, each at the first attempt: a cookie, a page's ticket, a native link.
    ensure!(site.ask(&site.post("/api/join").cookie(&known))?.status == 200);
    ensure!(site.ask(&Request::upgrade(&site.origin).cookie(&known))?.status == 101);
    ensure!(site.ask(&enter(&site, &site.ticket))?.status == 204);
    Viewer::with_window(host.link()).map(drop)
}

#[test]
fn what_a_page_passes_on_ends_with_its_own_right() -> Result<()> {
    let host = host()?;
    let links = host.new_links(&["--ttl", "60s"])?;
    let link = links.iter().find(|link| link.starts_with("https")).context("a browser link")?;
    let site = Site::of(link)?;
    let own_end = end_of(&site.ticket)?;
    let cookie = site.enter()?;
    let made = site.ask(&site.post("/api/links").cookie(&cookie).json(&json!({"role": "control"})))?;
    let made = made.json()?["browser"].as_str().context("a link")?.to_owned();
    // And so on, however often.
    let next = Site::of(&made)?;
    let cookie = next.enter()?;
    let again = site.ask(&site.post("/api/links").cookie(&cookie).json(&json!({"role": "view"})))?;
    let again = again.json()?["browser"].as_str().context("a link")?.to_owned();
    for made in [&next.ticket, &Site::of(&again)?.ticket] {
        ensure!(end_of(made)? <= own_end, "{} after {own_end}", end_of(made)?);
    }
    // An owner's own right is longer than the host's links hold.
    let owner = Site::of(&host.browser_link()?)?;
    let cookie = owner.enter()?;
    let shared = site.ask(&site.post("/api/links").cookie(&cookie).json(&json!({"role": "view"})))?;
    let shared = shared.json()?["browser"].as_str().context("a link")?.to_owned();
    ensure!(end_of(&Site::of(&shared)?.ticket)? > own_end + 3600);
    Ok(())
}

/// When a ticket expires, in seconds since 1970: it says so in the open.
fn end_of(ticket: &str) -> Result<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket)?;
    let expires = bytes.get(3..11).context("a ticket is longer")?;
    Ok(u64::from_be_bytes(expires.try_into()?))
}

#[test]
fn no_log_holds_a_ticket_or_a_cookie() -> Result<()> {
    let relay_secret = "a-secret-of-turn-servers-that-nobody-else-may-know";
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("secret");
    std::fs::write(&file, relay_secret)?;
    let relay = ["--turn", "turn:turn.example.org", "--turn-secret-file", file.to_str().context("a path")?];
    let flags = [["--log", "trace"].as_slice(), &relay].concat();
    let host = HostOptions::command([testapp()?]).arguments(&flags).start()?;
    let site = Site::of(&host.browser_link()?)?;
    let cookie = site.enter()?;
    let joined = site.ask(&site.post("/api/join").cookie(&cookie))?.json()?;
    let join_ticket = joined["ticket"].as_str().context("a ticket")?.to_owned();
    let relay = &joined["webrtc"]["iceServers"][0];
    ensure!(relay["urls"] == json!(["turn:turn.example.org"]), "{joined}");
    let relay_login = relay["credential"].as_str().context("a credential")?.to_owned();
    site.ask(&enter(&site, &site.ticket))?;
    site.ask(&enter(&site, &join_ticket))?;
    site.ask(&Request::new("GET", "/api/apps").cookie(&cookie))?;
    Viewer::with_window(host.link())?.0.quit()?;
    wait::until(PATIENCE, "the viewer to be logged as gone", || {
        Ok(host.log().contains("viewer left").then_some(()))
    })?;
    let log = host.log();
    ensure!(log.contains("a browser entered"), "the log tells of browsers:\n{log}");
    let native_ticket = host.link().rsplit('=').next().context("a ticket")?.to_owned();
    let cookie_value = cookie.split('=').next_back().context("a value")?.to_owned();
    for secret in [&site.ticket, &join_ticket, &native_ticket, &cookie_value, relay_secret, &relay_login] {
        ensure!(secret.len() > 25 && !log.contains(secret), "a secret is in the log");
    }
    Ok(())
}

fn host() -> Result<Host> {
    Host::start([testapp()?])
}

fn testapp() -> Result<&'static str> {
    binaries()?.testapp.to_str().context("a path")
}

fn enter(site: &Site, ticket: &str) -> Request {
    site.post("/api/enter").json(&json!({"ticket": ticket}))
}

fn wait_for_next(host: &Host, used: &Site) -> Result<String> {
    wait::until(PATIENCE, "another link in the file", || {
        let next = host.browser_link()?;
        Ok((!next.contains(&used.ticket)).then_some(next))
    })
}

/// Refused with this code and a sentence, in JSON, and without leave to be framed or kept.
fn refused(answer: &Answer, status: u16, code: &str) -> Result<()> {
    ensure!(answer.status == status && answer.code()? == code, "{status} {code} expected: {answer:?}");
    let message = answer.json()?["message"].as_str().map(str::len).unwrap_or_default();
    ensure!(message > 10, "no sentence: {answer:?}");
    ensure!(answer.header("content-security-policy")?.contains("frame-ancestors 'none'"), "{answer:?}");
    ensure!(answer.header("cache-control")? == "no-store", "{answer:?}");
    Ok(())
}
