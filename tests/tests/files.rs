//! Files that a page brings to the session and fetches from it.

use std::{fs, io::Write, os::unix::fs::symlink, path::Path};

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use dormer_tests::{
    Host, HostOptions, Track, Until, Viewer, binaries,
    https::{Answer, Request, Site},
    tools,
    wait::{self, PATIENCE},
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn a_broken_upload_goes_on_and_arrives_whole_beside_what_has_its_name() -> Result<()> {
    let host = host()?;
    let page = Page::enter(&host.browser_link()?)?;
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let inbox = host.home().join("Inbox");
    for expected in ["a b/ü.bin", "a b/ü (1).bin"] {
        let begun = page.post("/api/uploads", &json!({"path": "a b/ü.bin", "size": content.len()}))?;
        ensure!(begun.status == 201, "{begun:?}");
        let id = text(&begun.json()?["id"])?.to_owned();
        let path = format!("/api/uploads/{id}");
        ensure!(
            fs::read_dir(&inbox)?.count() >= 1 && !inbox.join(expected).exists(),
            "nobody sees half a file"
        );

        // The link breaks in the middle.
        let mut link = page.site.connect()?;
        let all = page.asking("PATCH", &path).header("Upload-Offset", "0");
        let head = all.header("Content-Length", &content.len().to_string());
        link.write_all(head.head(&page.site.address.to_string()).as_bytes())?;
        link.write_all(&content[..5 << 20])?;
        link.flush()?;
        let part = inbox.join(".dormer-uploads").join(&id);
        wait::until(PATIENCE, "some of it", || Ok((fs::metadata(&part)?.len() >= 4 << 20).then_some(())))?;
        drop(link);

        let stands = page.site.ask(&Request::new("GET", &path).cookie(&page.cookie))?.json()?;
        let offset = usize::try_from(stands["offset"].as_u64().context("a place")?)?;
        ensure!((4 << 20..=5 << 20).contains(&offset), "{offset}");
        let incomplete = page.post(&path, &json!({}))?;
        refused(&incomplete, 409, "conflict", "incomplete")?;
        // What comes for another place, or is not what was sent, does not count.
        let rest = &content[offset..];
        refused(&page.bring(&path, offset + 1, &rest[1..99], rest)?, 409, "conflict", "offset")?;
        refused(&page.bring(&path, offset, &rest[..99], b"other")?, 422, "impossible", "checksum")?;
        let too_long = [rest, b"x"].concat();
        refused(&page.bring(&path, offset, &too_long, &too_long)?, 422, "impossible", "too-long")?;
        let whole = page.bring(&path, offset, rest, rest)?;
        ensure!(whole.status == 200 && whole.json()?["offset"] == content.len(), "{whole:?}");
        let wrong = page.post(&path, &json!({"sha256": "0".repeat(64)}))?;
        refused(&wrong, 422, "impossible", "checksum")?;
        let arrived = page.post(&path, &json!({"sha256": sha256(&content)}))?;
        let path: Vec<_> = expected.split('/').collect();
        ensure!(arrived.json()? == json!({"path": path, "sha256": sha256(&content)}), "{arrived:?}");
        ensure!(fs::read(inbox.join(expected))? == content, "{expected} is what was sent");
    }
    let begun = page.post("/api/uploads", &json!({"path": "never", "size": 9}))?.json()?;
    let path = format!("/api/uploads/{}", text(&begun["id"])?);
    let other = Page::enter(&another_link(&host)?)?;
    let foreign = other.site.ask(&Request::new("GET", &path).cookie(&other.cookie))?;
    ensure!(foreign.status == 404, "another page's upload: {foreign:?}");
    ensure!(page.site.ask(&page.asking("DELETE", &path))?.status == 204);
    ensure!(page.site.ask(&page.asking("DELETE", &path))?.status == 404);
    ensure!(fs::read_dir(inbox.join(".dormer-uploads"))?.count() == 0, "nothing is left of it");
    Ok(())
}

#[test]
fn files_are_fetched_whole_or_in_part_and_nothing_leads_out_of_the_home() -> Result<()> {
    let host = host()?;
    let page = Page::enter(&host.browser_link()?)?;
    let home = host.home();
    let content: Vec<u8> = (0..600_000_u32).flat_map(|n| n.to_be_bytes()).collect();
    fs::create_dir_all(home.join("folder"))?;
    fs::write(home.join("folder/100% ü.bin"), &content)?;
    fs::write(home.join("empty"), "")?;
    symlink("/etc", home.join("etc"))?;
    symlink("/etc/passwd", home.join("passwd"))?;
    symlink("folder", home.join("inner"))?;

    let listed = page.get("/api/files/home")?.json()?;
    let kind = |name: &str| -> Result<Value> {
        let entries = listed["entries"].as_array().context("entries")?;
        Ok(entries
            .iter()
            .find(|entry| entry["name"] == name)
            .map_or(Value::Null, |entry| entry["kind"].clone()))
    };
    for (name, wanted) in [("folder", "folder"), ("empty", "file"), ("etc", "other"), ("passwd", "other")] {
        ensure!(kind(name)? == wanted, "{name}: {listed}");
    }
    // What is the host's own is not told of: its key, its links.
    ensure!(kind("state")? == Value::Null && kind("link.json")? == Value::Null, "{listed}");
    let folder = page.get("/api/files/home/folder")?.json()?;
    let one = &folder["entries"][0];
    ensure!(
        one["name"] == "100% ü.bin" && one["size"] == content.len() && folder["more"] == false,
        "{folder}"
    );

    let path = "/api/files/home/folder/100%25%20%C3%BC.bin";
    let whole = page.get(path)?;
    ensure!(whole.status == 200 && whole.body == content, "{}", whole.status);
    ensure!(whole.header("content-disposition")? == "attachment; filename*=UTF-8''100%25%20%C3%BC.bin");
    ensure!(whole.header("content-security-policy")?.contains("sandbox"), "{:?}", whole.headers);
    ensure!(whole.header("content-type")? == "application/octet-stream");
    let tag = whole.header("etag")?.to_owned();
    let part = |range: &str, known: &str| {
        page.site.ask(
            &Request::new("GET", path).cookie(&page.cookie).header("Range", range).header("If-Range", known),
        )
    };
    let rest = part("bytes=1000001-", &tag)?;
    ensure!(rest.status == 206 && rest.body == content[1_000_001..], "{}", rest.status);
    ensure!(
        rest.header("content-range")? == format!("bytes 1000001-{}/{}", content.len() - 1, content.len())
    );
    ensure!(part("bytes=-5", &tag)?.body == content[content.len() - 5..]);
    ensure!(part("bytes=5-", "\"another\"")?.body == content, "it has changed since: all of it");
    ensure!(part("bytes=99999999-", &tag)?.status == 416);
    ensure!(page.get("/api/files/home/empty")?.body.is_empty());

    for (wrong, status) in [
        ("etc", 422),
        ("etc/passwd", 422),
        ("passwd", 422),
        ("inner/100%25%20%C3%BC.bin", 422),
        ("..", 422),
        ("%2e%2e", 422),
        ("..%2f..%2fetc%2fpasswd", 422),
        ("folder/../../x", 422),
        ("folder//x", 422),
        ("", 422),
        ("%00", 422),
        ("%ff", 404),
        ("state", 422),
        ("state/ticket-key", 422),
        ("link.json", 422),
        ("empty/x", 422),
        ("missing", 404),
    ] {
        for place in ["home", "inbox/..", "inbox"] {
            let answer = page.get(&format!("/api/files/{place}/{wrong}"))?;
            let expected = if place == "home" { answer.status == status } else { answer.status >= 400 };
            ensure!(expected && answer.body.len() < 500, "{place}/{wrong}: {answer:?}");
        }
    }
    for wrong in
        ["../x", "/etc/x", "a/../x", "a//b", "", ".", "..", "a/", "a\0b", "a\nb", ".dormer-uploads/x"]
    {
        let begun = page.post("/api/uploads", &json!({"path": wrong, "size": 1}))?;
        refused(&begun, 422, "impossible", "name").context(wrong)?;
    }
    let begun = page.post("/api/uploads", &json!({"path": "large", "size": 1_u64 << 60}))?;
    ensure!(begun.status == 507 && begun.code()? == "disk-full", "{begun:?}");
    Ok(())
}

#[test]
fn files_are_dropped_into_a_wayland_app() -> Result<()> {
    drops_into("wayland")
}

#[test]
fn files_are_dropped_into_an_x11_app() -> Result<()> {
    drops_into("x11")
}

/// A real app gets files by a drop, again and again, and whatever another window did with its own.
fn drops_into(backend: &str) -> Result<()> {
    let test = format!("files dropped into an app of {backend}");
    if backend == "x11" && !tools::present(&test, &["Xwayland"]) {
        return Ok(());
    }
    let Some(python) = tools::python_with_gtk(&test) else { return Ok(()) };
    let directory = TempDir::with_prefix("dormer-drop-")?;
    let log = directory.path().join("log");
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes/dnd.py");
    let taker = format!("GDK_BACKEND={backend} {python} {} files {}", probe.display(), log.display());
    let other = binaries()?.testapp.display().to_string();
    let host = HostOptions::command(["sh", "-c", &format!("{other} & exec env {taker}")]).start()?;
    let (mut viewer, _) = Viewer::with_window(host.link())?;
    let mut find = |title: &str| {
        wait::until(PATIENCE, title, || {
            Ok(viewer.windows()?.into_iter().find(|window| window.title.contains(title)))
        })
    };
    let (deaf, taker) = (find("test app")?.track, find("dnd files")?.track);
    viewer.wait(Until::Exact(taker))?;
    let page = Page::enter(&host.browser_link()?)?;
    for name in ["a b.txt", "ü.txt"] {
        let begun = page.post("/api/uploads", &json!({"path": name, "size": 0}))?;
        let id = begun.json()?["id"].as_str().map(str::to_owned).with_context(|| format!("{begun:?}"))?;
        page.post(&format!("/api/uploads/{id}"), &json!({}))?;
    }
    let drop_onto = |track: Track, names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| [name]).collect();
        let dropped = page.post("/api/drops", &json!({"track": track, "x": 100, "y": 90, "paths": paths}))?;
        ensure!(dropped.status == 204, "{dropped:?}");
        anyhow::Ok(())
    };
    let inbox = host.home().join("Inbox");
    let uris = ["a%20b.txt", "%C3%BC.txt"].map(|name| format!("file://{}/{name}", inbox.display()));
    let mut wanted = String::new();
    let mut got = |names: &[&str], uris: &[String]| {
        // One that takes no files holds up nobody.
        drop_onto(deaf, names)?;
        drop_onto(taker, names)?;
        wanted += &format!("got {}\n", uris.join(" "));
        wait::until(PATIENCE, "the files", || Ok((fs::read_to_string(&log)? == wanted).then_some(())))
            .with_context(|| format!("{wanted}expected: {:?}", fs::read_to_string(&log)))
    };
    got(&["a b.txt"], &uris[..1])?;
    got(&["a b.txt", "ü.txt"], &uris)?;
    got(&["ü.txt"], &uris[1..])?;
    for wrong in [json!([["missing"]]), json!([[".."]]), json!([["a b.txt", "x"]]), json!([[]]), json!([])] {
        let dropped = page.post("/api/drops", &json!({"track": taker, "x": 1, "y": 1, "paths": wrong}))?;
        ensure!((400..500).contains(&dropped.status), "{wrong}: {dropped:?}");
    }
    Ok(())
}

