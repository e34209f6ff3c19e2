//! A WebSocket viewer that writes its frames by hand, whatever it is told to.

use std::net::SocketAddr;

use protocol::{Lane, control::ToViewer, decode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::rig::{RawStranger, RawViewer, lane_number, soon};

const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

pub(crate) struct RawWebSocket {
    stream: TcpStream,
}

impl RawWebSocket {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: soon(TcpStream::connect(address)).await.expect("connects") }
    }

    /// Waits until there is something to hear.
    pub(crate) async fn readable(&self) {
        self.stream.readable().await.expect("a socket");
    }

    /// The word with which the host closes, whatever else it says before.
    pub(crate) async fn closed_by_word(&mut self) -> String {
        loop {
            if let (CLOSE, payload) = self.frame().await.expect("a farewell") {
                return String::from_utf8_lossy(&payload[2..]).into_owned();
            }
        }
    }

    /// Writes a frame's header with the mask 0, and a part of its payload.
    pub(crate) async fn begin(&mut self, first: u8, length: u64, part: &[u8]) {
        let mut bytes = vec![first];
        match length {
            0..126 => bytes.push(0x80 | length as u8),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(part);
        self.write(&bytes).await;
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // The host may have closed already because of what came before.
        let _ = soon(self.stream.write_all(bytes)).await;
    }

    /// The host's next frame: its first byte and its payload.
    async fn frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let mut start = [0; 2];
        soon(self.stream.read_exact(&mut start)).await?;
        let length = match start[1] {
            126 => soon(self.stream.read_u16()).await?.into(),
            127 => soon(self.stream.read_u64()).await?,
            short => short.into(),
        };
        let mut payload = vec![0; length as usize];
        soon(self.stream.read_exact(&mut payload)).await?;
        Ok((start[0], payload))
    }
}

impl RawViewer for RawWebSocket {
    async fn send(&mut self, lane: Lane, message: &[u8]) {
        self.announce(lane, message.len(), message).await;
    }

    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]) {
        self.begin(BINARY, length as u64 + 1, &[&[lane_number(lane)], part].concat()).await;
    }

    async fn finish(&mut self, _: Lane) {
        self.stream.shutdown().await.expect("open");
    }

    async fn closed(&mut self) -> String {
        self.closed_by_word().await
    }
}

impl RawStranger for RawWebSocket {
    async fn hear(&mut self) -> ToViewer {
        loop {
            let (first, payload) = self.frame().await.expect("a message");
            if let (BINARY, [0, message @ ..]) = (first, &payload[..]) {
                return decode(Lane::Control, message).expect("well formed");
            }
        }
    }

    async fn gone(&mut self) {
        while self.frame().await.is_ok() {}
    }
}
