//! The decode thread: turns updates into pixels, in the order in which they come.
//!
//! A picture belongs to one connection: the update with the number 1 begins a new one, while the front end
//! goes on to show the old.

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::Arc,
    thread,
};

use media::{Timestamp, TrackId, Update, UpdateId};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{Event, Sink, Updated};
use crate::{decode::ApplyError, picture::Picture};

/// What became of an update, for the viewer core.
#[derive(Debug)]
pub(crate) enum Decoded {
    /// It was applied.
    Applied {
        /// Of which connection.
        connection: u64,
        /// Of which track.
        track: TrackId,
        /// Which.
        update: UpdateId,
        /// When its pixels were ready.
        at: Timestamp,
    },
    /// It breaks a rule: no honest host sends it.
    Malformed {
        /// Of which connection.
        connection: u64,
        /// What is wrong.
        reason: String,
    },
    /// A video could not be decoded: this copy of the track has nothing in common with the host's any more.
    Broken {
        /// Of which connection.
        connection: u64,
        /// Why.
        reason: String,
    },
}

/// The decode thread's mailbox. The thread ends with it.
#[derive(Debug)]
pub(crate) struct Decoder {
    jobs: mpsc::Sender<Job>,
    /// What found the mailbox full. While there is any, the network thread takes no further updates from the
    /// link, which slows the host down.
    waiting: VecDeque<Job>,
    connection: u64,
}

#[derive(Debug)]
enum Job {
    Apply { connection: u64, update: Box<Update> },
    Forget(TrackId),
}

/// So many jobs lie in the mailbox at most.
const MAX_JOBS: usize = 64;

impl Decoder {
    /// Starts the thread. Applied updates are told to `sink`, and to the viewer core through `results`.
    pub(crate) fn start(sink: impl Sink, results: mpsc::UnboundedSender<Decoded>) -> io::Result<Decoder> {
        let (jobs, received) = mpsc::channel(MAX_JOBS);
        thread::Builder::new()
            .name("decode".into())
            .spawn(move || Worker::new(sink, results).run(received))?;
        Ok(Decoder { jobs, waiting: VecDeque::new(), connection: 0 })
    }

    /// A new connection begins.
    pub(crate) fn begin(&mut self) {
        self.connection += 1;
        self.waiting.retain(|job| matches!(job, Job::Forget(_)));
    }

    /// The number of the connection.
    pub(crate) fn connection(&self) -> u64 {
        self.connection
    }

    /// Applies an update.
    pub(crate) fn apply(&mut self, update: Update) {
        self.push(Job::Apply { connection: self.connection, update: Box::new(update) });
    }

