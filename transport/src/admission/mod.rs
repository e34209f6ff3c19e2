//! Who is let in: the same rules for every transport.

pub(crate) mod handshake;
pub(crate) mod introduction;
pub(crate) mod pre_auth;
mod used_tickets;

use std::{
    io,
    net::IpAddr,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use protocol::{
    Version,
    control::{Hello, Refusal, RefusalCode, Role},
};

use crate::{
    admission::pre_auth::{Permit, PreAuthError, PreAuthLimiter, PreAuthLimits},
    admission::used_tickets::{NotUsable, UsedTickets},
    liveness_probe::{LivenessProbe, ProbeRequests},
    ticket::{Right, Ticket, TicketError, TicketId, TicketKey, UnixSeconds},
};

/// How long the right of a session's owner lasts after it was last used.
pub const OWN_RIGHT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Checks who may join one session, and slows down those who try without a right.
#[derive(Debug)]
pub struct Admission {
    session: String,
    tickets: TicketKey,
    limiter: PreAuthLimiter,
    /// Each right has its own, so that a page which joins again and again shuts no new page out.
    used_pages: Mutex<UsedTickets>,
    used_joins: Mutex<UsedTickets>,
    /// Those that the session's owner took back.
    revoked: Mutex<UsedTickets>,
    liveness_probe: LivenessProbe,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// Its ticket is not one of this host's.
    Foreign,
    /// Its time is over.
    Expired,
    /// It is for another session of this host.
    OtherSession,
    /// The session's owner took it back.
    TakenBack,
    /// It works once, and was used.
    Used,
    /// It is for a browser.
    ForBrowsers,
    /// It is not for a browser.
    NotForBrowsers,
    /// Nothing, but it cannot be noted that it is used now.
    Busy,
}

/// What a page gets for its ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// What the page's viewer may do.
    pub role: Role,
    /// In which session.
    pub session: String,
    /// Until when.
    pub expires: UnixSeconds,
    /// Whether that is put off as long as the right is used.
    pub slides: bool,
    /// Which ticket it was, for logs.
    pub ticket: TicketId,
}

/// What a valid hello gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The version both ends speak.
    pub version: Version,
    /// What the viewer may do.
    pub role: Role,
    /// What its ticket is good for.
    pub right: Right,
    /// Which ticket let it in.
    pub ticket: TicketId,
    /// When that is worth nothing any more.
    pub expires: UnixSeconds,
}

impl Admission {
    /// Lets viewers into `session` whose tickets `tickets` signed.
    pub fn new(session: impl Into<String>, tickets: TicketKey, limits: PreAuthLimits) -> Self {
        let (used_pages, used_joins, revoked) = Default::default();
        let (limiter, liveness_probe) = (PreAuthLimiter::new(limits), LivenessProbe::new());
        Self { session: session.into(), tickets, limiter, used_pages, used_joins, revoked, liveness_probe }
    }

    /// Keeps in a file which browser links were used, and counts those that it has.
    pub fn remembering_in(mut self, file: PathBuf, now: UnixSeconds) -> io::Result<Self> {
        self.used_pages = Mutex::new(UsedTickets::kept_in(file, now)?);
        Ok(self)
    }

    /// Keeps in a file which links were taken back, and counts those that it has.
    pub fn revoked_in(mut self, file: PathBuf, now: UnixSeconds) -> io::Result<Self> {
        self.revoked = Mutex::new(UsedTickets::kept_in(file, now)?);
        Ok(self)
    }

    /// Takes a link back: its ticket is worth nothing from now on.
    pub fn revoke(&self, ticket: TicketId, now: UnixSeconds) -> Result<(), Refusal> {
        // When it expires is not known: whoever names it has only its number.
        match lock(&self.revoked).add(ticket, UnixSeconds(u64::MAX), now) {
            Ok(()) | Err(NotUsable::UsedBefore) => Ok(()),
            Err(NotUsable::TooMany) => {
                let message = "too many links were taken back; give the session a new state directory";
                Err(Refusal { code: RefusalCode::Full, message: message.to_owned() })
            }
        }
    }

    /// Whether the viewer that says this may join at `now`; if not, the one reason why.
    pub fn admit(&self, hello: &Hello, now: UnixSeconds) -> Result<Grant, Refusal> {
        let version = hello.validate()?;
        let ticket = self.verify(&hello.ticket, now)?;
        match ticket.right {
            Right::Join | Right::OwnJoin => {}
            Right::JoinOnce => use_up(&self.used_joins, &ticket, now)?,
            Right::Page | Right::OwnPage => {
                return Err(BadLink::ForBrowsers.into());
            }
        }
        let Ticket { id, right, role, expires, .. } = ticket;
        Ok(Grant { version, role, right, ticket: id, expires })
    }

