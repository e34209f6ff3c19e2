//! Asks the other end whether it is there, and learns from the answers how far away it is.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::webrtc::{LinkTimes, message::Data};

/// Asks and listens. All times are given.
#[derive(Debug)]
pub(crate) struct Liveness {
    times: LinkTimes,
    /// Number and time of the newest question.
    asked: Option<(u32, Instant)>,
    next_question: Instant,
    rtt: Option<Duration>,
}

impl Liveness {
    /// Asks at once.
    pub(crate) fn new(times: LinkTimes, now: Instant) -> Self {
        Self { times, asked: None, next_question: now, rtt: None }
    }

    /// After how much silence the other end counts as gone.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.times.idle_timeout
    }

    /// The smoothed round trip, once one was measured.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// When [`Self::question`] has one.
    pub(crate) fn due(&self) -> Instant {
        self.next_question
    }

    /// A question to send, if it is time for one.
    pub(crate) fn question(&mut self, now: Instant) -> Option<Data> {
        (now >= self.next_question).then(|| self.ask(now))
    }

    /// A question to send.
    pub(crate) fn ask(&mut self, now: Instant) -> Data {
        let number = self.asked.map_or(0, |(number, _)| number.wrapping_add(1));
        self.asked = Some((number, now));
        self.next_question = now + self.times.keep_alive;
        Data::Question(Bytes::copy_from_slice(&number.to_be_bytes()))
    }

    /// An answer came.
    pub(crate) fn answered(&mut self, now: Instant, answer: &[u8]) {
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
        let Some(Data::Question(question)) = liveness.question(start) else { panic!("asks at once") };
        assert_eq!(liveness.question(start + millis(1)), None, "but not again");
        liveness.answered(start + millis(40), &question);
        assert_eq!(liveness.rtt(), Some(millis(40)));
        liveness.answered(start + millis(90), b"guess");
        assert_eq!(liveness.rtt(), Some(millis(40)));
        let due = liveness.due();
        assert_eq!(due, start + LinkTimes::default().keep_alive);
        assert!(liveness.question(due).is_some());
    }
}
