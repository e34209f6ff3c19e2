//! How a link gets to another address: the viewer restarts ICE by an offer that travels updates the link, and
//! the host answers it.

use std::{net::IpAddr, pin::Pin, sync::Arc};

use rtc::shared::TransportProtocol;
use tokio::sync::{mpsc, oneshot};

use crate::{
    link::RequestReceiver,
    webrtc::{
        connection::pump::Pump,
        ice::wire::{OwnWire, Wire},
        peer::sdp,
        signalling::AnswerError,
        viewer::SignallingClient,
    },
};

/// An offer that restarts ICE, and where the answer goes.
pub(crate) struct Restart {
    pub(crate) offer: String,
    pub(crate) answer: oneshot::Sender<Result<String, AnswerError>>,
}

/// See the module's documentation.
pub(crate) enum Renewal {
    /// The host answers.
    Host(mpsc::Receiver<Restart>),
    /// The viewer offers.
    Viewer(Mover),
}

/// What is to be done next.
pub(crate) enum Step {
    Answer(Restart),
    Move,
    Arrive(Result<String, String>),
}

/// What the host says to a renewed offer, or why it does not.
type Answer = dyn Future<Output = Result<String, String>> + Send;

/// A viewer that can move.
pub(crate) struct Mover {
    pub(crate) signalling: Arc<dyn SignallingClient>,
    pub(crate) id: String,
    pub(crate) address: IpAddr,
    /// The answer that is awaited.
    pub(crate) answer: Option<Pin<Box<Answer>>>,
}

impl Renewal {
    /// Waits until something is to be done. May be cancelled without loss.
    pub(crate) async fn next(&mut self, network: &mut RequestReceiver) -> Step {
        match self {
            Renewal::Host(restarts) => match restarts.recv().await {
                Some(restart) => Step::Answer(restart),
                None => std::future::pending().await,
            },
            Renewal::Viewer(mover) => match &mut mover.answer {
                Some(answer) => Step::Arrive(answer.await),
                None => {
                    network.network_change().await;
                    Step::Move
                }
            },
        }
    }

    /// Does it.
    pub(crate) async fn step(&mut self, step: Step, pump: &mut Pump) {
        match (self, step) {
            (_, Step::Answer(restart)) => {
                // The asker may be gone.
                let _ = restart.answer.send(answer(pump, &restart.offer));
            }
            (Renewal::Viewer(mover), Step::Move) => {
                if let Err(problem) = mover.set_out(pump).await {
                    tracing::warn!(problem, "the link stays on its old socket");
                }
            }
            (Renewal::Viewer(mover), Step::Arrive(answer)) => {
                mover.answer = None;
                let taken =
                    answer.and_then(|sdp| pump.peer.take_answer(sdp).map_err(|error| error.to_string()));
                if let Err(problem) = taken {
                    tracing::warn!(problem, "the link did not move to the new socket");
                }
            }
            (Renewal::Host(_), Step::Move | Step::Arrive(_)) => {}
        }
    }
}

impl Mover {
    async fn set_out(&mut self, pump: &mut Pump) -> Result<(), String> {
        let wire = OwnWire::bind(self.address).await.map_err(|error| error.to_string())?;
        let offer = pump.peer.offer(true).map_err(|error| error.to_string())?;
        pump.peer.add_candidate(0, wire.local(), TransportProtocol::UDP);
        pump.wire = Wire::Own(wire);
        let (signalling, id) = (Arc::clone(&self.signalling), self.id.clone());
        self.answer = Some(signalling.restart(id, offer));
        Ok(())
    }
}

/// Answers an offer, the first or a later one.
pub(crate) fn answer(pump: &mut Pump, offer: &str) -> Result<String, AnswerError> {
    let refused = |problem: String| AnswerError::Offer(crate::close::clean(&problem));
    let offer = sdp::check_offer(offer).map_err(|error| refused(error.to_string()))?;
    let answer = pump.peer.answer(offer).map_err(|error| refused(error.to_string()))?;
    if let (Wire::Shared(wire), Some(user)) = (&mut pump.wire, sdp::attribute(&answer, "ice-ufrag")) {
        wire.register(user);
    }
    Ok(answer)
}
