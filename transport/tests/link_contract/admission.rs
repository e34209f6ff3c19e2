//! Who is let in, what the others hear, and that the host goes on.

use std::time::{Duration, Instant};

use dormer_transport::{
    ConnectError, HostIncoming, PreAuthLimits, Right, Ticket, TicketKey, TicketText, UnixSeconds,
};
use media::Timestamp;
use protocol::{
    Lane, Version,
    control::{Hello, Refusal, RefusalCode, Role, ToHost, ToViewer},
    encode,
    version::VersionRange,
};

use crate::{
    for_each_entrance,
    rig::{Entrance, Options, RawStranger, RawViewer, at_host, soon, until},
};

for_each_entrance! {
    the_ticket_decides_about_the_role,
    a_ticket_for_one_link_is_good_for_one,
    bad_tickets_are_refused_with_one_reason_each_and_others_are_served,
    a_version_mismatch_names_both_sides,
    nothing_but_a_hello_opens_the_door,
    a_forged_hello_lets_nobody_in,
    a_second_hello_is_a_message_like_others_and_lets_nobody_in,
    a_stranger_that_says_nothing_is_shown_out,
    a_stranger_that_trickles_is_shown_out,
    a_crowd_of_strangers_is_limited,
    guesses_cost_the_guesser_and_keep_nobody_away,
}

