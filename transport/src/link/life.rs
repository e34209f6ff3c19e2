//! The life of a link, the same over every transport: how it is asked to close, what is still said then, and
//! how the other end's silence is noticed. Free of IO and clocks: drivers tell what happened and when, and do
//! what the state says.
//!
//! ```text
//! Open ──asked──> Draining ──all is out, or time is up──┐
//!   └───────────── it cannot go on ─────────────────> Farewell ──told, or time is up──> Closed
//! ```
//!
//! A driver's loop is always the same:
//!
//! 1. As long as the link [carries](Lifecycle::carries), it moves messages, tells every sign of the other
//!    end's life ([`Lifecycle::handle_heard`]) and waits no longer than until [`Lifecycle::poll_timeout`].
//! 2. Then it tells its handle the [reason](Lifecycle::reason), and says the [last
//!    words](Lifecycle::last_words) until the same time-out.
//!
//! Invariants: the first end counts, and a request to close is never overruled by what happens while it
//! drains. Every state but `Open` ends by itself.

use std::time::{Duration, Instant};

use crate::close::{CloseReason, Farewell};

/// How long what waits on the reliable lanes may take to get out once the link is to close.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long last words may take to be heard.
pub(crate) const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the other end may take to answer a probe, in round trips, on long paths.
const PROBE_TIMEOUT_ROUND_TRIPS: u32 = 6;

/// What a link does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Messages move both ways.
    Open,
    /// This end shall close it: what must not be lost goes out first.
    Draining {
        /// When that is given up.
        until: Instant,
        /// Why it closes, and what the other end is told.
        asked: (CloseReason, Farewell),
    },
    /// Nothing is carried any more but the last words.
    Farewell {
        /// When that is given up.
        until: Instant,
        reason: CloseReason,
        words: LastWords,
    },
    /// It is over.
    Closed(CloseReason),
}

/// What is still to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastWords {
    /// Nothing: nobody hears it.
    Nothing,
    /// The other end said its farewell, which some transports answer.
    Reply,
    /// Why this end closes.
    Say(Farewell),
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    life: Life,
    idle_timeout: Duration,
    /// When the other end last showed that it lives.
    heard: Instant,
    /// Until when it must show that again, since it was asked.
    probe: Option<Probe>,
}

#[derive(Debug)]
struct Probe {
    deadline: Instant,
    began: Instant,
}

impl Lifecycle {
    /// A link that begins now, whose other end counts as gone after so much silence.
    pub(crate) fn new(now: Instant, idle_timeout: Duration) -> Self {
        Self { life: Life::Open, idle_timeout, heard: now, probe: None }
    }

    /// Whether messages still move.
    pub(crate) fn carries(&self) -> bool {
        matches!(self.life, Life::Open | Life::Draining { .. })
    }

    /// Whether it was not asked to close yet.
    pub(crate) fn is_open(&self) -> bool {
        self.life == Life::Open
    }

    /// Why it ended, once it carries nothing any more.
    pub(crate) fn reason(&self) -> Option<&CloseReason> {
        match &self.life {
            Life::Open | Life::Draining { .. } => None,
            Life::Farewell { reason, .. } | Life::Closed(reason) => Some(reason),
        }
    }

    /// What is to be said now.
    pub(crate) fn last_words(&self) -> LastWords {
        match &self.life {
            Life::Farewell { words, .. } => words.clone(),
            Life::Open | Life::Draining { .. } | Life::Closed(_) => LastWords::Nothing,
        }
    }

    /// The other end showed that it lives, at that time.
    pub(crate) fn handle_heard(&mut self, at: Instant) {
        self.heard = self.heard.max(at);
    }

    /// The other end was asked to show at once that it lives, and has `least` for it, or longer on a long
    /// path. A second question does not prolong the first.
    pub(crate) fn handle_probe(&mut self, now: Instant, least: Duration, round_trip: Duration) {
        let patience = least.max(round_trip * PROBE_TIMEOUT_ROUND_TRIPS);
        self.probe.get_or_insert(Probe { deadline: now + patience, began: now });
    }

    /// The link's handle wants it closed.
    pub(crate) fn handle_request(&mut self, now: Instant, asked: (CloseReason, Farewell)) {
        if self.is_open() {
            self.life = Life::Draining { until: now + DRAIN_TIMEOUT, asked };
        }
    }

    /// What must not be lost is out.
    pub(crate) fn handle_drained(&mut self, now: Instant) {
        if let Life::Draining { asked: (reason, farewell), .. } = self.life.clone() {
            self.begin_farewell(now, reason, LastWords::Say(farewell));
        }
    }

