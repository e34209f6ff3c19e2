//! The contract of links: what holds for a link holds over every transport. Each transport brings a rig and runs the
//! same tests.

mod lanes;
mod quic_rig;
mod rig;
mod samples;

/// Runs a contract test over every transport, each on one thread.
macro_rules! for_each_link {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        mod quic {
            $($(#[$doc])* #[tokio::test] async fn $name() {
                super::$name(&super::super::quic_rig::QuicRig::start()).await;
            })+
        }
    };
}
pub(crate) use for_each_link;
