//! Prints what a link over QUIC costs and carries on the loopback interface: `cargo run --release -p
//! dormer-transport --example link_figures [IDLE_SECONDS]`.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dormer_transport::{
    Admission, HostIdentity, HostLink, LinkAddress, PreAuthLimits, Right, Ticket, TicketId, TicketKey,
    UnixSeconds, ViewerIncoming, ViewerLink,
    quic::{Introduction, QuicHost, QuicSettings, connect},
};
use media::{Op, Rect, Size, TileCoding, Timestamp, Timing, TrackId, Update, UpdateId, ViewerId};
use protocol::control::{Role, ToViewer, Welcome};

/// What IPv4 and UDP add to each packet.
const HEADERS: u64 = 28;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let idle = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(60);
    let state = tempfile::tempdir().expect("a directory");
    let (_endpoint, host, mut viewer) = pair(state.path()).await;
    latency(&host, &mut viewer).await;
    throughput(&host, &mut viewer, 100_000).await;
    throughput(&host, &mut viewer, 4_000_000).await;
    // Acknowledgements and the search for the path's limit end first.
    tokio::time::sleep(Duration::from_secs(3)).await;
    idle_rate(&host, &viewer, Duration::from_secs(idle)).await;
}

async fn pair(state: &std::path::Path) -> (QuicHost, HostLink, ViewerLink) {
    let identity = HostIdentity::load_or_create(state).expect("a key");
    let tickets = TicketKey::load_or_create(state).expect("a secret");
    let expires = UnixSeconds::now().after(Duration::from_secs(60));
    let ticket = Ticket {
        id: TicketId(1),
        right: Right::Join,
        session: "main".to_owned(),
        role: Role::Control,
        expires,
    };
    let ticket = tickets.sign(&ticket).expect("signs");
    let door = Arc::new(Admission::new("main", tickets, PreAuthLimits::default()));
    let anywhere = "127.0.0.1:0".parse().expect("an address");
    let mut host = QuicHost::bind(anywhere, &identity, door, QuicSettings::default()).expect("binds");
    let address = host.local_addr().expect("bound");
    let link = LinkAddress {
        host: address.ip().to_string(),
        port: address.port(),
        others: Vec::new(),
        tcp: Vec::new(),
        pin: identity.pin(),
        ticket,
    };
    let introduction = Introduction { agent: "figures".to_owned(), video: vec![], resume: None };
    let started = Instant::now();
    let welcome = async {
        let joined = host.accept().await.expect("open");
        let welcome = Welcome {
            version: joined.version,
            session: "main".to_owned(),
            viewer: ViewerId(1),
            role: joined.role,
            now: Timestamp(0),
            resumed: None,
        };
        joined.link.send_control(&ToViewer::Welcome(welcome));
        joined.link
    };
    let (host_link, viewer) = tokio::join!(welcome, connect(&link, introduction, QuicSettings::default()));
    println!("connected and welcomed in {:?}", started.elapsed());
    (host, host_link, viewer.expect("connects").0)
}

fn update(id: u64, data: &Bytes) -> Update {
    let tile = Op::Tile { rect: Rect::new(0, 0, 64, 64), coding: TileCoding::Raw, data: data.clone() };
    let size = Size::new(1920, 1080);
    let (track, id) = (TrackId(1), UpdateId(id));
    Update { track, id, size, ops: vec![tile], exact: true, caused_by_input: None, timing: Timing::default() }
}

async fn arrival(viewer: &mut ViewerLink) {
    match viewer.recv().await {
        ViewerIncoming::Update(_) => {}
        other => panic!("{other:?}"),
    }
}

async fn latency(host: &HostLink, viewer: &mut ViewerLink) {
    let data = Bytes::from(vec![7; 200]);
    let mut ages = Vec::new();
    for id in 0..2000 {
        let sent = Instant::now();
        host.send_update(&update(id, &data), 0);
        arrival(viewer).await;
        ages.push(sent.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    ages.sort();
    println!("update of 200 bytes: p50 {:?}, p95 {:?}, p99 {:?}", ages[1000], ages[1900], ages[1980]);
}

async fn throughput(host: &HostLink, viewer: &mut ViewerLink, length: usize) {
    let data = Bytes::from(vec![7; length]);
    let total = 400_000_000 / length as u64;
    let before = viewer.stats();
    let started = Instant::now();
    let (mut sent, mut arrived) = (0, 0);
    while arrived < total {
        while sent < total && host.stats().queued_bytes < 16_000_000 {
            host.send_update(&update(sent, &data), 0);
            sent += 1;
        }
        arrival(viewer).await;
        arrived += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = (total * length as u64) as f64 / seconds / 1e6;
    let stats = host.stats();
    println!(
        "updates of {length} bytes: {rate:.0} MB/s, {} packets lost, mtu {}, {} bytes on the wire",
        stats.lost_packets,
        stats.mtu,
        viewer.stats().received_bytes - before.received_bytes
    );
}

async fn idle_rate(host: &HostLink, viewer: &ViewerLink, time: Duration) {
    let wire = || {
        let stats = viewer.stats();
        let packets = stats.sent_packets + stats.received_packets;
        (stats.sent_bytes + stats.received_bytes + packets * HEADERS, packets)
    };
    let before = wire();
    tokio::time::sleep(time).await;
    let after = wire();
    let rate = (after.0 - before.0) as f64 * 8.0 / 1000.0 / time.as_secs_f64();
    println!(
        "idle for {time:?}: {rate:.3} kbit/s both ways with IPv4 and UDP headers, {} packets; host rtt {:?}",
        after.1 - before.1,
        host.stats().rtt
    );
}
