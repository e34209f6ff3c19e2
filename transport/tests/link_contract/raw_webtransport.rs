//! A WebTransport viewer that trusts every host and writes what HTTP/3 wants by hand, or whatever it is told
//! to.

use std::{collections::HashMap, net::SocketAddr};

use protocol::{Lane, control::ToViewer, decode};
use quinn::{Connection, Endpoint, RecvStream, SendStream};

use crate::{
    raw_quic::gullible_config,
    rig::{RawStranger, RawViewer, lane_number, soon},
};

/// The request's stream is the first bidirectional one, and gives the session its number.
const SESSION: u8 = 0;

/// What stands before a session's unidirectional and bidirectional streams, and its datagrams.
pub(crate) const UNI: [u8; 3] = [0x40, 0x54, SESSION];
const BIDI: [u8; 3] = [0x40, 0x41, SESSION];
const DATAGRAM: u8 = SESSION;

/// A control stream with the settings that a browser sends: datagrams, and WebTransport in two drafts of it.
const SETTINGS: [u8; 19] =
    [0x00, 0x04, 0x10, 0x33, 1, 0xab, 0x60, 0x37, 0x42, 1, 0xc0, 0, 0, 0, 0xc6, 0x71, 0x70, 0x6a, 1];

pub(crate) struct RawWebTransport {
    pub(crate) connection: Connection,
    request: (SendStream, RecvStream),
    control: (SendStream, RecvStream),
    streams: HashMap<Lane, SendStream>,
    _settings: SendStream,
    /// Dropping the last handle would end the connection.
    _endpoint: Endpoint,
}

impl RawWebTransport {
    /// Connects without a hello; an error if the host has no session for that request.
    pub(crate) async fn connect(address: SocketAddr, path: &str, origin: &str) -> Result<Self, String> {
        let endpoint = Endpoint::client("127.0.0.1:0".parse().expect("an address")).expect("binds");
        let connecting = endpoint.connect_with(gullible_config(b"h3"), address, "any").expect("valid");
        let connection = soon(connecting).await.map_err(|error| error.to_string())?;
        let mut settings = connection.open_uni().await.map_err(|error| error.to_string())?;
        settings.write_all(&SETTINGS).await.map_err(|error| error.to_string())?;
        let mut request = connection.open_bi().await.map_err(|error| error.to_string())?;
        request.0.write_all(&headers(address, path, origin)).await.map_err(|error| error.to_string())?;
        let status = status(&mut request.1).await?;
        if status != 200 {
            return Err(format!("status {status}"));
        }
        let mut control = connection.open_bi().await.map_err(|error| error.to_string())?;
        control.0.write_all(&BIDI).await.map_err(|error| error.to_string())?;
        tokio::spawn(answer(connection.clone()));
        let streams = HashMap::new();
        Ok(Self { connection, request, control, streams, _settings: settings, _endpoint: endpoint })
    }

    /// Opens a stream that begins with these bytes.
    pub(crate) async fn open(&self, begin: &[u8]) -> SendStream {
        let mut stream = soon(self.connection.open_uni()).await.expect("opens");
        stream.write_all(begin).await.expect("writes");
        stream
    }

    async fn stream(&mut self, lane: Lane) -> &mut SendStream {
        if lane == Lane::Control {
            return &mut self.control.0;
        }
        if !self.streams.contains_key(&lane) {
            let stream = self.open(&[&UNI[..], &[lane_number(lane)]].concat()).await;
            self.streams.insert(lane, stream);
        }
        self.streams.get_mut(&lane).expect("just there")
    }
}

