//! One end of a peer connection, without its sockets: the WebRTC library, set up our way.
//!
//! What must be set, and why: no multicast DNS (offers fail on machines without a multicast route); ICE lite
//! at the host (it has public candidates or none); no time-outs of ICE's own (the link notices silence
//! itself); messages so short that what waits undelivered is bounded in bytes too.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the WebRTC library's"))]

pub(crate) mod sdp;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::{
    data_channel::{RTCDataChannelId, RTCDataChannelInit},
    ice::mdns::MulticastDnsMode,
    interceptor::{NackGeneratorBuilder, NackResponderBuilder, Registry, Slot},
    media_stream::MediaStreamTrack,
    peer_connection::{
        RTCPeerConnection, RTCPeerConnectionBuilder,
        configuration::{
            media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS, MediaEngine},
            setting_engine::{SctpMaxMessageSize, SettingEngineBuilder},
        },
        event::{RTCDataChannelEvent, RTCPeerConnectionEvent},
        message::RTCMessage,
        sdp::RTCSessionDescription,
        state::RTCPeerConnectionState,
        transport::RTCIceCandidateInit,
    },
    rtp,
    rtp_transceiver::{
        RTCRtpSenderId, RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{
            RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
            RTCRtpEncodingParameters, RtpCodecKind,
        },
    },
    sansio::Protocol,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol, error::Error},
};

use crate::webrtc::{
    arq::{
        duplicates::Duplicates,
        in_order::{Heard, InOrder},
        retransmit::RetransmitBuffer,
    },
    message::MAX_DATA,
    video_rtp::rtcp,
};

/// Bytes that SCTP holds for the application: the window that a peer may fill.
const HOST_RECEIVE_BUFFER: u32 = 256 << 10;

/// How often a full ICE agent repeats a check.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// How often a full ICE agent sends a check over the pair in use.
const ICE_KEEP_ALIVE: Duration = Duration::from_secs(4);

/// Bytes of duplicates and retransmissions that may be with SCTP unacknowledged: more would be late.
const UNRELIABLE_WINDOW: usize = 8 << 10;

/// The most videos that a viewer gets at once on RTP.
pub(crate) const MAX_VIDEO_SLOTS: usize = 4;

/// Packets of each video that are kept to be sent again: two seconds' worth.
const KEPT_PACKETS: u16 = 512;

/// The stream of [`Channel::Motion`], on which both ends agree beforehand. The library sends reliably and in
/// order on whatever channel the other end opened, so what may be lost would hold up what follows it.
const MOTION_STREAM: u16 = 100;

/// The data channels. The viewer opens those that are reliable, with these labels, and no others. (Channels
/// that both ends agree on beforehand lose what arrives in one packet with the end of SCTP's handshake: the
/// library drops that.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Control and input: reliable, in order.
    Control,
    /// Updates: reliable, in order.
    Updates,
    /// Motion, feedback and questions: neither.
    Motion,
}

impl Channel {
    pub(crate) const ALL: [Self; 3] = [Self::Control, Self::Updates, Self::Motion];

    fn label(self) -> &'static str {
        match self {
            Channel::Control => "control",
            Channel::Updates => "updates",
            Channel::Motion => "motion",
        }
    }

    fn is_reliable(self) -> bool {
        self != Channel::Motion
    }

    fn init(self) -> RTCDataChannelInit {
        let unreliable = !self.is_reliable();
        RTCDataChannelInit {
            ordered: !unreliable,
            max_retransmits: unreliable.then_some(0),
            negotiated: unreliable.then_some(MOTION_STREAM),
            ..Default::default()
        }
    }
}

/// A packet of the network.
#[derive(Debug)]
pub(crate) struct Packet {
    /// The candidate address at which it arrived or from which it goes.
    pub(crate) local: SocketAddr,
    /// The other end's.
    pub(crate) remote: SocketAddr,
    /// UDP, or a frame on TCP.
    pub(crate) over: TransportProtocol,
    pub(crate) bytes: BytesMut,
}

