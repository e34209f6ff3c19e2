//! One WebTransport session: what carries a link.

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use quinn::{Connection, ConnectionError, RecvStream, SendStream};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use web_transport_proto::{Capsule, Frame, Http3CapsuleReader, StreamUni, VarInt as WireInt};

use super::http3::{NO_ERROR, read_int};
use crate::{
    close::{CloseReason, Farewell},
    quic::{accept::Unreceived, connection::ControlStream, reason_of, session::QuicSession},
};

/// How long a farewell may come after the streams that broke with the session.
const FAREWELL_DELAY: Duration = Duration::from_millis(100);

/// What an engine answers for its pages is no sign that the page lives: some keep sessions of pages that are
/// gone. So host and page ask each other in datagrams, by these numbers beside the lanes'. A question holds
/// what its asker knows of the round trip, in microseconds, 4 bytes, big-endian, 0 if nothing; an answer
/// holds nothing.
const QUESTION: u8 = 255;
const ANSWER: u8 = 254;

/// How long an answer may take before the question is repeated: datagrams get lost.
const REPEAT: Duration = Duration::from_millis(500);

/// Above everything else, as the control lane: the farewell travels here.
const REQUEST_PRIORITY: i32 = i32::MAX;

/// Clones are the same session.
#[derive(Clone)]
pub(super) struct Session(Arc<Inner>);

struct Inner {
    connection: Connection,
    id: WireInt,
    stream_prefix: Vec<u8>,
    datagram_prefix: Vec<u8>,
    /// Where the farewell is said, once.
    request: Mutex<Option<SendStream>>,
    /// How often a host asks; `None` at the viewer's end, which only answers.
    beat: Option<Duration>,
    /// Counts the datagrams of the session that came in: whoever sends one lives.
    heard: watch::Sender<u64>,
    /// What the peer said last; closed when it says nothing any more.
    farewell: watch::Receiver<Option<CloseReason>>,
    /// A connection whose settings' stream ends is broken.
    _settings: SendStream,
}

impl Session {
    /// The session that the request on this stream began.
    pub(super) fn new(
        connection: Connection,
        (request, responses): (SendStream, RecvStream),
        settings: SendStream,
        beat: Option<Duration>,
    ) -> Self {
        let id = WireInt::try_from(quinn::VarInt::from(request.id()).into_inner()).expect("both are 62 bits");
        // A stream that ended has no priority: the farewell will not matter.
        let _ = request.set_priority(REQUEST_PRIORITY);
        let (said, farewell) = watch::channel(None);
        tokio::spawn(hear_farewell(responses, said));
        // A datagram names its session by a quarter of its number, since sessions are numbered in steps of
        // four.
        let quarter = WireInt::try_from(id.into_inner() / 4).expect("less than before");
        Self(Arc::new(Inner {
            connection,
            id,
            stream_prefix: ints(&[StreamUni::WEBTRANSPORT.0, id]),
            datagram_prefix: ints(&[quarter]),
            request: Mutex::new(Some(request)),
            beat,
            heard: watch::Sender::new(0),
            farewell,
            _settings: settings,
        }))
    }

    /// The viewer's stream for the control lane.
    pub(super) async fn open_control(&self) -> Result<ControlStream, Unreceived> {
        let (mut send, receive) = self.0.connection.open_bi().await?;
        let prefix = ints(&[Frame::WEBTRANSPORT.0, self.0.id]);
        send.write_all(&prefix).await.map_err(|error| Unreceived::Lost(error.to_string()))?;
        Ok((send, receive))
    }

    /// The same at the host.
    pub(super) async fn accept_control(&self) -> Result<ControlStream, Unreceived> {
        let (send, mut receive) = self.0.connection.accept_bi().await?;
        let begins = [read_int(&mut receive).await?, read_int(&mut receive).await?];
        if begins != [Frame::WEBTRANSPORT.0, self.0.id] {
            return Err(Unreceived::Lost("another stream than the session's".to_owned()));
        }
        Ok((send, receive))
    }

    /// Sends a datagram; it may be lost like any other, and fails only with the connection.
    fn send(&self, message: &[u8]) {
        let _ = self.0.connection.send_datagram([&self.0.datagram_prefix, message].concat().into());
    }

    fn ask(&self) {
        let micros = u32::try_from(self.0.connection.rtt().as_micros()).unwrap_or(u32::MAX);
        self.send(&[&[QUESTION][..], &micros.to_be_bytes()].concat());
    }

    /// What the peer said last, as soon as that is known; `None` if it goes without a word.
    async fn said(&self) -> Option<CloseReason> {
        let mut farewell = self.0.farewell.clone();
        farewell.wait_for(Option::is_some).await.ok().and_then(|said| said.clone())
    }
}

