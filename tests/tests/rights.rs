//! Links end with the right by which they are there, over every transport, and others stay.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{
    Host, RudeViewer, binaries,
    https::{self, Request, Site},
    wait::{self, PATIENCE},
};
use media::Timestamp;
use protocol::control::{Refusal, RefusalCode, ToHost, ToViewer};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Handle},
};
use tokio_rustls::TlsConnector;
use transport::{
    CloseReason, Introduction, LinkAddress, TicketText, ViewerIncoming, ViewerLink,
    dial::{self, DialSettings, Way},
    webrtc::{self, Answer, SignallingClient, ViewerSettings},
    websocket::{self, WebSocketSettings},
    webtransport::{self, CertificateHash, Origins, Target, WebTransportSettings},
};

#[test]
fn who_leaves_ends_its_own_links_over_every_transport() -> Result<()> {
    let (runtime, host) = (runtime()?, host()?);
    let leaving = Page::enter(&host.browser_link()?)?;
    let staying = Page::enter(&another_link(&host, &leaving.site)?)?;
    let mut own = leaving.join_over_all(&runtime)?;
    let mut others = staying.join_over_all(&runtime)?;
    others.extend(join_natively(&runtime, host.link())?);
    for link in own.iter_mut().chain(&mut others) {
        link.lives(&runtime)?;
    }
    let unused = leaving.ask_to_join()?;
    leaving.leave()?;
    for link in &mut own {
        link.is_over(&runtime)?;
    }
    // What it was given before it left is worth nothing either: another page shows it in its place.
    let late = RudeViewer::open(&staying.site, &staying.cookie, ticket(&unused)?);
    let late = late.err().context("who had left came in")?.to_string();
    ensure!(late.contains("TicketExpired"), "{late}");
    others.iter_mut().try_for_each(|link| link.lives(&runtime))
}

#[test]
fn links_by_a_shared_right_end_when_its_time_is_over() -> Result<()> {
    let (runtime, host) = (runtime()?, host()?);
    let owner = Page::enter(&host.browser_link()?)?;
    let mut lasting = owner.join_over_all(&runtime)?;
    lasting.extend(join_natively(&runtime, host.link())?);
    // A busy machine may need longer until all have joined.
    let shared = [6, 20, 60, 180].iter().find_map(|seconds| join_by_shared_links(&runtime, &host, *seconds));
    let (end, mut shared) = shared.context("not all could join in minutes")??;
    for link in &mut shared {
        link.is_over(&runtime)?;
        ensure!(SystemTime::now() >= end, "{}: before its time", link.way);
    }
    lasting.iter_mut().try_for_each(|link| link.lives(&runtime))
}

