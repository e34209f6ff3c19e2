//! Videos on RTP: whatever way they take, an update arrives as it was sent.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use dormer_transport::{
    HostIncoming, HostLink, Introduction, PreAuthLimits, Right, ViewerIncoming, ViewerLink,
    webrtc::{Answer, LinkTimes, SignallingClient, ViewerSettings, connect},
};
use media::{Op, Rect, Size, Timestamp, Timing, TrackId, Update, UpdateId, VideoCodec};
use protocol::control::{Role, ToHost};
use tokio::{net::UdpSocket, task::JoinHandle};

use crate::{
    rig::{Entrance, IDLE_TIMEOUT, KEEP_ALIVE, Options, Rig, at_host, at_viewer, soon},
    webrtc_rig::{InProcess, WebRtcRig},
};

/// Annex B: what describes the video if it is a keyframe, then one slice.
fn unit(seed: u64, keyframe: bool, length: usize) -> Bytes {
    let start = [0, 0, 0, 1];
    // No zeros, so nothing looks like a start.
    let slice = (0..length as u64).map(|at| (at * 31 + seed) as u8 | 1);
    let mut unit = Vec::new();
    if keyframe {
        unit.extend(start.into_iter().chain([0x67, 0x42, 0xe0, 0x1f, 0x8d]));
        unit.extend(start.into_iter().chain([0x68, 0xce, 0x3c, 0x80]));
    }
    unit.extend(start.into_iter().chain([if keyframe { 0x65 } else { 0x41 }]).chain(slice));
    unit.into()
}

fn video(stream: u32, seed: u64, keyframe: bool, length: usize) -> Op {
    let rect = Rect::new(0, 0, 64, 64);
    Op::Video { rect, codec: VideoCodec::H264, stream, keyframe, data: unit(seed, keyframe, length) }
}

fn update(id: u64, ops: Vec<Op>) -> Update {
    let (track, id, size) = (TrackId(1), UpdateId(id), Size::new(640, 480));
    Update { track, id, size, ops, exact: false, caused_by_input: None, timing: Timing::default() }
}

/// A viewer that takes videos on RTP.
async fn watcher(rig: &mut WebRtcRig, signalling: impl SignallingClient) -> (HostLink, ViewerLink) {
    let ticket = rig.tickets().text(Right::Join, Role::View);
    let introduction = Introduction { agent: "test".to_owned(), video: vec![VideoCodec::H264], resume: None };
    let times = LinkTimes { keep_alive: KEEP_ALIVE, idle_timeout: IDLE_TIMEOUT, ..LinkTimes::default() };
    let settings = ViewerSettings { videos: 4, times, ..ViewerSettings::default() };
    let connect = connect(Arc::new(signalling), &ticket, introduction, settings);
    let (joined, viewer) = tokio::join!(rig.welcome(), connect);
    (joined.link, viewer.expect("connects").0)
}

