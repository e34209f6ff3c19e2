//! Links over WebRTC on the loopback interface; offers and answers travel within the process.

use std::{net::SocketAddr, pin::Pin, sync::Arc};

use dormer_transport::{
    ConnectError, HostLink, Joined, TicketText, ViewerLink,
    webrtc::{
        Answer, LinkTimes, SignallingClient, ViewerSettings, WebRtcHost, WebRtcSettings, WebRtcSignalling,
        connect,
    },
};

use crate::{
    raw_webrtc::RawWebRtc,
    rig::{Entrance, IDLE_TIMEOUT, KEEP_ALIVE, Options, Rig, Tickets, introduction, soon},
};

/// From where offers seem to come.
const BROWSER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 50_000);

pub(crate) struct WebRtcRig {
    host: WebRtcHost,
    tickets: Tickets,
}

/// Brings offers to a host in this process.
pub(crate) struct InProcess(WebRtcSignalling);

impl SignallingClient for InProcess {
    fn offer(&self, sdp: String) -> Pin<Box<dyn Future<Output = Result<Answer, String>> + Send + '_>> {
        Box::pin(async move { self.0.answer(BROWSER, &sdp).await.map_err(|error| error.to_string()) })
    }

    fn restart(
        self: Arc<Self>,
        id: String,
        sdp: String,
    ) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> {
        Box::pin(async move { self.0.restart(&id, &sdp).await.map_err(|error| error.to_string()) })
    }
}

impl WebRtcRig {
    /// The way of offers to this host.
    pub(crate) fn signalling(&self) -> InProcess {
        InProcess(self.host.signalling())
    }
}

fn times(options: Options) -> LinkTimes {
    LinkTimes { keep_alive: KEEP_ALIVE, idle_timeout: IDLE_TIMEOUT, hello_timeout: options.hello_timeout }
}

impl Rig for WebRtcRig {
    type Raw = RawWebRtc;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        self.join().await
    }

    async fn raw(&mut self) -> (HostLink, RawWebRtc) {
        self.join_raw().await
    }

    async fn vanished(&mut self) -> HostLink {
        self.join_and_vanish().await
    }

    fn open_connections(&self) -> usize {
        self.host.open_connections()
    }
}

impl Entrance for WebRtcRig {
    fn start_with(options: Options) -> Self {
        let tickets = Tickets::new(options.limits);
        let settings = WebRtcSettings { ports: 0..=0, times: times(options), ..WebRtcSettings::default() };
        Self { host: WebRtcHost::new(settings, Arc::clone(&tickets.admission)), tickets }
    }

    fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    async fn accept(&mut self) -> Joined {
        soon(self.host.accept()).await.expect("the host is open")
    }

    fn connect(
        &self,
        ticket: TicketText,
    ) -> impl Future<Output = Result<ViewerLink, ConnectError>> + Send + 'static {
        let signalling = Arc::new(self.signalling());
        let settings = ViewerSettings { times: times(Options::default()), ..ViewerSettings::default() };
        async move { Ok(connect(signalling, &ticket, introduction(), settings).await?.0) }
    }

    async fn stranger(&mut self) -> Result<RawWebRtc, String> {
        RawWebRtc::connect(&self.host.signalling(), BROWSER).await
    }
}
