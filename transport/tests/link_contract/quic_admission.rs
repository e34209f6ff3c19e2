//! What only QUIC has at its door: addresses, streams, and hosts that are not there.

use std::time::Duration;

use dormer_transport::{
    LinkAddress,
    quic::{ConnectError, QuicSettings, connect},
};
use protocol::control::{Hello, Role, ToViewer};

use crate::{
    quic_rig::{QuicRig, SETTINGS},
    raw_quic::RawQuic,
    rig::{Entrance, RawStranger, introduction},
};

#[tokio::test]
async fn what_a_stranger_sends_beside_its_hello_has_no_effect() {
    let mut rig = QuicRig::start();
    let mut raw = RawQuic::connect(rig.address).await.expect("connects");
    let stream = tokio::time::timeout(Duration::from_millis(100), raw.connection.open_uni()).await;
    assert!(stream.is_err(), "a pending peer may open no stream but for its hello");
    let forged = Hello { ticket: "AAAA".to_owned(), ..rig.tickets().hello() };
    assert!(matches!(raw.hello(forged).await, ToViewer::Refused(_)));
    let nobody = tokio::time::timeout(Duration::from_millis(100), rig.host.accept()).await;
    assert!(nobody.is_err(), "nobody was let in");
}

#[tokio::test]
async fn a_host_that_is_not_there_is_told_from_one_that_refuses() {
    let rig = QuicRig::start();
    let settings = QuicSettings { hello_timeout: Duration::from_millis(300), ..SETTINGS };
    // Nobody answers on a port that was just given back.
    let free = std::net::UdpSocket::bind("127.0.0.1:0").expect("binds").local_addr().expect("bound").port();
    let link = LinkAddress { port: free, ..rig.link(Role::Control) };
    let error = connect(&link, introduction(), settings).await.expect_err("nobody is there");
    assert!(matches!(error, ConnectError::Silence { .. }), "{error}");
    let nowhere = LinkAddress { host: "no-such-host.invalid".to_owned(), ..link };
    let error = connect(&nowhere, introduction(), SETTINGS).await.expect_err("no such host");
    assert!(matches!(error, ConnectError::Resolve { .. } | ConnectError::Silence { .. }), "{error}");
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn of_several_addresses_the_one_that_answers_is_found() {
    if let Err(error) = tokio::net::lookup_host(("localhost", 0)).await {
        return eprintln!("skipped: this machine does not know localhost: {error}");
    }
    let mut rig = QuicRig::start();
    // Most machines say ::1 first, where nobody listens.
    let link = LinkAddress { host: "localhost".to_owned(), ..rig.link(Role::View) };
    let (joined, viewer) = tokio::join!(rig.welcome(), connect(&link, introduction(), SETTINGS));
    assert_eq!(joined.role, viewer.expect("connects").1.role);
}
