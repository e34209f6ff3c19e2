//! The task that drives one link over one WebSocket, the same for both ends.

use std::{
    convert::Infallible,
    future::pending,
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::Lane;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::oneshot,
    time::{sleep, sleep_until, timeout, timeout_at},
};

use super::{
    WebSocketSettings,
    pulse::{ANSWER, FOLLOWER, MAX_PULSE, Pulse, QUESTION},
    reader::{Heard, Judge, Reader},
    sorting::Sorting,
    writer::{Stop, Writer},
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::Share,
    link::{
        Driver, End, Inbox, RequestReceiver,
        life::{FAREWELL_TIMEOUT, LastWords, Lifecycle},
    },
    liveness_probe::ProbeRequests,
};

/// The least time that the other end has to answer when probed. A question waits behind what is under way
/// already.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// The same after this machine's network changed: the first packets on a new path take their time.
const NETWORK_CHANGE_TIMEOUT: Duration = Duration::from_secs(2);

/// What drives a link.
pub(super) struct LinkTask<R, W, E: End> {
    pub(super) reader: Reader<R>,
    pub(super) writer: Writer<W>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) driver: Driver<E>,
    pub(super) settings: WebSocketSettings,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end, which asks
    /// nothing by itself.
    pub(super) probes: Option<ProbeRequests>,
}

impl<R, W, E> LinkTask<R, W, E>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: End,
{
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { mut reader, mut writer, pulse, driver, settings, probes } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let life = Lifecycle::new(Instant::now(), settings.idle_timeout);
        let (stop, stopped) = oneshot::channel();
        let mut carrying =
            Carrying { life, pulse: &pulse, stop: Some(stop), probes, settings, written: false, read: false };
        let spoken = {
            let mut writing = pin!(writer.run(Sorting::new(outgoing), stopped));
            let mut reading = pin!(read(&mut reader, &pulse, inbox.clone()));
            carrying.carry(requests, writing.as_mut(), reading.as_mut()).await;
            carrying.say_last_words(writing, reading).await
        };
        end.closed(carrying.life.reason().cloned().unwrap_or(CloseReason::Local));
        drop(inbox);
        if spoken {
            // A socket that is dropped before all was read takes back what it said last. The other end may be
            // gone: then this takes too long.
            let hung_up = async {
                let _ = writer.shutdown().await;
                reader.discard().await;
            };
            let _ = timeout(FAREWELL_TIMEOUT, hung_up).await;
        }
        end.finished();
    }
}

/// A link whose messages move.
struct Carrying<'a> {
    life: Lifecycle,
    pulse: &'a Pulse,
    /// Makes the writer come to an end; taken when it was told.
    stop: Option<oneshot::Sender<Stop>>,
    probes: Option<ProbeRequests>,
    settings: WebSocketSettings,
    /// Whether the writer has come to its end, and the reader.
    written: bool,
    read: bool,
}

/// What happens to it.
enum Event {
    /// The handles want it closed.
    Asked((CloseReason, Farewell)),
    /// The writer has written all that it was told to, or failed.
    Written(io::Result<()>),
    /// It cannot go on.
    Ended(CloseReason),
    /// The other end was asked whether it lives, and has at least so much time to answer.
    Probed(Duration),
    /// Time has passed.
    Tick,
}

impl Carrying<'_> {
    /// Moves messages as long as the link carries any.
    async fn carry(
        &mut self,
        requests: RequestReceiver,
        mut writing: Pin<&mut impl Future<Output = io::Result<()>>>,
        mut reading: Pin<&mut impl Future<Output = CloseReason>>,
    ) {
        let mut closing = requests.clone();
        let is_host = self.probes.is_some();
        let prober = Prober { probes: self.probes.take(), network: requests };
        let mut probing = pin!(prober.next(self.pulse));
        let mut beating = pin!(beat(self.pulse, is_host, self.settings.heartbeat));
        while self.life.carries() {
            let due = self.life.poll_timeout().unwrap_or_else(Instant::now);
            let event = tokio::select! {
                biased;
                reason = &mut reading => Event::Ended(reason),
                asked = closing.close(), if self.life.is_open() => Event::Asked(asked),
                written = &mut writing => Event::Written(written),
                (prober, least) = &mut probing => {
                    probing.set(prober.next(self.pulse));
                    Event::Probed(least)
                }
                never = &mut beating => match never {},
                () = sleep_until(due.into()) => Event::Tick,
            };
            self.apply(event);
        }
    }

    fn apply(&mut self, event: Event) {
        let now = Instant::now();
        self.life.handle_heard(self.pulse.heard());
        match event {
            Event::Asked((reason, farewell)) => {
                self.tell_writer(Stop { drain: true, farewell: farewell.clone() });
                self.life.handle_request(now, (reason, farewell));
            }
            Event::Written(written) => {
                self.written = true;
                match written {
                    Ok(()) => self.life.handle_drained(now),
                    Err(error) => {
                        let problem = crate::close::clean(&error.to_string());
                        self.life.handle_end(now, CloseReason::Lost(problem));
                    }
                }
            }
            Event::Ended(reason) => {
                self.read = true;
                self.life.handle_end(now, reason);
            }
            Event::Probed(least) => self.life.handle_probe(now, least, self.pulse.round_trip()),
            Event::Tick => self.life.handle_timeout(now),
        }
    }

    /// Makes the writer come to an end. It may have failed: then nothing can be said.
    fn tell_writer(&mut self, stop: Stop) {
        if let Some(writer) = self.stop.take() {
            let _ = writer.send(stop);
        }
    }

    /// Says the last words, if there are any, and waits until they were heard.
    async fn say_last_words(
        &mut self,
        writing: Pin<&mut impl Future<Output = io::Result<()>>>,
        reading: Pin<&mut impl Future<Output = CloseReason>>,
    ) -> bool {
        let was_asked = self.stop.is_none();
        match self.life.last_words() {
            LastWords::Nothing => return false,
            LastWords::Reply => {
                self.tell_writer(Stop { drain: false, farewell: CloseReason::Local.farewell() })
            }
            LastWords::Say(farewell) => self.tell_writer(Stop { drain: false, farewell }),
        }
        let write = async {
            if !self.written {
                // Whether it could be said or not, it is over.
                let _ = writing.await;
            }
        };
        // The other end goes on sending until it has heard: that must be read, or it would never come to
        // hear.
        let read = async {
            if was_asked && !self.read {
                reading.await;
            }
        };
        let until = self.life.poll_timeout().unwrap_or_else(Instant::now);
        let _ = timeout_at(until.into(), async { tokio::join!(write, read) }).await;
        self.life.handle_told();
        true
    }
}

