//! Of many places where a host may be, the first that answers (RFC 8305): each is tried while the ones before
//! it are still silent, or at once when they failed, and families of addresses take turns.

use std::{
    collections::VecDeque,
    future::Future,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use crate::{admission::introduction::ConnectError, link_address::Place};

/// How long the next address waits for the one before.
const STAGGER: Duration = Duration::from_millis(250);

/// The most addresses of one host that are tried.
const MAX_ADDRESSES: usize = 16;

/// Tries all `places`, each for at most `patience`; the first that `dial` reaches wins, and the rest is given
/// up.
///
/// Another host at one of the addresses is no reason to end: it may be another network's. Only if no place
/// leads to the right one, that is what people are told.
pub(crate) async fn race<T, F>(
    places: impl IntoIterator<Item = Place>,
    patience: Duration,
    dial: impl Fn(SocketAddr) -> F,
) -> Result<T, ConnectError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ConnectError>> + Send + 'static,
{
    let mut race = Race::new(places, patience);
    loop {
        if race.attempts.is_empty() {
            // Nobody is waited for.
            race.next_at = Instant::now();
        }
        tokio::select! {
            biased;
            Some(ended) = race.attempts.join_next() => match ended {
                Ok(Ok(reached)) => return Ok(reached),
                Ok(Err(error)) => race.failed(error),
                Err(panicked) => race.failed(ConnectError::Local(std::io::Error::other(panicked))),
            },
            Some(found) = race.lookups.join_next() => match found {
                Ok(Ok(found)) => race.found(found),
                Ok(Err(error)) => race.failed(error),
                Err(panicked) => race.failed(ConnectError::Local(std::io::Error::other(panicked))),
            },
            () = sleep_until(race.next_at), if !race.waiting.is_empty() => race.start_next(&dial),
            else => break,
        }
    }
    Err(race.failure.unwrap_or(ConnectError::Silence { host: String::new() }))
}

struct Race<T> {
    waiting: VecDeque<SocketAddr>,
    known: Vec<SocketAddr>,
    /// A name that is looked up slowly holds no address up.
    lookups: JoinSet<Result<Vec<SocketAddr>, ConnectError>>,
    attempts: JoinSet<Result<T, ConnectError>>,
    next_at: Instant,
    patience: Duration,
    /// The most telling one so far.
    failure: Option<ConnectError>,
}

impl<T: Send + 'static> Race<T> {
    fn new(places: impl IntoIterator<Item = Place>, patience: Duration) -> Self {
        let mut race = Self {
            waiting: VecDeque::new(),
            known: Vec::new(),
            lookups: JoinSet::new(),
            attempts: JoinSet::new(),
            next_at: Instant::now(),
            patience,
            failure: None,
        };
        let mut addresses = Vec::new();
        for place in places {
            match place.host.parse::<IpAddr>() {
                Ok(address) => addresses.push(SocketAddr::new(address, place.port)),
                Err(_) => drop(race.lookups.spawn(look_up(place, patience))),
            }
        }
        race.found(addresses);
        race
    }

    fn found(&mut self, addresses: Vec<SocketAddr>) {
        for address in addresses {
            if !self.known.contains(&address) && self.known.len() < MAX_ADDRESSES {
                self.known.push(address);
                self.waiting.push_back(address);
            }
        }
        take_turns(&mut self.waiting);
    }

    fn start_next<F>(&mut self, dial: impl Fn(SocketAddr) -> F)
    where
        F: Future<Output = Result<T, ConnectError>> + Send + 'static,
    {
        let Some(address) = self.waiting.pop_front() else { return };
        let (attempt, patience) = (dial(address), self.patience);
        self.attempts.spawn(async move {
            let silence = |_| ConnectError::Silence { host: address.to_string() };
            timeout(patience, attempt).await.map_err(silence)?
        });
        self.next_at = Instant::now() + STAGGER;
    }

    fn failed(&mut self, error: ConnectError) {
        self.next_at = Instant::now();
        if self.failure.as_ref().is_none_or(|known| telling(&error) >= telling(known)) {
            self.failure = Some(error);
        }
    }
}

/// How much a failure tells people: whoever answers wrongly was reached.
fn telling(error: &ConnectError) -> u8 {
    match error {
        ConnectError::WrongKey { .. } => 4,
        ConnectError::Refused(_) | ConnectError::Closed(_) => 3,
        ConnectError::Silence { .. } => 2,
        ConnectError::Resolve { .. } => 1,
        ConnectError::Local(_) => 0,
    }
}

