//! Every lane carries what it should, in the order it promises.

use std::{collections::BTreeSet, time::Duration};

use dormer_transport::{CloseReason, HostIncoming, ViewerIncoming};
use media::{InputId, Timestamp, TrackId};
use protocol::control::{ToHost, ToViewer};

use crate::{
    for_each_link,
    rig::{Rig, at_host, at_viewer, until},
    samples::{button, feedback, key, motion, update},
};

for_each_link! {
    every_lane_carries_its_messages,
    control_keeps_its_order_both_ways,
    input_keeps_its_order,
    updates_may_overtake_each_other_but_each_is_whole,
    an_urgent_update_overtakes_a_large_one,
    a_link_tells_about_its_path,
}

async fn every_lane_carries_its_messages(rig: &mut impl Rig) {
    let (mut host, mut viewer) = rig.pair().await;
    viewer.send_control(&ToHost::Ping { viewer: Timestamp(5) });
    assert_eq!(at_host(&mut host).await, HostIncoming::Control(ToHost::Ping { viewer: Timestamp(5) }));
    for input in [key(1), button(2), motion(3)] {
        viewer.send_input(&input);
        assert_eq!(at_host(&mut host).await, HostIncoming::Input(input));
    }
    viewer.send_feedback(&feedback(4));
    assert_eq!(at_host(&mut host).await, HostIncoming::Feedback(feedback(4)));
    host.send_control(&ToViewer::Bell { track: TrackId(3) });
    assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Control(ToViewer::Bell { track: TrackId(3) }));
    for length in [0, 200, 100_000, 5_000_000] {
        host.send_update(&update(6, length), 1);
        assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Update(update(6, length)));
    }
    viewer.close("enough").await;
    assert_eq!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Left("enough".to_owned())));
}

async fn control_keeps_its_order_both_ways(rig: &mut impl Rig) {
    let (mut host, mut viewer) = rig.pair().await;
    for number in 0..1000 {
        viewer.send_control(&ToHost::Ping { viewer: Timestamp(number) });
        host.send_control(&ToViewer::Bell { track: TrackId(number as u32) });
    }
    for number in 0..1000 {
        let ping = HostIncoming::Control(ToHost::Ping { viewer: Timestamp(number) });
        assert_eq!(at_host(&mut host).await, ping);
        let bell = ViewerIncoming::Control(ToViewer::Bell { track: TrackId(number as u32) });
        assert_eq!(at_viewer(&mut viewer).await, bell);
    }
}

async fn input_keeps_its_order(rig: &mut impl Rig) {
    let (mut host, viewer) = rig.pair().await;
    for number in 0..1000 {
        viewer.send_input(&key(number));
    }
    for number in 0..1000 {
        assert_eq!(at_host(&mut host).await, HostIncoming::Input(key(number)));
    }
}

async fn updates_may_overtake_each_other_but_each_is_whole(rig: &mut impl Rig) {
    let (host, mut viewer) = rig.pair().await;
    let length = |id: u64| (id * 7919 % 60_000) as usize;
    for id in 0..300 {
        host.send_update(&update(id, length(id)), (id % 3) as i32);
    }
    let mut missing: BTreeSet<u64> = (0..300).collect();
    while !missing.is_empty() {
        let ViewerIncoming::Update(arrived) = at_viewer(&mut viewer).await else {
            panic!("only updates were sent")
        };
        let id = arrived.id.0;
        assert!(missing.remove(&id), "{id} came twice");
        assert_eq!(arrived, update(id, length(id)));
    }
}

async fn an_urgent_update_overtakes_a_large_one(rig: &mut impl Rig) {
    let (host, mut viewer) = rig.pair().await;
    host.send_update(&update(1, 20_000_000), 0);
    host.send_update(&update(2, 200), 5);
    let ViewerIncoming::Update(first) = at_viewer(&mut viewer).await else {
        panic!("only updates were sent")
    };
    assert_eq!(first, update(2, 200));
    let ViewerIncoming::Update(second) = at_viewer(&mut viewer).await else {
        panic!("only updates were sent")
    };
    assert_eq!(second, update(1, 20_000_000));
}

async fn a_link_tells_about_its_path(rig: &mut impl Rig) {
    let (host, mut viewer) = rig.pair().await;
    let before = viewer.stats().received_bytes;
    host.send_update(&update(1, 100_000), 0);
    at_viewer(&mut viewer).await;
    until(|| !host.stats().rtt.is_zero() && !viewer.stats().rtt.is_zero()).await;
    let stats = viewer.stats();
    assert!(!stats.transport.is_empty() && stats.rtt < Duration::from_secs(1), "{stats:?}");
    assert!(stats.received_bytes >= before + 100_000, "{stats:?}");
    assert_eq!(host.stats().queued_bytes, 0);
}

#[tokio::test]
async fn motion_without_datagrams_travels_on_a_stream() {
    let settings = dormer_transport::quic::QuicSettings { datagrams: false, ..crate::quic_rig::SETTINGS };
    let mut rig = crate::quic_rig::QuicRig::with(settings, crate::rig::Options::default());
    let (mut host, viewer) = rig.pair().await;
    for id in 0..100 {
        viewer.send_input(&motion(2 * id));
        viewer.send_feedback(&feedback(id));
        viewer.send_input(&key(2 * id + 1));
    }
    let (mut inputs, mut updates) = (BTreeSet::new(), BTreeSet::new());
    while inputs.len() + updates.len() < 300 {
        match at_host(&mut host).await {
            HostIncoming::Input(input) => assert!(inputs.insert(input.id)),
            HostIncoming::Feedback(feedback) => assert!(updates.insert(feedback.update)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(inputs, (0..200).map(InputId).collect());
}
