//! Pages that have entered: each has a random cookie, of which only the hash is kept, in a file as well, so
//! that browsers stay joined when the host is started again.

use std::{
    collections::{HashMap, VecDeque},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
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

use tokio::sync::Notify;

use crate::private_file::write_private;

/// By how much a right is put off at least: each time a file is written.
const SLIDE: Duration = Duration::from_secs(24 * 3600);

/// The most pages that are known at a time; a browser's later link takes the place of its earlier one.
const MAX_VISITORS: usize = 256;

/// The most tickets of one page that are known at a time: it makes a few links at once, each by one.
const MAX_TICKETS: usize = 32;

/// The length of a cookie: 256 random bits in base64url.
const COOKIE_LENGTH: usize = 43;

/// The most cookies of which it is remembered why they are worth nothing.
const MAX_GONE: usize = 256;

/// Why a cookie is worth nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Its page gave it back, or has another.
    Left,
    /// Its time is over.
    Over,
    /// The session's owner took the right away.
    Removed,
}

/// What a page that was let in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Its role.
    pub role: Role,
    /// The first moment at which its cookie is worth nothing.
    pub expires: UnixSeconds,
    /// Whether that is put off as long as it is used.
    pub slides: bool,
    /// The number of the link's ticket by which it entered, where that is known.
    pub link: Option<u64>,
}

/// All pages that were let in. Looked up by hash, so that the time a look-up takes tells nothing about any
/// cookie.
#[derive(Debug, Default)]
pub struct Visitors {
    by_hash: HashMap<[u8; 32], Visitor>,
    /// The numbers of the tickets that each was given last, the newest at the end.
    tickets: HashMap<[u8; 32], VecDeque<u64>>,
    /// Cookies that ended before their time, the newest at the end.
    gone: VecDeque<([u8; 32], Gone)>,
    /// Told when a right ended before its time.
    ended: Arc<Notify>,
    /// Where they are kept.
    file: Option<PathBuf>,
}

