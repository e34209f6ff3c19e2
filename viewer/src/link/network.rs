//! The network thread: between the link, the viewer core, the decode thread and the front end.

use std::{future, io, time::Duration};

use media::{Timestamp, TrackId, VideoCodec};
use protocol::{
    control::{Refusal, RefusalCode, ToHost, ToViewer, Welcome},
    input::InputEvent,
};
use session::viewer::{self as core, Action, Outbound, Viewer};
use tokio::{sync::mpsc, time};
use transport::{
    CloseReason, ConnectError, Introduction, LinkAddress, LinkStats, ViewerIncoming, ViewerLink,
    ViewerSender,
    dial::{self, DialSettings, Way},
    resume_key,
};

use super::{
    Command, End, Event, Sink, State,
    backoff::Backoff,
    decoding::{Decoded, Decoder},
    figures::Figures,
    signals::Signals,
};

/// Runs until the link is over, and says so.
pub(super) fn run(address: LinkAddress, stats: bool, commands: mpsc::Receiver<Command>, sink: impl Sink) {
    let end = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            match Network::new(stats, commands, sink.clone()) {
                Ok(network) => network.run(&address).await,
                Err(error) => End::Failed(format!("cannot set up the network thread: {error}")),
            }
        }),
        Err(error) => End::Failed(format!("cannot set up the network thread: {error}")),
    };
    sink(Event::State(State::Ended(printable(end))));
}

struct Network<S> {
    core: Viewer,
    sink: S,
    commands: mpsc::Receiver<Command>,
    decoder: Decoder,
    decoded: mpsc::UnboundedReceiver<Decoded>,
    signals: Signals,
    figures: Figures,
    /// Over what the newest link ran.
    way: Option<Way>,
}

/// How often a viewer looks whether UDP gets through again, while its link runs over TCP.
const LOOK_FOR_UDP: Duration = Duration::from_secs(20);

/// What ended one connection.
enum Over {
    /// Nothing will follow.
    End(End),
    /// It broke; another may be made.
    Broken(String),
}

impl<S: Sink> Network<S> {
    fn new(stats: bool, commands: mpsc::Receiver<Command>, sink: S) -> io::Result<Self> {
        // The core bounds how many updates are handed out and not applied, and each has one result. The
        // decode thread must not wait for this one, which may be waiting for it.
        let (results, decoded) = mpsc::unbounded_channel();
        Ok(Self {
            core: Viewer::new(core::Config { resume: Some(resume_key()?), ..core::Config::default() }),
            decoder: Decoder::start(sink.clone(), results)?,
            sink,
            commands,
            decoded,
            signals: Signals::new()?,
            figures: Figures::new(stats),
            way: None,
        })
    }

    async fn run(mut self, address: &LinkAddress) -> End {
        let mut backoff = Backoff::new();
        let mut met = false;
        loop {
            let broken = match self.connect(address).await {
                Ok((link, welcome)) => {
                    met = true;
                    backoff = Backoff::new();
                    match self.live(address, link, welcome).await {
                        Over::End(end) => return end,
                        Over::Broken(reason) => reason,
                    }
                }
                Err(Failure::Left) => return End::Left,
                Err(Failure::Connect(error)) if !met || is_final(&error) => {
                    return End::Failed(error.to_string());
                }
                Err(Failure::Connect(error)) => error.to_string(),
            };
            let wait = backoff.next();
            tracing::info!(reason = core::clean(&broken), "not connected; trying again in {wait:?}");
            self.tell(Event::State(State::Reconnecting { reason: core::clean(&broken) }));
            if self.pause(wait).await.is_left() {
                return End::Left;
            }
        }
    }

    async fn connect(&mut self, address: &LinkAddress) -> Result<(ViewerLink, Welcome), Failure> {
        let introduction = Introduction {
            agent: concat!("dormer-view ", env!("CARGO_PKG_VERSION")).to_owned(),
            video: vec![VideoCodec::H264],
            resume: self.core.resume(clock::now()),
        };
        let mut connecting =
            std::pin::pin!(dial::join(address, introduction, DialSettings::default(), self.way));
        loop {
            tokio::select! {
                result = &mut connecting => {
                    let (link, welcome, way) = result.map_err(Failure::Connect)?;
                    self.way = Some(way);
                    return Ok((link, welcome));
                }
                command = self.commands.recv() => {
                    if self.offline(command).is_left() {
                        return Err(Failure::Left);
                    }
                }
                () = self.signals.recv() => return Err(Failure::Left),
                () = self.figures.due() => self.report(LinkStats::default(), false),
            }
        }
    }

    /// Waits, and hears the front end meanwhile.
    async fn pause(&mut self, wait: Duration) -> Leaving {
        let mut waiting = std::pin::pin!(time::sleep(wait));
        loop {
            tokio::select! {
                () = &mut waiting => return Leaving::No,
                command = self.commands.recv() => {
                    if self.offline(command).is_left() {
                        return Leaving::Yes;
                    }
                }
                () = self.signals.recv() => return Leaving::Yes,
                () = self.figures.due() => self.report(LinkStats::default(), false),
            }
        }
    }

