//! Transports whose links move to another address with their viewer.

use dormer_transport::{HostIncoming, ViewerIncoming};

use crate::{
    link_tests,
    rig::{Rig, at_host, at_viewer, until},
    samples::{key, update},
};

link_tests! { quic, crate::quic_rig::QuicRig, a_viewer_that_changes_its_address_stays }
link_tests! { webtransport, crate::webtransport_rig::WebTransportRig, a_viewer_that_changes_its_address_stays }
link_tests! { webrtc, crate::webrtc_rig::WebRtcRig, a_viewer_that_changes_its_address_stays }

async fn a_viewer_that_changes_its_address_stays(rig: &mut impl Rig) {
    let (mut host, mut viewer) = rig.pair().await;
    let before = host.stats().peer;
    viewer.network_changed();
    until(|| {
        viewer.send_input(&key(1));
        host.stats().peer != before
    })
    .await;
    assert!(matches!(at_host(&mut host).await, HostIncoming::Input(_)));
    host.send_update(&update(1, 100_000), 0);
    assert_eq!(at_viewer(&mut viewer).await, ViewerIncoming::Update(update(1, 100_000)));
}