#[test]
fn an_owner_s_page_sees_who_is_here_by_which_link_and_ends_both() -> Result<()> {
    let (runtime, host) = (runtime()?, host()?);
    let owner = Page::enter(&host.browser_link()?)?;
    let mut own = owner.join_over_all(&runtime)?;
    let [link, other] = [owner.share()?, owner.share()?];
    let unused = owner.list("links")?;
    let [own_link, first, second] = unused.as_slice() else { bail!("three links: {unused:?}") };
    ensure!(own_link["own"] == true && own_link["owner"] == true && own_link["here"] == 3, "{own_link}");
    for shared in [first, second] {
        let stands = shared["own"] == false && shared["owner"] == false && shared["used"] == false;
        ensure!(stands && shared["here"] == 0 && shared["role"] == "control", "{shared}");
    }

    // By the link: everybody who came by it ends, over every transport.
    let guest = Page::enter(&link)?;
    let mut guests = guest.join_over_all(&runtime)?;
    let open = owner.list("links")?;
    let used = open.iter().find(|link| link["used"] == true && link["own"] == false).context("its link")?;
    ensure!(used["here"] == 3 && [&first["id"], &second["id"]].contains(&&used["id"]), "{open:?}");
    let here = owner.list("viewers")?;
    let theirs: Vec<_> = here.iter().filter(|viewer| viewer["link"] == used["id"]).collect();
    ensure!(theirs.len() == 3 && here.len() == 6, "{here:?}");
    ensure!(
        here.iter().all(|viewer| (viewer["own"] == true) == (viewer["link"] == own_link["id"])),
        "{here:?}"
    );
    let gone = owner.delete("links", text(&used["id"])?)?;
    ensure!(gone.status == 200 && gone.json()?.as_array().is_some_and(|gone| gone.len() == 3), "{gone:?}");
    for link in &mut guests {
        link.is_removed(&runtime)?;
    }
    let barred = guest.site.ask(&guest.site.post("/api/join").cookie(&guest.cookie))?;
    ensure!(barred.status == 401 && barred.json()?["reason"] == "removed", "{barred:?}");

    // By the person: a browser with all its links, which cannot come back; a native viewer can.
    let guest = Page::enter(&other)?;
    let mut guests = guest.join_over_all(&runtime)?;
    let [mut native, mut by_tcp] = join_natively(&runtime, &host.new_link(&["--role", "view"])?)?;
    let here = owner.list("viewers")?;
    let one_of = |link: &dyn Fn(&Value) -> bool| {
        here.iter().find(|viewer| viewer["own"] == false && link(&viewer["role"])).context("it is here")
    };
    let gone = owner.delete("viewers", text(&one_of(&|role| role == "control")?["id"])?)?.json()?;
    let gone = gone.as_array().context("a list")?;
    ensure!(gone.len() == 3 && gone.iter().all(|gone| gone["mayReturn"] == false), "{gone:?}");
    for link in &mut guests {
        link.is_removed(&runtime)?;
    }
    let gone = owner.delete("viewers", text(&one_of(&|role| role == "view")?["id"])?)?.json()?;
    ensure!(gone.as_array().is_some_and(|gone| gone.len() == 1 && gone[0]["mayReturn"] == true), "{gone}");
    native.is_removed(&runtime)?;
    by_tcp.lives(&runtime)?;

    // Oneself by neither: that is leaving.
    let oneself = here.iter().find(|viewer| viewer["own"] == true).context("the owner is here")?;
    for (kind, id) in [("viewers", &oneself["id"]), ("links", &own_link["id"])] {
        let refused = owner.delete(kind, text(id)?)?;
        ensure!(refused.status == 422 && refused.json()?["reason"] == "yourself", "{refused:?}");
    }
    for unknown in ["v999", "v", "all", "0000000000000000", "%2e%2e"] {
        for kind in ["viewers", "links"] {
            let refused = owner.delete(kind, unknown)?;
            ensure!(refused.status == 404, "{kind}/{unknown}: {refused:?}");
        }
    }
    own.iter_mut().try_for_each(|link| link.lives(&runtime))
}

/// Joins over all transports by links for so many seconds. `None` if these were over before all had joined.
fn join_by_shared_links(
    runtime: &Handle,
    host: &Host,
    seconds: u64,
) -> Option<Result<(SystemTime, Vec<Link>)>> {
    // Tickets name whole seconds, so they may end so much earlier.
    let began = SystemTime::now();
    let joined = || {
        let made = host.new_links(&["--ttl", &format!("{seconds}s")])?;
        let link = |scheme| made.iter().find(|link| link.starts_with(scheme)).context("a link");
        let mut links = Page::enter(link("https")?)?.join_over_all(runtime)?;
        links.extend(join_natively(runtime, link("dormer")?)?);
        links.iter_mut().try_for_each(|link| link.lives(runtime))?;
        anyhow::Ok(links)
    };
    let joined = joined();
    let end = began + Duration::from_secs(seconds - 1);
    (SystemTime::now() < end || joined.is_ok()).then(|| Ok((end, joined?)))
}

/// A page that was let in.
struct Page {
    site: Site,
    cookie: String,
}

/// A link that is there.
struct Link {
    way: &'static str,
    end: ViewerLink,
}

impl Page {
    fn enter(link: &str) -> Result<Self> {
        let site = Site::of(link)?;
        let cookie = site.enter()?;
        Ok(Self { site, cookie })
    }

    /// What it is told when it wants to make a link.
    fn ask_to_join(&self) -> Result<Value> {
        let answer = self.site.ask(&self.site.post("/api/join").cookie(&self.cookie))?;
        ensure!(answer.status == 200, "{answer:?}");
        answer.json()
    }

