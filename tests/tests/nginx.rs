//! The page and its links behind a real nginx, by the configuration that `docs/subsystems.md` gives.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{
    Host, Process, RudeViewer, binaries,
    https::{Request, Site},
    tools,
    wait::{self, PATIENCE},
};
use media::Timestamp;
use protocol::control::{ToHost, ToViewer};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn the_page_and_its_link_pass_through_nginx_as_the_documentation_sets_it_up() -> Result<()> {
    const TEST: &str = "the page behind nginx";
    if !tools::present(TEST, &["nginx"]) {
        return Ok(());
    }
    let host = host()?;
    let direct = Site::of(&host.browser_link()?)?;
    let nginx = Nginx::start(&documented(&direct)?, 4443)?;
    let site = nginx.site(&direct);

    let page = site.ask(&Request::new("GET", "/"))?;
    ensure!(page.status == 200 && page.header("content-type")?.starts_with("text/html"), "{page:?}");
    ensure!(page.header("content-security-policy")?.contains("frame-ancestors"), "{page:?}");
    let cookie = site.enter()?;
    let joined = site.ask(&site.post("/api/join").cookie(&cookie))?;
    ensure!(joined.status == 200, "{joined:?}");
    let joined = joined.json()?;
    // The page is told to come the way that it came.
    let url = joined["websocket"]["url"].as_str().context("a way in")?;
    ensure!(url == site.origin.replace("https", "wss") + "/api/link", "{url}");
    let apps = site.ask(&Request::new("GET", "/api/apps").cookie(&cookie))?;
    ensure!(apps.status == 200 && apps.json()?.is_array(), "{apps:?}");
    let run = json!({"command": binaries()?.testapp});
    let run = site.ask(&site.post("/api/run").cookie(&cookie).json(&run))?;
    ensure!(run.status == 200, "{run:?}");

    let foreign = site.ask(&Request::upgrade("https://evil.example").cookie(&cookie))?;
    ensure!(foreign.status == 403 && foreign.code()? == "origin", "{foreign:?}");
    let ticket = joined["ticket"].as_str().context("a ticket")?;
    let mut viewer = RudeViewer::open(&site, &cookie, ticket)?;
    let (mut windows, mut answered) = (0, false);
    viewer.control(&[ToHost::Ping { viewer: Timestamp(7) }])?;
    while windows < 2 || !answered {
        match viewer.hear()? {
            ToViewer::Window(_) => windows += 1,
            ToViewer::Pong { .. } => answered = true,
            _ => {}
        }
    }

    let left = site.ask(&site.post("/api/leave").cookie(&cookie))?;
    ensure!(left.status == 204, "{left:?}");
    viewer.refusal().map(drop)
}

#[test]
fn an_nginx_that_loses_the_port_is_named_with_what_mends_it() -> Result<()> {
    const TEST: &str = "an nginx that loses the port";
    if !tools::present(TEST, &["nginx"]) {
        return Ok(());
    }
    let host = host()?;
    let direct = Site::of(&host.browser_link()?)?;
    let documented = documented(&direct)?;
    let wrong = documented.replacen("Host $http_host", "Host $host", 1);
    ensure!(wrong != documented, "the documentation says which Host is right: {documented}");
    let nginx = Nginx::start(&wrong, 4444)?;
    let site = nginx.site(&direct);
    let answer = site.ask(&site.post("/api/enter").json(&json!({"ticket": site.ticket})))?;
    ensure!(answer.status == 421 && answer.code()? == "proxy", "{answer:?}");
    let said = String::from_utf8_lossy(&answer.body);
    ensure!(said.contains("proxy_set_header Host $http_host"), "{said}");
    // The link was not used up by that.
    direct.enter().map(drop)
}

/// What the documentation says for nginx, leading to this host.
fn documented(host: &Site) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/subsystems.md");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let block = text.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next());
    let block = block.context("docs/subsystems.md has a configuration for nginx")?;
    let (usual, here) = ("https://127.0.0.1:4461;", format!("{};", host.origin));
    ensure!(block.matches(usual).count() == 1, "it leads to the usual port: {block}");
    Ok(block.replace(usual, &here))
}

fn host() -> Result<Host> {
    Host::start([binaries()?.testapp.to_str().context("a path")?])
}

/// nginx with TLS of its own.
struct Nginx {
    address: SocketAddr,
    _process: Process,
    // Dropped last: the process writes here.
    _directory: TempDir,
}

impl Nginx {
    /// Starts it with this in its server. Every process has an address of its own, so that the port, below
    /// those that the system gives away, is free.
    fn start(server: &str, port: u16) -> Result<Self> {
        let [_, high, middle, low] = process::id().to_be_bytes();
        let address = SocketAddr::from((Ipv4Addr::new(127, 64 | high & 63, middle, low), port));
        let directory = TempDir::with_prefix("dormer-nginx-")?;
        let pair = rcgen::generate_simple_self_signed([address.ip().to_string()])?;
        fs::write(directory.path().join("cert.pem"), pair.cert.pem())?;
        fs::write(directory.path().join("key.pem"), pair.signing_key.serialize_pem())?;
        let config = directory.path().join("nginx.conf");
        fs::write(&config, configuration(directory.path(), address, server))?;
        let mut command = Command::new(tools::find("nginx").unwrap_or_else(|| PathBuf::from("nginx")));
        command.arg("-p").arg(directory.path()).arg("-c").arg(&config).args(["-e", "stderr"]);
        let mut process = Process::start("nginx", &mut command, directory.path())?;
        wait::until(PATIENCE, "nginx", || match process.ended()? {
            Some(status) => bail!("nginx ended ({status}): {}", process.log()),
            None => Ok(TcpStream::connect(address).ok()),
        })?;
        Ok(Self { address, _process: process, _directory: directory })
    }

    /// The host's page as people find it behind this.
    fn site(&self, direct: &Site) -> Site {
        let origin = format!("https://{}", self.address);
        Site { address: self.address, origin, ticket: direct.ticket.clone() }
    }
}

/// One process, which keeps all that it writes in a directory.
fn configuration(directory: &Path, address: SocketAddr, server: &str) -> String {
    let directory = directory.display();
    let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let kept: String = kept.iter().map(|name| format!("{name}_temp_path {directory}/{name};\n")).collect();
    format!(
        "daemon off;\nmaster_process off;\npid {directory}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{kept}server {{\nlisten {address} ssl;\nssl_protocols TLSv1.2 TLSv1.3;\n\
         ssl_certificate {directory}/cert.pem;\nssl_certificate_key {directory}/key.pem;\n{server}}}\n}}\n"
    )
}
