//! Who is let in: the same rules for every transport.

use std::{net::IpAddr, time::Instant};

use protocol::{
    Version,
    control::{Hello, Refusal, RefusalCode, Role},
    version::VersionRange,
};

use crate::{
    gate::{Gate, GateLimits, Pass, TurnedAway},
    ticket::{TicketError, TicketId, TicketKey, UnixSeconds},
};

/// The longest name of a viewer that is accepted, in bytes.
const MAX_AGENT: usize = 128;

/// The most codecs a viewer may list.
const MAX_CODECS: usize = 16;

/// Checks who may join one session, and slows down those who try without a right.
#[derive(Debug)]
pub struct Doorkeeper {
    session: String,
    tickets: TicketKey,
    gate: Gate,
}

/// What a valid hello gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The version both ends speak.
    pub version: Version,
    /// What the viewer may do.
    pub role: Role,
    /// Which ticket let it in.
    pub ticket: TicketId,
}

impl Doorkeeper {
    /// Lets viewers into `session` whose tickets `tickets` signed.
    pub fn new(session: impl Into<String>, tickets: TicketKey, limits: GateLimits) -> Self {
        Self { session: session.into(), tickets, gate: Gate::new(limits) }
    }

    /// Whether the viewer that says this may join at `now`; if not, the one reason why.
    pub fn admit(&self, hello: &Hello, now: UnixSeconds) -> Result<Admission, Refusal> {
        let refuse = |code, message: String| Err(Refusal { code, message });
        let version = match VersionRange::OURS.common(hello.versions) {
            Ok(version) => version,
            Err(mismatch) => return refuse(RefusalCode::Version, mismatch.to_string()),
        };
        if hello.agent.len() > MAX_AGENT || hello.video.len() > MAX_CODECS {
            return refuse(
                RefusalCode::Protocol,
                "the viewer's description of itself is too long".to_owned(),
            );
        }
        let ticket = match self.tickets.verify(&hello.ticket, now) {
            Ok(ticket) => ticket,
            Err(invalid @ TicketError::Invalid) => {
                return refuse(RefusalCode::TicketInvalid, invalid.to_string());
            }
            Err(expired @ TicketError::Expired) => {
                return refuse(RefusalCode::TicketExpired, expired.to_string());
            }
        };
        if ticket.session != self.session {
            let message =
                "the link's ticket is for another session of this host; ask for a new link".to_owned();
            return refuse(RefusalCode::TicketInvalid, message);
        }
        Ok(Admission { version, role: ticket.role, ticket: ticket.id })
    }

    /// Lets a stranger up to the door, if not too many stand there and its neighbours have not failed too often.
    pub(crate) fn approach(&self, address: IpAddr, now: Instant) -> Result<Pass, TurnedAway> {
        self.gate.approach(address, now)
    }

    /// Whether so many stand at the door that a stranger must first prove its address.
    pub(crate) fn is_busy(&self) -> bool {
        self.gate.is_busy()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::VideoCodec;

    use super::*;
    use crate::ticket::Ticket;

    const NOW: UnixSeconds = UnixSeconds(1_800_000_000);

    fn key() -> TicketKey {
        TicketKey::from_secret([3; 32])
    }

    fn hello(session: &str) -> Hello {
        let ticket = Ticket {
            id: TicketId(5),
            session: session.to_owned(),
            role: Role::View,
            expires: NOW.after(Duration::from_secs(9)),
        };
        Hello {
            versions: VersionRange::OURS,
            ticket: key().sign(&ticket).expect("signs").expose().to_owned(),
            agent: "test".to_owned(),
            video: vec![VideoCodec::H264],
        }
    }

    fn refusal(hello: &Hello, now: UnixSeconds) -> RefusalCode {
        let door = Doorkeeper::new("main", key(), GateLimits::default());
        door.admit(hello, now).expect_err("refused").code
    }

    #[test]
    fn a_valid_hello_gets_the_role_of_its_ticket() {
        let door = Doorkeeper::new("main", key(), GateLimits::default());
        let admission = door.admit(&hello("main"), NOW).expect("admitted");
        assert_eq!(admission, Admission { version: Version::NEWEST, role: Role::View, ticket: TicketId(5) });
    }

    #[test]
    fn each_mistake_has_one_reason() {
        assert_eq!(refusal(&hello("other"), NOW), RefusalCode::TicketInvalid);
        assert_eq!(refusal(&hello("main"), NOW.after(Duration::from_secs(9))), RefusalCode::TicketExpired);
        let forged = Hello { ticket: "AAAA".to_owned(), ..hello("main") };
        assert_eq!(refusal(&forged, NOW), RefusalCode::TicketInvalid);
        let future = VersionRange { oldest: Version(900), newest: Version(901) };
        let newer = Hello { versions: future, ticket: String::new(), ..hello("main") };
        assert_eq!(refusal(&newer, NOW), RefusalCode::Version, "an old host cannot judge a new ticket");
        let long = Hello { agent: "x".repeat(MAX_AGENT + 1), ..hello("main") };
        assert_eq!(refusal(&long, NOW), RefusalCode::Protocol);
    }
}
