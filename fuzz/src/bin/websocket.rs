//! A WebSocket at the host, before the hello and after it: whatever comes ends the link or is understood.
#![no_main]

use std::{io::Cursor, sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use protocol::{
    control::{Hello, Role, ToHost},
    encode,
    version::VersionRange,
};
use tokio::runtime::{Builder, Runtime};
use transport::{
    Admission, HostIncoming, PreAuthLimits, Right, Ticket, TicketId, TicketKey, UnixSeconds,
    websocket::{WebSocketSettings, accept},
};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

static DOOR: LazyLock<Admission> = LazyLock::new(|| {
    // It would turn the fuzzer away.
    let limits = PreAuthLimits { failures: u32::MAX, ..PreAuthLimits::default() };
    Admission::new("main", TicketKey::from_secret([0x5a; 32]), limits)
});

/// A message that lets in, masked with zeros.
static HELLO: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let expires = UnixSeconds::now().after(Duration::from_secs(1 << 30));
    let (id, session, role) = (TicketId(1), "main".to_owned(), Role::Control);
    let ticket = Ticket { id, right: Right::Join, session, role, expires };
    let ticket = TicketKey::from_secret([0x5a; 32]).sign(&ticket).expect("signs").expose().to_owned();
    let (agent, video) = (String::new(), vec![]);
    let hello = Hello { versions: VersionRange::OURS, ticket, agent, video, resume: None };
    let hello = encode(&ToHost::Hello(hello));
    let length = u16::try_from(1 + hello.len()).expect("short");
    [&[0x82, 0xfe], &length.to_be_bytes()[..], &[0; 4], &[0], &hello].concat()
});

fuzz_target!(|input: (bool, Vec<u8>)| {
    let (joins, bytes) = input;
    let comes = if joins { [HELLO.clone(), bytes].concat() } else { bytes };
    RUNTIME.block_on(async {
        let stream = tokio::io::join(Cursor::new(comes), tokio::io::sink());
        let peer = ([127, 0, 0, 1], 1).into();
        let joined = accept(stream, peer, &DOOR, WebSocketSettings::default()).await;
        assert!(joined.is_ok() || !joins, "the hello lets in");
        let Ok(mut joined) = joined else { return };
        while !matches!(joined.link.recv().await, HostIncoming::Closed(_)) {}
    });
});
