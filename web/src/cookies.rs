//! Pages that have entered: each has a random cookie, of which only the hash is kept, in a file as well, so
//! that browsers stay joined when the host is started again.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clock::UnixSeconds;
use protocol::control::Role;
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};

use crate::private_file::write_private;

/// By how much a right is put off at least: each time a file is written.
const SLIDE: Duration = Duration::from_secs(24 * 3600);

/// The most pages that are known at a time; a browser's later link takes the place of its earlier one.
const MAX_VISITORS: usize = 256;

/// The length of a cookie: 256 random bits in base64url.
const COOKIE_LENGTH: usize = 43;

/// What a page that was let in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Its role.
    pub role: Role,
    /// The first moment at which its cookie is worth nothing.
    pub expires: UnixSeconds,
    /// Whether that is put off as long as it is used.
    pub slides: bool,
}

/// All pages that were let in. Looked up by hash, so that the time a look-up takes tells nothing about any
/// cookie.
#[derive(Debug, Default)]
pub struct Visitors {
    by_hash: HashMap<[u8; 32], Visitor>,
    /// Where they are kept.
    file: Option<PathBuf>,
}

/// No further page can be let in.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Visitors {
    /// Those that a file keeps, if there is one, and that may still come.
    pub fn kept_in(file: PathBuf, now: UnixSeconds) -> io::Result<Self> {
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let mut by_hash: HashMap<_, _> = text.lines().filter_map(parse).take(MAX_VISITORS).collect();
        by_hash.retain(|_, visitor| now < visitor.expires);
        Ok(Self { by_hash, file: Some(file) })
    }

    /// Puts off the end of a right that is used, if it is one that slides, and not each time: it `lasts` from
    /// now on. The new end.
    pub fn slide(&mut self, cookie: &str, now: UnixSeconds, lasts: Duration) -> Option<UnixSeconds> {
        let visitor = self.by_hash.get_mut(&hash(cookie)).filter(|visitor| visitor.slides)?;
        let expires = now.after(lasts);
        if expires < visitor.expires.after(SLIDE) {
            return None;
        }
        visitor.expires = expires;
        self.keep();
        Some(expires)
    }

    fn keep(&self) {
        let Some(file) = &self.file else { return };
        let lines: String = self.by_hash.iter().map(|(hash, visitor)| line(hash, visitor)).collect();
        if let Err(error) = replace(file, &lines) {
            tracing::warn!(%error, file = %file.display(), "browsers will have to join anew after a restart");
        }
    }

    /// Whether there is room for one more, or for one in the place of `former`.
    pub fn make_room(&mut self, former: Option<&str>, now: UnixSeconds) -> Result<(), Full> {
        let known = former.is_some_and(|cookie| self.find(cookie, now).is_some());
        if known || self.by_hash.len() < MAX_VISITORS {
            return Ok(());
        }
        self.by_hash.retain(|_, visitor| now < visitor.expires);
        if self.by_hash.len() < MAX_VISITORS { Ok(()) } else { Err(Full) }
    }

    /// Lets a page in, in the place of `former`, and returns its cookie; `None` if there are no random
    /// numbers.
    pub fn enter(&mut self, visitor: Visitor, former: Option<&str>) -> Option<String> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).ok()?;
        let cookie = URL_SAFE_NO_PAD.encode(secret);
        if let Some(former) = former {
            self.by_hash.remove(&hash(former));
        }
        self.by_hash.insert(hash(&cookie), visitor);
        self.keep();
        Some(cookie)
    }

    /// Who has this cookie.
    pub fn find(&self, cookie: &str, now: UnixSeconds) -> Option<Visitor> {
        let is_one = cookie.len() == COOKIE_LENGTH;
        let visitor = is_one.then(|| self.by_hash.get(&hash(cookie))).flatten()?;
        (now < visitor.expires).then_some(*visitor)
    }

    /// Makes a cookie worth nothing.
    pub fn leave(&mut self, cookie: &str) {
        self.by_hash.remove(&hash(cookie));
        self.keep();
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension("new");
    write_private(&fresh, text)?;
    fs::rename(fresh, file)
}

