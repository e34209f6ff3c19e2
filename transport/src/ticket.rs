//! Tickets: short-lived rights to join one session in one role, signed by the host.
//!
//! A ticket's bytes are, in this order: the layout's number (2), the right (1 join, 2 page, 3 join once, 4
//! own page, 5 own join), the role (1 control, 2 view), the time of expiry (seconds since 1970, 8 bytes,
//! big-endian), the id (8 bytes, big-endian), the session's name, and the HMAC-SHA256 of all before it (32
//! bytes). As text it is unpadded base64url. There is exactly one form of each ticket.

use std::{fmt, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
pub use clock::UnixSeconds;
use protocol::control::Role;
use ring::hmac;
use thiserror::Error;

use crate::secret_file::{self, SecretFileError};

/// The longest ticket text that is looked at, in bytes.
pub const MAX_TEXT: usize = 256;

/// The longest name of a session in a ticket, in bytes.
pub const MAX_SESSION: usize = 64;

/// The file in the state directory that holds the signing secret.
const FILE: &str = "ticket-key";

const LAYOUT: u8 = 2;
const HEAD: usize = 19;
const MAC: usize = 32;

/// Keeps this HMAC from being valid for anything else the key may ever sign.
const PURPOSE: &[u8] = b"dormer ticket\0";

/// The number of a ticket: random, to name it in logs without giving it away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TicketId(pub u64);

impl fmt::Debug for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl TicketId {
    /// A new random number.
    pub fn random() -> Result<Self, SecretFileError> {
        secret_file::random_bytes().map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Links, as many as its owner likes: what stands in a native link. They end when it expires.
    Join,
    /// As [`Right::Join`], for the session's owner: links that are there when it expires stay.
    OwnJoin,
    /// To be exchanged once for the page's cookie: what stands in a browser link. It opens no link itself.
    Page,
    /// As [`Right::Page`], for the session's owner: the cookie lasts longer than the link, and as long as it
    /// is used.
    OwnPage,
    /// One link: what the page gets for each of its attempts to join.
    JoinOnce,
}

/// The right to join one session in one role until some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// What it is good for.
    pub right: Right,
    /// Which session: 1 to [`MAX_SESSION`] letters, digits, `-`, `_` and `.`.
    pub session: String,
    /// In which role.
    pub role: Role,
    /// The first moment at which it is worth nothing.
    pub expires: UnixSeconds,
}

/// A signed ticket as text: whoever knows it may join. `Debug` hides it; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketText(String);

impl TicketText {
    /// A text that claims to be a ticket. Only [`TicketKey::verify`] knows whether it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, to put it into a link or a message. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TicketText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketText(…)")
    }
}

/// The secret that signs a host's tickets.
#[derive(Clone)]
pub struct TicketKey(hmac::Key);

impl TicketKey {
    /// Reads the secret in `state`, or makes one if there is none.
    pub fn load_or_create(state: &Path) -> Result<Self, SecretFileError> {
        let secret = secret_file::load_or_create(state, FILE, || {
            secret_file::random_bytes::<32>().map(|bytes| bytes.to_vec())
        })?;
        let secret = <[u8; 32]>::try_from(secret).map_err(|wrong| SecretFileError::Corrupt {
            path: state.join(FILE),
            problem: format!("{} bytes long instead of 32", wrong.len()),
        })?;
        Ok(Self::from_secret(secret))
    }

