//! What an idle link costs.

use dormer_transport::{ViewerLink, quic::QuicSettings};

use crate::{
    quic_rig::QuicRig,
    rig::{Entrance, Rig, until},
};

/// What IPv6 and UDP add to each packet.
const HEADERS: u64 = 48;

/// Where the search for the path's limit ends.
const MTU: u16 = 1452;

/// Packets and bytes of both directions, with all headers.
fn wire(viewer: &ViewerLink) -> (u64, u64) {
    let stats = viewer.stats();
    let packets = stats.sent_packets + stats.received_packets;
    (packets, stats.sent_bytes + stats.received_bytes + packets * HEADERS)
}

#[tokio::test]
async fn an_idle_link_stays_below_its_promise() {
    let mut rig = QuicRig::start();
    let (host, viewer) = rig.pair().await;
    until(|| host.stats().mtu == MTU && viewer.stats().mtu == MTU).await;
    // The first answer that comes now ends what began before.
    let answered = viewer.stats().received_packets;
    until(|| viewer.stats().received_packets > answered + 1).await;
    let (packets, bytes) = wire(&viewer);
    until(|| wire(&viewer).0 >= packets + 10).await;
    let (packets, bytes) = (wire(&viewer).0 - packets, wire(&viewer).1 - bytes);
    // A sign of life and its answer are two packets.
    let signs = packets as f64 / 2.0;
    let bits_per_second = bytes as f64 * 8.0 / (signs * QuicSettings::default().keep_alive.as_secs_f64());
    assert!(bits_per_second < 300.0, "{bits_per_second} bit/s: {bytes} bytes in {packets} packets");
}
