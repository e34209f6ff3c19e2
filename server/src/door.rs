//! Where viewers come in: one task takes those of all transports to the host.

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use transport::{Joined, quic::QuicHost};

use crate::{browsers::OpenToBrowsers, host::Happening};

/// The task that hands viewers who were let in to the host.
pub(crate) struct Door {
    stop: oneshot::Sender<String>,
    task: JoinHandle<()>,
}

impl Door {
    /// Lets viewers in: native ones, and browsers if they are served.
    pub(crate) fn open(
        mut native: QuicHost,
        mut browsers: Option<OpenToBrowsers>,
        happenings: mpsc::Sender<Happening>,
    ) -> Self {
        let (stop, mut stopped) = oneshot::channel::<String>();
        let task = tokio::spawn(async move {
            let reason = loop {
                tokio::select! {
                    reason = &mut stopped => break reason.unwrap_or_default(),
                    Some(joined) = native.accept() => hand_over(joined, &happenings).await,
                    Some(joined) = accept(&mut browsers) => hand_over(joined, &happenings).await,
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
    pub(crate) async fn close(self, reason: String) {
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

async fn hand_over(joined: Joined, happenings: &mpsc::Sender<Happening>) {
    // The host ends when its inbox does, and then stops us.
    let _ = happenings.send(Happening::Joined(Box::new(joined))).await;
}
