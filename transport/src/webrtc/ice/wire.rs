//! The way of a peer's packets: a host's sockets that all peers share, or the one socket of a viewer.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::BytesMut;
use rtc::shared::TransportProtocol;
use tokio::net::UdpSocket;

use crate::webrtc::{ice::sockets::PeerWire, peer::Packet};

/// The longest packet that is read.
const MAX_PACKET: usize = 2048;

/// See the module's documentation.
pub(crate) enum Wire {
    Shared(PeerWire),
    Own(OwnWire),
}

/// A viewer's socket.
pub(crate) struct OwnWire {
    socket: Arc<UdpSocket>,
    local: SocketAddr,
}

impl OwnWire {
    /// A new socket on that address.
    pub(crate) async fn bind(address: IpAddr) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind((address, 0)).await?);
        let local = socket.local_addr()?;
        Ok(Self { socket, local })
    }

    /// Where it is.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    fn packet(&self, bytes: BytesMut, remote: SocketAddr) -> Packet {
        Packet { local: self.local, remote, over: TransportProtocol::UDP, bytes }
    }
}

impl Wire {
    /// The next packet. May be cancelled without loss.
    pub(crate) async fn receive(&mut self) -> Packet {
        match self {
            Wire::Shared(wire) => wire.receive().await,
            Wire::Own(wire) => loop {
                let mut bytes = BytesMut::with_capacity(MAX_PACKET);
                match wire.socket.recv_buf_from(&mut bytes).await {
                    Ok((_, remote)) => return wire.packet(bytes, remote),
                    Err(error) => tracing::debug!(%error, "a packet was not received"),
                }
            },
        }
    }

    /// The next packet, if one is there.
    pub(crate) fn try_receive(&mut self) -> Option<Packet> {
        match self {
            Wire::Shared(wire) => wire.try_receive(),
            Wire::Own(wire) => {
                let mut bytes = BytesMut::with_capacity(MAX_PACKET);
                let (_, remote) = wire.socket.try_recv_buf_from(&mut bytes).ok()?;
                Some(wire.packet(bytes, remote))
            }
        }
    }

    /// Sends a packet; an error of kind `WouldBlock` asks to wait for [`Self::writable`] first.
    pub(crate) fn send(&self, packet: &Packet) -> io::Result<()> {
        match self {
            Wire::Shared(wire) => wire.send(packet),
            // After a change of the network all packets leave by the new socket.
            Wire::Own(wire) => wire.socket.try_send_to(&packet.bytes, packet.remote).map(drop),
        }
    }

    /// Waits until the socket of that address takes packets.
    pub(crate) fn writable(&self, local: SocketAddr) -> impl Future<Output = ()> + use<> {
        let socket = match self {
            Wire::Shared(wire) => wire.socket(local),
            Wire::Own(wire) => Some(Arc::clone(&wire.socket)),
        };
        async move {
            if let Some(socket) = socket {
                // An error shows again when sending.
                let _ = socket.writable().await;
            }
        }
    }
}
