//! `dormer serve`: starts the parts of a host, says how to join, and ends them in order.

mod advertise;
mod browsers;
mod config;
mod event_loop;
mod http;
mod joins;
mod options;
mod rights;
mod start_order;
mod turn;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tracing::warn;
use transport::{
    Admission, HostIdentity, Pin, PreAuthLimits, TicketKey, UnixSeconds,
    quic::{QuicHost, QuicSettings},
};
use web::Visitors;

pub(crate) use config::{DEFAULT_HTTP_PORT, DEFAULT_PORT};
pub(crate) use options::ServeOptions;

use browsers::Browsers;
use config::Config;
use event_loop::{End, Engines, EventLoop, FirstApp, HostEvent, SessionApps, WaysIn};
use joins::Joins;
use rights::Rights;

use crate::{
    api::Entry,
    apps::{AppEnded, Apps, MAX_APPS},
    console::{Console, Order},
    files::Files,
    links::{self, Announcement, Issued, Links, Spot},
    paths,
    reaper::{self, OrphanEnds},
    runtime_dir::RuntimeDir,
    session_env::{self, SessionEnv},
};

/// How many events may wait. When it is full, apps, encoders and viewers wait: nothing is lost.
const MAX_EVENTS: usize = 1024;

/// Runs a session until it ends.
pub(crate) fn serve(options: ServeOptions) -> Result<()> {
    let config = Config::resolve(options)?;
    reaper::run_with_reaper(|orphan_ends| {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            // For the catalogue, name look-ups, and files that are brought and fetched.
            .max_blocking_threads(4)
            .build()
            .context("cannot start the network thread")?;
        runtime.block_on(run(config, orphan_ends))
    })
}

async fn run(config: Config, orphan_ends: OrphanEnds) -> Result<()> {
    paths::private_dir(&config.state_dir)?;
    let (events, mut inbox) = mpsc::channel(MAX_EVENTS);
    // First of all: a container's first process is sent no signal that it does not listen to.
    forward_signals(&events)?;
    let (orders, order_inbox) = mpsc::channel(16);
    let _console = Console::listen(&config.state_dir, orders.clone())?;
    let identity = HostIdentity::load_or_create(&config.state_dir)?;
    let tickets = TicketKey::load_or_create(&config.state_dir)?;
    let session = transport::session_name(&config.state_dir)?;

    let admission = Admission::new(session.clone(), tickets.clone(), PreAuthLimits::default());
    let now = UnixSeconds::now();
    let admission = admission.remembering_in(config.state_dir.join("used-links"), now);
    let admission = admission.context("it cannot be read which links were used")?;
    let admission = admission.revoked_in(config.state_dir.join("revoked-links"), now);
    let admission = Arc::new(admission.context("it cannot be read which links were taken back")?);
    let visitors = Visitors::kept_in(config.state_dir.join("visitors"), now);
    let visitors = visitors.context("it cannot be read which browsers have joined")?;
    let visitors = Arc::new(Mutex::new(visitors));
    let quic = bind_quic(&config, &identity, &admission)?;
    let browsers = Browsers::bind(&config, &identity, &admission)?;
    let places = Places {
        native: quic.local_addr().context("the socket has no address")?,
        page: browsers.as_ref().map(Browsers::address),
    };
    let issued = Issued::kept_in(config.state_dir.join("shared-links"));
    let issued = Arc::new(issued.context("it cannot be read which links were made")?);
    let links = Links { issued, ..places.links(&config, session.clone(), identity.pin(), tickets) };
    if let Some(advice) = links.native.advice() {
        warn!("{advice}");
    }

    let runtime_dir = RuntimeDir::create()?;
    let starts = compositor::Starts::default();
    let (compositor, env) = start_compositor(&config, &runtime_dir, starts.clone(), &events).await?;
    let engines = Engines { compositor, encoders: start_encoders(&config, &events) };
    let hidden = [Some(config.state_dir.clone()), config.link_file.clone()];
    let files = Arc::new(Files::new(env.home.clone(), hidden.into_iter().flatten().collect()));
    let apps = start_apps(&config, env, starts, orphan_ends)?;

    let announcement =
        Announcement::publish(links.clone(), config.ttl, config.link_file.clone(), config.print_links)?;
    let announcement = Arc::new(announcement);
    keep_fresh(Arc::clone(&announcement));
    let entry = Entry {
        admission: Arc::clone(&admission),
        links: links.clone(),
        announcement: Arc::clone(&announcement),
        ttl: config.ttl,
        files,
        visitors: Arc::clone(&visitors),
    };
    let browsers = browsers.map(|browsers| browsers.open(entry, orders)).transpose()?;
    forward_orders(order_inbox, events.clone());
    let joins = Joins::open(quic, browsers, events.clone());

    let core = session::host::Host::new(session::host::Config {
        session,
        max_viewers: config.max_viewers,
        ..Default::default()
    });
    let rights = Rights::new(admission, visitors);
    let ways_in = WaysIn { links, announcement, rights };
    let mut event_loop = EventLoop::new(core, engines, apps, ways_in, events);
    let end = event_loop.run(&mut inbox).await;
    event_loop.close(&mut inbox, &reason(&end)).await;
    joins.close(reason(&end)).await;
    if let Some(path) = &config.link_file {
        links::remove_own(path);
    }
    outcome(end)
}

