//! Links over WebSocket on the loopback interface, from the moment when HTTP has done its part.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use dormer_transport::{
    ConnectError, HostLink, Joined, TicketText, ViewerLink,
    websocket::{WebSocketSettings, accept, connect, tune},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

use crate::{
    raw_websocket::RawWebSocket,
    rig::{Entrance, IDLE_TIMEOUT, KEEP_ALIVE, Options, Rig, Tickets, introduction},
};

pub(crate) struct WebSocketRig {
    address: SocketAddr,
    pub(crate) tickets: Tickets,
    joined: mpsc::Receiver<Joined>,
    /// Who joined by another door comes in here.
    pub(crate) entry: mpsc::Sender<Joined>,
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) settings: WebSocketSettings,
    /// Viewers whose machines do nothing any more.
    asleep: Vec<RawWebSocket>,
    door: JoinHandle<()>,
}

impl Rig for WebSocketRig {
    type Raw = RawWebSocket;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        self.join().await
    }

    async fn raw(&mut self) -> (HostLink, RawWebSocket) {
        self.join_raw().await
    }

    async fn vanished(&mut self) -> HostLink {
        let (host, raw) = self.join_raw().await;
        self.asleep.push(raw);
        host
    }

    fn open_connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl Entrance for WebSocketRig {
    fn start_with(options: Options) -> Self {
        let tickets = Tickets::new(options.limits);
        let hello_timeout = options.hello_timeout;
        let settings = WebSocketSettings { heartbeat: KEEP_ALIVE, idle_timeout: IDLE_TIMEOUT, hello_timeout };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        listener.set_nonblocking(true).expect("is told");
        let listener = TcpListener::from_std(listener).expect("a socket");
        let address = listener.local_addr().expect("bound");
        let (sender, joined) = mpsc::channel(16);
        let open = Arc::default();
        let (admission, count, entry) = (tickets.admission.clone(), Arc::clone(&open), sender.clone());
        let door = tokio::spawn(async move {
            loop {
                let (stream, peer) = listener.accept().await.expect("accepts");
                tune(&stream);
                let stream = Counted::new(stream, &count);
                let (admission, sender) = (Arc::clone(&admission), sender.clone());
                tokio::spawn(async move {
                    if let Ok(joined) = accept(stream, peer, &admission, settings).await {
                        // The test may have ended.
                        let _ = sender.send(joined).await;
                    }
                });
            }
        });
        Self { address, tickets, joined, entry, open, settings, asleep: Vec::new(), door }
    }

    fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    async fn accept(&mut self) -> Joined {
        self.joined.recv().await.expect("the host is open")
    }

    fn connect(
        &self,
        ticket: TicketText,
    ) -> impl Future<Output = Result<ViewerLink, ConnectError>> + Send + 'static {
        let (address, settings) = (self.address, self.settings);
        async move {
            let stream = TcpStream::connect(address).await?;
            connect(stream, address, &ticket, introduction(), settings).await.map(|(link, _)| link)
        }
    }

    async fn stranger(&mut self) -> Result<RawWebSocket, String> {
        let mut raw = RawWebSocket::connect(self.address).await;
        // A host that takes no more says so at once.
        match tokio::time::timeout(Duration::from_millis(50), raw.readable()).await {
            Ok(()) => Err(raw.closed_by_word().await),
            Err(_) => Ok(raw),
        }
    }
}

impl Drop for WebSocketRig {
    fn drop(&mut self) {
        self.door.abort();
    }
}

/// A connection that is counted as long as the host holds it.
pub(crate) struct Counted {
    stream: TcpStream,
    open: Arc<AtomicUsize>,
}

impl Counted {
    pub(crate) fn new(stream: TcpStream, open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self { stream, open: Arc::clone(open) }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