    /// A link for somebody else.
    fn share(&self) -> Result<String> {
        let request = self.site.post("/api/links").cookie(&self.cookie).json(&json!({"role": "control"}));
        Ok(text(&self.site.ask(&request)?.json()?["browser"])?.to_owned())
    }

    /// Those who are here, or the links that are open.
    fn list(&self, kind: &str) -> Result<Vec<Value>> {
        let answer = self.site.ask(&Request::new("GET", &format!("/api/{kind}")).cookie(&self.cookie))?;
        ensure!(answer.status == 200, "{answer:?}");
        answer.json()?.as_array().cloned().context("a list")
    }

    fn delete(&self, kind: &str, id: &str) -> Result<https::Answer> {
        let request = Request::new("DELETE", &format!("/api/{kind}/{id}"));
        self.site.ask(&request.header("Origin", &self.site.origin).cookie(&self.cookie))
    }

    fn leave(&self) -> Result<()> {
        let left = self.site.ask(&self.site.post("/api/leave").cookie(&self.cookie))?;
        ensure!(left.status == 204, "{left:?}");
        Ok(())
    }

    /// A link over each transport that pages have.
    fn join_over_all(&self, runtime: &Handle) -> Result<Vec<Link>> {
        let by_webtransport = runtime.block_on(self.join_by_webtransport()).context("WebTransport")?;
        let by_webrtc = runtime.block_on(self.join_by_webrtc()).context("WebRTC")?;
        let by_socket = runtime.block_on(self.join_by_websocket()).context("WebSocket")?;
        Ok(vec![
            Link { way: "WebTransport", end: by_webtransport },
            Link { way: "WebRTC", end: by_webrtc },
            Link { way: "WebSocket", end: by_socket },
        ])
    }

    async fn join_by_webtransport(&self) -> Result<ViewerLink> {
        let join = self.ask_to_join()?;
        let hashes = join["webtransport"]["certificateHashes"].as_array().context("hashes")?;
        let hash = |hash: &Value| CertificateHash::from_base64(hash.as_str()?);
        let hashes = hashes.iter().filter_map(hash).collect();
        let target = Target { address: self.site.address, hashes, origin: self.site.origin.clone() };
        let settings = WebTransportSettings::new("/api/link", Origins::listed([]));
        let ticket = TicketText::new(ticket(&join)?);
        Ok(webtransport::connect(target, &ticket, introduction(), settings).await?.0)
    }

    async fn join_by_websocket(&self) -> Result<ViewerLink> {
        let ticket = TicketText::new(ticket(&self.ask_to_join()?)?);
        let address = self.site.address;
        let connector = TlsConnector::from(Arc::new(https::tls(b"http/1.1")?));
        let stream = TcpStream::connect(address).await?;
        let mut stream = connector.connect(ServerName::from(address.ip()), stream).await?;
        let upgrade = Request::upgrade(&self.site.origin).cookie(&self.cookie).head(&address.to_string());
        stream.write_all(upgrade.as_bytes()).await?;
        stream.flush().await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        ensure!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        let settings = WebSocketSettings::default();
        Ok(websocket::connect(stream, address, &ticket, introduction(), settings).await?.0)
    }

    async fn join_by_webrtc(&self) -> Result<ViewerLink> {
        let ticket = TicketText::new(ticket(&self.ask_to_join()?)?);
        let signalling = Arc::new(Signalling { site: self.site.clone(), cookie: self.cookie.clone() });
        Ok(webrtc::connect(signalling, &ticket, introduction(), ViewerSettings::default()).await?.0)
    }
}

impl Link {
    /// Hears an answer.
    fn lives(&mut self, runtime: &Handle) -> Result<()> {
        let way = self.way;
        self.end.sender().send_control(&ToHost::Ping { viewer: Timestamp(7) });
        in_time(runtime, async {
            loop {
                match self.end.recv().await {
                    ViewerIncoming::Control(ToViewer::Pong { .. }) => return Ok(()),
                    ViewerIncoming::Control(ToViewer::Refused(refusal)) => bail!("{way}: {refusal:?}"),
                    ViewerIncoming::Closed(reason) => bail!("{way}: it ended: {reason}"),
                    _ => {}
                }
            }
        })
    }

