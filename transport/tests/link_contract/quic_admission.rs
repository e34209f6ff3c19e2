//! Who is let in over QUIC, what the others hear, and that the host goes on.

use std::time::Duration;

use dormer_transport::{
    CloseReason, GateLimits, HostIncoming, LinkAddress, Ticket, TicketKey, UnixSeconds,
    quic::{ConnectError, QuicSettings, connect},
};
use media::Timestamp;
use protocol::{
    Lane, Version,
    control::{Hello, Refusal, RefusalCode, Role, ToHost, ToViewer},
    encode,
    version::VersionRange,
};
use quinn::ConnectionError;

use crate::{
    quic_rig::{QuicRig, SETTINGS, introduction},
    raw_quic::RawQuic,
    rig::{RawViewer, Rig, at_host, soon, until},
};

async fn refusal(rig: &QuicRig, link: &LinkAddress) -> Refusal {
    assert_eq!(link.port, rig.address.port());
    match soon(connect(link, introduction(), SETTINGS)).await {
        Err(ConnectError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_ticket_decides_about_the_role() {
    let mut rig = QuicRig::start();
    for role in [Role::Control, Role::View] {
        let link = rig.link(role);
        let (joined, viewer) = tokio::join!(rig.welcome(), connect(&link, introduction(), SETTINGS));
        assert_eq!((joined.role, viewer.expect("connects").1.role), (role, role));
        assert_eq!(joined.hello.ticket, "", "the ticket goes no further");
    }
}

#[tokio::test]
async fn bad_tickets_are_refused_with_one_reason_each_and_others_are_served() {
    let mut rig = QuicRig::start();
    let (mut host, viewer) = rig.pair().await;
    let good = rig.ticket(Role::Control);
    let expired = rig.link_with(&Ticket { expires: UnixSeconds(1), ..good.clone() });
    assert_eq!(refusal(&rig, &expired).await.code, RefusalCode::TicketExpired);
    let elsewhere = rig.link_with(&Ticket { session: "other".to_owned(), ..good.clone() });
    assert_eq!(refusal(&rig, &elsewhere).await.code, RefusalCode::TicketInvalid);
    let forged = TicketKey::from_secret([1; 32]).sign(&good).expect("signs");
    let forged = refusal(&rig, &LinkAddress { ticket: forged, ..rig.link(Role::Control) }).await;
    assert_eq!(forged.code, RefusalCode::TicketInvalid);
    assert!(forged.message.contains("ask for a new link"), "{}", forged.message);
    viewer.send_control(&ToHost::Ping { viewer: Timestamp(1) });
    assert!(matches!(at_host(&mut host).await, HostIncoming::Control(ToHost::Ping { .. })));
}

#[tokio::test]
async fn a_version_mismatch_names_both_sides() {
    let rig = QuicRig::start();
    let mut raw = RawQuic::connect(rig.address).await.expect("connects");
    let versions = VersionRange { oldest: Version(70), newest: Version(80) };
    let answer = raw.hello(Hello { versions, ..rig.hello() }).await;
    let ToViewer::Refused(Refusal { code: RefusalCode::Version, message }) = answer else {
        panic!("{answer:?}")
    };
    assert!(message.contains("70–80") && message.contains("update the older"), "{message}");
    assert!(raw.closed().await.contains("70–80"));
}

#[tokio::test]
async fn nothing_but_a_hello_opens_the_door() {
    let mut rig = QuicRig::start();
    let ping = encode(&ToHost::Ping { viewer: Timestamp(1) });
    let firsts = [ping, encode(&ToHost::Goodbye), Vec::new(), b"GET / HTTP/1.1".to_vec(), vec![0x91; 3000]];
    for first in firsts {
        let mut raw = RawQuic::connect(rig.address).await.expect("connects");
        let answer = raw.say(&first).await;
        assert!(
            matches!(&answer, ToViewer::Refused(Refusal { code: RefusalCode::Protocol, .. })),
            "{answer:?} to {first:?}"
        );
        raw.closed().await;
    }
    let mut raw = RawQuic::connect(rig.address).await.expect("connects");
    raw.announce(Lane::Control, 4097, b"").await;
    assert!(matches!(raw.hear().await, ToViewer::Refused(Refusal { code: RefusalCode::Protocol, .. })));
    let (mut host, viewer) = rig.pair().await;
    viewer.send_control(&ToHost::Goodbye);
    assert!(matches!(at_host(&mut host).await, HostIncoming::Control(ToHost::Goodbye)));
}

#[tokio::test]
async fn what_a_stranger_sends_beside_its_hello_has_no_effect() {
    let mut rig = QuicRig::start();
    let mut raw = RawQuic::connect(rig.address).await.expect("connects");
    let stream = tokio::time::timeout(Duration::from_millis(100), raw.connection.open_uni()).await;
    assert!(stream.is_err(), "a stranger may open no stream but for its hello");
    let forged = Hello { ticket: "AAAA".to_owned(), ..rig.hello() };
    assert!(matches!(raw.hello(forged).await, ToViewer::Refused(_)));
    let nobody = tokio::time::timeout(Duration::from_millis(100), rig.host.accept()).await;
    assert!(nobody.is_err(), "nobody was let in");
}

#[tokio::test]
async fn a_stranger_that_says_nothing_is_shown_out() {
    let hello_timeout = Duration::from_millis(300);
    let rig = QuicRig::with(QuicSettings { hello_timeout, ..SETTINGS }, GateLimits::default());
    let mut raw = RawQuic::connect(rig.address).await.expect("connects");
    raw.announce(Lane::Control, 100, b"half a hel").await;
    soon(raw.connection.closed()).await;
    until(|| rig.host.open_connections() == 0).await;
}

#[tokio::test]
async fn a_crowd_of_strangers_proves_its_addresses_and_is_limited() {
    let limits = GateLimits { strangers: 6, busy: 2, strangers_of_prefix: 6, ..GateLimits::default() };
    let mut rig = QuicRig::with(SETTINGS, limits);
    let mut strangers = Vec::new();
    for _ in 0..6 {
        strangers.push(RawQuic::connect(rig.address).await.expect("connects"));
    }
    let turned_away = RawQuic::connect(rig.address).await.map(|_| ()).expect_err("the gate is full");
    assert!(matches!(turned_away, ConnectionError::ConnectionClosed(_)), "{turned_away}");
    drop(strangers);
    until(|| rig.host.open_connections() == 0).await;
    rig.pair().await;
}

#[tokio::test]
async fn who_fails_too_often_is_turned_away_for_a_while() {
    let forgiven_after = Duration::from_millis(400);
    let mut rig =
        QuicRig::with(SETTINGS, GateLimits { failures: 3, forgiven_after, ..GateLimits::default() });
    let forged = TicketKey::from_secret([1; 32]).sign(&rig.ticket(Role::Control)).expect("signs");
    let forged = LinkAddress { ticket: forged, ..rig.link(Role::Control) };
    let mut refused = 0;
    loop {
        match soon(connect(&forged, introduction(), SETTINGS)).await {
            Err(ConnectError::Refused(_)) => refused += 1,
            Err(ConnectError::Closed(CloseReason::Lost(_))) => break,
            other => panic!("{other:?}"),
        }
        assert!(refused < 50, "guessing is slowed down");
    }
    assert!(refused >= 3);
    let good = rig.link(Role::Control);
    let again = async {
        // Everybody behind this address waits until a failure is forgiven.
        while connect(&good, introduction(), SETTINGS).await.is_err() {}
    };
    tokio::join!(soon(again), rig.welcome());
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
