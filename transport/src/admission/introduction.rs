//! How a viewer introduces itself and what it is answered, the same over every transport: one hello, then a
//! welcome or a refusal, as the first messages of the control lane.

use std::io;

use bytes::Bytes;
use media::VideoCodec;
use protocol::{
    Lane,
    control::{Hello, Refusal, ToHost, ToViewer, Welcome},
    decode, encode,
    resume::{RESUME_KEY, Resume, ResumeKey},
    version::VersionRange,
};
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

use crate::{close::CloseReason, ticket::TicketText};

/// The longest hello, in bytes: pending peers get less room than viewers.
pub(crate) const MAX_HELLO: usize = 4096;

/// How a viewer introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Name and version, for people; at most 128 bytes.
    pub agent: String,
    /// Video codecs it decodes.
    pub video: Vec<VideoCodec>,
    /// How the host knows the viewer again when it returns.
    pub resume: Option<Resume>,
}

/// A new key by which a viewer is known again: made once, when it starts. An error if the system has no
/// random numbers.
pub fn resume_key() -> io::Result<ResumeKey> {
    let mut key = [0; RESUME_KEY];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
    Ok(ResumeKey(key))
}

impl Introduction {
    /// The first message.
    pub(crate) fn hello(self, ticket: &TicketText) -> Bytes {
        let hello = Hello {
            versions: VersionRange::OURS,
            ticket: ticket.expose().to_owned(),
            agent: self.agent,
            video: self.video,
            resume: self.resume,
        };
        encode(&ToHost::Hello(hello)).into()
    }
}

/// Why a viewer did not get in.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The name leads nowhere.
    #[error("the host {host} cannot be found: {problem}")]
    Resolve {
        /// The name.
        host: String,
        /// What the system says.
        problem: String,
    },
    /// Nobody answers there.
    #[error("no answer from {host}: is it running, and does the network let UDP through?")]
    Silence {
        /// Host and port.
        host: String,
    },
    /// Another key than the link's: another host, or an attack.
    #[error(
        "the host at {host} has another key than the link says; do not trust it, and ask for a new link if the host was \
         set up anew"
    )]
    WrongKey {
        /// Host and port.
        host: String,
    },
    /// The host says no.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// The connection ended before the viewer was in.
    #[error("{0}")]
    Closed(#[from] CloseReason),
    /// This machine cannot do it.
    #[error("no socket for the link: {0}")]
    Local(#[from] io::Error),
}

/// What whoever begins otherwise is told.
pub(crate) const NOT_A_HELLO: &str = "the first message must be a hello";

/// Refuses an announced length that no hello has.
pub(crate) fn check_hello_length(length: usize) -> Result<(), String> {
    if length <= MAX_HELLO {
        return Ok(());
    }
    Err(format!("a hello of {length} bytes is too long"))
}

/// What a pending peer's first message says, which must be a hello.
pub(crate) fn read_hello(message: &[u8]) -> Result<Hello, String> {
    check_hello_length(message.len())?;
    match decode(Lane::Control, message) {
        Ok(ToHost::Hello(hello)) => Ok(hello),
        Ok(_) => Err(NOT_A_HELLO.to_owned()),
        Err(malformed) => Err(malformed.to_string()),
    }
}

/// What a host's first message says.
pub(crate) fn read_answer(message: &[u8]) -> Result<Welcome, ConnectError> {
    let broken = |problem: String| ConnectError::Closed(CloseReason::Protocol(problem));
    match decode(Lane::Control, message) {
        Ok(ToViewer::Welcome(welcome)) => Ok(welcome),
        Ok(ToViewer::Refused(refusal)) => {
            let message = crate::close::clean(&refusal.message);
            Err(ConnectError::Refused(Refusal { message, ..refusal }))
        }
        Ok(_) => Err(broken("its first message is no answer".to_owned())),
        Err(malformed) => Err(broken(malformed.to_string())),
    }
}