/// A page that was let in, without its cookie: by whose right a link is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder([u8; 32]);

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
        Ok(Self { by_hash, file: Some(file), ..Self::default() })
    }

    /// Puts off the end of a right that is used, if it is one that slides, and not each time: it `lasts` from
    /// now on. Its end.
    pub fn slide(&mut self, cookie: &str, now: UnixSeconds, lasts: Duration) -> Option<UnixSeconds> {
        self.slide_of(hash(cookie), now, lasts)
    }

    fn slide_of(&mut self, hash: [u8; 32], now: UnixSeconds, lasts: Duration) -> Option<UnixSeconds> {
        let visitor = self.by_hash.get_mut(&hash).filter(|visitor| visitor.slides)?;
        let expires = now.after(lasts);
        if expires < visitor.expires.after(SLIDE) {
            return Some(visitor.expires);
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
        self.tickets.retain(|hash, _| self.by_hash.contains_key(hash));
        if self.by_hash.len() < MAX_VISITORS { Ok(()) } else { Err(Full) }
    }

    /// Lets a page in, in the place of `former`, and returns its cookie; `None` if there are no random
    /// numbers.
    pub fn enter(&mut self, visitor: Visitor, former: Option<&str>) -> Option<String> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).ok()?;
        let cookie = URL_SAFE_NO_PAD.encode(secret);
        if let Some(former) = former {
            self.end_of(hash(former), Gone::Left);
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

    /// Why a cookie that somebody shows is worth nothing, as far as that is known.
    pub fn why(&self, cookie: &str) -> Option<Gone> {
        let hash = hash(cookie);
        let ended = self.gone.iter().rev().find(|(gone, _)| *gone == hash).map(|(_, why)| *why);
        ended.or_else(|| self.by_hash.contains_key(&hash).then_some(Gone::Over))
    }

    /// The pages that are let in at `now`, by the links by which they came.
    pub fn by_link(&self, now: UnixSeconds) -> impl Iterator<Item = (u64, Visitor)> {
        let present = self.by_hash.values().filter(move |visitor| now < visitor.expires);
        present.filter_map(|visitor| Some((visitor.link?, *visitor)))
    }

    /// Makes a cookie worth nothing.
    pub fn leave(&mut self, cookie: &str) {
        self.end_of(hash(cookie), Gone::Left);
        self.keep();
    }

    /// The number of the link's ticket by which a page entered.
    pub fn link(&self, holder: Holder) -> Option<u64> {
        self.by_hash.get(&holder.0)?.link
    }

    /// Makes the cookie of a page that was let in worth nothing.
    pub fn remove(&mut self, holder: Holder) {
        self.end_of(holder.0, Gone::Removed);
        self.keep();
    }

    /// Makes the cookies of all pages worth nothing that entered by this link.
    pub fn remove_by_link(&mut self, link: u64) {
        let by_it = self.by_hash.iter().filter(|(_, visitor)| visitor.link == Some(link));
        let hashes: Vec<_> = by_it.map(|(hash, _)| *hash).collect();
        hashes.into_iter().for_each(|hash| self.end_of(hash, Gone::Removed));
        self.keep();
    }

    fn end_of(&mut self, hash: [u8; 32], why: Gone) {
        if self.by_hash.remove(&hash).is_some() {
            self.gone.push_back((hash, why));
            if self.gone.len() > MAX_GONE {
                self.gone.pop_front();
            }
        }
        self.tickets.remove(&hash);
        self.ended.notify_one();
    }

    /// Notes that the page with this cookie was given a ticket. Of those that it never used only the newest
    /// stay good.
    pub fn give(&mut self, cookie: &str, ticket: u64) {
        let hash = hash(cookie);
        if self.by_hash.contains_key(&hash) {
            let given = self.tickets.entry(hash).or_default();
            given.push_back(ticket);
            if given.len() > MAX_TICKETS {
                given.pop_front();
            }
        }
    }

    /// Takes a ticket that a page was given, and says whose it is; `None` if its right has ended since.
    pub fn take(&mut self, ticket: u64, now: UnixSeconds) -> Option<Holder> {
        let of = |(hash, given): (&[u8; 32], &mut VecDeque<u64>)| {
            let at = given.iter().position(|number| *number == ticket)?;
            given.remove(at);
            Some(Holder(*hash))
        };
        self.tickets.iter_mut().find_map(of).filter(|holder| self.stands(*holder, now))
    }

    /// Whether a page's right has not ended.
    pub fn stands(&self, holder: Holder, now: UnixSeconds) -> bool {
        self.by_hash.get(&holder.0).is_some_and(|visitor| now < visitor.expires)
    }

    /// The same of a page whose link is there, which uses its right: if that slides it `lasts` from now on.
    pub fn uses(&mut self, holder: Holder, now: UnixSeconds, lasts: Duration) -> bool {
        let stands = self.stands(holder, now);
        if stands {
            self.slide_of(holder.0, now, lasts);
        }
        stands
    }

    /// What is told when a right has ended before its time. One listens.
    pub fn ended(&self) -> Arc<Notify> {
        Arc::clone(&self.ended)
    }
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension("new");
    write_private(&fresh, text)?;
    fs::rename(fresh, file)
}