/// Asks whether the other end lives whenever there is an occasion.
struct Prober {
    probes: Option<ProbeRequests>,
    network: RequestReceiver,
}

impl Prober {
    /// Waits for the next occasion, and until the question is out; answers how long the other end has at
    /// least.
    async fn next(mut self, pulse: &Pulse) -> (Self, Duration) {
        let wanted = async {
            match &mut self.probes {
                Some(probes) => probes.next().await,
                None => pending().await,
            }
        };
        let least = tokio::select! {
            () = wanted => PROBE_TIMEOUT,
            () = self.network.network_change() => NETWORK_CHANGE_TIMEOUT,
        };
        pulse.ask_now().await;
        (self, least)
    }
}

/// Hands over messages until the other end closes or breaks a rule.
async fn read<E: End>(
    reader: &mut Reader<impl AsyncRead + Unpin>,
    pulse: &Pulse,
    inbox: Inbox<E>,
) -> CloseReason {
    let mut room = Room { inbox, share: None };
    loop {
        let taken = match reader.next(&mut room).await {
            Ok(Heard::Message(QUESTION, message)) => {
                pulse.was_asked(&message);
                Ok(())
            }
            Ok(Heard::Message(ANSWER, _)) => {
                pulse.was_answered();
                Ok(())
            }
            Ok(Heard::Message(FOLLOWER, _)) => Ok(()),
            Ok(Heard::Message(number, message)) => room.take(number, &message).await,
            Ok(Heard::Ping(payload)) => {
                pulse.was_pinged(payload);
                Ok(())
            }
            Ok(Heard::Close(reason)) => return reason,
            Err(reason) => Err(reason),
        };
        match taken {
            Ok(()) => {}
            // The owner is gone: what comes now interests nobody, but the farewell must be heard.
            Err(CloseReason::Local) => {
                reader.discard().await;
                return CloseReason::Local;
            }
            Err(reason) => return reason,
        }
    }
}

/// Room in the inbox for the message that is coming in.
struct Room<E: End> {
    inbox: Inbox<E>,
    share: Option<Share>,
}

impl<E: End> Judge for Room<E> {
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
        let length = so_far.saturating_add(more);
        let Some(lane) = Lane::from_id(number) else {
            let most = match number {
                QUESTION | ANSWER => Some(MAX_PULSE),
                FOLLOWER => Some(0),
                _ => None,
            };
            if most.is_some_and(|most| length <= most) {
                return Ok(());
            }
            return Err(CloseReason::Protocol(format!("a message of {length} bytes for lane {number}")));
        };
        self.inbox.check(lane, length)?;
        if !lane.is_lossy() {
            let share = self.inbox.reserve(more).await;
            match &mut self.share {
                Some(before) => before.merge(share),
                None => self.share = Some(share),
            }
        }
        Ok(())
    }

    fn name(number: u8) -> String {
        match Lane::from_id(number) {
            Some(lane) => format!("the {lane:?} lane"),
            None => format!("lane {number}"),
        }
    }
}

impl<E: End> Room<E> {
    /// Hands over a message that was admitted.
    async fn take(&mut self, number: u8, message: &[u8]) -> Result<(), CloseReason> {
        let lane = Lane::from_id(number).expect("only messages of lanes were admitted");
        match self.share.take() {
            Some(share) => self.inbox.deliver(lane, message, share).await,
            None => self.inbox.offer(lane, message),
        }
    }
}

/// Asks again and again whether the other end lives: the host's part.
async fn beat(pulse: &Pulse, is_host: bool, heartbeat: Duration) -> Infallible {
    if !is_host {
        return pending().await;
    }
    // Twice at the start: the second question tells the viewer what the first was for.
    pulse.ask();
    pulse.answered().await;
    loop {
        pulse.ask();
        sleep(heartbeat).await;
    }
}
