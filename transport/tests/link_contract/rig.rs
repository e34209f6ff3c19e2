//! What a transport must bring to be tested.

use std::time::Duration;

use dormer_transport::{HostIncoming, HostLink, ViewerIncoming, ViewerLink};

/// Sets up links over one transport, with short times.
pub(crate) trait Rig {
    /// A viewer that was let in, both ends.
    async fn pair(&self) -> (HostLink, ViewerLink);
}

/// Longer than anything in these tests takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

/// The next message at the host's end.
pub(crate) async fn at_host(link: &mut HostLink) -> HostIncoming {
    soon(link.recv()).await
}

/// The next message at the viewer's end.
pub(crate) async fn at_viewer(link: &mut ViewerLink) -> ViewerIncoming {
    soon(link.recv()).await
}
