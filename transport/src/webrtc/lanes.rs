//! Makes messages of what comes on the reliable channels, and hands them to the link's owner, at its speed.

use bytes::Bytes;
use protocol::Lane;
use tokio::sync::mpsc;

use super::{
    peer::Channel,
    pieces::{Data, Joined, Joiner, Kind},
};
use crate::{
    close::CloseReason,
    lane_queue::Share,
    link::{End, Inbox},
};

/// Data channel messages that wait for the reader.
pub(super) const READ_AHEAD: usize = 16;

/// What the reader gets.
pub(super) type ToReader = (Channel, Data);

/// Reads until the other end says farewell or breaks a rule; `None` when nothing more will come.
pub(super) async fn read<E: End>(mut data: mpsc::Receiver<ToReader>, inbox: Inbox<E>) -> Option<CloseReason> {
    let mut joiner = Joiner::default();
    while let Some((channel, data)) = data.recv().await {
        if let Err(reason) = read_one(&mut joiner, &inbox, channel, data).await {
            return Some(reason);
        }
    }
    None
}

async fn read_one<E: End>(
    joiner: &mut Joiner<Share>,
    inbox: &Inbox<E>,
    channel: Channel,
    data: Data,
) -> Result<(), CloseReason> {
    match data {
        Data::Whole { kind, body } => {
            let lane = lane_on(channel, kind)?;
            if joiner.is_within(kind) && lane != Lane::Update {
                return Err(protocol_error(format!("a message began within a message of the {lane:?} lane")));
            }
            let share = inbox.admit(lane, body.len()).await?;
            inbox.deliver(lane, &body, share).await
        }
        Data::Piece { kind, place, remaining, body } => {
            let lane = lane_on(channel, kind)?;
            if joiner.begins(kind, place) {
                if place > 0 && lane != Lane::Update {
                    return Err(protocol_error(format!("a second message at once on the {lane:?} lane")));
                }
                let share = inbox.admit(lane, remaining as usize).await?;
                joiner.begin(kind, place, remaining as usize, share).map_err(protocol_error)?;
            }
            match joiner.piece(kind, place, remaining, &body).map_err(protocol_error)? {
                Joined::Incomplete => Ok(()),
                Joined::Complete(message, share) => inbox.deliver(lane, &message, share).await,
            }
        }
        Data::Farewell { code, message } => Err(CloseReason::from_farewell(code.into(), &message)),
        Data::KeyframeWanted(_) | Data::Question(_) | Data::Answer(_) => {
            Err(protocol_error("a question on a reliable channel".to_owned()))
        }
    }
}

/// Hands over a message of the unreliable channel.
pub(super) fn offer<E: End>(inbox: &Inbox<E>, kind: Kind, body: &Bytes) -> Result<(), CloseReason> {
    let lane = lane_on(Channel::Motion, kind)?;
    if body.len() > lane.max_message() {
        let oversized = protocol::DecodeError::TooLong { lane, length: body.len() };
        return Err(protocol_error(oversized.to_string()));
    }
    inbox.offer(lane, body)
}

/// The channel of a lane.
pub(super) fn channel_of(lane: Lane) -> Channel {
    match lane {
        Lane::Control | Lane::Input => Channel::Control,
        Lane::Update => Channel::Updates,
        Lane::Motion | Lane::Feedback => Channel::Motion,
    }
}

fn lane_on(channel: Channel, kind: Kind) -> Result<Lane, CloseReason> {
    let lane = kind.lane();
    if channel_of(lane) == channel {
        return Ok(lane);
    }
    Err(protocol_error(format!("a message of the {lane:?} lane on the channel {channel:?}")))
}

fn protocol_error(problem: String) -> CloseReason {
    CloseReason::Protocol(problem)
}