impl RawViewer for RawWebTransport {
    async fn send(&mut self, lane: Lane, message: &[u8]) {
        match lane {
            Lane::Motion | Lane::Feedback => {
                let datagram = [&[DATAGRAM, lane_number(lane)], message].concat();
                self.connection.send_datagram(datagram.into()).expect("is sent");
            }
            Lane::Control | Lane::Input | Lane::Update => self.announce(lane, message.len(), message).await,
        }
    }

    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]) {
        let stream = self.stream(lane).await;
        let length = u32::try_from(length).expect("a length");
        // The host may have closed already because of what came before.
        let _ = soon(stream.write_all(&length.to_be_bytes())).await;
        let _ = soon(stream.write_all(part)).await;
    }

    async fn finish(&mut self, lane: Lane) {
        self.stream(lane).await.finish().expect("open");
    }

    /// The farewell's capsule: within a frame of data, of a type of two bytes, with a code of four bytes
    /// before the words.
    async fn closed(&mut self) -> String {
        let frame = integer(&mut self.request.1).await.expect("a frame");
        assert_eq!(frame, 0, "of data");
        integer(&mut self.request.1).await.expect("its length");
        assert_eq!(integer(&mut self.request.1).await.expect("a capsule"), 0x2843);
        let length = integer(&mut self.request.1).await.expect("its length");
        let mut words = vec![0; length as usize];
        soon(self.request.1.read_exact(&mut words)).await.expect("the words");
        String::from_utf8_lossy(&words[4..]).into_owned()
    }
}

impl RawStranger for RawWebTransport {
    async fn hear(&mut self) -> ToViewer {
        let mut length = [0; 4];
        soon(self.control.1.read_exact(&mut length)).await.expect("a length");
        let mut message = vec![0; u32::from_be_bytes(length) as usize];
        soon(self.control.1.read_exact(&mut message)).await.expect("a message");
        decode(Lane::Control, &message).expect("well formed")
    }

    async fn gone(&mut self) {
        soon(self.connection.closed()).await;
    }
}

/// Answers the host's questions whether anybody lives here.
async fn answer(connection: Connection) {
    while let Ok(datagram) = connection.read_datagram().await {
        assert_eq!(datagram[..2], [DATAGRAM, 255], "hosts send nothing but questions");
        // The test may have ended.
        let _ = connection.send_datagram(vec![DATAGRAM, 254].into());
    }
}

/// A request for a session, its headers written out.
fn headers(address: SocketAddr, path: &str, origin: &str) -> Vec<u8> {
    let fields = [
        (":method", "CONNECT"),
        (":scheme", "https"),
        (":authority", &address.to_string()),
        (":path", path),
        (":protocol", "webtransport"),
        ("origin", origin),
    ];
    // No table is used: two zeros, then each field with a literal name, whose length has three bits, and
    // value, whose length has seven.
    let mut block = vec![0, 0];
    for (name, value) in fields {
        match name.len() {
            short @ ..7 => block.push(0x20 | short as u8),
            long => block.extend([0x27, (long - 7) as u8]),
        }
        block.extend(name.as_bytes());
        assert!(value.len() < 127);
        block.push(value.len() as u8);
        block.extend(value.as_bytes());
    }
    let length = (0x4000 | block.len() as u16).to_be_bytes();
    [&[0x01], &length[..], &block].concat()
}

/// The status in the answer's headers, which name it by the static table or write it out.
async fn status(stream: &mut RecvStream) -> Result<u16, String> {
    let kind = integer(stream).await?;
    if kind != 1 {
        return Err(format!("a frame of kind {kind} instead of headers"));
    }
    let length = integer(stream).await?;
    let mut block = vec![0; length as usize];
    soon(stream.read_exact(&mut block)).await.map_err(|error| error.to_string())?;
    match block[2] {
        // Entry 25 of the static table is `:status` with 200, 27 with 404, 68 with 403 in two bytes.
        0xd9 => Ok(200),
        0xdb => Ok(404),
        0xff => Ok(403),
        other => Err(format!("an answer that begins with {other:#x}: {block:x?}")),
    }
}

/// An integer of QUIC.
async fn integer(stream: &mut RecvStream) -> Result<u64, String> {
    let mut first = [0];
    soon(stream.read_exact(&mut first)).await.map_err(|error| error.to_string())?;
    let mut bytes = vec![first[0] & 0x3f];
    let mut rest = vec![0; (1 << (first[0] >> 6)) - 1];
    soon(stream.read_exact(&mut rest)).await.map_err(|error| error.to_string())?;
    bytes.extend(rest);
    Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