    /// It cannot go on: the other end left or broke a rule, a queue is full, the transport failed.
    pub(crate) fn handle_end(&mut self, now: Instant, reason: CloseReason) {
        match self.life.clone() {
            Life::Open => {
                let words = words_for(&reason);
                self.begin_farewell(now, reason, words);
            }
            Life::Draining { asked: (asked, farewell), .. } => {
                let words = match words_for(&reason) {
                    LastWords::Say(_) => LastWords::Say(farewell),
                    words @ (LastWords::Nothing | LastWords::Reply) => words,
                };
                self.begin_farewell(now, asked, words);
            }
            Life::Farewell { .. } | Life::Closed(_) => {}
        }
    }

    /// The last words were heard, or there are none.
    pub(crate) fn handle_told(&mut self) {
        if let Life::Farewell { reason, .. } = self.life.clone() {
            self.life = Life::Closed(reason);
        }
    }

    /// When [`Self::handle_timeout`] is due; `None` once it is over.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let silence = self.heard + self.idle_timeout;
        let gone = self.probe.as_ref().map_or(silence, |probe| probe.deadline.min(silence));
        match &self.life {
            Life::Open => Some(gone),
            Life::Draining { until, .. } => Some(gone.min(*until)),
            Life::Farewell { until, .. } => Some(*until),
            Life::Closed(_) => None,
        }
    }

    /// Time has passed. All signs of life up to now must have been told.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.carries()
            && let Some(silence) = self.silence(now)
        {
            self.handle_end(now, CloseReason::Silence(silence));
        }
        match self.life {
            Life::Draining { until, .. } if now >= until => self.handle_drained(now),
            Life::Farewell { until, .. } if now >= until => self.handle_told(),
            Life::Open | Life::Draining { .. } | Life::Farewell { .. } | Life::Closed(_) => {}
        }
    }

    /// For how long the other end has been silent, if that is too long.
    fn silence(&mut self, now: Instant) -> Option<Duration> {
        if now >= self.heard + self.idle_timeout {
            return Some(self.idle_timeout);
        }
        let Probe { deadline, began } = self.probe.take_if(|probe| now >= probe.deadline)?;
        (self.heard <= began).then(|| deadline - began)
    }

    fn begin_farewell(&mut self, now: Instant, reason: CloseReason, words: LastWords) {
        self.life = Life::Farewell { until: now + FAREWELL_TIMEOUT, reason, words };
        if self.last_words() == LastWords::Nothing {
            self.handle_told();
        }
    }
}

