//! The threads that encode.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use media::{Canvas, EncodeJob, Encoded, Region, Size, Timestamp, TrackId, ViewerId};
use rustix::time::{ClockId, clock_gettime};
use tracing::{debug, error};

use crate::{
    select::Selection,
    shown::{Change, Shown, Tools},
    streams,
};

/// How a [`Pool`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// How many threads.
    pub threads: NonZeroUsize,
    /// Which video encoder.
    pub video: Selection,
}

/// Threads that bring viewers' copies of tracks up to date, each with its own memory of every copy.
///
/// Every job is answered once by a call of the function given to [`Pool::new`], on one of the threads, unless its
/// viewer or track is forgotten before. Jobs of one (viewer, track) are done one after the other in the order of
/// their submission; others in parallel. A job that panics is answered like any other, with the whole picture lossy,
/// so that refining mends what may be wrong. Dropping the pool ends the threads after the jobs under way.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Default for PoolConfig {
    /// As many threads as cores, within reason.
    fn default() -> Self {
        const MOST: NonZeroUsize = NonZeroUsize::new(4).expect("not zero");
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { threads: cores.min(MOST), video: Selection::default() }
    }
}

impl Pool {
    /// Starts the threads.
    pub fn new(config: PoolConfig, done: impl Fn(Encoded) + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new() });
        let done: Arc<dyn Fn(Encoded) + Send + Sync> = Arc::new(done);
        let start = |i: usize| {
            let (shared, done) = (Arc::clone(&shared), Arc::clone(&done));
            let worker = move || {
                Worker { shared, done, tools: Tools::new(config.video), selection: config.video }.run()
            };
            thread::Builder::new().name(format!("encoder-{i}")).spawn(worker)
        };
        let threads = (0..config.threads.get()).map(start).collect::<Result<_, _>>();
        let threads = threads.expect("a process that starts can have a few threads");
        Self { shared, threads }
    }

    /// Tells where the pixels of a track are, before its first job.
    pub fn canvas(&self, track: TrackId, canvas: Canvas) {
        self.shared.lock().canvases.insert(track, canvas);
    }

    /// Orders a job.
    pub fn submit(&self, job: EncodeJob) {
        self.shared.lock().jobs.push_back(job);
        self.shared.changed.notify_one();
    }

    /// Forgets all about a viewer. It gets no more answers.
    pub fn forget_viewer(&self, viewer: ViewerId) {
        self.shared.lock().forget(|key| key.0 == viewer);
    }

    /// Forgets all about a track. It gets no more answers.
    pub fn forget_track(&self, track: TrackId) {
        let mut queue = self.shared.lock();
        queue.canvases.remove(&track);
        queue.forget(|key| key.1 == track);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // The callback may own the last reference to the pool: a thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                error!("an encoder thread had panicked");
            }
        }
    }
}

type Key = (ViewerId, TrackId);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<EncodeJob>,
    canvases: HashMap<TrackId, Canvas>,
    /// What viewers show, but for those that a worker has taken.
    shown: HashMap<Key, Shown>,
    /// Those that a worker has taken.
    busy: HashSet<Key>,
    /// Those of `busy` that are to be dropped instead of put back.
    forgotten: HashSet<Key>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that can panic runs under this lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn forget(&mut self, which: impl Fn(&Key) -> bool) {
        self.jobs.retain(|job| !which(&key(job)));
        self.shown.retain(|key, _| !which(key));
        self.forgotten.extend(self.busy.iter().copied().filter(which));
    }

    /// The first job whose copy no other worker has.
    fn take(&mut self) -> Option<Task> {
        let free = self.jobs.iter().position(|job| !self.busy.contains(&key(job)))?;
        let job = self.jobs.remove(free).expect("it was found there");
        let key = key(&job);
        let shown = self.shown.remove(&key).unwrap_or_else(Shown::new);
        self.busy.insert(key);
        let canvas = self.canvases.get(&job.track).cloned();
        Some(Task { job, shown, canvas })
    }

    /// Puts a copy back. Answers whether anybody still wants to know.
    fn put_back(&mut self, key: Key, shown: Shown) -> bool {
        self.busy.remove(&key);
        let wanted = !self.forgotten.remove(&key);
        if wanted {
            self.shown.insert(key, shown);
        }
        wanted
    }

    fn expire(&mut self, now: Timestamp) {
        self.shown.values_mut().for_each(|shown| shown.expire(now));
    }

    fn can_expire(&self) -> bool {
        self.shown.values().any(Shown::can_expire)
    }
}

struct Task {
    job: EncodeJob,
    shown: Shown,
    canvas: Option<Canvas>,
}

struct Worker {
    shared: Arc<Shared>,
    done: Arc<dyn Fn(Encoded) + Send + Sync>,
    tools: Tools,
    selection: Selection,
}

impl Worker {
    fn run(mut self) {
        while let Some(task) = self.next() {
            self.work(task);
        }
    }

    /// Waits for a task; `None` when the pool is dropped.
    fn next(&mut self) -> Option<Task> {
        let shared = Arc::clone(&self.shared);
        let mut queue = shared.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(task) = queue.take() {
                return Some(task);
            }
            // An idle session wakes up for nothing: there is a time-out only while there is something to drop.
            if !queue.can_expire() {
                queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (woken, timeout) =
                shared.changed.wait_timeout(queue, streams::LINGER).unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if timeout.timed_out() {
                queue.expire(now());
                self.tools.shrink();
            }
        }
    }

    fn work(&mut self, Task { job, shown, canvas }: Task) {
        let started = now();
        let (shown, change) = self.encode(&job, shown, canvas);
        let answer = Encoded {
            viewer: job.viewer,
            track: job.track,
            size: change.size,
            ops: change.ops,
            lossy: change.lossy,
            started,
            finished: now(),
        };
        let wanted = self.shared.lock().put_back(key(&job), shown);
        // Another worker may have passed over a job of this copy while it was busy.
        self.shared.changed.notify_one();
        if wanted {
            (self.done)(answer);
        }
    }

    fn encode(&mut self, job: &EncodeJob, mut shown: Shown, canvas: Option<Canvas>) -> (Shown, Change) {
        let Some(canvas) = canvas else {
            debug!(track = %job.track, "a job for a track without pixels");
            return (shown, Change { size: Size::default(), ops: Vec::new(), lossy: Region::new() });
        };
        let tools = &mut self.tools;
        // Whatever a panic leaves behind is dropped, so none of it is ever seen.
        match catch_unwind(AssertUnwindSafe(|| shown.encode(&canvas, job, tools))) {
            Ok(change) => (shown, change),
            Err(_) => {
                error!(track = %job.track, viewer = %job.viewer, "an encoder panicked; the picture is sent anew");
                self.tools = Tools::new(self.selection);
                let size = canvas.read(|newest| newest.size());
                let lossy = Region::from(size.to_rect());
                (Shown::unknown(size), Change { size, ops: Vec::new(), lossy })
            }
        }
    }
}

fn key(job: &EncodeJob) -> Key {
    (job.viewer, job.track)
}

/// The host's clock.
fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
    let nanoseconds = Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0));
    Timestamp::default() + seconds + nanoseconds
}