    /// The track is gone.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.push(Job::Forget(track));
    }

    /// Whether the thread is behind.
    pub(crate) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands over one job that waits, as soon as there is room. May be cancelled without loss.
    pub(crate) async fn catch_up(&mut self) {
        if let Ok(room) = self.jobs.reserve().await
            && let Some(job) = self.waiting.pop_front()
        {
            room.send(job);
        }
    }

    fn push(&mut self, job: Job) {
        if self.is_behind() {
            return self.waiting.push_back(job);
        }
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => self.waiting.push_back(job),
            // The thread ends only with this mailbox, or by a panic that has been reported already.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

struct Worker<S> {
    sink: S,
    results: mpsc::UnboundedSender<Decoded>,
    pictures: HashMap<TrackId, Arc<Picture>>,
}

impl<S: Sink> Worker<S> {
    fn new(sink: S, results: mpsc::UnboundedSender<Decoded>) -> Self {
        Self { sink, results, pictures: HashMap::new() }
    }

    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            match job {
                Job::Apply { connection, update } => self.apply(connection, &update),
                Job::Forget(track) => {
                    self.pictures.remove(&track);
                }
            }
        }
    }

    fn apply(&mut self, connection: u64, update: &Update) {
        if update.id == UpdateId(1) {
            self.pictures.remove(&update.track);
        }
        let picture = self.pictures.entry(update.track).or_default();
        let (result, event) = match picture.apply(update) {
            Ok(region) => {
                let (at, picture) = (clock::now(), Arc::clone(picture));
                let Update { track, id: update, size, exact, .. } = *update;
                let updated = Updated { track, update, size, region, exact, at, picture };
                (Decoded::Applied { connection, track, update, at }, Some(Event::Updated(updated)))
            }
            Err(error) => {
                let reason = format!("update {} of {} cannot be applied: {error}", update.id, update.track);
                let decoded = match error {
                    ApplyError::Video { .. } => Decoded::Broken { connection, reason },
                    ApplyError::Size(_)
                    | ApplyError::Outside { .. }
                    | ApplyError::TooMuch { .. }
                    | ApplyError::Tile { .. } => Decoded::Malformed { connection, reason },
                };
                (decoded, None)
            }
        };
        // First the core, then whoever presents: the core cannot place the presenting of what it does not
        // know. The network thread is gone only when the viewer ends.
        let _ = self.results.send(result);
        if let Some(event) = event {
            (self.sink)(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as std_mpsc;

    use bytes::Bytes;
    use media::{Op, Rect, Size, TileCoding, Timing};

    use super::*;

    fn update(id: u64, colour: [u8; 4]) -> Update {
        let tile = Op::Tile {
            rect: Rect::new(0, 0, 4, 4),
            coding: TileCoding::Solid,
            data: Bytes::copy_from_slice(&colour),
        };
        Update {
            track: TrackId(1),
            id: UpdateId(id),
            size: Size::new(4, 4),
            ops: vec![tile],
            exact: true,
            caused_by_input: None,
            timing: Timing::default(),
        }
    }

    fn decoder() -> (Decoder, std_mpsc::Receiver<Event>, mpsc::UnboundedReceiver<Decoded>) {
        let (sender, events) = std_mpsc::channel();
        let sink = move |event| drop(sender.send(event));
        let (results, received) = mpsc::unbounded_channel();
        (Decoder::start(sink, results).expect("a thread"), events, received)
    }

    fn updated(events: &std_mpsc::Receiver<Event>) -> Updated {
        match events.recv() {
            Ok(Event::Updated(updated)) => updated,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_update_of_a_connection_begins_a_new_picture() {
        let (mut decoder, events, mut results) = decoder();
        decoder.apply(update(1, [1, 2, 3, 255]));
        decoder.apply(update(2, [4, 5, 6, 255]));
        let (first, second) = (updated(&events), updated(&events));
        assert!(Arc::ptr_eq(&first.picture, &second.picture));
        decoder.begin();
        decoder.apply(update(1, [7, 8, 9, 255]));
        let third = updated(&events);
        assert!(!Arc::ptr_eq(&first.picture, &third.picture));
        second
            .picture
            .read(|frame| assert_eq!(frame.data()[..4], [4, 5, 6, 255], "the old one stays as it was"));
        third.picture.read(|frame| assert_eq!(frame.data()[..4], [7, 8, 9, 255]));
        let connections: Vec<u64> = (0..3)
            .map(|_| match results.blocking_recv() {
                Some(Decoded::Applied { connection, .. }) => connection,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(connections, [0, 0, 1]);
    }

    #[test]
    fn the_core_knows_an_update_before_anybody_can_present_it() {
        let (results, received) = mpsc::unbounded_channel();
        let received = std::sync::Mutex::new(received);
        let (sender, known) = std_mpsc::channel();
        let received = Arc::new(received);
        let sink = move |_| {
            let known = received.lock().is_ok_and(|mut received| received.try_recv().is_ok());
            let _ = sender.send(known);
        };
        let mut decoder = Decoder::start(sink, results).expect("a thread");
        decoder.apply(update(1, [0; 4]));
        assert_eq!(known.recv(), Ok(true));
    }

    #[test]
    fn what_cannot_be_applied_is_reported() {
        let (mut decoder, _events, mut results) = decoder();
        decoder.apply(Update { size: Size::new(2, 2), ..update(1, [0; 4]) });
        assert!(matches!(results.blocking_recv(), Some(Decoded::Malformed { connection: 0, .. })));
    }

    #[test]
    fn a_full_mailbox_loses_nothing() {
        let (mut decoder, events, _results) = decoder();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let count = 10 * MAX_JOBS as u64;
        (1..=count).for_each(|id| decoder.apply(update(id, [0; 4])));
        while decoder.is_behind() {
            runtime.block_on(decoder.catch_up());
        }
        for id in 1..=count {
            assert_eq!(updated(&events).update, UpdateId(id));
        }
    }
}
