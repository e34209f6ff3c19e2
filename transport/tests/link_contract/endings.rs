//! How links end: in order, by silence, by overflow; and what does not end them.

use std::time::{Duration, Instant};

use dormer_transport::{CloseReason, HostIncoming, LinkStats, ViewerIncoming, quic::QuicSettings};
use media::{Timestamp, TrackId};
use protocol::{
    Lane,
    control::{Refusal, RefusalCode, ToHost, ToViewer},
};

use crate::{
    for_each_link,
    rig::{IDLE_TIMEOUT, Rig, at_host, at_viewer, until},
    samples::{key, update},
};

for_each_link! {
    what_was_said_before_closing_is_heard,
    a_dropped_link_is_closed,
    a_viewer_that_is_thrown_out_hears_why,
    a_viewer_that_vanishes_is_noticed,
    a_newcomer_makes_the_host_notice_ghosts_and_spare_the_living,
    a_hundred_viewers_come_and_go_without_a_trace,
    a_full_queue_closes_the_link,
    a_message_too_large_for_its_lane_closes_the_link,
    a_flood_is_held_back_where_it_comes_from,
    a_closed_link_says_so_again_and_again,
}

async fn what_was_said_before_closing_is_heard(rig: &mut impl Rig) {
    let (host, mut viewer) = rig.pair().await;
    for number in 0..500 {
        host.send_control(&ToViewer::Bell { track: TrackId(number) });
    }
    host.sender().close("the session ends");
    for number in 0..500 {
        let bell = ViewerIncoming::Control(ToViewer::Bell { track: TrackId(number) });
        assert_eq!(at_viewer(&mut viewer).await, bell);
    }
    let left = CloseReason::Left("the session ends".to_owned());
    assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Closed(left));
}

async fn a_dropped_link_is_closed(rig: &mut impl Rig) {
    let (mut host, viewer) = rig.pair().await;
    drop(viewer);
    assert_eq!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Left(String::new())));
}

async fn a_viewer_that_is_thrown_out_hears_why(rig: &mut impl Rig) {
    let (mut host, mut viewer) = rig.pair().await;
    let refusal = Refusal { code: RefusalCode::Full, message: "make room".to_owned() };
    host.refuse(refusal.clone());
    assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Control(ToViewer::Refused(refusal.clone())));
    let ViewerIncoming::Closed(reason) = at_viewer(&mut viewer).await else {
        panic!("nothing else was sent")
    };
    assert!(reason.to_string().contains("make room"), "{reason}");
    assert_eq!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Refused(refusal)));
}

async fn a_viewer_that_vanishes_is_noticed(rig: &mut impl Rig) {
    let mut host = rig.vanished().await;
    let gone = Instant::now();
    // What the host has to say meanwhile does not make it wait longer.
    tokio::time::sleep(IDLE_TIMEOUT / 2).await;
    host.send_update(&update(1, 200), 0);
    let closed = at_host(&mut host).await;
    assert_eq!(closed, HostIncoming::Closed(CloseReason::Silence(IDLE_TIMEOUT)));
    assert!(gone.elapsed() < IDLE_TIMEOUT * 13 / 10, "after {:?}", gone.elapsed());
}

async fn a_newcomer_makes_the_host_notice_ghosts_and_spare_the_living(rig: &mut impl Rig) {
    let (mut living, mut viewer) = rig.pair().await;
    let mut ghost = rig.vanished().await;
    let (_newcomer, _its_viewer) = rig.pair().await;
    let closed = at_host(&mut ghost).await;
    assert!(matches!(closed, HostIncoming::Closed(CloseReason::Silence(_))), "{closed:?}");
    viewer.send_control(&ToHost::DismissPopups);
    assert_eq!(at_host(&mut living).await, HostIncoming::Control(ToHost::DismissPopups));
    living.send_control(&ToViewer::Seat { held: true });
    assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Control(ToViewer::Seat { held: true }));
}

#[test]
fn by_default_a_viewer_that_vanishes_is_noticed_within_ten_seconds() {
    let settings = QuicSettings::default();
    assert!(settings.idle_timeout * 11 / 10 < Duration::from_secs(10));
    assert!(
        settings.keep_alive + Duration::from_secs(4) < settings.idle_timeout,
        "an outage of 4 s is not the end"
    );
}

async fn a_hundred_viewers_come_and_go_without_a_trace(rig: &mut impl Rig) {
    for round in 0..100 {
        let (mut host, viewer) = rig.pair().await;
        viewer.send_control(&ToHost::Ping { viewer: Timestamp(round) });
        assert!(matches!(at_host(&mut host).await, HostIncoming::Control(_)));
        if round % 2 == 0 {
            drop(viewer);
            assert!(matches!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Left(_))));
        }
    }
    until(|| rig.open_connections() == 0).await;
}

async fn a_full_queue_closes_the_link(rig: &mut impl Rig) {
    let (mut host, mut viewer) = rig.pair().await;
    // All at once: nothing gets a chance to leave.
    for id in 0..10_000 {
        viewer.send_input(&key(id));
    }
    loop {
        if let ViewerIncoming::Closed(reason) = at_viewer(&mut viewer).await {
            assert_eq!(reason, CloseReason::Overflow(Lane::Input));
            break;
        }
    }
    loop {
        match at_host(&mut host).await {
            HostIncoming::Input(_) => {}
            HostIncoming::Closed(CloseReason::Rejected(reason)) => {
                assert!(reason.contains("too slow"), "{reason}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_message_too_large_for_its_lane_closes_the_link(rig: &mut impl Rig) {
    let (host, mut viewer) = rig.pair().await;
    let mut host = host;
    viewer.send_control(&ToHost::Keymap { text: "x".repeat(Lane::Control.max_message()) });
    let ViewerIncoming::Closed(reason) = at_viewer(&mut viewer).await else { panic!("nothing was sent") };
    assert!(matches!(reason, CloseReason::Oversized { lane: Lane::Control, .. }), "{reason}");
    assert!(matches!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Rejected(_))));
}

async fn a_flood_is_held_back_where_it_comes_from(rig: &mut impl Rig) {
    const KEYMAP: usize = 500 << 10;
    let (mut host, viewer) = rig.pair().await;
    // The host takes nothing; what it holds for itself is bounded, and the rest fills the viewer's queue.
    until(|| {
        viewer.send_control(&ToHost::Keymap { text: "x".repeat(KEYMAP) });
        viewer.is_closed()
    })
    .await;
    let LinkStats { received_bytes, .. } = host.stats();
    assert!(received_bytes < 8 << 20, "the host took {received_bytes} bytes");
    while !matches!(at_host(&mut host).await, HostIncoming::Closed(_)) {}
}

async fn a_closed_link_says_so_again_and_again(rig: &mut impl Rig) {
    let (mut host, viewer) = rig.pair().await;
    viewer.close("bye").await;
    for _ in 0..3 {
        assert_eq!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Left("bye".to_owned())));
        host.send_update(&update(1, 10), 0);
    }
}
