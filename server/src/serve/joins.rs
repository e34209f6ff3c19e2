//! How viewers that have joined reach the session: one task takes those of all transports to its loop.

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use transport::{Joined, quic::QuicHost};

use super::{browsers::OpenToBrowsers, event_loop::HostEvent};

/// The task that hands over viewers that have joined.
pub(super) struct Joins {
    stop: oneshot::Sender<String>,
    task: JoinHandle<()>,
}

impl Joins {
    /// Lets viewers in: native ones, and browsers if they are served.
    pub(super) fn open(
        mut native: QuicHost,
        mut browsers: Option<OpenToBrowsers>,
        events: mpsc::Sender<HostEvent>,
    ) -> Self {
        let (stop, mut stopped) = oneshot::channel::<String>();
        let task = tokio::spawn(async move {
            let reason = loop {
                tokio::select! {
                    reason = &mut stopped => break reason.unwrap_or_default(),
                    Some(joined) = native.accept() => hand_over(joined, &events).await,
                    Some(joined) = accept(&mut browsers) => hand_over(joined, &events).await,
                }
            };
            let last_words = async {
                if let Some(browsers) = browsers {
                    browsers.close(&reason).await;
                }
            };
            tokio::join!(native.close(&reason), last_words);
        });
        Self { stop, task }
    }

    /// Lets nobody in any more, and waits until those who were know that it is over.
    pub(super) async fn close(self, reason: String) {
        let _ = self.stop.send(reason);
        let _ = self.task.await;
    }
}

async fn accept(browsers: &mut Option<OpenToBrowsers>) -> Option<Joined> {
    match browsers {
        Some(browsers) => browsers.accept().await,
        None => None,
    }
}

async fn hand_over(joined: Joined, events: &mpsc::Sender<HostEvent>) {
    // The host ends when its inbox does, and then stops us.
    let _ = events.send(HostEvent::Joined(Box::new(joined))).await;
}
