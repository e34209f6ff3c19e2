//! The sockets of a host over WebRTC, shared by all its peers.
//!
//! Each address that is offered has one UDP socket. A packet belongs to the peer whose address it came from;
//! an address is a peer's once a connectivity check arrived from it that names the peer's ICE user, which
//! only the peer was told. What nobody knows is dropped unread.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use bytes::{Bytes, BytesMut};
use rtc::shared::TransportProtocol;
use rustix::net::sockopt;
use tokio::{net::UdpSocket, sync::mpsc, task::JoinHandle};

use crate::webrtc::{
    ice::{stun, tcp},
    peer::Packet,
};

/// Packets that wait for a peer's task; further ones are lost, as on the network.
const MAILBOX: usize = 512;

/// Addresses of one peer; the one that was learnt first is forgotten.
const MAX_ROUTES: usize = 16;

/// The longest packet that is read.
const MAX_PACKET: usize = 2048;

/// Room for bursts in the kernel, which gives less if it wants.
const SOCKET_BUFFER: usize = 4 << 20;

/// What a peer's mailbox gets.
pub(crate) struct Arrival {
    pub(crate) packet: Packet,
    /// Where answers go if it came over TCP.
    pub(crate) stream: Option<mpsc::Sender<Bytes>>,
}

/// The sockets. Clones are the same.
#[derive(Clone)]
pub(crate) struct Sockets {
    routes: Arc<Mutex<Routes>>,
    ports: RangeInclusive<u16>,
    /// Whether there are TCP listeners as well.
    tcp: bool,
}

/// Brings packets to the peers they belong to, as long as there is a host.
#[derive(Clone)]
pub(crate) struct Delivery(Weak<Mutex<Routes>>);

/// Where a host can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    /// Whether also over TCP.
    pub(crate) tcp: bool,
}

#[derive(Default)]
struct Routes {
    sockets: HashMap<IpAddr, Socket>,
    users: HashMap<String, mpsc::Sender<Arrival>>,
    addresses: HashMap<Route, mpsc::Sender<Arrival>>,
}

/// One way from a peer to this host.
type Route = (TransportProtocol, SocketAddr, SocketAddr);

struct Socket {
    address: SocketAddr,
    socket: Arc<UdpSocket>,
    reader: JoinHandle<()>,
    listener: Option<JoinHandle<()>>,
}

impl Socket {
    fn bound(&self) -> Bound {
        Bound { address: self.address, tcp: self.listener.is_some() }
    }

    /// Whether a peer uses it: the reader and this hold it always.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.socket) > 2
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
        self.listener.iter().for_each(JoinHandle::abort);
    }
}

impl Sockets {
    /// None yet; they will be on these ports.
    pub(crate) fn new(ports: RangeInclusive<u16>, tcp: bool) -> Self {
        Self { routes: Arc::default(), ports, tcp }
    }

    /// Listens on each of these addresses, and on others only as long as peers are there. An address that
    /// cannot be used is left out, with the reason in the log; if none can, that is an error.
    pub(crate) fn listen(&self, addresses: &[IpAddr]) -> io::Result<Vec<Bound>> {
        let mut routes = self.lock();
        routes.sockets.retain(|address, socket| addresses.contains(address) || socket.is_used());
        let mut failure = None;
        for &address in addresses {
            if routes.sockets.contains_key(&address) {
                continue;
            }
            match self.bind(address) {
                Ok(socket) => {
                    routes.sockets.insert(address, socket);
                }
                Err(error) => {
                    tracing::warn!(%address, %error, "no WebRTC there");
                    failure = Some(error);
                }
            }
        }
        let bound = addresses.iter().filter_map(|address| routes.sockets.get(address));
        let bound: Vec<Bound> = bound.map(Socket::bound).collect();
        match failure {
            Some(error) if bound.is_empty() => Err(error),
            _ => Ok(bound),
        }
    }

