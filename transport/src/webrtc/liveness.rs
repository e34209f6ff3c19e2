//! Whether the other end is still there, and how far away it is.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{LinkTimes, pieces::Data};
use crate::close::CloseReason;

/// The least time that a link has to answer at a roll call: a browser may be drawing, and acknowledgements may wait for
/// 200 ms.
const PATIENCE: Duration = Duration::from_millis(500);

/// The same in round trips, for long paths.
const PATIENCE_IN_ROUND_TRIPS: u32 = 6;

/// Asks and listens. All times are given.
#[derive(Debug)]
pub(super) struct Liveness {
    times: LinkTimes,
    /// Number and time of the newest question.
    asked: Option<(u32, Instant)>,
    next_question: Instant,
    /// Until when an answer must have come, and when something was last heard before it was asked for.
    roll_call: Option<(Instant, Instant)>,
    rtt: Option<Duration>,
}

impl Liveness {
    /// Asks at once.
    pub(super) fn new(times: LinkTimes, now: Instant) -> Self {
        Self { times, asked: None, next_question: now, roll_call: None, rtt: None }
    }

    /// The smoothed round trip, once one was measured.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// When [`Self::check`] is due.
    pub(super) fn due(&self, heard: Instant) -> Instant {
        let silence = heard + self.times.idle_timeout;
        let roll_call = self.roll_call.map_or(silence, |(deadline, _)| deadline);
        silence.min(roll_call).min(self.next_question)
    }

    /// The other end shall show at once that it lives.
    pub(super) fn call_roll(&mut self, now: Instant, heard: Instant) -> Data {
        let patience = PATIENCE.max(self.rtt.unwrap_or_default() * PATIENCE_IN_ROUND_TRIPS);
        self.roll_call.get_or_insert((now + patience, heard));
        self.ask(now)
    }

    /// A question to send, if it is time for one; an error if the other end is gone.
    pub(super) fn check(&mut self, now: Instant, heard: Instant) -> Result<Option<Data>, CloseReason> {
        if now >= heard + self.times.idle_timeout {
            return Err(CloseReason::Silence(self.times.idle_timeout));
        }
        if let Some((deadline, before)) = self.roll_call
            && now >= deadline
        {
            self.roll_call = None;
            if heard == before {
                return Err(CloseReason::Silence(now - before));
            }
        }
        Ok((now >= self.next_question).then(|| self.ask(now)))
    }

    /// A question to send.
    pub(super) fn ask(&mut self, now: Instant) -> Data {
        let number = self.asked.map_or(0, |(number, _)| number.wrapping_add(1));
        self.asked = Some((number, now));
        self.next_question = now + self.times.keep_alive;
        Data::Question(Bytes::copy_from_slice(&number.to_be_bytes()))
    }

    /// An answer came.
    pub(super) fn answered(&mut self, now: Instant, answer: &[u8]) {
        if let Some((number, asked)) = self.asked
            && number.to_be_bytes() == answer
        {
            let sample = now - asked;
            self.rtt = Some(self.rtt.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn it_asks_regularly_and_learns_the_round_trip() {
        let start = Instant::now();
        let mut liveness = Liveness::new(LinkTimes::default(), start);
        let Ok(Some(Data::Question(question))) = liveness.check(start, start) else { panic!("asks at once") };
        assert_eq!(liveness.check(start + millis(1), start), Ok(None), "but not again");
        liveness.answered(start + millis(40), &question);
        assert_eq!(liveness.rtt(), Some(millis(40)));
        liveness.answered(start + millis(90), b"guess");
        assert_eq!(liveness.rtt(), Some(millis(40)));
        let due = liveness.due(start);
        assert_eq!(due, start + LinkTimes::default().keep_alive);
        assert!(matches!(liveness.check(due, start), Ok(Some(_))));
    }

    #[test]
    fn silence_ends_the_link() {
        let start = Instant::now();
        let mut liveness = Liveness::new(LinkTimes::default(), start);
        let limit = LinkTimes::default().idle_timeout;
        assert!(liveness.check(start + limit - millis(1), start).is_ok());
        assert_eq!(liveness.check(start + limit, start), Err(CloseReason::Silence(limit)));
    }

    #[test]
    fn a_roll_call_spares_whoever_is_heard() {
        let start = Instant::now();
        let mut liveness = Liveness::new(LinkTimes::default(), start);
        liveness.call_roll(start, start);
        liveness.call_roll(start + millis(300), start);
        let deadline = liveness.due(start);
        assert_eq!(deadline, start + PATIENCE, "a second call does not prolong the first");
        assert!(liveness.check(deadline, start + millis(2)).is_ok(), "heard since");
        liveness.call_roll(deadline, deadline);
        let gone = liveness.check(deadline + PATIENCE, deadline);
        assert_eq!(gone, Err(CloseReason::Silence(PATIENCE)));
    }
}
