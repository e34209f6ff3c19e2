//! What a transport must bring to be tested.

use std::{sync::Arc, time::Duration};

use dormer_transport::{
    Admission, ConnectError, HostIncoming, HostLink, Introduction, Joined, PreAuthLimits, Right, Ticket,
    TicketId, TicketKey, TicketText, UnixSeconds, ViewerIncoming, ViewerLink,
};
use media::{Timestamp, ViewerId};
use protocol::{
    Lane,
    control::{Hello, Role, ToHost, ToViewer, Welcome},
    encode,
    version::VersionRange,
};

/// How often an idle link shows that it lives, in tests.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_millis(400);

/// After how much silence the other end counts as gone: short enough for tests, long enough for a busy
/// machine.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_millis(1500);

/// Sets up links over one transport, with the short times above.
pub(crate) trait Rig {
    /// A viewer that can break the rules.
    type Raw: RawViewer;

    /// A viewer that was let in, both ends.
    async fn pair(&mut self) -> (HostLink, ViewerLink);

    /// A viewer that was let in and is about to break the rules, and the host's end.
    async fn raw(&mut self) -> (HostLink, Self::Raw);

    /// A viewer that was let in and whose machine is then switched off; the host's end.
    async fn vanished(&mut self) -> HostLink;

    /// How many connections the host holds, those that are not let in yet included.
    fn open_connections(&self) -> usize;
}

/// Sends what it likes.
pub(crate) trait RawViewer {
    /// Sends bytes as one message of a lane.
    async fn send(&mut self, lane: Lane, message: &[u8]);

    /// Announces a message of this length on a reliable lane, and sends only `part` of it.
    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]);

    /// Ends a reliable lane after what was sent.
    async fn finish(&mut self, lane: Lane);

    /// Waits until the host closes, and returns what it says, perhaps cut.
    async fn closed(&mut self) -> String;
}

/// A rig whose door pending peers may try.
pub(crate) trait Entrance: Rig<Raw: RawStranger> + Sized {
    /// A host that waits for viewers.
    fn start_with(options: Options) -> Self;

    fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// What its admission lets in.
    fn tickets(&self) -> &Tickets;

    /// The next viewer that the host let in.
    async fn accept(&mut self) -> Joined;

    /// Joins as a well behaved viewer does.
    fn connect(
        &self,
        ticket: TicketText,
    ) -> impl Future<Output = Result<ViewerLink, ConnectError>> + Send + 'static;

    /// Connects without a word; an error if the host does not take more.
    async fn stranger(&mut self) -> Result<Self::Raw, String>;

    /// Takes the next viewer that was let in, and welcomes it.
    async fn welcome(&mut self) -> Joined {
        let joined = soon(self.accept()).await;
        joined.link.send_control(&ToViewer::Welcome(Welcome {
            version: joined.version,
            session: "main".to_owned(),
            viewer: ViewerId(1),
            role: joined.role,
            now: Timestamp(1),
            resumed: None,
        }));
        joined
    }

    /// Both ends of a viewer that was let in.
    async fn join(&mut self) -> (HostLink, ViewerLink) {
        let viewer = self.connect(self.tickets().text(Right::Join, Role::Control));
        let (joined, viewer) = tokio::join!(self.welcome(), viewer);
        (joined.link, viewer.expect("connects"))
    }

    /// The same with a viewer that is about to break the rules.
    async fn join_raw(&mut self) -> (HostLink, Self::Raw) {
        let hello = self.tickets().hello();
        let mut raw = self.stranger().await.expect("connects");
        let (joined, answer) = tokio::join!(self.welcome(), raw.hello(hello));
        assert!(matches!(answer, ToViewer::Welcome(_)), "{answer:?}");
        (joined.link, raw)
    }

    /// The host's end of a viewer whose runtime ends when it was let in: nobody is left to say goodbye.
    async fn join_and_vanish(&mut self) -> HostLink {
        let connect = self.connect(self.tickets().text(Right::Join, Role::Control));
        let (connected, gone) = tokio::sync::oneshot::channel();
        let machine = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
            let viewer = runtime.block_on(connect).expect("connects");
            drop(runtime);
            drop(viewer);
            connected.send(()).expect("the test waits");
        });
        let joined = self.welcome().await;
        soon(gone).await.expect("vanishes");
        machine.join().expect("ends");
        joined.link
    }
}

/// How a host is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) hello_timeout: Duration,
    pub(crate) limits: PreAuthLimits,
}

impl Default for Options {
    fn default() -> Self {
        Self { hello_timeout: Duration::from_secs(5), limits: PreAuthLimits::default() }
    }
}

/// Sends what it likes before it was let in.
pub(crate) trait RawStranger: RawViewer {
    /// The host's next message on the control lane.
    async fn hear(&mut self) -> ToViewer;

    /// Waits until the host closes, with or without a word.
    async fn gone(&mut self);

    /// Sends a first message, and hears the host's answer.
    async fn say(&mut self, message: &[u8]) -> ToViewer {
        self.send(Lane::Control, message).await;
        self.hear().await
    }

    async fn hello(&mut self, hello: Hello) -> ToViewer {
        self.say(&encode(&ToHost::Hello(hello))).await
    }
}

/// Who signs tickets for the session `main`.
pub(crate) struct Tickets {
    key: TicketKey,
    pub(crate) admission: Arc<Admission>,
}

impl Tickets {
    pub(crate) fn new(limits: PreAuthLimits) -> Self {
        let key = TicketKey::from_secret([42; 32]);
        Self { admission: Arc::new(Admission::new("main", key.clone(), limits)), key }
    }

    /// A ticket for an hour, of a number of its own.
    pub(crate) fn ticket(&self, right: Right, role: Role) -> Ticket {
        let expires = UnixSeconds::now().after(Duration::from_secs(3600));
        let id = TicketId::random().expect("random numbers");
        Ticket { id, right, session: "main".to_owned(), role, expires }
    }

    pub(crate) fn sign(&self, ticket: &Ticket) -> TicketText {
        self.key.sign(ticket).expect("signs")
    }

    pub(crate) fn text(&self, right: Right, role: Role) -> TicketText {
        self.sign(&self.ticket(right, role))
    }

    /// A hello that lets in.
    pub(crate) fn hello(&self) -> Hello {
        self.hello_with(&self.text(Right::Join, Role::Control))
    }

    pub(crate) fn hello_with(&self, ticket: &TicketText) -> Hello {
        let ticket = ticket.expose().to_owned();
        let agent = "raw".to_owned();
        Hello { versions: VersionRange::OURS, ticket, agent, video: vec![], resume: None }
    }
}

pub(crate) fn introduction() -> Introduction {
    Introduction { agent: "test".to_owned(), video: vec![], resume: None }
}

pub(crate) fn lane_number(lane: Lane) -> u8 {
    match lane {
        Lane::Control => 0,
        Lane::Input => 1,
        Lane::Motion => 2,
        Lane::Update => 3,
        Lane::Feedback => 4,
    }
}

/// Longer than anything in these tests takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

/// Waits until something holds that nothing announces.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// The next message at the host's end.
pub(crate) async fn at_host(link: &mut HostLink) -> HostIncoming {
    soon(link.recv()).await
}

/// The next message at the viewer's end.
pub(crate) async fn at_viewer(link: &mut ViewerLink) -> ViewerIncoming {
    soon(link.recv()).await
}