fn bind_quic(config: &Config, identity: &HostIdentity, admission: &Arc<Admission>) -> Result<QuicHost> {
    let (admission, settings) = (Arc::clone(admission), QuicSettings::default());
    Ok(match config.quic {
        Some(address) => QuicHost::bind(address, identity, admission, settings)?,
        None => QuicHost::bind_everywhere(DEFAULT_PORT, identity, admission, settings)?,
    })
}

/// What is bound.
struct Places {
    native: SocketAddr,
    page: Option<SocketAddr>,
}

impl Places {
    fn links(self, config: &Config, session: String, pin: Pin, tickets: TicketKey) -> Links {
        let Self { mut native, page } = self;
        if let Some(page) = page.filter(|page| native.ip().is_unspecified() && !page.ip().is_unspecified()) {
            // Who gave the page an address meant people to come by it.
            native.set_ip(page.ip());
        }
        let advertise = &config.advertise;
        Links {
            session,
            native: Spot::new(advertise.native(native.port()), native),
            tcp: page.map(|page| Spot::new(advertise.tcp(page.port()), page)),
            browser: page.map(|page| Spot::new(advertise.browser(page.port()), page)),
            pin,
            tickets,
            issued: Arc::default(),
        }
    }
}

/// Starts the first app, if there is one.
fn start_apps(
    config: &Config,
    env: SessionEnv,
    starts: compositor::Starts,
    orphan_ends: OrphanEnds,
) -> Result<SessionApps> {
    let (app_ended, ends) = mpsc::channel(MAX_APPS);
    let mut apps = Apps::new(env, starts, app_ended);
    let first = match config.command.as_slice() {
        [] => None,
        command => Some(apps.start(command, None)?),
    };
    let first = first.filter(|_| config.exit_with_command).map_or(FirstApp::Free, FirstApp::Runs);
    Ok(SessionApps { apps, ends, first, orphan_ends })
}

async fn start_compositor(
    config: &Config,
    runtime_dir: &RuntimeDir,
    starts: compositor::Starts,
    events: &mpsc::Sender<HostEvent>,
) -> Result<(compositor::Handle, SessionEnv)> {
    let mut settings = compositor::Config::new(runtime_dir.path());
    settings.source = config.source.clone();
    settings.starts = starts;
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let sink = events.clone();
    let compositor = compositor::Compositor::spawn(settings, move |event| {
        if let compositor::Event::Ready(said) = &event {
            // Heard once, by the caller below.
            let _ = ready.try_send(said.clone());
        }
        // The host ends when its inbox does; then nobody needs events.
        let _ = sink.blocking_send(HostEvent::Compositor(event));
    })?;
    let compositor::Ready { env: display, entrance, lacks, .. } =
        is_ready.recv().context("the compositor ended before it was ready; its log says why")?;
    let (home, advice) = session_env::home(&config.state_dir);
    paths::private_dir(&home)?;
    if let Some(advice) = advice {
        warn!("{advice}");
    }
    let runtime_dir = runtime_dir.path().to_owned();
    Ok((compositor, SessionEnv { display, entrance, lacks, runtime_dir, home, bus: None }))
}

fn start_encoders(config: &Config, events: &mpsc::Sender<HostEvent>) -> encoder::Pool {
    let sink = events.clone();
    let settings = encoder::PoolConfig { video: config.encoder.broker(), ..Default::default() };
    encoder::Pool::new(settings, move |encoded| {
        // As for the compositor.
        let _ = sink.blocking_send(HostEvent::Encoded(encoded));
    })
}

/// Links in the file always work: others take their place before they expire, and when this machine's
/// addresses change.
fn keep_fresh(announcement: Arc<Announcement>) {
    /// The clock of timers reaches no farther.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    /// How often addresses are looked at.
    const LOOK: Duration = Duration::from_secs(30);
    let every = announcement.refresh_after().clamp(Duration::from_secs(1), LONGEST);
    tokio::spawn(async move {
        let (mut due, mut known) = (Instant::now() + every, transport::own_addresses());
        loop {
            tokio::time::sleep(due.saturating_duration_since(Instant::now()).min(LOOK)).await;
            let own = transport::own_addresses();
            if own == known && Instant::now() < due {
                continue;
            }
            (due, known) = (Instant::now() + every, own);
            let announcement = Arc::clone(&announcement);
            // It fails if the runtime ends.
            let _ = tokio::task::spawn_blocking(move || announcement.refresh()).await;
        }
    });
}

fn forward_signals(events: &mpsc::Sender<HostEvent>) -> Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signals = signal(kind).context("cannot listen to signals")?;
        let events = events.clone();
        tokio::spawn(async move {
            signals.recv().await;
            let _ = events.send(HostEvent::Stop).await;
        });
    }
    Ok(())
}

fn forward_orders(mut orders: mpsc::Receiver<Order>, events: mpsc::Sender<HostEvent>) {
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            if events.send(HostEvent::Order(order)).await.is_err() {
                break;
            }
        }
    });
}

fn reason(end: &End) -> String {
    match end {
        End::Stopped => "the host was told to end".to_owned(),
        End::Command(_) => "the app ended, and the session with it".to_owned(),
        End::Compositor(failure) => format!("the compositor failed: {failure}"),
    }
}

fn outcome(end: End) -> Result<()> {
    match end {
        End::Stopped => Ok(()),
        End::Command(AppEnded { status: Ok(status), .. }) if status.success() => Ok(()),
        End::Command(AppEnded { status: Ok(status), .. }) => bail!("the app failed: {status}"),
        End::Command(AppEnded { status: Err(error), .. }) => bail!("the app was lost: {error}"),
        End::Compositor(failure) => bail!("the compositor failed: {failure}"),
    }
}