    /// One connection, from its welcome to its end.
    async fn live(&mut self, address: &LinkAddress, mut link: ViewerLink, welcome: Welcome) -> Over {
        let sender = link.sender().clone();
        let mut better = std::pin::pin!(better_way(address, self.way));
        self.decoder.begin();
        self.core.handle_control(clock::now(), ToViewer::Welcome(welcome));
        let over = loop {
            if let Some(over) = self.act(&sender) {
                break over;
            }
            let timeout = self.core.poll_timeout();
            tokio::select! {
                biased;
                () = self.signals.recv() => break Over::End(End::Left),
                // Before commands: the word that an update was presented must not overtake the word that it
                // was applied.
                Some(decoded) = self.decoded.recv() => {
                    if let Some(over) = self.on_decoded(decoded) {
                        break over;
                    }
                }
                command = self.commands.recv() => match self.command(command, sender.stats()) {
                    Leaving::Yes => break Over::End(End::Left),
                    Leaving::No => {}
                },
                incoming = link.recv(), if !self.decoder.is_behind() => {
                    if let Some(over) = self.on_incoming(incoming) {
                        break over;
                    }
                }
                () = &mut better => {
                    self.way = Some(Way::Udp);
                    break Over::Broken("UDP gets through again".to_owned());
                }
                () = self.decoder.catch_up(), if self.decoder.is_behind() => {}
                () = until(timeout) => self.core.handle_timeout(clock::now()),
                () = self.figures.due() => self.report(sender.stats(), false),
            }
        };
        self.part(link, &over).await;
        over
    }

    /// Does what the core decided. `Some` when the connection is over by that.
    fn act(&mut self, sender: &ViewerSender) -> Option<Over> {
        while let Some(action) = self.core.poll_action() {
            match action {
                Action::Send(outbound) => send(sender, &outbound),
                Action::Apply(update) => self.decoder.apply(update),
                Action::Tell(event) => self.tell_session(event),
                Action::State(core::State::Closed(end)) => return Some(Over::End(closed(end))),
                Action::State(state) => self.on_state(&state),
            }
        }
        None
    }

    /// Without a link: what is meant for the host is dropped, but for input, which the core keeps; what is
    /// meant for the front end is not.
    fn act_offline(&mut self) {
        while let Some(action) = self.core.poll_action() {
            match action {
                Action::Tell(event) => self.tell_session(event),
                Action::State(state) => self.on_state(&state),
                Action::Send(_) | Action::Apply(_) => {}
            }
        }
    }

    fn tell_session(&mut self, event: core::Event) {
        if let core::Event::WindowGone(track) = event {
            self.decoder.forget(track);
        }
        self.tell(Event::Session(event));
    }

    /// That a link broke or ended is told with its reason, where that is known.
    fn on_state(&self, state: &core::State) {
        match state {
            core::State::Live { role, .. } => self.tell(Event::State(State::Online { role: *role })),
            core::State::Connecting | core::State::Reconnecting { .. } | core::State::Closed(_) => {}
        }
    }

    fn on_incoming(&mut self, incoming: ViewerIncoming) -> Option<Over> {
        let now = clock::now();
        match incoming {
            ViewerIncoming::Control(ToViewer::Refused(refusal))
            | ViewerIncoming::Closed(CloseReason::Refused(refusal)) => return Some(thrown_out(refusal)),
            ViewerIncoming::Control(message) => self.core.handle_control(now, message),
            ViewerIncoming::Update(update) => self.core.handle_update(now, update),
            // Trying again would not mend the host.
            ViewerIncoming::Closed(reason @ CloseReason::Protocol(_)) => {
                return Some(Over::End(End::Failed(reason.to_string())));
            }
            ViewerIncoming::Closed(reason) => return Some(Over::Broken(reason.to_string())),
        }
        None
    }

    /// `Some` if the connection is worth nothing any more.
    fn on_decoded(&mut self, decoded: Decoded) -> Option<Over> {
        match decoded {
            Decoded::Applied { connection, track, update, at } if connection == self.decoder.connection() => {
                self.figures.applied();
                self.core.handle_applied(clock::now(), track, update, at);
                None
            }
            Decoded::Broken { connection, reason } if connection == self.decoder.connection() => {
                Some(Over::Broken(reason))
            }
            Decoded::Malformed { connection, reason } if connection == self.decoder.connection() => {
                Some(Over::End(End::Failed(core::End::Protocol(reason).to_string())))
            }
            // Of a connection that is over.
            Decoded::Applied { .. } | Decoded::Broken { .. } | Decoded::Malformed { .. } => None,
        }
    }

    fn offline(&mut self, command: Option<Command>) -> Leaving {
        let leaving = self.command(command, LinkStats::default());
        self.act_offline();
        leaving
    }

