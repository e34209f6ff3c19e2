//! What a TCP socket must be told to carry a link well.

use std::os::fd::AsFd;

use socket2::SockRef;

/// How many bytes may wait in the system that were not sent yet: enough to keep a socket busy between two
/// turns of a thread, and so few that they delay an urgent message by a moment only, 65 ms at 2 Mbit/s.
const UNSENT: u32 = 16 << 10;

/// Tunes an accepted socket for links: congestion control by BBR, which stands loss that makes others crawl;
/// little waiting in the system; no waiting for more to send. What the system refuses is not needed for a
/// link to work.
pub fn tune(socket: &impl AsFd) {
    let socket = SockRef::from(socket);
    if let Err(error) = socket.set_tcp_congestion(b"bbr") {
        tracing::debug!(%error, "no BBR for TCP here (modprobe tcp_bbr): WebSocket links suffer more from loss");
    }
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "urgent messages of WebSocket links wait behind others in the system");
    }
    if let Err(error) = socket.set_tcp_nodelay(true) {
        tracing::debug!(%error, "a socket that collects small messages");
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_tuned_socket_holds_little_back() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let socket = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        tune(&socket);
        let socket = SockRef::from(&socket);
        assert_eq!(socket.tcp_notsent_lowat().expect("is told"), UNSENT);
        assert!(socket.tcp_nodelay().expect("is told"));
    }
}
