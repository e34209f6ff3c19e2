//! `dormer serve`: starts the parts of a host, says how to join, and ends them in order.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use transport::{
    Doorkeeper, GateLimits, HostIdentity, TicketId, TicketKey,
    quic::{QuicHost, QuicSettings},
    webrtc::{WebRtcHost, WebRtcSettings},
};

use crate::{
    apps::{AppEnded, Apps, SessionEnv},
    config::{self, Config, HttpConfig, ServeOptions},
    console::{Console, Order},
    door::{Door, Entrances},
    host::{End, Happening, Host, Parts},
    links::{self, Announcement, Links},
    paths::{self, RuntimeDir},
    web::{Certificates, Hosts, Listener, Site, SiteParts},
};

/// How many happenings may wait. When it is full, apps, encoders and viewers wait: nothing is lost.
const HAPPENINGS: usize = 1024;

/// Runs a session until it ends.
pub(crate) fn serve(options: ServeOptions) -> Result<()> {
    let config = Config::resolve(options)?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        // Only for the catalogue and name look-ups.
        .max_blocking_threads(2)
        .build()
        .context("cannot start the network thread")?;
    runtime.block_on(run(config))
}

async fn run(config: Config) -> Result<()> {
    paths::private_dir(&config.state_dir)?;
    let (happenings, mut inbox) = mpsc::channel(HAPPENINGS);
    let (orders, order_inbox) = mpsc::channel(16);
    let _console = Console::listen(&config.state_dir, orders.clone())?;
    let identity = HostIdentity::load_or_create(&config.state_dir)?;
    let tickets = TicketKey::load_or_create(&config.state_dir)?;
    let session = session_name()?;

    let doorkeeper = Arc::new(Doorkeeper::new(session.clone(), tickets.clone(), GateLimits::default()));
    let quic = QuicHost::bind(config.quic, &identity, Arc::clone(&doorkeeper), QuicSettings::default())?;
    let quic_address = quic.local_addr().context("the socket has no address")?;
    let page = match &config.http {
        Some(http) => Some(Listener::bind(http.address, config::DEFAULT_HTTP_PORT).await?),
        None => None,
    };
    let browser_port = page.as_ref().map(|page| page.address().port());
    let shown_address = page.as_ref().map_or(quic_address, Listener::address);
    let issue = Links {
        session: session.clone(),
        host: config.advertise.clone().unwrap_or_else(|| advertised(shown_address)),
        native_port: quic_address.port(),
        browser_port,
        pin: identity.pin(),
        tickets,
    };

    let runtime_dir = RuntimeDir::create()?;
    let (compositor, env) = start_compositor(&config, &runtime_dir, &happenings).await?;
    let pool = start_encoders(&config, &happenings);
    let (app_ended, app_ends) = mpsc::unbounded_channel();
    let mut apps = Apps::new(env, app_ended);
    let first_app = match config.command.as_slice() {
        [] => None,
        command => Some(apps.start(command, None)?),
    };

    let mut entrances = Entrances { quic, webrtc: None, page: None };
    let mut page = page;
    let browsers = match (&config.http, page.take()) {
        (Some(http), Some(listener)) => {
            let certificates = certificates(&config, http, &issue, listener.address())?;
            let webrtc = WebRtcHost::new(webrtc_settings(http, listener.address()), Arc::clone(&doorkeeper));
            let desk = webrtc.desk();
            entrances.webrtc = Some(webrtc);
            Some((http, listener, certificates, desk))
        }
        _ => None,
    };
    let announcement = Arc::new(Announcement::publish(issue.clone(), config.ttl, config.link_file.clone())?);
    if let Some((http, listener, certificates, desk)) = browsers {
        let (joined, from_page) = mpsc::channel(16);
        let site = Site::new(SiteParts {
            hosts: hosts(http, &issue),
            authority: links::authority(&issue.host, listener.address().port()),
            certificates,
            frame_ancestors: http.frame_ancestors.clone(),
            doorkeeper,
            links: issue.clone(),
            announcement,
            ttl: config.ttl,
            orders,
            joined,
            webrtc: Some(desk),
        });
        entrances.page = Some((listener.serve(Arc::new(site))?, from_page));
    }
    forward_signals(&happenings)?;
    forward_orders(order_inbox, happenings.clone());
    let door = Door::open(entrances, happenings.clone());

    let core = session::host::Host::new(session::host::Config {
        session,
        max_viewers: config.max_viewers,
        ..Default::default()
    });
    let first_app = first_app.filter(|_| config.exit_with_command);
    let mut host = Host::new(Parts { core, compositor, pool, apps, app_ends, issue, first_app, happenings });
    let end = host.run(&mut inbox).await;
    host.close(&mut inbox, &reason(&end)).await;
    door.close(reason(&end)).await;
    if let Some(path) = &config.link_file {
        // Its links lead nowhere now.
        let _ = std::fs::remove_file(path);
    }
    outcome(end)
}