/// Reads the request's stream up to the peer's farewell.
async fn hear_farewell(stream: RecvStream, said: watch::Sender<Option<CloseReason>>) {
    let mut capsules = Http3CapsuleReader::new(stream);
    let farewell = loop {
        match capsules.read().await {
            Ok(Some(Capsule::CloseWebTransportSession { code, reason })) => {
                break CloseReason::from_farewell(code.into(), reason.as_bytes());
            }
            Ok(Some(_)) => {}
            Ok(None) => break CloseReason::Left(String::new()),
            Err(_) => return,
        }
    };
    said.send_replace(Some(farewell));
}

fn ints(ints: &[WireInt]) -> Vec<u8> {
    let mut bytes = Vec::new();
    ints.iter().for_each(|int| int.encode(&mut bytes));
    bytes
}

impl QuicSession for Session {
    const NAME: &'static str = "webtransport";

    fn connection(&self) -> &Connection {
        &self.0.connection
    }

    fn stream_prefix(&self) -> &[u8] {
        &self.0.stream_prefix
    }

    fn datagram_prefix(&self) -> &[u8] {
        &self.0.datagram_prefix
    }

    async fn claim(&self, stream: &mut RecvStream) -> Result<bool, CloseReason> {
        let broke = |what: &str| CloseReason::Protocol(what.to_owned());
        let cut = |_| CloseReason::Cut("a stream that ended at its beginning".to_owned());
        match StreamUni(WireInt::read(stream).await.map_err(cut)?) {
            StreamUni::WEBTRANSPORT if WireInt::read(stream).await.map_err(cut)? == self.0.id => Ok(true),
            StreamUni::WEBTRANSPORT => Err(broke("a stream of another session")),
            StreamUni::CONTROL | StreamUni::PUSH => Err(broke("a stream that HTTP/3 does not allow")),
            _ => Ok(false),
        }
    }

    fn own(&self, mut datagram: Bytes) -> Option<Bytes> {
        let quarter = WireInt::decode(&mut datagram).ok()?;
        if quarter.into_inner() != self.0.id.into_inner() / 4 {
            return None;
        }
        self.0.heard.send_modify(|heard| *heard += 1);
        match datagram.first() {
            Some(&QUESTION) => self.send(&[ANSWER]),
            Some(&ANSWER) => {}
            _ => return Some(datagram),
        }
        None
    }

    /// A datagram each way may get lost and be repeated.
    const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

    fn signs_of_life(&self) -> u64 {
        *self.0.heard.borrow()
    }

    async fn answered(&self) {
        let mut heard = self.0.heard.subscribe();
        loop {
            self.ask();
            // The channel lives as long as this.
            if timeout(REPEAT, heard.changed()).await.is_ok() {
                return;
            }
        }
    }

    async fn beat(&self) -> Infallible {
        let Some(beat) = self.0.beat else { return pending().await };
        loop {
            self.answered().await;
            sleep(beat).await;
        }
    }

    async fn farewell(&self) -> CloseReason {
        match self.said().await {
            Some(farewell) => farewell,
            // The connection will tell.
            None => pending().await,
        }
    }

    async fn explain(&self, reason: CloseReason, idle_timeout: Duration) -> CloseReason {
        let closed = self.0.connection.close_reason();
        if closed.is_none() && !matches!(reason, CloseReason::Protocol(_) | CloseReason::Cut(_)) {
            return reason;
        }
        // The streams of a session break with it, and may do so before its farewell was read.
        if let Ok(Some(farewell)) = timeout(FAREWELL_DELAY, self.said()).await {
            return farewell;
        }
        match closed.or_else(|| self.0.connection.close_reason()) {
            Some(ConnectionError::ApplicationClosed(close)) if close.error_code == NO_ERROR => {
                CloseReason::Left(crate::close::clean(&String::from_utf8_lossy(&close.reason)))
            }
            Some(error) => reason_of(error, idle_timeout),
            None => reason,
        }
    }

    async fn close(&self, farewell: &Farewell) {
        // What it holds is whole even if something panicked.
        let request = self.0.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        let gone = self.0.farewell.borrow().is_some() || self.0.connection.close_reason().is_some();
        if let Some(mut request) = request.filter(|_| !gone) {
            let capsule = Capsule::CloseWebTransportSession {
                code: farewell.code as u32,
                reason: farewell.message.clone(),
            };
            let mut content = Vec::new();
            capsule.encode(&mut content);
            let length = WireInt::try_from(content.len()).expect("farewells are short");
            let frame = [ints(&[Frame::DATA.0, length]), content].concat();
            // Until the peer ends its side: browsers that lose the connection before do not tell pages what
            // was said.
            if request.write_all(&frame).await.is_ok() && request.finish().is_ok() {
                let _ = self.said().await;
            }
        }
        self.0.connection.close(NO_ERROR, farewell.message.as_bytes());
    }
}