/// A page that was let in.
struct Page {
    site: Site,
    cookie: String,
}

impl Page {
    fn enter(link: &str) -> Result<Self> {
        let site = Site::of(link)?;
        let cookie = site.enter()?;
        Ok(Self { site, cookie })
    }

    fn asking(&self, method: &str, path: &str) -> Request {
        Request::new(method, path).header("Origin", &self.site.origin).cookie(&self.cookie)
    }

    fn get(&self, path: &str) -> Result<Answer> {
        self.site.ask(&Request::new("GET", path).cookie(&self.cookie))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.site.ask(&self.asking("POST", path).json(body))
    }

    /// Brings a piece of an upload, with the digest of `sent`.
    fn bring(&self, path: &str, offset: usize, piece: &[u8], sent: &[u8]) -> Result<Answer> {
        let digest = format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, sent)));
        let request = self.asking("PATCH", path).header("Upload-Offset", &offset.to_string());
        self.site.ask(&request.header("Content-Digest", &digest).body(piece))
    }
}

fn refused(answer: &Answer, status: u16, code: &str, reason: &str) -> Result<()> {
    let told = answer.json()?;
    ensure!(answer.status == status && told["code"] == code && told["reason"] == reason, "{answer:?}");
    Ok(())
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

fn host() -> Result<Host> {
    Host::start([binaries()?.testapp.to_str().context("a path")?])
}

fn another_link(host: &Host) -> Result<String> {
    let made = host.new_links(&[])?;
    made.into_iter().find(|link| link.starts_with("https")).context("a browser link")
}