async fn start_compositor(
    config: &Config,
    runtime_dir: &RuntimeDir,
    happenings: &mpsc::Sender<Happening>,
) -> Result<(compositor::Handle, SessionEnv)> {
    let mut settings = compositor::Config::new(runtime_dir.path());
    settings.xwayland = config.x11;
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let sink = happenings.clone();
    let compositor = compositor::Compositor::spawn(settings, move |event| {
        if let compositor::Event::Ready { wayland_display, x11_display } = &event {
            // Heard once, by the caller below.
            let _ = ready.try_send((wayland_display.clone(), *x11_display));
        }
        // The host ends when its inbox does; then nobody needs events.
        let _ = sink.blocking_send(Happening::Compositor(event));
    })?;
    let (wayland_display, x11_display) =
        is_ready.recv().context("the compositor ended before it was ready; its log says why")?;
    let env = SessionEnv { wayland_display, x11_display, runtime_dir: runtime_dir.path().to_owned() };
    Ok((compositor, env))
}

fn start_encoders(config: &Config, happenings: &mpsc::Sender<Happening>) -> encoder::Pool {
    let sink = happenings.clone();
    let settings = encoder::PoolConfig { video: config.encoder, ..Default::default() };
    encoder::Pool::new(settings, move |encoded| {
        // As for the compositor.
        let _ = sink.blocking_send(Happening::Encoded(encoded));
    })
}

fn forward_signals(happenings: &mpsc::Sender<Happening>) -> Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signals = signal(kind).context("cannot listen to signals")?;
        let happenings = happenings.clone();
        tokio::spawn(async move {
            signals.recv().await;
            let _ = happenings.send(Happening::Told).await;
        });
    }
    Ok(())
}

fn forward_orders(mut orders: mpsc::Receiver<Order>, happenings: mpsc::Sender<Happening>) {
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            if happenings.send(Happening::Order(order)).await.is_err() {
                break;
            }
        }
    });
}

/// A name that no other run of this or another host has: tickets of one session are worth nothing in another.
fn session_name() -> Result<String> {
    let random = TicketId::random().context("no random numbers")?;
    Ok(format!("s{:016x}", random.0))
}

/// What links name as the host: the address that is bound, or the one by which others reach this machine.
fn advertised(bound: SocketAddr) -> String {
    let address = if bound.ip().is_unspecified() { outward_address() } else { bound.ip() };
    address.to_string()
}

/// The address of the interface that leads outwards. Nothing is sent: connecting a UDP socket only asks for a route, to
/// an address that is reserved for documentation (RFC 5737).
fn outward_address() -> IpAddr {
    let ask = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    ask().map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip())
}

/// The names of this host that browsers may use.
fn hosts(http: &HttpConfig, issue: &Links) -> Hosts {
    Hosts::new(http.names.iter().cloned().chain([issue.host.clone()]))
}

/// What its own certificate is for: its names, and the addresses under which it may be reached.
fn certificates(
    config: &Config,
    http: &HttpConfig,
    issue: &Links,
    bound: SocketAddr,
) -> Result<Certificates> {
    let hosts = hosts(http, issue);
    let (addresses, names): (Vec<_>, Vec<_>) =
        hosts.names().iter().cloned().partition(|name| name.parse::<IpAddr>().is_ok());
    let named = addresses.iter().filter_map(|address| address.parse().ok());
    let own = if bound.ip().is_unspecified() { outward_address() } else { bound.ip() };
    let local = [own, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let all: Vec<IpAddr> = named.chain(local).chain(http.external_addresses.iter().copied()).collect();
    Certificates::load(http.certificate.clone(), &config.state_dir, &names, &all)
}

/// WebRTC is offered where the page is.
fn webrtc_settings(http: &HttpConfig, bound: SocketAddr) -> WebRtcSettings {
    let addresses = if bound.ip().is_unspecified() { Vec::new() } else { vec![bound.ip()] };
    WebRtcSettings {
        ports: http.webrtc_ports.clone(),
        addresses,
        external: http.external_addresses.clone(),
        ..WebRtcSettings::default()
    }
}

fn reason(end: &End) -> String {
    match end {
        End::Told => "the host was told to end".to_owned(),
        End::Command(_) => "the app ended, and the session with it".to_owned(),
        End::Compositor(failure) => format!("the compositor failed: {failure}"),
    }
}

fn outcome(end: End) -> Result<()> {
    match end {
        End::Told => Ok(()),
        End::Command(AppEnded { status: Ok(status), .. }) if status.success() => Ok(()),
        End::Command(AppEnded { status: Ok(status), .. }) => bail!("the app failed: {status}"),
        End::Command(AppEnded { status: Err(error), .. }) => bail!("the app was lost: {error}"),
        End::Compositor(failure) => bail!("the compositor failed: {failure}"),
    }
}
