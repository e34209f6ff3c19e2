//! A network between one native or headless viewer and its host, in user space: it needs no rights and no
//! namespaces. It counts what passes, and is as slow and as far as is asked.

use std::{
    collections::VecDeque,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::{
    event::{PollFd, PollFlags, poll},
    time::Timespec,
};

use super::{Shape, Wire};

/// What a packet costs on the wire besides its payload: IPv4 and UDP headers.
const HEADERS: usize = 28;
/// The largest packet.
const MTU: usize = 65_536;
/// How often a direction looks whether it shall end.
const LOOK: Duration = Duration::from_millis(200);

/// What passed.
#[derive(Debug, Default)]
struct Counters {
    bytes: AtomicU64,
    dropped: AtomicU64,
}

/// A network between one viewer and one host. Ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    down: Arc<Counters>,
    up: Arc<Counters>,
    wires: [Arc<Mutex<Wire>>; 2],
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// A network in front of the host that `link` names.
    pub fn start(link: &str, shape: Shape) -> Result<Self> {
        let host: SocketAddr = authority(link)?.parse().context("the link names an address")?;
        let near = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
        let far = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
        far.connect(host)?;
        let address = near.local_addr()?;
        let (down, up) = (Arc::new(Counters::default()), Arc::new(Counters::default()));
        let stop = Arc::new(AtomicBool::new(false));
        // The newest address that sent to the near socket is the viewer's.
        let viewer = Arc::new(Mutex::new(None::<SocketAddr>));
        let to_host = {
            let (near, far, viewer) = (near.clone(), far.clone(), viewer.clone());
            let receive = move |packet: &mut [u8]| {
                let (length, from) = near.recv_from(packet)?;
                *viewer.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
                Ok(length)
            };
            let send = move |packet: &[u8]| far.send(packet).map(drop);
            (receive, send)
        };
        let to_viewer = {
            let far = far.clone();
            let near = near.clone();
            let receive = move |packet: &mut [u8]| far.recv(packet);
            let send = move |packet: &[u8]| match *viewer.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(viewer) => near.send_to(packet, viewer).map(drop),
                None => Ok(()),
            };
            (receive, send)
        };
        let wires = [1, 2].map(|seed| Arc::new(Mutex::new(Wire::new(shape, seed))));
        let threads = vec![
            carry(near, to_host.0, to_host.1, Direction::new(&wires[0], &up, &stop)),
            carry(far, to_viewer.0, to_viewer.1, Direction::new(&wires[1], &down, &stop)),
        ];
        Ok(Self { address, down, up, wires, stop, threads })
    }

    /// The network is another from now on.
    pub fn reshape(&self, shape: Shape) {
        for wire in &self.wires {
            wire.lock().unwrap_or_else(PoisonError::into_inner).reshape(shape);
        }
    }

    /// The same link, over this network alone.
    pub fn link(&self, link: &str) -> Result<String> {
        let link = self.link_and_tcp(link)?;
        let (place, fragment) = link.split_once('#').context("a link has a fragment")?;
        let direct = |part: &&str| !part.starts_with("also=") && !part.starts_with("tcp=");
        let fragment: Vec<&str> = fragment.split('&').filter(direct).collect();
        Ok(format!("{place}#{}", fragment.join("&")))
    }

    /// The same link, over this network for UDP; TCP takes another way.
    pub fn link_and_tcp(&self, link: &str) -> Result<String> {
        Ok(link.replacen(authority(link)?, &self.address.to_string(), 1))
    }

    /// Bytes that passed to the viewer and to the host, headers included.
    pub fn bytes(&self) -> (u64, u64) {
        (self.down.bytes.load(Ordering::Relaxed), self.up.bytes.load(Ordering::Relaxed))
    }

    /// Packets that were dropped on the way to the viewer.
    pub fn dropped(&self) -> u64 {
        self.down.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// `HOST:PORT` of a link.
fn authority(link: &str) -> Result<&str> {
    let rest = link.split_once("://").context("a link has a scheme")?.1;
    Ok(rest.split(['/', '#']).next().unwrap_or(rest))
}

/// One way through the network.
struct Direction {
    wire: Arc<Mutex<Wire>>,
    counters: Arc<Counters>,
    stop: Arc<AtomicBool>,
    travelling: VecDeque<(Instant, Vec<u8>)>,
}

impl Direction {
    fn new(wire: &Arc<Mutex<Wire>>, counters: &Arc<Counters>, stop: &Arc<AtomicBool>) -> Self {
        let (wire, counters, stop) = (wire.clone(), counters.clone(), stop.clone());
        Self { wire, counters, stop, travelling: VecDeque::new() }
    }

    /// A packet came: it travels, or is lost.
    fn take(&mut self, packet: &[u8]) {
        let length = packet.len() + HEADERS;
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        match wire.carry(Instant::now(), length) {
            Some(arrives) => {
                self.counters.bytes.fetch_add(length as u64, Ordering::Relaxed);
                self.travelling.push_back((arrives, packet.to_vec()));
            }
            None => {
                self.counters.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How long until the next packet arrives.
    fn next(&self) -> Duration {
        self.travelling
            .front()
            .map_or(LOOK, |(due, _)| due.saturating_duration_since(Instant::now()).min(LOOK))
    }

    /// Packets that have arrived.
    fn arrived(&mut self) -> Option<Vec<u8>> {
        let due = self.travelling.front()?.0;
        (due <= Instant::now()).then(|| self.travelling.pop_front())?.map(|(_, packet)| packet)
    }
}

fn carry(
    socket: Arc<UdpSocket>,
    receive: impl Fn(&mut [u8]) -> std::io::Result<usize> + Send + 'static,
    send: impl Fn(&[u8]) -> std::io::Result<()> + Send + 'static,
    mut direction: Direction,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut packet = vec![0; MTU];
        while !direction.stop.load(Ordering::Relaxed) {
            let wait = direction.next();
            let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
            let ready = poll(&mut [PollFd::new(&*socket, PollFlags::IN)], Some(&timeout));
            // A host or viewer that has gone refuses packets: as if they were lost.
            if ready.is_ok_and(|ready| ready > 0)
                && let Ok(length) = receive(&mut packet)
            {
                direction.take(&packet[..length]);
            }
            while let Some(packet) = direction.arrived() {
                let _ = send(&packet);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(shape: Shape, packets: usize) -> (Duration, usize) {
        let host = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let link = format!("dormer://{}/#pin=x", host.local_addr().expect("an address"));
        let proxy = Proxy::start(&link, shape).expect("a proxy");
        assert!(proxy.link(&link).expect("a link").ends_with("/#pin=x"));
        let viewer = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let start = Instant::now();
        for _ in 0..packets {
            viewer.send_to(&[7; 972], proxy.address).expect("sent");
        }
        host.set_read_timeout(Some(Duration::from_millis(500))).expect("a time limit");
        let mut last = Duration::ZERO;
        let mut arrived = 0;
        while host.recv(&mut [0; 2000]).is_ok() {
            arrived += 1;
            last = start.elapsed();
        }
        assert_eq!(proxy.bytes(), (0, 1000 * arrived as u64));
        (last, arrived)
    }

    #[test]
    fn packets_take_their_time() {
        let queue = Duration::from_secs(1);
        let shape =
            Shape { rate: Some(800_000), delay: Duration::from_millis(50), queue, ..Shape::default() };
        let (last, arrived) = through(shape, 20);
        assert_eq!(arrived, 20);
        assert!((Duration::from_millis(245)..Duration::from_millis(400)).contains(&last), "{last:?}");
    }

    #[test]
    fn a_full_queue_drops() {
        let queue = Duration::from_millis(100);
        let shape = Shape { rate: Some(800_000), queue, ..Shape::default() };
        let (_, arrived) = through(shape, 50);
        assert!((10..=13).contains(&arrived), "{arrived} arrived");
    }

    #[test]
    fn nothing_passes_a_cut() {
        let (_, arrived) = through(Shape { cut: true, ..Shape::default() }, 5);
        assert_eq!(arrived, 0);
    }
}