/// What happened on a peer connection.
#[derive(Debug)]
pub(crate) enum Happened {
    /// Packets came; what was sent may have been acknowledged.
    Moved,
    /// A data channel can be used.
    Opened(Channel),
    /// A data channel message came.
    Data(Channel, BytesMut),
    /// A packet of the video in that slot came.
    Video(u8, rtp::Packet),
    /// The video in that slot cannot be decoded without a keyframe.
    KeyframeWanted(u8),
    /// The other end ended the connection, or it failed for good.
    Ended(&'static str),
    /// The peer broke a rule.
    Breach(&'static str),
}

/// See the module's documentation.
pub(crate) struct Peer {
    connection: RTCPeerConnection,
    /// Those that are known, by [`Channel`].
    channels: [Option<RTCDataChannelId>; 3],
    videos: Vec<Video>,
    /// Whether the viewer's browser itself may ask for keyframes.
    heeds_browser: bool,
    /// What the reliable channels carry does not wait for SCTP's timers.
    duplicates: Duplicates,
    kept: RetransmitBuffer,
    in_order: InOrder,
}

/// The sending end of a video on RTP.
struct Video {
    sender: RTCRtpSenderId,
    /// Names its packets.
    source: u32,
    payload_type: u8,
}

impl Peer {
    fn new(
        connection: RTCPeerConnection,
        channels: [Option<RTCDataChannelId>; 3],
        videos: Vec<Video>,
    ) -> Self {
        let (duplicates, kept, in_order) =
            (Duplicates::default(), RetransmitBuffer::default(), InOrder::default());
        Self { connection, channels, videos, heeds_browser: false, duplicates, kept, in_order }
    }

    /// The host's end, which can send so many videos on RTP: it answers.
    pub(crate) fn host(videos: usize) -> Result<Self, Error> {
        let settings =
            common_settings().with_lite(true).with_sctp_max_receive_buffer_size(HOST_RECEIVE_BUFFER);
        let mut connection = connection(settings)?;
        let videos = (0..videos.min(MAX_VIDEO_SLOTS)).map(|slot| add_video(&mut connection, slot));
        let videos = videos.collect::<Result<_, _>>()?;
        let mut channels = [None; 3];
        channels[Channel::Motion as usize] = Some(create(&mut connection, Channel::Motion)?);
        Ok(Self::new(connection, channels, videos))
    }

    /// The viewer's end, which takes so many videos on RTP: it offers.
    pub(crate) fn viewer(videos: usize) -> Result<Self, Error> {
        let settings = common_settings()
            .with_discard_local_candidates_during_ice_restart(true)
            .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(u16::MAX))
            .with_include_loopback_candidate(true);
        let mut connection = connection(settings)?;
        let mut channels = [None; 3];
        for (channel, id) in Channel::ALL.into_iter().zip(&mut channels) {
            *id = Some(create(&mut connection, channel)?);
        }
        for _ in 0..videos.min(MAX_VIDEO_SLOTS) {
            let direction = RTCRtpTransceiverDirection::Recvonly;
            let init = RTCRtpTransceiverInit { direction, ..Default::default() };
            connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(init))?;
        }
        Ok(Self::new(connection, channels, Vec::new()))
    }

    /// Offers an address of this end to the other.
    pub(crate) fn add_candidate(&mut self, number: usize, address: SocketAddr, over: TransportProtocol) {
        // The first is preferred; UDP is preferred to TCP.
        let (kind, preference) = match over {
            TransportProtocol::TCP => ("tcp", 1u32 << 8),
            _ => ("udp", 2u32 << 8),
        };
        let preference = preference | (255 - u32::try_from(number.min(255)).expect("a byte"));
        let priority = 126 << 24 | preference << 8 | 255;
        let passive = if over == TransportProtocol::TCP { " tcptype passive" } else { "" };
        let (ip, port) = (address.ip(), address.port());
        let candidate = format!("candidate:{number} 1 {kind} {priority} {ip} {port} typ host{passive}");
        let init = RTCIceCandidateInit { candidate, ..Default::default() };
        if let Err(error) = self.connection.add_local_candidate(init) {
            tracing::warn!(%address, %error, "an address cannot be offered over WebRTC");
        }
    }