fn words_for(reason: &CloseReason) -> LastWords {
    match reason {
        CloseReason::Silence(_) | CloseReason::Lost(_) => LastWords::Nothing,
        CloseReason::Left(_) | CloseReason::Rejected(_) => LastWords::Reply,
        CloseReason::Local
        | CloseReason::Refused(_)
        | CloseReason::Protocol(_)
        | CloseReason::Cut(_)
        | CloseReason::Overflow(_)
        | CloseReason::Oversized { .. } => LastWords::Say(reason.farewell()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};
    use protocol::Lane;

    use super::*;

    const IDLE: Duration = Duration::from_secs(9);
    const LEAST: Duration = Duration::from_millis(250);

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn asked() -> (CloseReason, Farewell) {
        (CloseReason::Local, CloseReason::Local.farewell())
    }

    fn begin() -> (Lifecycle, Instant) {
        let now = Instant::now();
        (Lifecycle::new(now, IDLE), now)
    }

    #[test]
    fn a_link_that_is_asked_to_close_says_all_it_has_to_say_first() {
        let (mut link, now) = begin();
        link.handle_request(now, asked());
        assert!(link.carries() && !link.is_open());
        link.handle_request(now, (CloseReason::Overflow(Lane::Input), CloseReason::Local.farewell()));
        link.handle_drained(now + millis(20));
        assert!(!link.carries());
        assert_eq!(link.reason(), Some(&CloseReason::Local), "the first request counts");
        assert_eq!(link.last_words(), LastWords::Say(asked().1));
        link.handle_told();
        assert_eq!((link.poll_timeout(), link.reason()), (None, Some(&CloseReason::Local)));
    }

    #[test]
    fn neither_draining_nor_a_farewell_takes_longer_than_a_second() {
        let (mut link, now) = begin();
        link.handle_request(now, asked());
        assert_eq!(link.poll_timeout(), Some(now + DRAIN_TIMEOUT));
        link.handle_timeout(now + DRAIN_TIMEOUT);
        assert!(!link.carries());
        let until = link.poll_timeout().expect("a farewell");
        assert_eq!(until, now + DRAIN_TIMEOUT + FAREWELL_TIMEOUT);
        link.handle_timeout(until);
        assert_eq!(link.poll_timeout(), None);
    }

    #[test]
    fn who_is_gone_is_told_nothing_and_who_left_gets_a_reply() {
        for (reason, words) in [
            (CloseReason::Lost(String::new()), LastWords::Nothing),
            (CloseReason::Left(String::new()), LastWords::Reply),
            (CloseReason::Rejected(String::new()), LastWords::Reply),
            (
                CloseReason::Overflow(Lane::Update),
                LastWords::Say(CloseReason::Overflow(Lane::Update).farewell()),
            ),
        ] {
            let (mut link, now) = begin();
            link.handle_end(now, reason.clone());
            assert_eq!((link.last_words(), link.reason()), (words, Some(&reason)));
        }
    }

    #[test]
    fn what_happens_while_it_drains_does_not_overrule_the_request() {
        let (mut link, now) = begin();
        link.handle_request(now, asked());
        link.handle_end(now, CloseReason::Lost("reset".to_owned()));
        assert_eq!(link.reason(), Some(&CloseReason::Local));
        assert_eq!(link.last_words(), LastWords::Nothing, "nobody hears it");
    }

    #[test]
    fn silence_ends_a_link_and_any_sign_of_life_spares_it() {
        let (mut link, now) = begin();
        link.handle_timeout(now + IDLE - millis(1));
        assert!(link.is_open());
        link.handle_heard(now + millis(500));
        link.handle_timeout(now + IDLE);
        assert_eq!(link.poll_timeout(), Some(now + millis(500) + IDLE));
        link.handle_timeout(now + millis(500) + IDLE);
        assert_eq!(link.reason(), Some(&CloseReason::Silence(IDLE)));
        assert_eq!(link.last_words(), LastWords::Nothing);
    }

    #[test]
    fn a_probe_spares_whoever_is_heard_since() {
        let (mut link, now) = begin();
        link.handle_probe(now, LEAST, Duration::ZERO);
        link.handle_probe(now + millis(200), LEAST, Duration::ZERO);
        let deadline = link.poll_timeout().expect("a probe");
        assert_eq!(deadline, now + LEAST, "a second question does not prolong the first");
        link.handle_heard(now + millis(2));
        link.handle_timeout(deadline);
        assert!(link.is_open());
        link.handle_probe(deadline, LEAST, millis(100));
        link.handle_timeout(deadline + millis(599));
        assert!(link.is_open(), "a long path has longer");
        link.handle_timeout(deadline + millis(600));
        assert_eq!(link.reason(), Some(&CloseReason::Silence(millis(600))));
    }

    /// What may happen to a link.
    #[derive(Clone, Debug)]
    enum Step {
        Heard,
        Probe,
        Request,
        Drained,
        End(CloseReason),
        Told,
        Pass(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Heard),
            Just(Step::Probe),
            Just(Step::Request),
            Just(Step::Drained),
            Just(Step::End(CloseReason::Lost(String::new()))),
            Just(Step::End(CloseReason::Left(String::new()))),
            Just(Step::End(CloseReason::Protocol(String::new()))),
            Just(Step::Told),
            (1u64..2_000).prop_map(Step::Pass),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_it_only_goes_forward_and_ends(steps in prop::collection::vec(step(), 0..40)) {
            let (mut link, mut now) = begin();
            let mut reason = None;
            let rank = |link: &Lifecycle| match link.life {
                Life::Open => 0,
                Life::Draining { .. } => 1,
                Life::Farewell { .. } => 2,
                Life::Closed(_) => 3,
            };
            for step in steps {
                let before = rank(&link);
                match step {
                    Step::Heard => link.handle_heard(now),
                    Step::Probe => link.handle_probe(now, LEAST, Duration::ZERO),
                    Step::Request => link.handle_request(now, asked()),
                    Step::Drained => link.handle_drained(now),
                    Step::End(why) => link.handle_end(now, why),
                    Step::Told => link.handle_told(),
                    Step::Pass(time) => {
                        now += millis(time);
                        link.handle_timeout(now);
                    }
                }
                prop_assert!(rank(&link) >= before);
                reason = reason.or_else(|| link.reason().cloned());
                prop_assert_eq!(link.reason().cloned(), reason.clone(), "the first reason counts");
            }
            // Left alone, it ends within the time of all its states together.
            let end = now + IDLE + DRAIN_TIMEOUT + FAREWELL_TIMEOUT;
            while let Some(due) = link.poll_timeout() {
                now = now.max(due);
                prop_assert!(now <= end);
                link.handle_timeout(now);
            }
        }
    }
}