async fn refusal<R: Entrance>(rig: &R, ticket: TicketText) -> Refusal {
    match soon(rig.connect(ticket)).await {
        Err(ConnectError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn the_ticket_decides_about_the_role<R: Entrance>() {
    let mut rig = R::start();
    for role in [Role::Control, Role::View] {
        let viewer = rig.connect(rig.tickets().text(Right::Join, role));
        let (joined, viewer) = tokio::join!(rig.welcome(), viewer);
        viewer.expect("connects");
        assert_eq!(joined.role, role);
        assert_eq!(joined.hello.ticket, "", "the ticket goes no further");
    }
}

async fn a_ticket_for_one_link_is_good_for_one<R: Entrance>() {
    let mut rig = R::start();
    let once = rig.tickets().text(Right::JoinOnce, Role::View);
    let viewer = rig.connect(once.clone());
    let (_joined, viewer) = tokio::join!(rig.welcome(), viewer);
    viewer.expect("connects");
    let again = refusal(&rig, once).await;
    assert_eq!(again.code, RefusalCode::TicketInvalid);
    assert!(again.message.contains("used already"), "{}", again.message);
}

async fn bad_tickets_are_refused_with_one_reason_each_and_others_are_served<R: Entrance>() {
    let mut rig = R::start();
    let (mut host, viewer) = rig.pair().await;
    let good = rig.tickets().ticket(Right::Join, Role::Control);
    let expired = rig.tickets().sign(&Ticket { expires: UnixSeconds(1), ..good.clone() });
    assert_eq!(refusal(&rig, expired).await.code, RefusalCode::TicketExpired);
    let elsewhere = rig.tickets().sign(&Ticket { session: "other".to_owned(), ..good.clone() });
    assert_eq!(refusal(&rig, elsewhere).await.code, RefusalCode::TicketInvalid);
    let page = rig.tickets().text(Right::Page, Role::Control);
    assert!(refusal(&rig, page).await.message.contains("for a browser"));
    let forged = refusal(&rig, TicketKey::from_secret([1; 32]).sign(&good).expect("signs")).await;
    assert_eq!(forged.code, RefusalCode::TicketInvalid);
    assert!(forged.message.contains("ask for a new link"), "{}", forged.message);
    viewer.send_control(&ToHost::Ping { viewer: Timestamp(1) });
    assert!(matches!(at_host(&mut host).await, HostIncoming::Control(ToHost::Ping { .. })));
}

async fn a_version_mismatch_names_both_sides<R: Entrance>() {
    let mut rig = R::start();
    let mut raw = rig.stranger().await.expect("connects");
    let versions = VersionRange { oldest: Version(70), newest: Version(80) };
    let answer = raw.hello(Hello { versions, ..rig.tickets().hello() }).await;
    let ToViewer::Refused(Refusal { code: RefusalCode::Version, message }) = answer else {
        panic!("{answer:?}")
    };
    assert!(message.contains("70–80") && message.contains("update the older"), "{message}");
    assert!(raw.closed().await.contains("70–80"));
}

async fn nothing_but_a_hello_opens_the_door<R: Entrance>() {
    let mut rig = R::start();
    let ping = encode(&ToHost::Ping { viewer: Timestamp(1) });
    let firsts = [ping, encode(&ToHost::Goodbye), Vec::new(), b"GET / HTTP/1.1".to_vec(), vec![0x91; 3000]];
    for first in firsts {
        let mut raw = rig.stranger().await.expect("connects");
        let answer = raw.say(&first).await;
        assert!(
            matches!(&answer, ToViewer::Refused(Refusal { code: RefusalCode::Protocol, .. })),
            "{answer:?} to {first:?}"
        );
        raw.closed().await;
    }
    let mut raw = rig.stranger().await.expect("connects");
    raw.announce(Lane::Control, 4097, b"").await;
    assert!(matches!(raw.hear().await, ToViewer::Refused(Refusal { code: RefusalCode::Protocol, .. })));
    let (mut host, viewer) = rig.pair().await;
    viewer.send_control(&ToHost::Goodbye);
    assert!(matches!(at_host(&mut host).await, HostIncoming::Control(ToHost::Goodbye)));
}

async fn a_forged_hello_lets_nobody_in<R: Entrance>() {
    let mut rig = R::start();
    let mut raw = rig.stranger().await.expect("connects");
    let forged = Hello { ticket: "AAAA".to_owned(), ..rig.tickets().hello() };
    assert!(matches!(raw.hello(forged).await, ToViewer::Refused(_)));
    raw.closed().await;
    nobody_else_joins(&mut rig).await;
}

async fn a_second_hello_is_a_message_like_others_and_lets_nobody_in<R: Entrance>() {
    let mut rig = R::start();
    let (mut host, mut raw) = rig.raw().await;
    let again = rig.tickets().hello();
    raw.send(Lane::Control, &encode(&ToHost::Hello(again.clone()))).await;
    assert_eq!(at_host(&mut host).await, HostIncoming::Control(ToHost::Hello(again)));
    nobody_else_joins(&mut rig).await;
}

async fn nobody_else_joins(rig: &mut impl Entrance) {
    // Somebody who joins now is the first who does.
    let viewer = rig.connect(rig.tickets().text(Right::Join, Role::View));
    let (joined, viewer) = tokio::join!(rig.welcome(), viewer);
    viewer.expect("connects");
    assert_eq!((joined.role, joined.hello.agent.as_str()), (Role::View, "test"));
}

async fn a_stranger_that_says_nothing_is_shown_out<R: Entrance>() {
    let mut rig = R::start_with(Options { hello_timeout: Duration::from_millis(300), ..Options::default() });
    let mut silent = rig.stranger().await.expect("connects");
    let mut slow = rig.stranger().await.expect("connects");
    slow.announce(Lane::Control, 100, b"half a hel").await;
    silent.gone().await;
    slow.gone().await;
    until(|| rig.open_connections() == 0).await;
}

async fn a_stranger_that_trickles_is_shown_out<R: Entrance>() {
    let mut rig = R::start_with(Options { hello_timeout: Duration::from_millis(300), ..Options::default() });
    let came = Instant::now();
    let mut raw = rig.stranger().await.expect("connects");
    // Each byte shows that it lives, and none of them buys time.
    raw.announce(Lane::Control, 4000, b"").await;
    until(|| came.elapsed() > Duration::from_millis(100)).await;
    raw.announce(Lane::Control, 1, b"x").await;
    until(|| rig.open_connections() == 0).await;
    assert!(came.elapsed() < Duration::from_secs(5), "after {:?}", came.elapsed());
}

async fn a_crowd_of_strangers_is_limited<R: Entrance>() {
    let limits = PreAuthLimits { pending: 6, busy: 2, pending_of_prefix: 6, ..PreAuthLimits::default() };
    let mut rig = R::start_with(Options { limits, ..Options::default() });
    let mut strangers = Vec::new();
    for _ in 0..6 {
        strangers.push(rig.stranger().await.expect("connects"));
    }
    rig.stranger().await.map(|_| ()).expect_err("the limiter is full");
    drop(strangers);
    until(|| rig.open_connections() == 0).await;
    rig.pair().await;
}

async fn guesses_cost_the_guesser_and_keep_nobody_away<R: Entrance>() {
    // Nothing is forgiven meanwhile.
    let forgiven_after = Duration::from_secs(3600);
    let limits = PreAuthLimits { failures: 3, forgiven_after, ..PreAuthLimits::default() };
    let mut rig = R::start_with(Options { limits, ..Options::default() });
    let ticket = rig.tickets().ticket(Right::Join, Role::Control);
    let forged = TicketKey::from_secret([1; 32]).sign(&ticket).expect("signs");
    let guesses = 20;
    for guess in 0..guesses {
        match soon(rig.connect(forged.clone())).await {
            Err(ConnectError::Refused(refusal)) => {
                let told = if guess < 3 { RefusalCode::TicketInvalid } else { RefusalCode::Full };
                assert_eq!(refusal.code, told, "{guess}: {}", refusal.message);
            }
            other => panic!("{other:?}"),
        }
    }
    // Who has a ticket joins from the same address, at the first attempt.
    rig.pair().await;
}
