//! A viewer over WebRTC that sends what it likes, on the bare library.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use dormer_transport::webrtc::WebRtcSignalling;
use protocol::{Lane, control::ToViewer, decode};
use rtc::{
    data_channel::{RTCDataChannelId, RTCDataChannelInit},
    ice::mdns::MulticastDnsMode,
    peer_connection::{
        RTCPeerConnection, RTCPeerConnectionBuilder,
        configuration::setting_engine::SettingEngineBuilder,
        event::{RTCDataChannelEvent, RTCPeerConnectionEvent},
        message::RTCMessage,
        sdp::RTCSessionDescription,
        state::RTCPeerConnectionState,
        transport::RTCIceCandidateInit,
    },
    sansio::Protocol,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol},
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    task::{JoinHandle, yield_now},
};

use crate::rig::{RawStranger, RawViewer, lane_number, soon};

const CONTROL: u16 = 0;
const UPDATES: u16 = 1;
const MOTION: u16 = 2;
const PIECE: u8 = 0x80;
const FAREWELL: u8 = 253;
const QUESTION: u8 = 255;
const ANSWER: u8 = 254;

/// See the module's documentation. A task moves its packets.
pub(crate) struct RawWebRtc {
    to_send: mpsc::UnboundedSender<(u16, Vec<u8>)>,
    heard: mpsc::UnboundedReceiver<(u16, BytesMut)>,
    task: JoinHandle<()>,
}

impl Drop for RawWebRtc {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An offer like a browser's, with the three channels.
pub(crate) fn offer() -> (RTCPeerConnection, [RTCDataChannelId; 3], String) {
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .build();
    let mut connection =
        RTCPeerConnectionBuilder::new().with_setting_engine(settings).build(Instant::now()).expect("builds");
    let channels = [(CONTROL, "control"), (UPDATES, "updates"), (MOTION, "motion")].map(|(number, label)| {
        let init = RTCDataChannelInit {
            ordered: number != MOTION,
            max_retransmits: (number == MOTION).then_some(0),
            negotiated: (number == MOTION).then_some(100),
            ..Default::default()
        };
        connection.create_data_channel(label, Some(init)).expect("opens").id()
    });
    let offer = connection.create_offer(None).expect("offers");
    connection.set_local_description(Instant::now(), offer.clone()).expect("is its own");
    (connection, channels, offer.sdp)
}

impl RawWebRtc {
    /// Connects without a word; an error if the host does not answer.
    pub(crate) async fn connect(desk: &WebRtcSignalling, from: SocketAddr) -> Result<Self, String> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("binds");
        let (mut connection, channels, offer) = offer();
        let answer = desk.answer(from, &offer).await.map_err(|error| error.to_string())?;
        let answer = RTCSessionDescription::answer(answer.sdp).expect("an answer");
        connection.set_remote_description(Instant::now(), answer).expect("takes it");
        let port = socket.local_addr().expect("bound").port();
        let candidate = format!("candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host");
        let init = RTCIceCandidateInit { candidate, ..Default::default() };
        connection.add_local_candidate(init).expect("a candidate");
        let (to_send, sending) = mpsc::unbounded_channel();
        let (hearing, heard) = mpsc::unbounded_channel();
        let (opened, open) = tokio::sync::oneshot::channel();
        let engine = Engine { connection, channels, socket: Arc::new(socket), sending, hearing };
        let task = tokio::spawn(engine.run(Some(opened)));
        soon(open).await.expect("opens");
        Ok(Self { to_send, heard, task })
    }

    /// Sends bytes as they are.
    fn send_bare(&self, channel: u16, data: &[u8]) {
        // Whoever broke the rules before may have been cut off.
        let _ = self.to_send.send((channel, data.to_vec()));
    }
}

