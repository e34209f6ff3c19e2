//! The contract of links: what holds for a link holds over every transport. Each transport brings a rig and runs the
//! same tests, each on one thread.

mod endings;
mod hostile;
mod lanes;
mod memory;
mod quic_admission;
mod quic_idle;
mod quic_keys;
mod quic_rig;
mod raw_quic;
mod rig;
mod samples;

/// Runs contract tests over every transport.
macro_rules! for_each_link {
    ($($name:ident),+ $(,)?) => {
        mod quic {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&mut crate::quic_rig::QuicRig::start()).await;
            })+
        }
    };
}
pub(crate) use for_each_link;
