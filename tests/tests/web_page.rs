//! What the page's port gives to a browser: the page and what guards it, the start menu, links for others,
//! and a certificate that can be renewed under way.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Until, Viewer, binaries,
    https::{Request, Site},
    wait::{self, PATIENCE},
};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn the_page_is_guarded_and_never_without_its_guards() -> Result<()> {
    let host = Host::start([testapp()?])?;
    let site = Site::of(&host.browser_link()?)?;
    let page = site.ask(&get("/").header("Accept-Encoding", "identity"))?;
    ensure!(page.status == 200 && page.header("content-type")?.starts_with("text/html"), "{page:?}");
    let policy = page.header("content-security-policy")?;
    for guard in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"] {
        ensure!(policy.contains(guard), "{policy}");
    }
    ensure!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        for path in ["/", "/api/apps", "/nothing"] {
            let answer = site.ask(&get(path))?;
            ensure!(answer.header(name)? == value, "{path}: {answer:?}");
        }
    }
    // What it loads is there, for ever, and the page itself is sent again only when it has changed.
    let text = String::from_utf8(page.body.clone())?;
    let script =
        text.split('"').find(|word| word.starts_with("/assets/")).context("the page has a script")?;
    let script = site.ask(&get(script).header("Accept-Encoding", "gzip"))?;
    ensure!(script.header("cache-control")?.contains("immutable"), "{script:?}");
    ensure!(site.ask(&get("/").header("If-None-Match", page.header("etag")?))?.status == 304);
    for (method, path, status) in [("POST", "/", 405), ("DELETE", "/api/enter", 405), ("GET", "/api/x", 404)]
    {
        let answer = site.ask(&Request::new(method, path).header("Origin", &site.origin))?;
        ensure!(answer.status == status && !answer.code()?.is_empty(), "{method} {path}: {answer:?}");
    }
    Ok(())
}

#[test]
fn other_sites_may_show_it_only_if_the_host_was_told_so() -> Result<()> {
    let ancestors = ["--frame-ancestors", "https://portal.example.org"];
    let host = HostOptions::command([testapp()?]).arguments(&ancestors).start()?;
    let site = Site::of(&host.browser_link()?)?;
    let page = site.ask(&get("/"))?;
    let policy = page.header("content-security-policy")?;
    ensure!(policy.contains("frame-ancestors https://portal.example.org;"), "{policy}");
    ensure!(page.header("x-frame-options").is_err(), "{page:?}");
    let entered = site.ask(&site.post("/api/enter").json(&json!({"ticket": site.ticket})))?;
    let cookie = entered.header("set-cookie")?;
    ensure!(cookie.starts_with("__Host-dormer-") && cookie.contains("; Secure; HttpOnly;"), "{cookie}");
    ensure!(cookie.ends_with("SameSite=None; Partitioned"), "{cookie}");
    Ok(())
}