impl RawViewer for RawWebRtc {
    async fn send(&mut self, lane: Lane, message: &[u8]) {
        let mut data = vec![lane_number(lane)];
        data.extend(message);
        self.send_bare(channel_of(lane), &data);
    }

    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]) {
        let mut data = vec![lane_number(lane) | PIECE, 0];
        data.extend(u32::try_from(length).expect("32 bits").to_be_bytes());
        data.extend(part);
        self.send_bare(channel_of(lane), &data);
    }

    async fn finish(&mut self, lane: Lane) {
        // A channel has no end but the connection's: what may not follow part of a message is another.
        self.send(lane, b"another").await;
    }

    async fn closed(&mut self) -> String {
        loop {
            let (channel, data) = soon(self.heard.recv()).await.expect("a farewell");
            if channel == CONTROL && data[0] == FAREWELL {
                return String::from_utf8(data[2..].to_vec()).expect("text");
            }
        }
    }
}

impl RawStranger for RawWebRtc {
    async fn hear(&mut self) -> ToViewer {
        let (channel, data) = soon(self.heard.recv()).await.expect("an answer");
        assert_eq!((channel, data[0]), (CONTROL, 0), "on the control lane");
        decode(Lane::Control, &data[1..]).expect("an answer")
    }

    async fn gone(&mut self) {
        while soon(self.heard.recv()).await.is_some() {}
    }
}

fn channel_of(lane: Lane) -> u16 {
    match lane {
        Lane::Control | Lane::Input => CONTROL,
        Lane::Update => UPDATES,
        Lane::Motion | Lane::Feedback => MOTION,
    }
}

struct Engine {
    connection: RTCPeerConnection,
    channels: [RTCDataChannelId; 3],
    socket: Arc<UdpSocket>,
    sending: mpsc::UnboundedReceiver<(u16, Vec<u8>)>,
    hearing: mpsc::UnboundedSender<(u16, BytesMut)>,
}

impl Engine {
    async fn run(mut self, mut opened: Option<tokio::sync::oneshot::Sender<()>>) {
        let local_addr = self.socket.local_addr().expect("bound");
        let mut open = 0;
        let mut buffer = vec![0; 2048];
        loop {
            while let Some(packet) = self.connection.poll_write() {
                let _ = self.socket.send_to(&packet.message, packet.transport.peer_addr).await;
            }
            let mut ended = false;
            while let Some(event) = self.connection.poll_event() {
                match event {
                    RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(_)) => {
                        open += 1;
                        if open == self.channels.len() {
                            opened.take().and_then(|opened| opened.send(()).ok());
                        }
                    }
                    RTCPeerConnectionEvent::OnConnectionStateChangeEvent(RTCPeerConnectionState::Closed)
                    | RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnClose(_)) => ended = true,
                    _ => {}
                }
            }
            while let Some(message) = self.connection.poll_read() {
                self.hear(message.message);
            }
            if ended {
                return;
            }
            let due =
                self.connection.poll_timeout().unwrap_or_else(|| Instant::now() + Duration::from_secs(9));
            let due = due.max(Instant::now() + Duration::from_millis(1));
            tokio::select! {
                Some((channel, data)) = self.sending.recv() => self.send(channel, &data),
                received = self.socket.recv_from(&mut buffer) => {
                    let Ok((length, peer_addr)) = received else { continue };
                    let transport_protocol = TransportProtocol::UDP;
                    let transport = TransportContext { local_addr, peer_addr, transport_protocol, ecn: None };
                    let message = BytesMut::from(&buffer[..length]);
                    let _ = self.connection.handle_read(TaggedBytesMut { now: Instant::now(), transport, message });
                }
                () = tokio::time::sleep_until(due.into()) => {
                    let _ = self.connection.handle_timeout(Instant::now());
                }
            }
            yield_now().await;
        }
    }

    fn hear(&mut self, message: RTCMessage) {
        let RTCMessage::DataChannelMessage(id, message) = message else { return };
        let channel = self.channels.iter().position(|known| *known == id).expect("one of ours") as u16;
        if channel == MOTION && message.data[0] == QUESTION {
            let mut answer = message.data.clone();
            answer[0] = ANSWER;
            self.send(MOTION, &answer);
        } else {
            // The test may have heard enough.
            let _ = self.hearing.send((channel, message.data));
        }
    }

    fn send(&mut self, channel: u16, data: &[u8]) {
        if let Some(mut channel) = self.connection.data_channel(self.channels[usize::from(channel)]) {
            // Whoever broke the rules before may have been cut off.
            let _ = channel.send(Instant::now(), BytesMut::from(data));
        }
    }
}
