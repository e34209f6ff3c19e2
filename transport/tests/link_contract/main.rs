//! The contract of links: what holds for a link holds over every transport. Each transport brings a rig and
//! runs the same tests, each on one thread.

mod admission;
mod endings;
mod hostile;
mod lanes;
mod memory;
mod moving;
mod quic_admission;
mod quic_idle;
mod quic_keys;
mod quic_rig;
mod raw_quic;
mod raw_webrtc;
mod raw_websocket;
mod raw_webtransport;
mod rig;
mod samples;
mod tcp_rig;
mod webrtc_rig;
mod webrtc_video;
mod websocket_rig;
mod webtransport_door;
mod webtransport_rig;

/// Runs contract tests over one transport.
macro_rules! link_tests {
    ($module:ident, $rig:ty, $($name:ident),+) => {
        mod $module {
            #[allow(unused_imports, reason = "rigs may start without it")]
            use crate::rig::Entrance;

            $(#[tokio::test]
            async fn $name() {
                super::$name(&mut <$rig>::start()).await;
            })+
        }
    };
}
pub(crate) use link_tests;

/// Runs contract tests over every transport.
macro_rules! for_each_link {
    ($($name:ident),+ $(,)?) => {
        use crate::link_tests;

        link_tests! { quic, crate::quic_rig::QuicRig, $($name),+ }
        link_tests! { websocket, crate::websocket_rig::WebSocketRig, $($name),+ }
        link_tests! { tcp, crate::tcp_rig::TcpRig, $($name),+ }
        link_tests! { webtransport, crate::webtransport_rig::WebTransportRig, $($name),+ }
        link_tests! { webrtc, crate::webrtc_rig::WebRtcRig, $($name),+ }
    };
}
pub(crate) use for_each_link;

/// Runs contract tests about strangers, which start rigs of their own, over every transport that has an
/// entrance to try.
macro_rules! for_each_entrance {
    ($($name:ident),+ $(,)?) => {
        use crate::entrance_tests;

        entrance_tests! { quic, crate::quic_rig::QuicRig, $($name),+ }
        entrance_tests! { websocket, crate::websocket_rig::WebSocketRig, $($name),+ }
        entrance_tests! { tcp, crate::tcp_rig::TcpRig, $($name),+ }
        entrance_tests! { webtransport, crate::webtransport_rig::WebTransportRig, $($name),+ }
        entrance_tests! { webrtc, crate::webrtc_rig::WebRtcRig, $($name),+ }
    };
}
pub(crate) use for_each_entrance;

/// Runs such tests over one transport.
macro_rules! entrance_tests {
    ($module:ident, $rig:ty, $($name:ident),+) => {
        mod $module {
            $(#[tokio::test]
            async fn $name() {
                super::$name::<$rig>().await;
            })+
        }
    };
}
pub(crate) use entrance_tests;
