//! ICE over TCP, for networks that block UDP: connections carry packets, each behind its length (RFC 4571).

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use rtc::shared::TransportProtocol;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};

use crate::webrtc::{ice::sockets::Delivery, peer::Packet};

/// Connections of one listener, those that nobody knows yet included.
const MAX_CONNECTIONS: usize = 128;

/// How long a connection may take to show whose it is.
const FIRST_PACKET_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest packet that is taken.
const MAX_PACKET: usize = 2048;

/// Packets that wait to be written; further ones are lost, as on the network.
const MAX_QUEUED: usize = 256;

/// A listener that fails, as for want of file descriptors, tries again after this time.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_millis(200);

/// Takes connections for ever.
pub(crate) async fn listen(listener: TcpListener, local: SocketAddr, delivery: Delivery) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection was not taken");
                sleep(ACCEPT_RETRY_AFTER).await;
                continue;
            }
        };
        // Without room it is closed at once.
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let delivery = delivery.clone();
        tokio::spawn(async move {
            if let Err(error) = carry(stream, local, remote, &delivery).await {
                tracing::debug!(%remote, %error, "a connection for WebRTC ended");
            }
            drop(place);
        });
    }
}

/// Carries packets both ways as long as they are somebody's.
async fn carry(
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
    delivery: &Delivery,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reading, writing) = stream.into_split();
    let (answers, to_write) = mpsc::channel(MAX_QUEUED);
    let packet = |bytes| Packet { local, remote, over: TransportProtocol::TCP, bytes };
    let first = timeout(FIRST_PACKET_TIMEOUT, read(&mut reading)).await??;
    if !delivery.deliver(packet(first), Some(&answers)) {
        return Ok(());
    }
    let read_all = async {
        while delivery.deliver(packet(read(&mut reading).await?), Some(&answers)) {}
        Ok(())
    };
    tokio::select! {
        ended = read_all => ended,
        ended = write(writing, to_write) => ended,
    }
}

async fn read(stream: &mut OwnedReadHalf) -> io::Result<BytesMut> {
    let length = usize::from(stream.read_u16().await?);
    if length > MAX_PACKET {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet that is too long"));
    }
    let mut packet = BytesMut::zeroed(length);
    stream.read_exact(&mut packet).await?;
    Ok(packet)
}

async fn write(mut stream: OwnedWriteHalf, mut packets: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(packet) = packets.recv().await {
        let Ok(length) = u16::try_from(packet.len()) else { continue };
        let mut framed = BytesMut::with_capacity(2 + packet.len());
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&packet);
        stream.write_all(&framed).await?;
    }
    Ok(())
}
