//! The numbers of lanes on the wire, the same for every transport.

use protocol::Lane;

/// Stands at the start of unidirectional streams, datagrams and WebSocket messages.
pub(crate) const fn lane_number(lane: Lane) -> u8 {
    match lane {
        Lane::Control => 0,
        Lane::Input => 1,
        Lane::Motion => 2,
        Lane::Update => 3,
        Lane::Feedback => 4,
    }
}

/// Which lane a number stands for.
pub(crate) fn lane_of(number: u8) -> Option<Lane> {
    [Lane::Control, Lane::Input, Lane::Motion, Lane::Update, Lane::Feedback]
        .into_iter()
        .find(|&lane| lane_number(lane) == number)
}
