//! Makes messages of what comes on the reliable channels, and hands them to the link's owner, at its speed.

use bytes::Bytes;
use protocol::{Lane, lane::Class};
use tokio::sync::mpsc;

use crate::{
    close::CloseReason,
    lane_queue::Share,
    link::{End, Inbox},
    webrtc::{
        arq::fragments::{Joined, Reassembler},
        message::{Data, Kind},
        peer::Channel,
        video_rtp::reassemble::{Unit, UpdateReassembly},
    },
};

/// Data channel messages that wait for the reader.
pub(crate) const READ_AHEAD: usize = 16;

/// What the reader gets.
pub(crate) type ToReader = (Channel, Data);

/// Reads until the other end says farewell or breaks a rule; `None` when nothing more will come.
pub(crate) async fn read<E: End>(
    mut data: mpsc::Receiver<ToReader>,
    mut units: mpsc::Receiver<Unit>,
    inbox: Inbox<E>,
) -> Option<CloseReason> {
    let mut reader =
        Reader { reassembler: Reassembler::default(), updates: UpdateReassembly::default(), inbox };
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
    reassembler: Reassembler<Share>,
    updates: UpdateReassembly<Share>,
    inbox: Inbox<E>,
}

impl<E: End> Reader<E> {
    async fn read(&mut self, channel: Channel, data: Data) -> Result<(), CloseReason> {
        let Some((kind, message, share)) = self.join(channel, data).await? else { return Ok(()) };
        if kind == Kind::UpdateWithVideo {
            self.updates.push_update(&message, share).map_err(protocol_error)?;
            return self.hand_over_updates().await;
        }
        self.inbox.deliver(kind.lane(), &message, share).await
    }

    /// A picture of a video came on RTP.
    async fn read_unit(&mut self, unit: Unit) -> Result<(), CloseReason> {
        self.updates.push_unit(unit).map_err(protocol_error)?;
        self.hand_over_updates().await
    }

    async fn hand_over_updates(&mut self) -> Result<(), CloseReason> {
        while let Some((message, share)) = self.updates.pop().map_err(protocol_error)? {
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
        let (reassembler, inbox) = (&mut self.reassembler, &self.inbox);
        match data {
            Data::Whole { kind, body } => {
                let lane = lane_on(channel, kind)?;
                if reassembler.is_within(kind) && lane != Lane::Update {
                    let problem = format!("a message began within a message of the {lane:?} lane");
                    return Err(protocol_error(problem));
                }
                let share = inbox.admit(lane, body.len()).await?;
                Ok(Some((kind, body, share)))
            }
            Data::Fragment { kind, place, remaining, body } => {
                let lane = lane_on(channel, kind)?;
                if reassembler.begins(kind, place) {
                    if place > 0 && lane != Lane::Update {
                        return Err(protocol_error(format!("a second message at once on the {lane:?} lane")));
                    }
                    let share = inbox.admit(lane, remaining as usize).await?;
                    reassembler.begin(kind, place, remaining as usize, share).map_err(protocol_error)?;
                }
                match reassembler.fragment(kind, place, remaining, &body).map_err(protocol_error)? {
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
pub(crate) fn offer<E: End>(inbox: &Inbox<E>, kind: Kind, body: &Bytes) -> Result<(), CloseReason> {
    let lane = lane_on(Channel::Motion, kind)?;
    if body.len() > lane.max_message() {
        let oversized = protocol::DecodeError::TooLong { lane, length: body.len() };
        return Err(protocol_error(oversized.to_string()));
    }
    inbox.offer(lane, body)
}

/// The channel of a lane.
pub(crate) fn channel_of(lane: Lane) -> Channel {
    match lane.spec().class {
        Class::Ordered => Channel::Control,
        Class::PerMessage => Channel::Updates,
        Class::LatestWins => Channel::Motion,
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