    /// A key from its secret bytes.
    pub fn from_secret(secret: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &secret))
    }

    /// Signs a ticket.
    pub fn sign(&self, ticket: &Ticket) -> Result<TicketText, TicketError> {
        if !is_session_name(&ticket.session) {
            return Err(TicketError::Invalid);
        }
        let mut bytes = Vec::with_capacity(HEAD + ticket.session.len() + MAC);
        bytes.extend([LAYOUT, right_number(ticket.right), role_number(ticket.role)]);
        bytes.extend(ticket.expires.0.to_be_bytes());
        bytes.extend(ticket.id.0.to_be_bytes());
        bytes.extend(ticket.session.as_bytes());
        let mac = hmac::sign(&self.0, &[PURPOSE, &bytes].concat());
        bytes.extend(mac.as_ref());
        Ok(TicketText(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What a ticket says, if this key signed it and its time is not over at `now`. The signature is compared
    /// in constant time, before anything else in the ticket is looked at.
    pub fn verify(&self, text: &str, now: UnixSeconds) -> Result<Ticket, TicketError> {
        if text.len() > MAX_TEXT {
            return Err(TicketError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TicketError::Invalid)?;
        let (content, mac) = bytes.split_last_chunk::<MAC>().ok_or(TicketError::Invalid)?;
        hmac::verify(&self.0, &[PURPOSE, content].concat(), mac).map_err(|_| TicketError::Invalid)?;
        let ticket = parse(content).ok_or(TicketError::Invalid)?;
        if now >= ticket.expires {
            return Err(TicketError::Expired);
        }
        Ok(ticket)
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(…)")
    }
}

/// Why a text gives no right to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TicketError {
    /// This host did not sign it.
    #[error("the link's ticket is not one of this host's; ask for a new link")]
    Invalid,
    /// This host signed it, but its time is over.
    #[error("the link's ticket has expired; ask for a new link")]
    Expired,
}

/// Whether a session can have this name: it stands in tickets and in paths.
pub fn is_session_name(name: &str) -> bool {
    (1..=MAX_SESSION).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn right_number(right: Right) -> u8 {
    match right {
        Right::Join => 1,
        Right::Page => 2,
        Right::JoinOnce => 3,
        Right::OwnPage => 4,
        Right::OwnJoin => 5,
    }
}

fn role_number(role: Role) -> u8 {
    match role {
        Role::Control => 1,
        Role::View => 2,
    }
}

fn parse(content: &[u8]) -> Option<Ticket> {
    let (&[layout, number, role], rest) = content.split_first_chunk::<3>()?;
    let (expires, rest) = rest.split_first_chunk::<8>()?;
    let (id, session) = rest.split_first_chunk::<8>()?;
    let rights = [Right::Join, Right::Page, Right::JoinOnce, Right::OwnPage, Right::OwnJoin];
    let right = rights.into_iter().find(|&known| right_number(known) == number)?;
    let role = [Role::Control, Role::View].into_iter().find(|&known| role_number(known) == role)?;
    let session = std::str::from_utf8(session).ok().filter(|name| is_session_name(name))?.to_owned();
    (layout == LAYOUT).then_some(Ticket {
        id: TicketId(u64::from_be_bytes(*id)),
        right,
        session,
        role,
        expires: UnixSeconds(u64::from_be_bytes(*expires)),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_800_000_000);

    fn key() -> TicketKey {
        TicketKey::from_secret([7; 32])
    }

    fn ticket() -> Ticket {
        Ticket {
            id: TicketId(0x0123_4567_89ab_cdef),
            right: Right::Join,
            session: "main".to_owned(),
            role: Role::View,
            expires: NOW.after(Duration::from_secs(60)),
        }
    }

    #[test]
    fn a_signed_ticket_is_valid_until_it_expires() {
        let text = key().sign(&ticket()).expect("signs");
        assert_eq!(key().verify(text.expose(), NOW), Ok(ticket()));
        assert_eq!(key().verify(text.expose(), UnixSeconds(NOW.0 + 59)), Ok(ticket()));
        assert_eq!(key().verify(text.expose(), UnixSeconds(NOW.0 + 60)), Err(TicketError::Expired));
        assert!(text.expose().len() < 80, "{} characters", text.expose().len());
    }

    #[test]
    fn rights_and_roles_survive_the_text() {
        for right in [Right::Join, Right::Page, Right::JoinOnce, Right::OwnPage, Right::OwnJoin] {
            for role in [Role::Control, Role::View] {
                let ticket = Ticket { right, role, ..ticket() };
                let text = key().sign(&ticket).expect("signs");
                assert_eq!(key().verify(text.expose(), NOW), Ok(ticket));
            }
        }
    }

    #[test]
    fn a_ticket_of_another_key_is_invalid_and_not_merely_expired() {
        let other = TicketKey::from_secret([8; 32]);
        let text = other.sign(&ticket()).expect("signs");
        assert_eq!(key().verify(text.expose(), UnixSeconds(u64::MAX)), Err(TicketError::Invalid));
    }

    #[test]
    fn a_change_of_any_character_makes_it_invalid() {
        let text = key().sign(&ticket()).expect("signs").expose().to_owned();
        for at in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(key().verify(&forged, NOW), Err(TicketError::Invalid), "at {at}");
        }
        for length in 0..text.len() {
            assert_eq!(key().verify(&text[..length], NOW), Err(TicketError::Invalid));
        }
        assert_eq!(key().verify(&format!("{text}AA"), NOW), Err(TicketError::Invalid));
        assert_eq!(key().verify(&"A".repeat(1 << 20), NOW), Err(TicketError::Invalid));
    }

    #[test]
    fn names_that_could_be_paths_or_too_long_are_not_signed() {
        for session in ["", "..", ".hidden", "a/b", "ä", &"x".repeat(MAX_SESSION + 1)] {
            let ticket = Ticket { session: session.to_owned(), ..ticket() };
            assert_eq!(key().sign(&ticket), Err(TicketError::Invalid), "{session}");
        }
        let longest = Ticket { session: "x".repeat(MAX_SESSION), ..ticket() };
        let text = key().sign(&longest).expect("signs");
        assert!(text.expose().len() <= MAX_TEXT);
        assert_eq!(key().verify(text.expose(), NOW), Ok(longest));
    }

    #[test]
    fn no_debug_output_gives_a_ticket_away() {
        let text = key().sign(&ticket()).expect("signs");
        assert!(!format!("{text:?} {:?}", key()).contains(text.expose()));
    }

    #[test]
    fn the_secret_is_kept_and_a_damaged_one_refused() {
        let state = tempfile::tempdir().expect("a directory");
        let text = TicketKey::load_or_create(state.path()).expect("made").sign(&ticket()).expect("signs");
        let again = TicketKey::load_or_create(state.path()).expect("read");
        assert_eq!(again.verify(text.expose(), NOW), Ok(ticket()));
        std::fs::write(state.path().join(FILE), b"short").expect("writes");
        let refusal = TicketKey::load_or_create(state.path()).expect_err("corrupt").to_string();
        assert!(refusal.contains("5 bytes"), "{refusal}");
    }

    proptest! {
        #[test]
        fn nothing_but_a_signature_makes_bytes_a_ticket(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            prop_assert_eq!(key().verify(&URL_SAFE_NO_PAD.encode(bytes), NOW), Err(TicketError::Invalid));
        }
    }
}