    /// The answer to an offer; a later one with other ICE credentials restarts ICE.
    pub(crate) fn answer(&mut self, offer: String) -> Result<String, Error> {
        let now = Instant::now();
        self.heeds_browser = sdp::asks_for_keyframes(&offer);
        self.connection.set_remote_description(now, RTCSessionDescription::offer(offer)?)?;
        let answer = self.connection.create_answer(None)?;
        self.connection.set_local_description(now, answer)?;
        self.agree_on_videos();
        Ok(self.connection.local_description().map(|local| local.sdp).unwrap_or_default())
    }

    /// Learns under which numbers the viewer takes videos; those that it does not take are none.
    fn agree_on_videos(&mut self) {
        let connection = &mut self.connection;
        self.videos.retain_mut(|video| {
            let Some(mut sender) = connection.rtp_sender(video.sender) else { return false };
            let codecs = &sender.get_parameters().rtp_parameters.codecs;
            let agreed = codecs.iter().find(|codec| codec.rtp_codec.mime_type == MIME_TYPE_H264);
            agreed.inspect(|codec| video.payload_type = codec.payload_type).is_some()
        });
    }

    /// How many videos can be sent at once.
    pub(crate) fn video_slots(&self) -> usize {
        self.videos.len()
    }

    /// Sends a packet of the video in a slot.
    pub(crate) fn send_video(&mut self, slot: u8, mut packet: rtp::Packet) -> Result<(), Error> {
        let video = self.videos.get(usize::from(slot)).ok_or(Error::ErrSenderWithNoSSRCs)?;
        packet.header.ssrc = video.source;
        packet.header.payload_type = video.payload_type;
        let mut sender = self.connection.rtp_sender(video.sender).ok_or(Error::ErrSenderWithNoSSRCs)?;
        sender.write_rtp(Instant::now(), packet)
    }

    /// An offer. `restart`: with new ICE credentials, since this end's address changed.
    pub(crate) fn offer(&mut self, restart: bool) -> Result<String, Error> {
        if restart {
            self.connection.restart_ice();
        }
        let offer = self.connection.create_offer(None)?;
        self.connection.set_local_description(Instant::now(), offer)?;
        Ok(self.connection.local_description().map(|local| local.sdp).unwrap_or_default())
    }

    /// Takes the answer to an offer.
    pub(crate) fn take_answer(&mut self, answer: String) -> Result<(), Error> {
        self.connection.set_remote_description(Instant::now(), RTCSessionDescription::answer(answer)?)
    }

    /// Bytes that were given to a channel and that the other end has not acknowledged; `None` if it is not
    /// open.
    pub(crate) fn outstanding(&mut self, channel: Channel) -> Option<usize> {
        self.channel(channel).map(|channel| channel.outstanding_bytes())
    }

    /// Gives a message to a channel, which must be open.
    pub(crate) fn send(&mut self, channel: Channel, data: BytesMut) -> Result<(), Error> {
        let now = Instant::now();
        let mut open = self.channel(channel).ok_or(Error::ErrDataChannelClosed)?;
        let outstanding = open.outstanding_bytes();
        let copy = channel.is_reliable().then(|| data.clone().freeze());
        open.send(now, data)?;
        if let Some(copy) = copy {
            self.duplicates.sent(now, channel as usize, &copy);
            self.kept.given(now, channel as usize, copy, outstanding);
        }
        Ok(())
    }

    /// Sends over the unreliable channel; what does not go is as lost as what the network loses.
    fn send_unreliable(&mut self, messages: Vec<BytesMut>) {
        for message in messages {
            if self.outstanding(Channel::Motion).is_some_and(|bytes| bytes < UNRELIABLE_WINDOW)
                && let Err(error) = self.send(Channel::Motion, message)
            {
                tracing::trace!(%error, "not sent");
            }
        }
    }

    fn retransmission(&mut self, now: Instant, channel: usize, number: u32) {
        let outstanding = self.outstanding(Channel::ALL[channel]).unwrap_or(0);
        let retransmissions = self.kept.retransmissions(now, channel, number, outstanding);
        if !retransmissions.is_empty() {
            tracing::debug!(
                channel,
                number,
                packets = retransmissions.len(),
                "retransmissions what was lost"
            );
        }
        self.send_unreliable(retransmissions);
    }