#[test]
fn plain_http_is_told_where_to_go() -> Result<()> {
    let host = Host::start([testapp()?])?;
    let site = Site::of(&host.browser_link()?)?;
    for (named, expected) in
        [("localhost:1", "https://localhost:1/"), ("evil.example", &format!("{}/", site.origin))]
    {
        let mut socket = site.connect_plain()?;
        write!(socket, "GET / HTTP/1.1\r\nHost: {named}\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
        ensure!(answer.contains(&format!("\r\nLocation: {expected}\r\n")), "{answer}");
    }
    Ok(())
}

#[test]
fn a_proxy_that_ends_tls_is_served_and_told_what_it_does_wrong() -> Result<()> {
    let plain = ["--http-plain", "--advertise", "https://apps.example.org:8443,dormer://127.0.0.1:1"];
    let host = HostOptions::command([testapp()?]).arguments(&plain).start()?;
    let link = host.browser_link()?;
    let ticket = link.strip_prefix("https://apps.example.org:8443/#ticket=").context(link.clone())?;
    let tcp = host.link().split('&').find_map(|part| part.strip_prefix("tcp="));
    let port: u16 = tcp.context("native links name the page's port")?.parse()?;
    let body = json!({"ticket": ticket}).to_string();
    let ask = |named: &str| -> Result<String> {
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        write!(
            socket,
            "POST /api/enter HTTP/1.1\r\nHost: {named}\r\nOrigin: https://apps.example.org:8443\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let lost = ask("apps.example.org")?;
    ensure!(lost.starts_with("HTTP/1.1 421 ") && lost.contains("$http_host"), "{lost}");
    let entered = ask("apps.example.org:8443")?;
    let cookie = entered.to_lowercase().contains("set-cookie: __host-");
    ensure!(entered.starts_with("HTTP/1.1 204 ") && cookie, "{entered}");
    Ok(())
}

#[test]
fn the_start_menu_lists_apps_with_icons_and_starts_them() -> Result<()> {
    let machine = machine()?;
    let host = host_on(&machine)?;
    let site = Site::of(&host.browser_link()?)?;
    let cookie = site.enter()?;
    let list = |language: &str| -> Result<Value> {
        site.ask(&get("/api/apps").cookie(&cookie).header("Accept-Language", language))?.json()
    };
    let expected = json!([
        {"id": "noted app", "name": "Noted", "comment": "Writes", "icon": "/api/apps/noted%20app/icon",
         "categories": ["Office", "Utility"], "keywords": ["Editor", "text", "write"]},
        {"id": "plain", "name": "Plain", "comment": "", "icon": null, "categories": [], "keywords": []},
    ]);
    ensure!(list("en-GB,en")? == expected, "{}", list("en")?);
    ensure!(list("zh-CN,zh;q=0.9")?[0]["name"] == "笔记", "{}", list("zh-CN")?);

    let icon = site.ask(&get("/api/apps/noted%20app/icon").cookie(&cookie))?;
    ensure!(icon.header("content-type")? == "image/svg+xml" && icon.body == ICON.as_bytes(), "{icon:?}");
    ensure!(icon.header("content-security-policy")?.starts_with("sandbox; default-src 'none'"), "{icon:?}");
    for id in ["plain", "secret", "..%2f..%2fsecret", "%2e%2e/secret", "none", ""] {
        let answer = site.ask(&get(&format!("/api/apps/{id}/icon")).cookie(&cookie))?;
        ensure!(answer.status == 404, "{id}: {answer:?}");
    }

    let started = site.ask(&site.post("/api/apps/noted%20app").cookie(&cookie))?;
    ensure!(started.status == 200 && started.json()?["pid"].as_u64().is_some(), "{started:?}");
    let (mut viewer, _) = Viewer::with_window(host.link())?;
    let command = json!({"command": format!("'{}' --size '300x200'", testapp()?)});
    let run = site.ask(&site.post("/api/run").cookie(&cookie).json(&command))?;
    ensure!(run.status == 200, "{run:?}");
    viewer.wait(Until::Windows(2))?;
    ensure!(site.ask(&site.post("/api/apps/none").cookie(&cookie))?.status == 404);
    for (command, code) in [("'unclosed", "malformed"), ("", "malformed"), ("no-such-program", "impossible")]
    {
        let answer = site.ask(&site.post("/api/run").cookie(&cookie).json(&json!({"command": command})))?;
        ensure!(answer.code()? == code, "{command}: {answer:?}");
    }
    Ok(())
}

#[test]
fn a_page_makes_links_for_other_devices() -> Result<()> {
    let host = Host::start([testapp()?])?;
    let site = Site::of(&host.browser_link()?)?;
    let cookie = site.enter()?;
    for role in ["control", "view"] {
        let answer =
            site.ask(&site.post("/api/links").cookie(&cookie).json(&json!({"role": role})))?.json()?;
        let other = Site::of(answer["browser"].as_str().context("a link")?)?;
        let joined = other.ask(&other.post("/api/join").cookie(&other.enter()?))?;
        ensure!(joined.json()?["role"] == role, "{joined:?}");
    }
    let unknown = site.ask(&site.post("/api/links").cookie(&cookie).json(&json!({"role": "owner"})))?;
    ensure!(unknown.status == 400 && unknown.code()? == "malformed", "{unknown:?}");
    Ok(())
}

#[test]
fn its_own_certificate_stays_the_same_over_restarts() -> Result<()> {
    let state = TempDir::with_prefix("dormer-state-")?;
    let certificate = || -> Result<Vec<u8>> {
        let state = state.path().to_str().context("a path")?;
        let host = HostOptions::command([testapp()?]).arguments(&["--state-dir", state]).start()?;
        let connection = Site::of(&host.browser_link()?)?.connect()?;
        connection.certificate().context("a certificate")
    };
    ensure!(certificate()? == certificate()?, "browsers would ask again");
    Ok(())
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() -> Result<()> {
    let directory = TempDir::with_prefix("dormer-certificate-")?;
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
    let first = write_certificate(&certificate, &key)?;
    let [certificate_path, key_path] = [&certificate, &key].map(|path| path.to_str().unwrap_or_default());
    let arguments = ["--http-cert", certificate_path, "--http-key", key_path];
    let host = HostOptions::command([testapp()?]).arguments(&arguments).start()?;
    let site = Site::of(&host.browser_link()?)?;
    let presented = || -> Result<Vec<u8>> { site.connect()?.certificate().context("a certificate") };
    ensure!(presented()? == first);

    fs::write(&key, "-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----\n")?;
    wait::until(PATIENCE, "the host to look and complain", || {
        ensure!(presented()? == first, "a broken key replaced a good one");
        Ok(host.log().contains("keeps its former certificate").then_some(()))
    })?;
    let second = write_certificate(&certificate, &key)?;
    wait::until(PATIENCE, "the new certificate", || Ok((presented()? == second).then_some(())))?;
    Ok(())
}

const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";

#[test]
fn an_app_that_ends_at_once_says_why() -> Result<()> {
    let host = HostOptions::default().start()?;
    let site = Site::of(&host.browser_link()?)?;
    let cookie = site.enter()?;
    let run = |command: &str| -> Result<u64> {
        let started = site.ask(&site.post("/api/run").cookie(&cookie).json(&json!({"command": command})))?;
        started.json()?["pid"].as_u64().context("a process")
    };
    let fate = |pid: u64| site.ask(&get(&format!("/api/started/{pid}")).cookie(&cookie));
    let failed = run("sh -c 'echo one; printf \"\\033[31mtwo\\033[0m\" >&2; exit 3'")?;
    // Whenever it is asked.
    for _ in 0..2 {
        let said = fate(failed)?.json()?;
        let lines: Vec<&str> =
            said["output"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        ensure!(said["running"] == false && said["well"] == false, "{said}");
        ensure!(said["status"] == "exit status: 3", "{said}");
        ensure!(lines.contains(&"one") && lines.contains(&"two"), "{said}");
    }
    let well = fate(run("true")?)?.json()?;
    ensure!(well["well"] == true && well["output"] == json!([]), "{well}");
    ensure!(fate(1)?.status == 404, "it is no app of the session");
    ensure!(site.ask(&get(&format!("/api/started/{failed}")))?.status == 401, "a stranger hears nothing");
    Ok(())
}

/// A machine with two apps, one of them with an icon, and a file that is nobody's business.
fn machine() -> Result<TempDir> {
    let machine = TempDir::with_prefix("dormer-machine-")?;
    let share = machine.path().join("share");
    for place in ["applications", "icons/hicolor/scalable/apps", "pixmaps"] {
        fs::create_dir_all(share.join(place))?;
    }
    let entry = |name: &str, text: &str| fs::write(share.join("applications").join(name), text);
    let secret = machine.path().join("secret.png");
    let start = format!("[Desktop Entry]\nType=Application\nExec={} --size 320x200\n", testapp()?);
    entry(
        "noted app.desktop",
        &format!(
            "{start}Name=Noted\nName[zh_CN]=笔记\nComment=Writes\nIcon=noted\nCategories=Office;Utility;\nGenericName=Editor\nKeywords=text;write;\n"
        ),
    )?;
    entry("plain.desktop", &format!("{start}Name=Plain\nIcon=../../../secret\n"))?;
    entry("gnome.desktop", &format!("{start}Name=Settings of GNOME\nOnlyShowIn=GNOME;\n"))?;
    entry(
        "off.desktop",
        "[Desktop Entry]\nType=Application\nName=Shut down\nExec=sh -c 'systemctl poweroff'\n",
    )?;
    entry("secret.desktop", &format!("{start}Name=Secret\nNoDisplay=true\nIcon={}\n", secret.display()))?;
    fs::write(share.join("icons/hicolor/scalable/apps/noted.svg"), ICON)?;
    fs::write(secret, "secret")?;
    Ok(machine)
}

fn host_on(machine: &TempDir) -> Result<Host> {
    let share = machine.path().join("share");
    let share = share.to_str().context("a path")?;
    HostOptions::default().variable("XDG_DATA_DIRS", share).start()
}

/// Writes a fresh pair and returns its certificate.
fn write_certificate(certificate: &Path, key: &Path) -> Result<Vec<u8>> {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(certificate, pair.cert.pem())?;
    fs::write(key, pair.signing_key.serialize_pem())?;
    Ok(pair.cert.der().to_vec())
}

fn get(path: &str) -> Request {
    Request::new("GET", path)
}

fn testapp() -> Result<&'static str> {
    binaries()?.testapp.to_str().context("a path")
}