async fn next_update(viewer: &mut ViewerLink) -> Update {
    match at_viewer(viewer).await {
        ViewerIncoming::Update(update) => update,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn updates_arrive_with_their_videos() {
    let mut rig = WebRtcRig::start();
    let signalling = rig.signalling();
    let (host, mut viewer) = watcher(&mut rig, signalling).await;
    for id in 1..=60 {
        let length = (id as usize * 7919) % 40_000 + 10;
        let sent = update(id, vec![video(3, id, id % 20 == 1, length)]);
        let before = viewer.stats().received_bytes;
        host.send_update(&sent, 0);
        assert_eq!(next_update(&mut viewer).await, sent);
        assert!(viewer.stats().received_bytes >= before + length as u64);
    }
    assert_eq!(host.stats().queued_bytes, 0);
}

#[tokio::test]
async fn more_videos_than_slots_arrive_too() {
    let mut rig = WebRtcRig::start();
    let signalling = rig.signalling();
    let (host, mut viewer) = watcher(&mut rig, signalling).await;
    for id in 1..=20 {
        let ops = (1..=6).map(|stream| video(stream, id + u64::from(stream), id == 1, 3000)).collect();
        let sent = update(id, ops);
        host.send_update(&sent, 0);
        assert_eq!(next_update(&mut viewer).await, sent);
    }
}

#[tokio::test]
async fn who_takes_no_videos_on_rtp_gets_them_in_updates() {
    let mut rig = WebRtcRig::start();
    let (host, mut viewer) = rig.pair().await;
    let sent = update(1, vec![video(1, 1, true, 30_000)]);
    host.send_update(&sent, 0);
    assert_eq!(next_update(&mut viewer).await, sent);
}

#[tokio::test]
async fn what_is_lost_on_the_way_is_sent_again() {
    let mut rig = WebRtcRig::start();
    let signalling = Lossy { inner: rig.signalling(), relay: Default::default() };
    let (mut host, mut viewer) = watcher(&mut rig, signalling).await;
    for id in 1..=100 {
        let sent = update(id, vec![video(1, id, id == 1, 12_000)]);
        host.send_update(&sent, 0);
        viewer.send_control(&ToHost::Ping { viewer: Timestamp(id) });
        assert_eq!(next_update(&mut viewer).await, sent);
        assert_eq!(at_host(&mut host).await, HostIncoming::Control(ToHost::Ping { viewer: Timestamp(id) }));
    }
}

/// Puts a relay between the two that loses every twentieth packet from the host.
struct Lossy {
    inner: InProcess,
    relay: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Lossy {
    fn drop(&mut self) {
        if let Some(relay) = self.relay.get_mut().expect("nobody panicked").take() {
            relay.abort();
        }
    }
}

impl SignallingClient for Lossy {
    fn offer(&self, sdp: String) -> Pin<Box<dyn Future<Output = Result<Answer, String>> + Send + '_>> {
        Box::pin(async move {
            let answer = self.inner.offer(sdp).await?;
            let candidate = |line: &str| line.starts_with("a=candidate:") && line.contains(" 127.0.0.1 ");
            let line = answer.sdp.lines().find(|line| candidate(line)).expect("it is on this machine");
            let port: u16 = line.split(' ').nth(5).expect("a port").parse().expect("a number");
            let (near, far) = (bound().await, bound().await);
            let relay_port = near.local_addr().expect("bound").port().to_string();
            let others =
                answer.sdp.lines().filter(|line| !line.starts_with("a=candidate:") || candidate(line));
            let sdp: Vec<String> = others
                .map(|line| {
                    if candidate(line) {
                        line.replace(&port.to_string(), &relay_port)
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            let relay = tokio::spawn(relay(near, far, SocketAddr::new(LOCALHOST, port)));
            *self.relay.lock().expect("nobody panicked") = Some(relay);
            Ok(Answer { sdp: sdp.join("\r\n") + "\r\n", ..answer })
        })
    }

    fn restart(
        self: Arc<Self>,
        _id: String,
        _sdp: String,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> {
        Box::pin(std::future::ready(Err("nobody moves here".to_owned())))
    }
}

const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

async fn bound() -> UdpSocket {
    UdpSocket::bind((LOCALHOST, 0)).await.expect("binds")
}

async fn relay(near: UdpSocket, far: UdpSocket, host: SocketAddr) {
    let (mut to_host, mut to_viewer) = ([0; 2048], [0; 2048]);
    let (mut viewer, mut count) = (None, 0u64);
    loop {
        tokio::select! {
            Ok((length, from)) = near.recv_from(&mut to_host) => {
                viewer = Some(from);
                far.send_to(&to_host[..length], host).await.expect("sends");
            }
            Ok((length, _)) = far.recv_from(&mut to_viewer) => {
                count += 1;
                if let Some(viewer) = viewer && !count.is_multiple_of(20) {
                    near.send_to(&to_viewer[..length], viewer).await.expect("sends");
                }
            }
        }
    }
}

#[tokio::test]
async fn offers_that_were_tampered_with_harm_nobody() {
    use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
    let limits = PreAuthLimits {
        pending: 1000,
        pending_of_prefix: 1000,
        failures: 10_000,
        ..PreAuthLimits::default()
    };
    let mut rig = WebRtcRig::start_with(Options { limits, hello_timeout: Duration::from_millis(500) });
    let (mut host, viewer) = rig.pair().await;
    let offer = crate::raw_webrtc::offer().2;
    let lines: Vec<&str> = offer.lines().collect();
    let change = (0..lines.len(), 0..7u8, 0..80usize, any::<u32>());
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let (at, what, column, number) = change.new_tree(&mut runner).expect("a change").current();
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        match what {
            0 => drop(changed.remove(at)),
            1 => changed.insert(at, changed[at].clone()),
            2 => changed[at] = changed[at].chars().take(column).collect(),
            3 => changed[at] += &format!(" {number}"),
            4 => changed.swap(at, column % lines.len()),
            5 => changed[at] = changed[at].chars().rev().collect(),
            _ => changed[at] = changed[at].replace(|c: char| c.is_ascii_digit(), &number.to_string()),
        }
        // Answered or refused: it comes to an end, and takes nothing with it.
        let _ = soon(rig.signalling().offer(changed.join("\r\n"))).await;
    }
    viewer.send_control(&ToHost::DismissPopups);
    assert_eq!(at_host(&mut host).await, HostIncoming::Control(ToHost::DismissPopups));
}
