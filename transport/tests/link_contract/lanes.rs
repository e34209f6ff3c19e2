//! Every lane carries what it should, in the order it promises.

use dormer_transport::{CloseReason, HostIncoming, ViewerIncoming};
use media::{Timestamp, TrackId};
use protocol::control::{ToHost, ToViewer};

use crate::{
    for_each_link,
    rig::{Rig, at_host, at_viewer},
    samples::{button, feedback, key, motion, update},
};

for_each_link! {
    every_lane_carries_its_messages;
}

async fn every_lane_carries_its_messages(rig: &impl Rig) {
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