    /// Takes the ticket of a browser link, which is then worth nothing.
    pub fn redeem(&self, page_ticket: &str, now: UnixSeconds) -> Result<Redeemed, BadLink> {
        let ticket = self.verify(page_ticket, now)?;
        let slides = match ticket.right {
            Right::Page => false,
            Right::OwnPage => true,
            Right::Join | Right::OwnJoin | Right::JoinOnce => {
                return Err(BadLink::NotForBrowsers);
            }
        };
        use_up(&self.used_pages, &ticket, now)?;
        let Ticket { id, session, role, expires, .. } = ticket;
        let expires = if slides { now.after(OWN_RIGHT) } else { expires };
        Ok(Redeemed { role, session, expires, slides, ticket: id })
    }

    /// A ticket of this host for this session whose time is not over.
    fn verify(&self, text: &str, now: UnixSeconds) -> Result<Ticket, BadLink> {
        let ticket = self.tickets.verify(text, now).map_err(|wrong| match wrong {
            TicketError::Invalid => BadLink::Foreign,
            TicketError::Expired => BadLink::Expired,
        })?;
        if ticket.session != self.session {
            return Err(BadLink::OtherSession);
        }
        if self.is_revoked(ticket.id) {
            return Err(BadLink::TakenBack);
        }
        Ok(ticket)
    }

    /// Whether the session's owner took a link back.
    pub fn is_revoked(&self, ticket: TicketId) -> bool {
        lock(&self.revoked).has(ticket)
    }

    /// Whether a browser link was used, as far as that is still known.
    pub fn is_used(&self, ticket: TicketId) -> bool {
        lock(&self.used_pages).has(ticket)
    }

    /// Lets a pending peer up to the door, if not too many wait.
    ///
    /// What it did wrong is counted by [`Permit::fail`].
    pub fn approach(&self, address: IpAddr, now: Instant) -> Result<Permit, PreAuthError> {
        self.limiter.approach(address, now)
    }

    /// Counts that somebody at this address showed something wrong, who may be told what, or else only to
    /// wait.
    pub fn fail(&self, address: IpAddr, now: Instant) -> Result<(), PreAuthError> {
        self.limiter.fail(address, now)
    }

    /// Whether a pending peer from this address must first prove it: so many wait, of all or of its
    /// neighbours, or these have failed so often of late.
    pub(crate) fn wants_proof(&self, address: IpAddr, now: Instant) -> bool {
        self.limiter.is_busy() || self.limiter.is_suspect(address, now)
    }

    /// Asks all links, of every transport, whether they still live: somebody joins, who will hear what is
    /// asked later.
    pub(crate) fn probe_all(&self) -> ProbeRequests {
        self.liveness_probe.probe_all()
    }
}

fn use_up(used: &Mutex<UsedTickets>, ticket: &Ticket, now: UnixSeconds) -> Result<(), BadLink> {
    lock(used).use_up(ticket, now).map_err(|why| match why {
        NotUsable::UsedBefore => BadLink::Used,
        NotUsable::TooMany => BadLink::Busy,
    })
}

impl BadLink {
    /// Its name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Expired => "expired",
            Self::OtherSession => "other-session",
            Self::TakenBack => "taken-back",
            Self::Used => "used",
            Self::ForBrowsers => "for-browsers",
            Self::NotForBrowsers => "not-for-browsers",
            Self::Busy => "busy",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Foreign => "the link's ticket is not one of this host's; ask for a new link",
            Self::Expired => "the link's ticket has expired; ask for a new link",
            Self::OtherSession => "the link's ticket is for another session of this host; ask for a new link",
            Self::TakenBack => "the session's owner has taken this link back; ask for a new link",
            Self::Used => "this link was used already: each works once; make a new one by `dormer links`",
            Self::ForBrowsers => "this link is for a browser: open it there, or ask for a native link",
            Self::NotForBrowsers => "this link is not for a browser; ask for a browser link",
            Self::Busy => "too many links were used within a short time; try again in a minute",
        }
    }
}

impl From<BadLink> for Refusal {
    fn from(bad: BadLink) -> Self {
        let code = match bad {
            BadLink::Expired => RefusalCode::TicketExpired,
            BadLink::Busy => RefusalCode::Full,
            BadLink::Foreign
            | BadLink::OtherSession
            | BadLink::TakenBack
            | BadLink::Used
            | BadLink::ForBrowsers
            | BadLink::NotForBrowsers => RefusalCode::TicketInvalid,
        };
        Self { code, message: bad.sentence().to_owned() }
    }
}