    fn channel(&mut self, channel: Channel) -> Option<rtc::data_channel::RTCDataChannel<'_>> {
        let id = self.channels[channel as usize]?;
        self.connection.data_channel(id)
    }

    /// Takes a packet from the network.
    pub(crate) fn handle_packet(&mut self, packet: Packet) {
        let Packet { local, remote, over, bytes } = packet;
        let transport =
            TransportContext { local_addr: local, peer_addr: remote, transport_protocol: over, ecn: None };
        let tagged = TaggedBytesMut { now: Instant::now(), transport, message: bytes };
        if let Err(error) = self.connection.handle_read(tagged) {
            tracing::debug!(%error, "a packet was not understood");
        }
    }

    /// The next packet for the network.
    pub(crate) fn poll_packet(&mut self) -> Option<Packet> {
        let TaggedBytesMut { transport, message, .. } = self.connection.poll_write()?;
        let TransportContext { local_addr: local, peer_addr: remote, transport_protocol: over, .. } =
            transport;
        Some(Packet { local, remote, over, bytes: message })
    }

    /// When [`Self::handle_timeout`] is due.
    pub(crate) fn poll_timeout(&mut self) -> Option<Instant> {
        let ours = self.duplicates.due().into_iter().chain(self.in_order.due());
        self.connection.poll_timeout().into_iter().chain(ours).min()
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self) {
        let now = Instant::now();
        let duplicates = self.duplicates.pop(now);
        self.send_unreliable(duplicates);
        let asks = self.in_order.asks(now);
        self.send_unreliable(asks);
        if let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(%error, "a timer of WebRTC failed");
        }
    }

    /// What happened next. Without `data`, data channel messages stay where they are, which holds the other
    /// end back.
    pub(crate) fn poll(&mut self, data: bool) -> Option<Happened> {
        while let Some(event) = self.connection.poll_event() {
            if let Some(happened) = self.happened(event) {
                return Some(happened);
            }
        }
        // Before data, since video must not wait for whoever reads updates.
        while let Some(message) = self.connection.poll_media_read() {
            match message.message {
                RTCMessage::RtcpPacket(_, packets) => {
                    // Chromium asks five times a second for as long as it shows no frame itself, agreed or
                    // not.
                    if self.heeds_browser
                        && let Some(slot) = self.keyframe_wanted(&packets)
                    {
                        return Some(Happened::KeyframeWanted(slot));
                    }
                }
                RTCMessage::RtpPacket(_, packet) => {
                    if let Some(slot) = slot_of(packet.header.ssrc) {
                        return Some(Happened::Video(slot, packet));
                    }
                }
                _ => {}
            }
        }
        if !data {
            return None;
        }
        loop {
            if let Some((channel, data)) = self.in_order.pop() {
                return Some(Happened::Data(Channel::ALL[channel], data));
            }
            let message = self.connection.poll_data_read()?;
            if let RTCMessage::DataChannelMessage(id, message) = message.message
                && let Some(channel) = self.of(id)
                && let Some(data) = self.take(channel, message.data)
            {
                return Some(Happened::Data(channel, data));
            }
        }
    }

    /// A data channel message came; answers what is about no other message.
    fn take(&mut self, channel: Channel, data: BytesMut) -> Option<BytesMut> {
        let now = Instant::now();
        if channel.is_reliable() {
            self.in_order.came(now, channel as usize, data);
            return None;
        }
        match self.in_order.heard(now, data) {
            Heard::Other(data) => Some(data),
            Heard::Asked { channel, number } => {
                self.retransmission(now, channel, number);
                None
            }
            Heard::Taken => None,
        }
    }

    /// The first slot that the packets want a keyframe for; browsers ask again.
    fn keyframe_wanted(&self, packets: &[Box<dyn rtc::rtcp::Packet>]) -> Option<u8> {
        let wanted = rtcp::wanted(packets);
        let slot = self.videos.iter().position(|video| wanted.contains(&video.source))?;
        u8::try_from(slot).ok()
    }

    fn happened(&mut self, event: RTCPeerConnectionEvent) -> Option<Happened> {
        match event {
            RTCPeerConnectionEvent::OnDataChannel(event) => match event {
                RTCDataChannelEvent::OnOpen(id) => Some(self.opened(id)),
                RTCDataChannelEvent::OnClose(id) if self.of(id).is_some() => {
                    Some(Happened::Ended("a data channel was closed"))
                }
                _ => None,
            },
            RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => match state {
                RTCPeerConnectionState::Failed => Some(Happened::Ended("the connection failed")),
                RTCPeerConnectionState::Closed => Some(Happened::Ended("the other end closed it")),
                _ => None,
            },
            _ => None,
        }
    }

    fn opened(&mut self, id: RTCDataChannelId) -> Happened {
        if let Some(channel) = self.of(id) {
            return Happened::Opened(channel);
        }
        let Some(opened) = self.connection.data_channel(id) else { return Happened::Moved };
        let named = Channel::ALL.into_iter().find(|channel| channel.label() == opened.label());
        match named {
            Some(channel) if self.channels[channel as usize].is_none() => {
                self.channels[channel as usize] = Some(id);
                Happened::Opened(channel)
            }
            _ => Happened::Breach("it opened a data channel of its own"),
        }
    }

    fn of(&self, id: RTCDataChannelId) -> Option<Channel> {
        Channel::ALL.into_iter().find(|&channel| self.channels[channel as usize] == Some(id))
    }

    /// Ends the connection; what the other end is told waits in [`Self::poll_packet`].
    pub(crate) fn close(&mut self) {
        if let Err(error) = self.connection.close() {
            tracing::debug!(%error, "closing failed");
        }
    }
}