    fn command(&mut self, command: Option<Command>, link: LinkStats) -> Leaving {
        let now = clock::now();
        match command {
            None | Some(Command::Leave) => return Leaving::Yes,
            Some(Command::Input { at, track, event }) => self.input(at, track, event),
            Some(Command::ReleaseAll) => self.core.release_held(now),
            Some(Command::Configure { track, configure }) => self.core.configure(track, configure),
            Some(Command::Close(track)) => self.input(now, track, InputEvent::Close),
            Some(Command::ForceQuit(track)) => self.input(now, track, InputEvent::ForceQuit),
            Some(Command::Focus(track)) => self.core.handle_focus(now, track),
            Some(Command::DismissPopups) => self.core.dismiss_popups(),
            Some(Command::TakeSeat) => self.core.take_seat(),
            Some(Command::Visible { track, visible }) => self.core.set_visible(track, visible),
            Some(Command::Keymap(text)) => self.core.set_keymap(text),
            Some(Command::Locks(locks)) => self.core.set_locks(locks),
            Some(Command::Presented { track, update, at }) => {
                self.figures.presented();
                self.core.handle_presented(at, track, update);
            }
            Some(Command::OfferClipboard { mimes }) => self.core.offer_clipboard(mimes),
            Some(Command::ReadClipboard { mime }) => {
                self.core.request_clipboard(now, mime);
            }
            Some(Command::ClipboardContent { request, data }) => self.core.provide_clipboard(request, data),
            Some(Command::Report) => self.report(link, true),
        }
        Leaving::No
    }

    fn input(&mut self, at: Timestamp, track: TrackId, event: InputEvent) {
        if let Err(unsent) = self.core.handle_input(at, track, event) {
            tracing::debug!(%track, "an input was not sent: {unsent}");
        }
    }

    fn report(&mut self, link: LinkStats, asked: bool) {
        let report = Box::new(self.figures.report(&self.core, link, asked));
        self.tell(Event::Report { report, asked });
    }

    /// Ends a connection from this side.
    async fn part(&mut self, link: ViewerLink, over: &Over) {
        let farewell = match over {
            Over::End(End::Left) => {
                self.core.release_held(clock::now());
                // Nothing can be over twice.
                let _ = self.act(link.sender());
                link.send_control(&ToHost::Goodbye);
                ""
            }
            Over::End(_) => "",
            Over::Broken(reason) => reason,
        };
        link.close(farewell).await;
        self.core.reset_link(clock::now());
        self.act_offline();
    }

    fn tell(&self, event: Event) {
        (self.sink)(event);
    }
}

fn send(sender: &ViewerSender, outbound: &Outbound) {
    match outbound {
        Outbound::Control(message) => sender.send_control(message),
        Outbound::Input(input) | Outbound::Motion(input) => sender.send_input(input),
        Outbound::Feedback(feedback) => sender.send_feedback(feedback),
    }
}

/// Why there is no connection.
enum Failure {
    Connect(ConnectError),
    Left,
}

/// Whether the front end, or the user by a signal, wants to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Yes,
    No,
}

impl Leaving {
    fn is_left(self) -> bool {
        self == Leaving::Yes
    }
}

/// Waits until a link over TCP can run over UDP again, which stands loss better: for ever, if it runs over
/// UDP. What is under way is not lost by the change: it is sent again over the new link.
async fn better_way(address: &LinkAddress, way: Option<Way>) {
    if way != Some(Way::Tcp) {
        return future::pending().await;
    }
    loop {
        time::sleep(LOOK_FOR_UDP).await;
        if dial::answers_over_udp(address, DialSettings::default().quic).await {
            return;
        }
    }
}

/// Whether trying again is of no use.
fn is_final(error: &ConnectError) -> bool {
    match error {
        ConnectError::WrongKey { .. } => true,
        ConnectError::Refused(refusal) => is_for_good(refusal),
        ConnectError::Closed(CloseReason::Protocol(_)) => true,
        ConnectError::Resolve { .. }
        | ConnectError::Silence { .. }
        | ConnectError::Closed(_)
        | ConnectError::Local(_) => false,
    }
}

/// A host that is full, or that lost patience with a slow link, may take the viewer again. Who took this
/// viewer's place has its key, and would be thrown out in turn.
fn is_for_good(refusal: &Refusal) -> bool {
    matches!(
        refusal.code,
        RefusalCode::Version
            | RefusalCode::TicketInvalid
            | RefusalCode::TicketExpired
            | RefusalCode::Replaced
            | RefusalCode::Removed
    )
}

fn thrown_out(refusal: Refusal) -> Over {
    if is_for_good(&refusal) {
        Over::End(End::Failed(refusal.message))
    } else {
        Over::Broken(refusal.message)
    }
}

/// Hosts word what is said at the end, and it goes to a terminal.
fn printable(end: End) -> End {
    match end {
        End::Left => End::Left,
        End::SessionOver(reason) => End::SessionOver(core::clean(&reason)),
        End::Failed(reason) => End::Failed(core::clean(&reason)),
    }
}

fn closed(end: core::End) -> End {
    match end {
        core::End::Goodbye(reason) => End::SessionOver(reason),
        core::End::Refused(refusal) => End::Failed(refusal.message),
        core::End::Protocol(_) => End::Failed(end.to_string()),
    }
}

/// Until a time on the viewer's clock; for ever without one.
async fn until(at: Option<Timestamp>) {
    match at {
        Some(at) => time::sleep(at.since(clock::now())).await,
        None => future::pending().await,
    }
}
