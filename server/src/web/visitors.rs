//! Pages that were let in: each has a random cookie, of which only the hash is kept.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::control::Role;
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};
use transport::UnixSeconds;

/// The most pages that are known at a time; a browser's later link takes the place of its earlier one.
const MAX_VISITORS: usize = 256;

/// The length of a cookie: 256 random bits in base64url.
const COOKIE_LENGTH: usize = 43;

/// What a page that was let in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visitor {
    /// Its role.
    pub role: Role,
    /// The first moment at which its cookie is worth nothing.
    pub expires: UnixSeconds,
}

/// All pages that were let in. Looked up by hash, so that the time a look-up takes tells nothing about any cookie.
#[derive(Debug, Default)]
pub(crate) struct Visitors {
    by_hash: HashMap<[u8; 32], Visitor>,
}

/// No further page can be let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Visitors {
    /// Whether there is room for one more, or for one in the place of `former`.
    pub(super) fn make_room(&mut self, former: Option<&str>, now: UnixSeconds) -> Result<(), Full> {
        let known = former.is_some_and(|cookie| self.find(cookie, now).is_some());
        if known || self.by_hash.len() < MAX_VISITORS {
            return Ok(());
        }
        self.by_hash.retain(|_, visitor| now < visitor.expires);
        if self.by_hash.len() < MAX_VISITORS { Ok(()) } else { Err(Full) }
    }

    /// Lets a page in, in the place of `former`, and returns its cookie; `None` if there are no random numbers.
    pub(super) fn enter(&mut self, visitor: Visitor, former: Option<&str>) -> Option<String> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).ok()?;
        let cookie = URL_SAFE_NO_PAD.encode(secret);
        if let Some(former) = former {
            self.leave(former);
        }
        self.by_hash.insert(hash(&cookie), visitor);
        Some(cookie)
    }

    /// Who has this cookie.
    pub(super) fn find(&self, cookie: &str, now: UnixSeconds) -> Option<Visitor> {
        let is_one = cookie.len() == COOKIE_LENGTH;
        let visitor = is_one.then(|| self.by_hash.get(&hash(cookie))).flatten()?;
        (now < visitor.expires).then_some(*visitor)
    }

    /// Makes a cookie worth nothing.
    pub(super) fn leave(&mut self, cookie: &str) {
        self.by_hash.remove(&hash(cookie));
    }
}

fn hash(cookie: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, cookie.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(expires: u64) -> Visitor {
        Visitor { role: Role::View, expires: UnixSeconds(expires) }
    }

    #[test]
    fn a_cookie_is_worth_something_until_it_expires_or_is_given_back() {
        let mut visitors = Visitors::default();
        let cookie = visitors.enter(visitor(60), None).expect("random");
        assert_eq!(cookie.len(), COOKIE_LENGTH);
        assert_eq!(visitors.find(&cookie, UnixSeconds(59)), Some(visitor(60)));
        assert_eq!(visitors.find(&cookie, UnixSeconds(60)), None);
        for wrong in ["", "x", &cookie[1..], &format!("{cookie}A"), &"A".repeat(COOKIE_LENGTH)] {
            assert_eq!(visitors.find(wrong, UnixSeconds(0)), None, "{wrong}");
        }
        visitors.leave(&cookie);
        assert_eq!(visitors.find(&cookie, UnixSeconds(0)), None);
    }

    #[test]
    fn a_full_house_lets_in_only_who_is_in_already_until_others_expire() {
        let mut visitors = Visitors::default();
        let mut last = String::new();
        for number in 0..MAX_VISITORS as u64 {
            visitors.make_room(None, UnixSeconds(0)).expect("room");
            last = visitors.enter(visitor(60 + number), None).expect("random");
        }
        assert_eq!(visitors.make_room(None, UnixSeconds(59)), Err(Full));
        assert_eq!(visitors.make_room(Some(&last), UnixSeconds(59)), Ok(()));
        let again = visitors.enter(visitor(999), Some(&last)).expect("random");
        assert_eq!(visitors.find(&last, UnixSeconds(0)), None, "its place was taken");
        assert_eq!(visitors.make_room(None, UnixSeconds(60)), Ok(()), "one has expired");
        assert!(visitors.find(&again, UnixSeconds(60)).is_some());
    }
}
