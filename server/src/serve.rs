//! `dormer serve`: starts the parts of a host, says how to join, and ends them in order.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use protocol::control::Role;
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tracing::info;
use transport::{
    Doorkeeper, GateLimits, HostIdentity, LinkAddress, Pin, Right, Ticket, TicketId, TicketKey, UnixSeconds,
    quic::{QuicHost, QuicSettings},
};

use crate::{
    apps::{AppEnded, Apps, SessionEnv},
    config::{Config, ServeOptions},
    console::Console,
    host::{End, Happening, Host, Parts},
    link_file::LinkFile,
    paths::{self, RuntimeDir},
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

/// Makes links into one session.
#[derive(Debug)]
pub(crate) struct Links {
    session: String,
    host: String,
    port: u16,
    pin: Pin,
    tickets: TicketKey,
}

impl Links {
    /// A link that can be used to join for `ttl`.
    pub(crate) fn link(&self, role: Role, ttl: Duration) -> Result<String> {
        let ticket = Ticket {
            id: TicketId::random().context("no random numbers")?,
            right: Right::Join,
            session: self.session.clone(),
            role,
            expires: UnixSeconds::now().after(ttl),
        };
        let ticket = self.tickets.sign(&ticket).context("cannot sign a ticket")?;
        let address = LinkAddress { host: self.host.clone(), port: self.port, pin: self.pin, ticket };
        Ok(address.to_link())
    }
}

async fn run(config: Config) -> Result<()> {
    paths::private_dir(&config.state_dir)?;
    let (happenings, mut inbox) = mpsc::channel(HAPPENINGS);
    let (orders, order_inbox) = mpsc::channel(16);
    let _console = Console::listen(&config.state_dir, orders)?;
    let identity = HostIdentity::load_or_create(&config.state_dir)?;
    let tickets = TicketKey::load_or_create(&config.state_dir)?;
    let session = session_name()?;

    let doorkeeper = Arc::new(Doorkeeper::new(session.clone(), tickets.clone(), GateLimits::default()));
    let endpoint = QuicHost::bind(config.quic, &identity, doorkeeper, QuicSettings::default())?;
    let address = endpoint.local_addr().context("the socket has no address")?;
    let host = config.advertise.clone().unwrap_or_else(|| advertised(address));
    let issue = Links { session: session.clone(), host, port: address.port(), pin: identity.pin(), tickets };

    let runtime_dir = RuntimeDir::create()?;
    let (compositor, env) = start_compositor(&config, &runtime_dir, &happenings).await?;
    let pool = start_encoders(&config, &happenings);
    let (app_ended, app_ends) = mpsc::unbounded_channel();
    let mut apps = Apps::new(env, app_ended);
    let first_app = match config.command.as_slice() {
        [] => None,
        command => Some(apps.start(command, None)?),
    };

    announce(&config, &issue)?;
    forward_signals(&happenings)?;
    forward_orders(order_inbox, happenings.clone());
    let door = Door::open(endpoint, happenings.clone());

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

fn forward_orders(mut orders: mpsc::Receiver<crate::console::Order>, happenings: mpsc::Sender<Happening>) {
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            if happenings.send(Happening::Order(order)).await.is_err() {
                break;
            }
        }
    });
}

/// The task that hands viewers who were let in to the host.
struct Door {
    stop: oneshot::Sender<String>,
    task: JoinHandle<()>,
}

impl Door {
    fn open(mut endpoint: QuicHost, happenings: mpsc::Sender<Happening>) -> Self {
        let (stop, mut stopped) = oneshot::channel::<String>();
        let task = tokio::spawn(async move {
            let reason = loop {
                tokio::select! {
                    reason = &mut stopped => break reason.unwrap_or_default(),
                    Some(joined) = endpoint.accept() => {
                        // The host ends when its inbox does, and then stops us.
                        let _ = happenings.send(Happening::Joined(Box::new(joined))).await;
                    }
                }
            };
            endpoint.close(&reason).await;
        });
        Self { stop, task }
    }

    /// Lets nobody in any more, and waits until those who were know that it is over.
    async fn close(self, reason: String) {
        let _ = self.stop.send(reason);
        let _ = self.task.await;
    }
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

#[expect(clippy::print_stdout, reason = "the links are the result of the command")]
fn announce(config: &Config, issue: &Links) -> Result<()> {
    let control = issue.link(Role::Control, config.ttl)?;
    let view = issue.link(Role::View, config.ttl)?;
    if let Some(path) = &config.link_file {
        LinkFile::new(&control, &view).write(path)?;
    }
    println!("Open in the native viewer:  dormer-view '{control}'");
    println!("To look on only:            dormer-view '{view}'");
    info!(host = %issue.host, port = issue.port, "ready");
    Ok(())
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