/// Hash, role, end, whether that slides, and the link's number, where that is known.
fn line(hash: &[u8; 32], visitor: &Visitor) -> String {
    let role = match visitor.role {
        Role::Control => "control",
        Role::View => "view",
    };
    let kind = if visitor.slides { "own" } else { "shared" };
    let link = visitor.link.map(|link| format!(" {link:016x}")).unwrap_or_default();
    format!("{} {role} {} {kind}{link}\n", URL_SAFE_NO_PAD.encode(hash), visitor.expires.0)
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
    let link = words.next().and_then(|link| u64::from_str_radix(link, 16).ok());
    Some((hash, Visitor { role, expires, slides, link }))
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
        Visitor { role: Role::View, expires: UnixSeconds(expires), slides: false, link: None }
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
    fn a_link_stands_as_long_as_the_right_of_the_page_that_made_it() {
        let mut visitors = Visitors::default();
        let at = UnixSeconds;
        let [leaves, stays] = [0, 1].map(|_| visitors.enter(visitor(60), None).expect("random"));
        for (cookie, ticket) in [(&leaves, 1), (&leaves, 2), (&stays, 3), (&stays, 4), (&stays, 5)] {
            visitors.give(cookie, ticket);
        }
        let [one, other] = [1, 3].map(|ticket| visitors.take(ticket, at(0)).expect("given"));
        assert_eq!(visitors.take(1, at(0)), None, "each is for one link");
        assert_eq!(visitors.take(99, at(0)), None, "nobody was given it");
        visitors.leave(&leaves);
        assert!(!visitors.stands(one, at(0)) && visitors.stands(other, at(59)));
        assert_eq!(visitors.take(2, at(0)), None, "nor can it be used after leaving");
        let again = visitors.enter(visitor(90), Some(&stays)).expect("random");
        assert!(!visitors.stands(other, at(0)), "another right took its place");
        visitors.give(&again, 6);
        visitors.give(&again, 7);
        let again = visitors.take(6, at(0)).expect("given");
        assert!(visitors.stands(again, at(89)) && !visitors.stands(again, at(90)));
        assert_eq!(visitors.take(7, at(90)), None, "its time is over");
    }

    #[test]
    fn who_is_removed_is_out_and_a_link_that_is_taken_back_takes_all_with_it_that_came_by_it() {
        let mut visitors = Visitors::default();
        let at = UnixSeconds(0);
        let by = |link| Visitor { link, ..visitor(60) };
        let cookies = [Some(1), Some(1), Some(2), None, Some(2)]
            .map(|link| visitors.enter(by(link), None).expect("random"));
        visitors.give(&cookies[4], 9);
        let mut links: Vec<_> = visitors.by_link(at).map(|(link, _)| link).collect();
        links.sort_unstable();
        assert_eq!(links, [1, 1, 2, 2]);
        assert_eq!(visitors.by_link(UnixSeconds(60)).count(), 0, "their time is over");
        let holder = visitors.take(9, at).expect("given");
        assert_eq!(visitors.link(holder), Some(2));
        visitors.remove(holder);
        assert!(!visitors.stands(holder, at));
        visitors.remove_by_link(1);
        let known = cookies.each_ref().map(|cookie| visitors.find(cookie, at).is_some());
        assert_eq!(known, [false, false, true, true, false]);
    }

    #[test]
    fn tickets_of_one_page_take_bounded_room_and_crowd_out_nobody_s() {
        let mut visitors = Visitors::default();
        let [one, greedy] = [0, 1].map(|_| visitors.enter(visitor(60), None).expect("random"));
        visitors.give(&one, 1);
        (2..1000).for_each(|ticket| visitors.give(&greedy, ticket));
        assert!(visitors.take(1, UnixSeconds(0)).is_some());
        assert!(visitors.take(2, UnixSeconds(0)).is_none());
        assert!(visitors.take(999, UnixSeconds(0)).is_some());
        assert!(visitors.tickets.values().all(|given| given.len() <= MAX_TICKETS));
        visitors.give("unknown", 5000);
        assert_eq!(visitors.take(5000, UnixSeconds(0)), None);
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
        let link = Some(u64::MAX - 7);
        let owner = Visitor { role: Role::Control, expires: UnixSeconds(60), slides: true, link };
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
        let owner = Visitor { role: Role::Control, expires: UnixSeconds(month), slides: true, link: None };
        let own = visitors.enter(owner, None).expect("random");
        let shared = visitors.enter(visitor(month), None).expect("random");
        let end = Some(UnixSeconds(month));
        assert_eq!(visitors.slide(&own, UnixSeconds(60), lasts), end, "not each time");
        let day = SLIDE.as_secs();
        assert_eq!(visitors.slide(&own, UnixSeconds(day), lasts), Some(UnixSeconds(month + day)));
        assert_eq!(visitors.slide(&shared, UnixSeconds(day), lasts), None);
        // Links that are there use it as well.
        visitors.give(&own, 1);
        visitors.give(&shared, 2);
        let [owns, shares] = [1, 2].map(|ticket| visitors.take(ticket, UnixSeconds(day)).expect("given"));
        for at in (0..90).map(|days| UnixSeconds(days * day)) {
            assert!(visitors.uses(owns, at, lasts), "{at:?}");
            assert_eq!(visitors.uses(shares, at, lasts), at.0 < month, "{at:?}");
        }
        assert!(visitors.find(&own, UnixSeconds(month)).is_some());
        assert!(visitors.find(&shared, UnixSeconds(month)).is_none());
    }
}