/// Addresses of both families in turn, each family in its order, the first address's family first: where one
/// family leads nowhere, the other does not wait behind all of it.
fn take_turns(addresses: &mut VecDeque<SocketAddr>) {
    let Some(first) = addresses.front().map(SocketAddr::is_ipv4) else { return };
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.drain(..).partition(|address| address.is_ipv4() == first);
    while let Some(address) = one.pop_front() {
        addresses.push_back(address);
        addresses.extend(other.pop_front());
    }
    addresses.append(&mut other);
}

async fn look_up(place: Place, patience: Duration) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |problem: String| ConnectError::Resolve { host: place.host.clone(), problem };
    let found = timeout(patience, tokio::net::lookup_host((place.host.as_str(), place.port))).await;
    let found = found.map_err(|_| failed("no answer from the name service".to_owned()))?;
    let found: Vec<_> = found.map_err(|error| failed(error.to_string()))?.collect();
    if found.is_empty() { Err(failed("it has no address".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(1500);

    fn places(hosts: &[&str]) -> Vec<Place> {
        hosts.iter().map(|host| Place { host: (*host).to_owned(), port: 7 }).collect()
    }

    /// What becomes of an attempt.
    #[derive(Clone, Copy)]
    enum Fate {
        Answers,
        AnswersLate,
        Fails,
        IsAnother,
        Silent,
    }

    /// Who was reached, and in which order and after how long all were tried.
    async fn run(fates: &[(&'static str, Fate)]) -> (Result<String, ConnectError>, Vec<(String, Duration)>) {
        let (tried, start) = (Arc::new(Mutex::new(Vec::new())), Instant::now());
        let all: Vec<_> = fates.iter().map(|(host, _)| *host).collect();
        let result = race(places(&all), PATIENCE, |address| {
            let host = address.ip().to_string();
            tried.lock().expect("whole").push((host.clone(), start.elapsed()));
            let fate = fates.iter().find(|(known, _)| *known == host).expect("one of them").1;
            async move {
                match fate {
                    Fate::Answers => Ok(host),
                    Fate::AnswersLate => {
                        sleep(STAGGER * 3).await;
                        Ok(host)
                    }
                    Fate::Fails => Err(io::Error::other("unreachable").into()),
                    Fate::IsAnother => Err(ConnectError::WrongKey { host }),
                    Fate::Silent => std::future::pending().await,
                }
            }
        })
        .await;
        let tried = tried.lock().expect("whole").clone();
        (result, tried)
    }

    #[tokio::test]
    async fn silent_places_hold_up_the_next_for_a_moment_and_the_first_success_wins() {
        let late = ("192.0.2.1", Fate::AnswersLate);
        let (reached, tried) = run(&[late, ("192.0.2.2", Fate::Silent), ("192.0.2.3", Fate::Answers)]).await;
        assert_eq!(reached.expect("reached"), "192.0.2.3");
        for (turn, (_, at)) in (0..).zip(&tried) {
            assert!(*at >= STAGGER * turn, "{tried:?}");
        }
    }

    #[tokio::test]
    async fn the_next_begins_at_once_where_one_fails() {
        let hosts: Vec<String> = (1..=16).map(|last| format!("192.0.2.{last}")).collect();
        let places = places(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
        let start = Instant::now();
        let reached = race(places, PATIENCE, |address| async move {
            let last = address.ip().to_string() == "192.0.2.16";
            if last { Ok(()) } else { Err(ConnectError::from(io::Error::other("unreachable"))) }
        });
        reached.await.expect("the last of them");
        assert!(start.elapsed() < STAGGER * 15, "each waited for its turn");
    }

    #[tokio::test]
    async fn another_host_at_one_address_does_not_keep_people_from_theirs() {
        let other = ("192.0.2.1", Fate::IsAnother);
        let (reached, _) = run(&[other, ("192.0.2.2", Fate::Fails), ("192.0.2.3", Fate::AnswersLate)]).await;
        assert_eq!(reached.expect("reached"), "192.0.2.3");
        let (failed, _) = run(&[other, ("192.0.2.2", Fate::Silent)]).await;
        let failed = failed.expect_err("nobody else is there");
        assert!(matches!(failed, ConnectError::WrongKey { .. }), "{failed}");
    }

    #[tokio::test]
    async fn families_take_turns_in_the_link_s_order() {
        let hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"];
        let (failed, tried) = run(&hosts.map(|host| (host, Fate::Silent))).await;
        assert!(matches!(failed, Err(ConnectError::Silence { .. })));
        let order: Vec<_> = tried.iter().map(|(host, _)| host.as_str()).collect();
        assert_eq!(order, ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"]);
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_holds_no_address_up() {
        let places = places(&["no-such-host.invalid", "192.0.2.9"]);
        let reached = race(places, PATIENCE, |address| async move { Ok(address.to_string()) }).await;
        assert_eq!(reached.expect("reached"), "192.0.2.9:7");
    }
}
