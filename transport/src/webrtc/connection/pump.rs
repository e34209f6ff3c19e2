//! Moves packets between a peer connection and the network, and time with them.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::sleep_until;

use crate::{
    stats::{LinkStats, Probe},
    webrtc::{
        ice::wire::Wire,
        peer::{Happened, Packet, Peer},
    },
};

/// Timers are not handled more often: they are in milliseconds, and one that is always due must not stop
/// everything else.
const TIMER_RESOLUTION: Duration = Duration::from_millis(1);

/// Packets that are taken in a row before what they caused is looked at: so one acknowledgement answers many.
const MAX_PACKETS_IN_A_ROW: usize = 32;

/// What crosses the network in one packet of SCTP at most, DTLS included.
const MTU: u16 = 1228;

/// The figures of a link, written by its task.
#[derive(Clone, Debug)]
pub(crate) struct Figures(Arc<Mutex<LinkStats>>);

impl Figures {
    pub(crate) fn new(window: u64) -> Self {
        let stats =
            LinkStats { transport: "webrtc", congestion_window: window, mtu: MTU, ..LinkStats::default() };
        Self(Arc::new(Mutex::new(stats)))
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut LinkStats)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Probe for Figures {
    fn stats(&self) -> LinkStats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module's documentation.
pub(crate) struct Pump {
    pub(crate) peer: Peer,
    pub(crate) wire: Wire,
    pub(crate) figures: Figures,
    /// What the network did not take yet.
    unsent: Option<Packet>,
    heard: Instant,
    timer_handled: Instant,
}

impl Pump {
    pub(crate) fn new(peer: Peer, wire: Wire, figures: Figures) -> Self {
        let now = Instant::now();
        Self { peer, wire, figures, unsent: None, heard: now, timer_handled: now }
    }

    /// When the last packet came.
    pub(crate) fn heard(&self) -> Instant {
        self.heard
    }

    /// Bytes that came.
    pub(crate) fn received(&self) -> u64 {
        self.figures.stats().received_bytes
    }

    /// Moves packets until something happens or something came, which may have made room. Without `data`,
    /// data channel messages stay where they are, which holds the other end back. May be cancelled without
    /// loss.
    pub(crate) async fn next(&mut self, data: bool) -> Happened {
        loop {
            self.flush();
            if let Some(happened) = self.peer.poll(data) {
                return happened;
            }
            // Looking at what happened may have made more to send.
            self.flush();
            let due = self.due();
            let blocked = self.unsent.as_ref().map(|packet| self.wire.writable(packet.local));
            tokio::select! {
                packet = self.wire.receive() => {
                    self.take(packet);
                    self.flush();
                    return self.peer.poll(data).unwrap_or(Happened::Moved);
                }
                () = sleep_until(due.into()) => {
                    self.timer_handled = Instant::now();
                    self.peer.handle_timeout();
                }
                () = async { if let Some(writable) = blocked { writable.await } }, if self.unsent.is_some() => {}
            }
        }
    }

    /// Sends what is to be sent, as far as the network takes it.
    pub(crate) fn flush(&mut self) {
        loop {
            let Some(packet) = self.unsent.take().or_else(|| self.peer.poll_packet()) else { return };
            match self.wire.send(&packet) {
                Ok(()) => self.count_sent(&packet),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.unsent = Some(packet);
                    return;
                }
                // As lost as one that the network loses.
                Err(error) => tracing::debug!(%error, "a packet was not sent"),
            }
        }
    }

    fn due(&mut self) -> Instant {
        let earliest = self.timer_handled + TIMER_RESOLUTION;
        let a_day = Duration::from_secs(86_400);
        self.peer.poll_timeout().unwrap_or_else(|| Instant::now() + a_day).max(earliest)
    }

    fn take(&mut self, packet: Packet) {
        self.take_one(packet);
        for _ in 1..MAX_PACKETS_IN_A_ROW {
            let Some(packet) = self.wire.try_receive() else { break };
            self.take_one(packet);
        }
    }

    fn take_one(&mut self, packet: Packet) {
        self.heard = Instant::now();
        self.figures.update(|figures| {
            figures.received_bytes += packet.bytes.len() as u64;
            figures.received_packets += 1;
        });
        self.peer.handle_packet(packet);
    }

    fn count_sent(&self, packet: &Packet) {
        self.figures.update(|figures| {
            figures.sent_bytes += packet.bytes.len() as u64;
            figures.sent_packets += 1;
            figures.peer = Some(packet.remote);
        });
    }
}
