//! What links do to the memory of a process. It is measured as a whole, so each measurement runs in a process
//! of its own.

use std::process::Command;

use dormer_transport::{CloseReason, HostIncoming};
use protocol::Lane;
use tokio::task::JoinSet;

use crate::rig::{RawViewer, Rig, at_host, soon, until};

/// The measurements over one transport: each begins as a test that runs it in a process of its own.
macro_rules! measurements {
    ($module:ident, $rig:ty) => {
        mod $module {
            use crate::rig::Entrance;

            #[test]
            fn a_length_that_is_never_honoured_takes_no_memory() {
                super::alone(concat!(stringify!($module), "::measured_lengths"));
            }

            #[test]
            fn viewers_that_come_and_go_leave_memory_as_it_was() {
                super::alone(concat!(stringify!($module), "::measured_reconnects"));
            }

            #[tokio::test]
            #[ignore = "run alone by a_length_that_is_never_honoured_takes_no_memory"]
            async fn measured_lengths() {
                super::measured_lengths(<$rig>::start()).await;
            }

            #[tokio::test]
            #[ignore = "run alone by viewers_that_come_and_go_leave_memory_as_it_was"]
            async fn measured_reconnects() {
                super::measured_reconnects(<$rig>::start()).await;
            }
        }
    };
}

measurements! { quic, crate::quic_rig::QuicRig }
measurements! { websocket, crate::websocket_rig::WebSocketRig }
measurements! { webtransport, crate::webtransport_rig::WebTransportRig }

/// Runs one of this file's ignored tests alone.
fn alone(test: &str) {
    let name = format!("memory::{test}");
    // This file itself, even if it was built anew meanwhile.
    let output = Command::new("/proc/self/exe")
        .args(["--ignored", "--exact", &name])
        // glibc gives large blocks back at once only while this threshold is fixed; else it keeps what is
        // free, and what is free would count.
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn measured_lengths(mut rig: impl Rig) {
    let mut held = vec![rig.raw().await];
    let before = resident_bytes();
    for _ in 0..60 {
        let (host, mut raw) = rig.raw().await;
        raw.announce(Lane::Control, Lane::Control.max_message(), b"a little").await;
        raw.announce(Lane::Input, Lane::Input.max_message(), b"a little").await;
        held.push((host, raw));
    }
    // Both ends of 60 connections live here; the announced messages alone would be 64 MiB.
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 40 << 20, "{grown} bytes");
}

async fn measured_reconnects(mut rig: impl Rig) {
    come_and_go(&mut rig, 100).await;
    let before = resident_bytes();
    come_and_go(&mut rig, 100).await;
    // The sockets' last tasks end a moment after their connections.
    until(|| resident_bytes().saturating_sub(before) < 4 << 20).await;
}

async fn come_and_go(rig: &mut impl Rig, times: usize) {
    let mut farewells = JoinSet::new();
    for _ in 0..times {
        let (mut host, viewer) = rig.pair().await;
        farewells.spawn(viewer.close(""));
        assert!(matches!(at_host(&mut host).await, HostIncoming::Closed(CloseReason::Left(_))));
    }
    // Viewers live in this process as well: their sockets must be gone before anything is measured.
    soon(farewells.join_all()).await;
    until(|| rig.open_connections() == 0).await;
}

/// What this process holds, as Linux counts.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm.split(' ').nth(1).expect("a second field");
    pages.parse::<usize>().expect("a number") * 4096
}