    fn bind(&self, address: IpAddr) -> io::Result<Socket> {
        let mut failure = io::Error::from(io::ErrorKind::InvalidInput);
        for port in self.ports.clone() {
            match std::net::UdpSocket::bind((address, port)) {
                Ok(socket) => return self.start(socket),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn start(&self, socket: std::net::UdpSocket) -> io::Result<Socket> {
        sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER)?;
        sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let address = socket.local_addr()?;
        let delivery = Delivery(Arc::downgrade(&self.routes));
        let reader = tokio::spawn(read(Arc::clone(&socket), address, delivery.clone()));
        let listener = self.tcp.then(|| listen(address, delivery)).flatten();
        Ok(Socket { address, socket, reader, listener })
    }

    /// A new peer with its mailbox.
    pub(crate) fn join(&self) -> PeerWire {
        let (mailbox, packets) = mpsc::channel(MAILBOX);
        let sockets: HashMap<SocketAddr, Arc<UdpSocket>> =
            self.lock().sockets.values().map(|socket| (socket.address, Arc::clone(&socket.socket))).collect();
        let registered = Registered { routes: Arc::clone(&self.routes), mailbox, users: Vec::new() };
        PeerWire { packets, sockets, streams: VecDeque::new(), registered }
    }

    /// Listens nowhere any more.
    pub(crate) fn close(&self) {
        self.lock().sockets.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Routes {
    /// Hands a packet to the peer it belongs to; `false` if to none.
    fn deliver(&mut self, packet: Packet, stream: Option<&mpsc::Sender<Bytes>>) -> bool {
        let route = (packet.over, packet.local, packet.remote);
        if let Some(mailbox) = stun::user(&packet.bytes).and_then(|user| self.users.get(user).cloned()) {
            self.learn(route, mailbox);
        }
        let Some(mailbox) = self.addresses.get(&route) else { return false };
        // A full mailbox loses packets, as a full buffer of the kernel's does.
        let _ = mailbox.try_send(Arrival { packet, stream: stream.cloned() });
        true
    }

    fn learn(&mut self, route: Route, mailbox: mpsc::Sender<Arrival>) {
        if self.addresses.get(&route).is_some_and(|known| known.same_channel(&mailbox)) {
            return;
        }
        let of_peer = || self.addresses.iter().filter(|(_, known)| known.same_channel(&mailbox));
        if of_peer().count() >= MAX_ROUTES {
            let any = of_peer().map(|(route, _)| *route).next();
            any.and_then(|route| self.addresses.remove(&route));
        }
        self.addresses.insert(route, mailbox);
    }
}

impl Delivery {
    /// Hands a packet to the peer it belongs to; `false` if to none. `stream`: where its answers go if it
    /// came over TCP.
    pub(crate) fn deliver(&self, packet: Packet, stream: Option<&mpsc::Sender<Bytes>>) -> bool {
        let Some(routes) = self.0.upgrade() else { return false };
        let mut routes = routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.deliver(packet, stream)
    }
}

/// A TCP listener updates a UDP socket, if it can be had.
fn listen(address: SocketAddr, delivery: Delivery) -> Option<JoinHandle<()>> {
    let bind = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    };
    match bind() {
        Ok(listener) => Some(tokio::spawn(tcp::listen(listener, address, delivery))),
        Err(error) => {
            tracing::debug!(%address, %error, "no WebRTC over TCP there");
            None
        }
    }
}

/// Reads one socket for ever.
async fn read(socket: Arc<UdpSocket>, local: SocketAddr, delivery: Delivery) {
    loop {
        let mut bytes = BytesMut::with_capacity(MAX_PACKET);
        match socket.recv_buf_from(&mut bytes).await {
            Ok((_, remote)) => {
                delivery.deliver(Packet { local, remote, over: TransportProtocol::UDP, bytes }, None);
            }
            // What ICMP says of an earlier packet is no reason to stop.
            Err(error) => tracing::debug!(%error, "a packet was not received"),
        }
    }
}

/// One peer's share of the sockets.
pub(crate) struct PeerWire {
    packets: mpsc::Receiver<Arrival>,
    sockets: HashMap<SocketAddr, Arc<UdpSocket>>,
    /// By the peer's address, newest last.
    streams: VecDeque<(SocketAddr, mpsc::Sender<Bytes>)>,
    registered: Registered,
}

impl PeerWire {
    /// From now on a check that names this user is for this peer.
    pub(crate) fn register(&mut self, user: &str) {
        self.registered.add(user);
    }

    /// The next packet. May be cancelled without loss.
    pub(crate) async fn receive(&mut self) -> Packet {
        match self.packets.recv().await {
            Some(arrival) => self.note(arrival),
            // The other half lives in `registered`.
            None => std::future::pending().await,
        }
    }

    /// The next packet, if one is there.
    pub(crate) fn try_receive(&mut self) -> Option<Packet> {
        let arrival = self.packets.try_recv().ok()?;
        Some(self.note(arrival))
    }

    fn note(&mut self, arrival: Arrival) -> Packet {
        let Arrival { packet, stream } = arrival;
        if let Some(stream) = stream
            && !self.streams.iter().any(|(_, known)| known.same_channel(&stream))
        {
            self.streams.retain(|(address, known)| *address != packet.remote && !known.is_closed());
            while self.streams.len() >= MAX_ROUTES {
                self.streams.pop_front();
            }
            self.streams.push_back((packet.remote, stream));
        }
        packet
    }

    /// Sends a packet; an error of kind `WouldBlock` asks to wait for [`Self::writable`] first.
    pub(crate) fn send(&self, packet: &Packet) -> io::Result<()> {
        if packet.over == TransportProtocol::TCP {
            if let Some((_, stream)) = self.streams.iter().find(|(address, _)| *address == packet.remote) {
                // A full buffer loses packets, as a full buffer of the kernel's does.
                let _ = stream.try_send(packet.bytes.clone().freeze());
            }
            return Ok(());
        }
        match self.sockets.get(&packet.local) {
            Some(socket) => socket.try_send_to(&packet.bytes, packet.remote).map(drop),
            None => Ok(()),
        }
    }

    /// The socket of that address.
    pub(crate) fn socket(&self, local: SocketAddr) -> Option<Arc<UdpSocket>> {
        self.sockets.get(&local).cloned()
    }
}

/// What the sockets know of a peer; forgotten when dropped.
struct Registered {
    routes: Arc<Mutex<Routes>>,
    mailbox: mpsc::Sender<Arrival>,
    users: Vec<String>,
}

/// ICE users of one peer that are known at once: of before and after a restart.
const MAX_USERS: usize = 2;

impl Registered {
    fn add(&mut self, user: &str) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if self.users.len() >= MAX_USERS {
            routes.users.remove(&self.users.remove(0));
        }
        routes.users.insert(user.to_owned(), self.mailbox.clone());
        self.users.push(user.to_owned());
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        for user in &self.users {
            routes.users.remove(user);
        }
        routes.addresses.retain(|_, mailbox| !mailbox.same_channel(&self.mailbox));
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        time::timeout,
    };

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const TEST_TIMEOUT: Duration = Duration::from_secs(20);

    /// A connectivity check for a user of one letter.
    fn check(user: u8) -> Vec<u8> {
        let mut check = vec![0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42];
        check.extend([7; 12]);
        check.extend([0, 6, 0, 3, user, b':', b'v', 0]);
        check
    }

    async fn next(wire: &mut PeerWire) -> Packet {
        timeout(TEST_TIMEOUT, wire.receive()).await.expect("it comes")
    }

    #[tokio::test]
    async fn packets_find_their_peers() {
        let sockets = Sockets::new(0..=0, false);
        let host = sockets.listen(&[HERE]).expect("listens")[0].address;
        let (mut first, mut second) = (sockets.join(), sockets.join());
        first.register("a");
        second.register("b");
        let [here, there] = [UdpSocket::bind((HERE, 0)), UdpSocket::bind((HERE, 0))];
        let (here, there) = (here.await.expect("binds"), there.await.expect("binds"));
        // Nobody knows these, nor whom they are for.
        for stray in [&b"stray"[..], &check(b'c')] {
            here.send_to(stray, host).await.expect("sends");
        }
        here.send_to(&check(b'a'), host).await.expect("sends");
        here.send_to(b"of the first", host).await.expect("sends");
        there.send_to(&check(b'b'), host).await.expect("sends");
        assert_eq!(next(&mut first).await.bytes, check(b'a'));
        assert_eq!(next(&mut first).await.bytes, &b"of the first"[..]);
        let packet = next(&mut second).await;
        assert_eq!(
            (packet.remote, &packet.bytes[..]),
            (there.local_addr().expect("bound"), &check(b'b')[..])
        );
        second.send(&packet).expect("sends");
        let mut answer = [0; 100];
        let length = timeout(TEST_TIMEOUT, there.recv(&mut answer)).await.expect("comes").expect("received");
        assert_eq!(answer[..length], check(b'b'));
        drop((first, second));
        assert!(sockets.lock().addresses.is_empty() && sockets.lock().users.is_empty());
    }

    #[tokio::test]
    async fn tcp_carries_packets_of_peers_and_nobody_elses() {
        let sockets = Sockets::new(0..=0, true);
        let host = sockets.listen(&[HERE]).expect("listens")[0].address;
        let mut wire = sockets.join();
        wire.register("a");
        let framed = |packet: &[u8]| [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
        let mut stranger = TcpStream::connect(host).await.expect("connects");
        stranger.write_all(&framed(&check(b'c'))).await.expect("sends");
        let closed = timeout(TEST_TIMEOUT, stranger.read(&mut [0; 9])).await.expect("is closed");
        assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
        let mut viewer = TcpStream::connect(host).await.expect("connects");
        viewer.write_all(&framed(&check(b'a'))).await.expect("sends");
        viewer.write_all(&framed(b"another")).await.expect("sends");
        assert_eq!(next(&mut wire).await.bytes, check(b'a'));
        let packet = next(&mut wire).await;
        assert_eq!((packet.over, &packet.bytes[..]), (TransportProtocol::TCP, &b"another"[..]));
        wire.send(&packet).expect("sends");
        let mut answer = [0; 9];
        timeout(TEST_TIMEOUT, viewer.read_exact(&mut answer)).await.expect("comes").expect("received");
        assert_eq!(answer[..], framed(b"another"));
    }

    #[tokio::test]
    async fn a_socket_stays_while_a_peer_uses_it() {
        let sockets = Sockets::new(0..=0, false);
        let host = sockets.listen(&[HERE]).expect("listens")[0].address;
        let mut wire = sockets.join();
        wire.register("a");
        sockets.listen(&[]).expect("nothing to do");
        let here = UdpSocket::bind((HERE, 0)).await.expect("binds");
        here.send_to(&check(b'a'), host).await.expect("sends");
        assert_eq!(next(&mut wire).await.bytes, check(b'a'));
        drop(wire);
        sockets.listen(&[]).expect("nothing to do");
        assert!(sockets.lock().sockets.is_empty());
    }
}