/// Hash, role, end, and whether that slides.
fn line(hash: &[u8; 32], visitor: &Visitor) -> String {
    let role = match visitor.role {
        Role::Control => "control",
        Role::View => "view",
    };
    let kind = if visitor.slides { "own" } else { "shared" };
    format!("{} {role} {} {kind}\n", URL_SAFE_NO_PAD.encode(hash), visitor.expires.0)
}

fn parse(line: &str) -> Option<([u8; 32], Visitor)> {
    let mut words = line.split(' ');
    let hash = URL_SAFE_NO_PAD.decode(words.next()?).ok()?.try_into().ok()?;
    let role = match words.next()? {
        "control" => Role::Control,
        "view" => Role::View,
        _ => return None,
    };
    let expires = UnixSeconds(words.next()?.parse().ok()?);
    let slides = match words.next()? {
        "own" => true,
        "shared" => false,
        _ => return None,
    };
    Some((hash, Visitor { role, expires, slides }))
}

/// The cookie of this name in a request; the first counts.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(named, _)| *named == name).map(|(_, value)| value)
}

/// The header that gives a browser a cookie for so many seconds; none takes it away. A name that begins with
/// `__Host-` binds it to exactly this host. In a frame of another site a browser sends only cookies that
/// allow that, and keeps them apart for each such site: then `framed` is wanted.
pub fn set_cookie(name: &str, value: &str, lifetime: u64, framed: bool) -> HeaderValue {
    let sites = if framed { "None; Partitioned" } else { "Strict" };
    let text = format!("{name}={value}; Max-Age={lifetime}; Path=/; Secure; HttpOnly; SameSite={sites}");
    let mut header = HeaderValue::from_str(&text).expect("letters, digits and punctuation");
    header.set_sensitive(true);
    header
}

fn hash(cookie: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, cookie.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(expires: u64) -> Visitor {
        Visitor { role: Role::View, expires: UnixSeconds(expires), slides: false }
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

    #[test]
    fn browsers_stay_joined_over_a_restart_and_those_that_left_do_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("visitors");
        let at = |now| Visitors::kept_in(file.clone(), UnixSeconds(now)).expect("readable");
        let owner = Visitor { role: Role::Control, expires: UnixSeconds(60), slides: true };
        let cookie = at(0).enter(owner, None).expect("random");
        let other = at(0).enter(visitor(90), None).expect("random");
        assert_eq!(at(59).find(&cookie, UnixSeconds(59)), Some(owner));
        assert_eq!(at(59).find(&other, UnixSeconds(59)), Some(visitor(90)));
        at(59).leave(&other);
        assert_eq!(at(59).find(&other, UnixSeconds(59)), None);
        assert_eq!(at(60).by_hash.len(), 0, "it has expired");
        fs::write(&file, "nonsense\n\nAAAA view 9 shared\n").expect("written");
        assert_eq!(at(0).by_hash.len(), 0, "what is no line says nothing");
    }

    #[test]
    fn an_owner_s_right_lasts_as_long_as_it_is_used_and_a_shared_one_as_it_says() {
        let mut visitors = Visitors::default();
        let lasts = Duration::from_secs(30 * 24 * 3600);
        let month = lasts.as_secs();
        let owner = Visitor { role: Role::Control, expires: UnixSeconds(month), slides: true };
        let own = visitors.enter(owner, None).expect("random");
        let shared = visitors.enter(visitor(month), None).expect("random");
        assert_eq!(visitors.slide(&own, UnixSeconds(60), lasts), None, "not each time");
        let day = SLIDE.as_secs();
        assert_eq!(visitors.slide(&own, UnixSeconds(day), lasts), Some(UnixSeconds(month + day)));
        assert_eq!(visitors.slide(&shared, UnixSeconds(day), lasts), None);
        assert!(visitors.find(&own, UnixSeconds(month)).is_some());
        assert!(visitors.find(&shared, UnixSeconds(month)).is_none());
    }
}