    /// The host ends it, and says that its right is over.
    fn is_over(&mut self, runtime: &Handle) -> Result<()> {
        self.ends_by(RefusalCode::TicketExpired, runtime)
    }

    /// The same, because its owner removed it.
    fn is_removed(&mut self, runtime: &Handle) -> Result<()> {
        self.ends_by(RefusalCode::Removed, runtime)
    }

    fn ends_by(&mut self, code: RefusalCode, runtime: &Handle) -> Result<()> {
        let refusal = in_time(runtime, refusal(&mut self.end)).context(self.way)?;
        ensure!(refusal.code == code, "{}: {refusal:?}", self.way);
        Ok(())
    }
}

async fn refusal(link: &mut ViewerLink) -> Result<Refusal> {
    loop {
        match link.recv().await {
            ViewerIncoming::Control(ToViewer::Refused(refusal))
            | ViewerIncoming::Closed(CloseReason::Refused(refusal)) => return Ok(refusal),
            ViewerIncoming::Closed(reason) => bail!("the link ended otherwise: {reason}"),
            _ => {}
        }
    }
}

/// A link over each transport of native viewers.
fn join_natively(runtime: &Handle, link: &str) -> Result<[Link; 2]> {
    let by_udp: LinkAddress = link.parse()?;
    // Nobody is there: UDP does not get through.
    let by_tcp = LinkAddress { host: "127.0.0.1".to_owned(), port: 9, others: Vec::new(), ..by_udp.clone() };
    let join = |address: LinkAddress, way| {
        let joined = dial::join(&address, introduction(), DialSettings::default(), None);
        let (link, _, taken) = runtime.block_on(joined)?;
        ensure!(taken == way, "joined over {taken:?}");
        anyhow::Ok(link)
    };
    Ok([
        Link { way: "QUIC", end: join(by_udp, Way::Udp)? },
        Link { way: "TCP", end: join(by_tcp, Way::Tcp)? },
    ])
}

/// Carries WebRTC's offers to the host as its page does.
struct Signalling {
    site: Site,
    cookie: String,
}

impl Signalling {
    fn post(&self, path: &str, sdp: &str) -> Result<Value> {
        let request = self.site.post(path).cookie(&self.cookie).json(&json!({ "sdp": sdp }));
        let answer = self.site.ask(&request)?;
        ensure!(answer.status == 200, "{answer:?}");
        answer.json()
    }
}

type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

impl SignallingClient for Signalling {
    fn offer(&self, sdp: String) -> Later<'_, Answer> {
        let text = |answer: &Value, name: &str| answer[name].as_str().map(str::to_owned);
        let answer = self.post("/api/rtc", &sdp).map_err(|error| format!("{error:#}"));
        let answer = answer.and_then(|answer| {
            let both = text(&answer, "id").zip(text(&answer, "sdp"));
            both.map(|(id, sdp)| Answer { id, sdp }).ok_or_else(|| format!("{answer} is no answer"))
        });
        Box::pin(async { answer })
    }

    fn restart(self: Arc<Self>, id: String, _: String) -> Later<'static, String> {
        Box::pin(async move { Err(format!("nothing moves in this test, and {id} does not either")) })
    }
}

fn host() -> Result<Host> {
    Host::start([binaries()?.testapp.to_str().context("a path")?])
}

/// Links go on while nobody waits for them.
fn runtime() -> Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    Ok(handle)
}

fn in_time<T>(runtime: &Handle, wanted: impl Future<Output = Result<T>>) -> Result<T> {
    let limit = Duration::from_secs(200);
    runtime.block_on(async { tokio::time::timeout(limit, wanted).await.context("waited in vain")? })
}

fn introduction() -> Introduction {
    Introduction { agent: "test".to_owned(), video: Vec::new(), resume: None }
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

fn ticket(join: &Value) -> Result<&str> {
    join["ticket"].as_str().context("a ticket")
}

/// A link in the place of the one that was used.
fn another_link(host: &Host, used: &Site) -> Result<String> {
    wait::until(PATIENCE, "another link in the file", || {
        let next = host.browser_link()?;
        Ok((!next.contains(&used.ticket)).then_some(next))
    })
}
