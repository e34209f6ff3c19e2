//! Makes messages of what comes on the reliable channels, and hands them to the link's owner, at its speed.

use bytes::Bytes;
use protocol::Lane;
use tokio::sync::mpsc;

use super::{
    beside::{Beside, Unit},
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
pub(super) async fn read<E: End>(
    mut data: mpsc::Receiver<ToReader>,
    mut units: mpsc::Receiver<Unit>,
    inbox: Inbox<E>,
) -> Option<CloseReason> {
    let mut reader = Reader { joiner: Joiner::default(), beside: Beside::default(), inbox };
    loop {
        let read = tokio::select! {
            biased;
            Some(unit) = units.recv() => reader.read_unit(unit).await,
            data = data.recv() => match data {
                Some((channel, data)) => reader.read(channel, data).await,
                None => return None,
            },
        };
        if let Err(reason) = read {
            return Some(reason);
        }
    }
}

struct Reader<E: End> {
    joiner: Joiner<Share>,
    beside: Beside<Share>,
    inbox: Inbox<E>,
}

impl<E: End> Reader<E> {
    async fn read(&mut self, channel: Channel, data: Data) -> Result<(), CloseReason> {
        let Some((kind, message, share)) = self.join(channel, data).await? else { return Ok(()) };
        if kind == Kind::UpdateWithAside {
            self.beside.push_update(&message, share).map_err(protocol_error)?;
            return self.hand_over_updates().await;
        }
        self.inbox.deliver(kind.lane(), &message, share).await
    }

    /// A picture of a video came on RTP.
    async fn read_unit(&mut self, unit: Unit) -> Result<(), CloseReason> {
        self.beside.push_unit(unit).map_err(protocol_error)?;
        self.hand_over_updates().await
    }

    async fn hand_over_updates(&mut self) -> Result<(), CloseReason> {
        while let Some((message, share)) = self.beside.pop().map_err(protocol_error)? {
            self.inbox.deliver(Lane::Update, &message, share).await?;
        }
        Ok(())
    }

    /// The message that this completes, if it does.
    async fn join(
        &mut self,
        channel: Channel,
        data: Data,
    ) -> Result<Option<(Kind, Bytes, Share)>, CloseReason> {
        let (joiner, inbox) = (&mut self.joiner, &self.inbox);
        match data {
            Data::Whole { kind, body } => {
                let lane = lane_on(channel, kind)?;
                if joiner.is_within(kind) && lane != Lane::Update {
                    let problem = format!("a message began within a message of the {lane:?} lane");
                    return Err(protocol_error(problem));
                }
                let share = inbox.admit(lane, body.len()).await?;
                Ok(Some((kind, body, share)))
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
                    Joined::Incomplete => Ok(None),
                    Joined::Complete(message, share) => Ok(Some((kind, message, share))),
                }
            }
            Data::Farewell { code, message } => Err(CloseReason::from_farewell(code.into(), &message)),
            Data::KeyframeWanted(_) | Data::Question(_) | Data::Answer(_) => {
                Err(protocol_error("a question on a reliable channel".to_owned()))
            }
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
