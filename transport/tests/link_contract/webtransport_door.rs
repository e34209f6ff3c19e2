//! What only WebTransport has at its door: pages, paths, certificates, and the rest of HTTP/3.

use dormer_transport::{
    CloseReason, ConnectError, HostIncoming, Right, UnixSeconds,
    webtransport::{Certificates, Target, connect},
};
use protocol::{
    Lane,
    control::{Role, ToHost},
    encode,
};

use crate::{
    raw_webtransport::{RawWebTransport, UNI},
    rig::{Entrance, RawViewer, Rig, at_host, introduction, soon},
    webtransport_rig::{ORIGIN, PATH, WebTransportRig},
};

#[tokio::test]
async fn a_foreign_page_gets_no_session_even_with_a_ticket() {
    let mut rig = WebTransportRig::start();
    for foreign in
        ["https://evil.example", "http://localhost:4461", "https://localhost:4461.evil.example", "null", ""]
    {
        let refused =
            RawWebTransport::connect(rig.address, PATH, foreign).await.map(|_| ()).expect_err("foreign");
        assert_eq!(refused, "status 403", "{foreign}");
    }
    let target = Target { origin: "https://evil.example".to_owned(), ..rig.target() };
    let ticket = rig.tickets().text(Right::Join, Role::Control);
    let refused = connect(target, &ticket, introduction(), rig.settings.clone()).await;
    assert!(matches!(refused, Err(ConnectError::Closed(CloseReason::Rejected(_)))), "{refused:?}");
    rig.pair().await;
}

#[tokio::test]
async fn there_is_nothing_at_other_paths() {
    let mut rig = WebTransportRig::start();
    let refused = RawWebTransport::connect(rig.address, "/elsewhere", ORIGIN).await.map(|_| ());
    assert_eq!(refused, Err("status 404".to_owned()));
    rig.pair().await;
}

#[tokio::test]
async fn only_a_certificate_of_a_published_hash_is_trusted() {
    let rig = WebTransportRig::start();
    let other = Certificates::new(UnixSeconds::now).expect("made");
    let target = Target { hashes: other.hashes().to_vec(), ..rig.target() };
    let ticket = rig.tickets().text(Right::Join, Role::Control);
    let refused = soon(connect(target, &ticket, introduction(), rig.settings.clone())).await;
    assert!(matches!(refused, Err(ConnectError::Closed(CloseReason::Lost(_)))), "{refused:?}");
}

#[tokio::test]
async fn what_else_http3_sends_means_nothing() {
    let mut rig = WebTransportRig::start();
    let (mut host, mut raw) = rig.raw().await;
    // Two streams for the compression of headers, and one that is there for no reason.
    let mut others = Vec::new();
    for begin in [&[0x02][..], &[0x03], &[0x21, 1, 2, 3]] {
        others.push(raw.open(begin).await);
    }
    raw.connection.send_datagram(vec![9, 9, 9].into()).expect("is sent");
    raw.send(Lane::Control, &encode(&ToHost::DismissPopups)).await;
    assert_eq!(at_host(&mut host).await, HostIncoming::Control(ToHost::DismissPopups));
}

#[tokio::test]
async fn streams_of_other_sessions_are_refused() {
    let mut rig = WebTransportRig::start();
    for begin in [&[UNI[0], UNI[1], 4][..], &[0x00], &[0x01]] {
        let (mut host, raw) = rig.raw().await;
        let _stream = raw.open(begin).await;
        let closed = at_host(&mut host).await;
        assert!(matches!(closed, HostIncoming::Closed(CloseReason::Protocol(_))), "{closed:?}");
    }
}