fn create(connection: &mut RTCPeerConnection, channel: Channel) -> Result<RTCDataChannelId, Error> {
    Ok(connection.create_data_channel(channel.label(), Some(channel.init()))?.id())
}

fn connection(settings: SettingEngineBuilder) -> Result<RTCPeerConnection, Error> {
    let repeat = NackResponderBuilder::new().with_size(KEPT_PACKETS).build();
    let interceptors = Registry::new()
        .with(Slot::NackResponder, repeat)
        .with(Slot::NackGenerator, NackGeneratorBuilder::new().build())
        .with(Slot::from(rtcp::SLOT), rtcp::KeyframeRequests::default());
    RTCPeerConnectionBuilder::new()
        .with_setting_engine(settings.build())
        .with_media_engine(media_engine()?)
        .with_interceptor_registry(interceptors)
        .build(Instant::now())
}

fn media_engine() -> Result<MediaEngine, Error> {
    let mut engine = MediaEngine::default();
    let video = RTCRtpCodecParameters { rtp_codec: h264(), payload_type: 102 };
    engine.register_codec(video, RtpCodecKind::Video)?;
    // A slot for sound, which nobody sends yet.
    let opus = RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    };
    let sound = RTCRtpCodecParameters { rtp_codec: opus, payload_type: 111 };
    engine.register_codec(sound, RtpCodecKind::Audio)?;
    Ok(engine)
}

/// What our encoders make.
fn h264() -> RTCRtpCodec {
    let feedback = [("nack", ""), ("nack", "pli"), ("ccm", "fir")];
    let feedback = feedback
        .map(|(typ, parameter)| RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() });
    RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f".to_owned(),
        rtcp_feedback: feedback.to_vec(),
    }
}

/// The number of the packets' source of the first slot; the others follow it.
const FIRST_SOURCE: u32 = 0x0d04_0000;

fn slot_of(source: u32) -> Option<u8> {
    let slot = source.checked_sub(FIRST_SOURCE)?;
    u8::try_from(slot).ok().filter(|slot| usize::from(*slot) < MAX_VIDEO_SLOTS)
}

fn add_video(connection: &mut RTCPeerConnection, slot: usize) -> Result<Video, Error> {
    // Any numbers will do that differ from each other: nobody else sends on this connection.
    let source = FIRST_SOURCE + u32::try_from(slot).expect("few slots");
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(source), ..Default::default() },
        codec: h264(),
        ..Default::default()
    };
    let name = format!("video{slot}");
    let track = MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Video, vec![coding]);
    Ok(Video { sender: connection.add_track(track)?, source, payload_type: 0 })
}

fn common_settings() -> SettingEngineBuilder {
    SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_DATA as u32))
        .with_ice_timeouts(Some(Duration::ZERO), Some(Duration::ZERO), Some(ICE_KEEP_ALIVE))
}
