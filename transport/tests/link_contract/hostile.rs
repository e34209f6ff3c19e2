//! A viewer that was let in and breaks the rules loses its link, with a reason, and nobody else notices.

use dormer_transport::{CloseReason, HostIncoming, HostLink, ViewerLink};
use media::Timestamp;
use proptest::{
    prelude::{Strategy, any, prop},
    strategy::ValueTree,
    test_runner::TestRunner,
};
use protocol::{Lane, control::ToHost, encode};

use crate::{
    for_each_link,
    rig::{RawViewer, Rig, at_host},
    samples::{feedback, key, motion, update},
};

for_each_link! {
    garbage_on_any_lane_closes_only_its_link,
    random_bytes_close_only_their_link,
    a_length_over_the_limit_is_refused_unread,
    a_message_cut_short_is_refused,
    a_lane_that_leads_the_other_way_is_refused,
    a_key_on_the_motion_lane_is_refused,
    stray_bytes_behind_a_message_are_refused,
}

const TO_HOST: [Lane; 4] = [Lane::Control, Lane::Input, Lane::Motion, Lane::Feedback];

async fn garbage_on_any_lane_closes_only_its_link(rig: &mut impl Rig) {
    let mut bystander = rig.pair().await;
    for lane in TO_HOST {
        for garbage in [&b""[..], b"\xc1", b"\xdf\xff\xff\xff\xff", b"hello", &[0x91; 1000]] {
            let (mut host, mut raw) = rig.raw().await;
            raw.send(lane, garbage).await;
            let reason = broke_the_protocol(&mut host).await;
            assert!(reason.contains(&format!("{lane:?}")), "{reason}");
            let said = raw.closed().await;
            assert!(!said.is_empty() && reason.starts_with(&said), "{said} instead of {reason}");
        }
    }
    still_works(&mut bystander).await;
}

async fn random_bytes_close_only_their_link(rig: &mut impl Rig) {
    let mut bystander = rig.pair().await;
    let bytes = prop::collection::vec(any::<u8>(), 1..300);
    let mut runner = TestRunner::deterministic();
    for round in 0..20 {
        let bytes = bytes.new_tree(&mut runner).expect("bytes").current();
        let (mut host, mut raw) = rig.raw().await;
        raw.send(TO_HOST[round % TO_HOST.len()], &bytes).await;
        broke_the_protocol(&mut host).await;
    }
    still_works(&mut bystander).await;
}

async fn a_length_over_the_limit_is_refused_unread(rig: &mut impl Rig) {
    for lane in [Lane::Control, Lane::Input] {
        for length in [lane.max_message() + 1, u32::MAX as usize] {
            let (mut host, mut raw) = rig.raw().await;
            raw.announce(lane, length, b"").await;
            let reason = broke_the_protocol(&mut host).await;
            assert!(reason.contains("over its limit"), "{reason}");
        }
    }
}

async fn a_message_cut_short_is_refused(rig: &mut impl Rig) {
    for lane in [Lane::Control, Lane::Input] {
        let (mut host, mut raw) = rig.raw().await;
        raw.announce(lane, 100, b"only this").await;
        raw.finish(lane).await;
        match at_host(&mut host).await {
            HostIncoming::Closed(CloseReason::Cut(reason) | CloseReason::Protocol(reason)) => {
                assert!(reason.contains("within a message"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_lane_that_leads_the_other_way_is_refused(rig: &mut impl Rig) {
    let (mut host, mut raw) = rig.raw().await;
    raw.send(Lane::Update, &encode(&update(1, 10))).await;
    let reason = broke_the_protocol(&mut host).await;
    assert!(reason.contains("leads the other way"), "{reason}");
}

async fn a_key_on_the_motion_lane_is_refused(rig: &mut impl Rig) {
    let (mut host, mut raw) = rig.raw().await;
    raw.send(Lane::Motion, &encode(&motion(1))).await;
    assert_eq!(at_host(&mut host).await, HostIncoming::Input(motion(1)));
    raw.send(Lane::Motion, &encode(&key(2))).await;
    assert!(broke_the_protocol(&mut host).await.contains("not a motion"));
}

async fn stray_bytes_behind_a_message_are_refused(rig: &mut impl Rig) {
    let mut message = encode(&feedback(1));
    message.push(0);
    for lane in [Lane::Feedback] {
        let (mut host, mut raw) = rig.raw().await;
        raw.send(lane, &message).await;
        assert!(broke_the_protocol(&mut host).await.contains("stray"));
    }
}

/// The reason for which the host closes this link.
async fn broke_the_protocol(host: &mut HostLink) -> String {
    match at_host(host).await {
        HostIncoming::Closed(CloseReason::Protocol(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

async fn still_works((host, viewer): &mut (HostLink, ViewerLink)) {
    viewer.send_control(&ToHost::Ping { viewer: Timestamp(1) });
    assert_eq!(at_host(host).await, HostIncoming::Control(ToHost::Ping { viewer: Timestamp(1) }));
}
