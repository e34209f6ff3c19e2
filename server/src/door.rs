//! Where viewers come in: one task takes those of all transports to the host.

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use transport::{Joined, quic::QuicHost, webrtc::WebRtcHost};

use crate::host::Happening;

/// All ways in.
pub(crate) struct Entrances {
    /// For native viewers.
    pub quic: QuicHost,
    /// For browsers.
    pub webrtc: Option<WebRtcHost>,
    /// The page's port, and who joined over WebSocket.
    pub page: Option<(JoinHandle<()>, mpsc::Receiver<Joined>)>,
}

/// The task that hands viewers who were let in to the host.
pub(crate) struct Door {
    stop: oneshot::Sender<String>,
    task: JoinHandle<()>,
}

impl Door {
    /// Lets viewers in.
    pub(crate) fn open(mut entrances: Entrances, happenings: mpsc::Sender<Happening>) -> Self {
        let (stop, mut stopped) = oneshot::channel::<String>();
        let task = tokio::spawn(async move {
            let reason = loop {
                tokio::select! {
                    reason = &mut stopped => break reason.unwrap_or_default(),
                    joined = entrances.next() => {
                        // The host ends when its inbox does, and then stops us.
                        let _ = happenings.send(Happening::Joined(Box::new(joined))).await;
                    }
                }
            };
            entrances.close(&reason).await;
        });
        Self { stop, task }
    }

    /// Lets nobody in any more, and waits until those who were know that it is over.
    pub(crate) async fn close(self, reason: String) {
        let _ = self.stop.send(reason);
        let _ = self.task.await;
    }
}

impl Entrances {
    /// The next viewer. May be cancelled without loss.
    async fn next(&mut self) -> Joined {
        let Self { quic, webrtc, page } = self;
        let over_webrtc = async {
            match webrtc {
                Some(webrtc) => webrtc.accept().await,
                None => None,
            }
        };
        let from_page = async {
            match page {
                Some((_, joined)) => joined.recv().await,
                None => None,
            }
        };
        tokio::select! {
            Some(joined) = quic.accept() => joined,
            Some(joined) = over_webrtc => joined,
            Some(joined) = from_page => joined,
            else => std::future::pending().await,
        }
    }

    async fn close(self, reason: &str) {
        let Self { quic, webrtc, page } = self;
        if let Some((task, _)) = page {
            task.abort();
        }
        let over_webrtc = async {
            if let Some(webrtc) = webrtc {
                webrtc.close(reason).await;
            }
        };
        tokio::join!(quic.close(reason), over_webrtc);
    }
}