fn lock(tickets: &Mutex<UsedTickets>) -> MutexGuard<'_, UsedTickets> {
    // Nothing panics while it is held.
    tickets.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use media::VideoCodec;
    use protocol::{control::MAX_AGENT, version::VersionRange};

    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_800_000_000);

    fn key() -> TicketKey {
        TicketKey::from_secret([3; 32])
    }

    fn ticket(right: Right, session: &str) -> String {
        let ticket = Ticket {
            id: TicketId(5),
            right,
            session: session.to_owned(),
            role: Role::View,
            expires: NOW.after(Duration::from_secs(9)),
        };
        key().sign(&ticket).expect("signs").expose().to_owned()
    }

    fn hello(session: &str) -> Hello {
        Hello {
            versions: VersionRange::OURS,
            ticket: ticket(Right::Join, session),
            agent: "test".to_owned(),
            video: vec![VideoCodec::H264],
            resume: None,
        }
    }

    fn refusal(hello: &Hello, now: UnixSeconds) -> RefusalCode {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        admission.admit(hello, now).expect_err("refused").code
    }

    #[test]
    fn a_valid_hello_gets_the_role_of_its_ticket() {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        let grant = admission.admit(&hello("main"), NOW).expect("admitted");
        let (version, role, right, ticket) = (Version::NEWEST, Role::View, Right::Join, TicketId(5));
        let expires = NOW.after(Duration::from_secs(9));
        assert_eq!(grant, Grant { version, role, right, ticket, expires });
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

    #[test]
    fn a_native_link_opens_links_again_and_again_and_a_page_s_ticket_one() {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        for _ in 0..3 {
            admission.admit(&hello("main"), NOW).expect("again");
        }
        let once = Hello { ticket: ticket(Right::JoinOnce, "main"), ..hello("main") };
        assert_eq!(admission.admit(&once, NOW).expect("once").role, Role::View);
        let again = admission.admit(&once, NOW).expect_err("not twice");
        assert_eq!(again.code, RefusalCode::TicketInvalid);
        assert!(again.message.contains("used already"), "{}", again.message);
    }

    #[test]
    fn a_browser_link_is_redeemed_once_and_opens_no_link() {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        let page = ticket(Right::Page, "main");
        let refused =
            admission.admit(&Hello { ticket: page.clone(), ..hello("main") }, NOW).expect_err("a page's");
        assert!(refused.message.contains("browser"), "{}", refused.message);
        let redeemed = admission.redeem(&page, NOW).expect("once");
        let expires = NOW.after(Duration::from_secs(9));
        let ticket = TicketId(5);
        let (role, session, slides) = (Role::View, "main".to_owned(), false);
        assert_eq!(redeemed, Redeemed { role, session, expires, slides, ticket });
        assert_eq!(admission.redeem(&page, NOW), Err(BadLink::Used), "not twice");
        assert!(admission.is_used(TicketId(5)) && !admission.is_used(TicketId(6)));
    }

    #[test]
    fn a_link_that_was_taken_back_lets_nobody_in_also_after_a_restart() {
        let directory = tempfile::tempdir().expect("a directory");
        let fresh = || {
            let admission = Admission::new("main", key(), PreAuthLimits::default());
            admission.revoked_in(directory.path().join("revoked"), NOW).expect("readable")
        };
        let before = fresh();
        before.admit(&hello("main"), NOW).expect("not yet");
        before.revoke(TicketId(4), NOW).expect("room");
        before.admit(&hello("main"), NOW).expect("another");
        for _ in 0..2 {
            before.revoke(TicketId(5), NOW).expect("room");
        }
        for admission in [before, fresh()] {
            let native = admission.admit(&hello("main"), NOW).expect_err("taken back");
            assert_eq!(native, BadLink::TakenBack.into());
            assert_eq!(admission.redeem(&ticket(Right::Page, "main"), NOW), Err(BadLink::TakenBack));
            assert!(admission.is_revoked(TicketId(5)) && !admission.is_revoked(TicketId(6)));
        }
    }

    #[test]
    fn an_owner_s_link_has_its_own_time_and_its_right_another() {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        let redeemed = admission.redeem(&ticket(Right::OwnPage, "main"), NOW).expect("once");
        assert_eq!((redeemed.expires, redeemed.slides), (NOW.after(OWN_RIGHT), true));
        let late = admission.redeem(&ticket(Right::OwnPage, "main"), NOW.after(Duration::from_secs(9)));
        assert_eq!(late, Err(BadLink::Expired));
    }

    #[test]
    fn only_a_browser_link_of_this_session_is_redeemed() {
        let admission = Admission::new("main", key(), PreAuthLimits::default());
        for (wrong, why) in [
            (ticket(Right::Join, "main"), BadLink::NotForBrowsers),
            (ticket(Right::OwnJoin, "main"), BadLink::NotForBrowsers),
            (ticket(Right::JoinOnce, "main"), BadLink::NotForBrowsers),
            (ticket(Right::Page, "other"), BadLink::OtherSession),
            ("AAAA".to_owned(), BadLink::Foreign),
        ] {
            assert_eq!(admission.redeem(&wrong, NOW), Err(why));
            assert_eq!(Refusal::from(why).code, RefusalCode::TicketInvalid);
        }
        let late = admission.redeem(&ticket(Right::Page, "main"), NOW.after(Duration::from_secs(9)));
        assert_eq!(late, Err(BadLink::Expired));
    }
}
