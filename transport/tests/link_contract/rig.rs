//! What a transport must bring to be tested.

use std::time::Duration;

use dormer_transport::{HostIncoming, HostLink, ViewerIncoming, ViewerLink};
use protocol::Lane;

/// Sets up links over one transport, with short times.
pub(crate) trait Rig {
    /// A viewer that can break the rules.
    type Raw: RawViewer;

    /// A viewer that was let in, both ends.
    async fn pair(&mut self) -> (HostLink, ViewerLink);

    /// A viewer that was let in and is about to break the rules, and the host's end.
    async fn raw(&mut self) -> (HostLink, Self::Raw);

    /// A viewer that was let in and whose machine is then switched off; the host's end.
    async fn vanished(&mut self) -> HostLink;

    /// How many connections the host holds.
    fn open_connections(&self) -> usize;
}

/// Sends what it likes.
pub(crate) trait RawViewer {
    /// Sends bytes as one message of a lane.
    async fn send(&mut self, lane: Lane, message: &[u8]);

    /// Announces a message of this length on a reliable lane, and sends only `part` of it.
    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]);

    /// Ends a reliable lane after what was sent.
    async fn finish(&mut self, lane: Lane);

    /// Waits until the host closes, and returns what it says.
    async fn closed(&mut self) -> String;
}

/// Longer than anything in these tests takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

/// Waits until something holds that nothing announces.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// The next message at the host's end.
pub(crate) async fn at_host(link: &mut HostLink) -> HostIncoming {
    soon(link.recv()).await
}

/// The next message at the viewer's end.
pub(crate) async fn at_viewer(link: &mut ViewerLink) -> ViewerIncoming {
    soon(link.recv()).await
}
