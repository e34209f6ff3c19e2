//! The threads that encode.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use clock::now;
use media::{Canvas, EncodeJob, Encoded, Region, Size, Timestamp, TrackId, ViewerId};
use tracing::{debug, error};

use crate::{
    shown::{Change, Shown, Tools},
    streams,
    video::Broker,
};

/// How a [`Pool`] works.
#[derive(Clone)]
pub struct PoolConfig {
    /// How many jobs are worked on at once.
    pub threads: NonZeroUsize,
    /// Where video encoders come from.
    pub video: Broker,
}

/// Threads that bring viewers' copies of tracks up to date, each with its own memory of every copy.
///
/// Every job is answered once by a call of the function given to [`Pool::new`], on one of the threads, unless
/// its viewer or track is forgotten before. Jobs of one (viewer, track) are done one after the other in the
/// order of their submission; others in parallel. A job that panics is answered like any other, with the
/// whole picture lossy, so that refining mends what may be wrong. Dropping the pool ends the threads after
/// the jobs under way.
///
/// A job that waits for a device takes no processor, so another one is worked on meanwhile: a device that
/// hangs holds up the window whose picture it has, and no other.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Default for PoolConfig {
    /// As many threads as cores, within reason.
    fn default() -> Self {
        const MOST: NonZeroUsize = NonZeroUsize::new(4).expect("not zero");
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { threads: cores.min(MOST), video: Broker::default() }
    }
}

impl Pool {
    /// Starts the threads.
    pub fn new(config: PoolConfig, done: impl Fn(Encoded) + Send + Sync + 'static) -> Self {
        const MOST_WAITING: usize = 16;
        let waiting = usize::try_from(config.video.scarce()).unwrap_or(MOST_WAITING).min(MOST_WAITING);
        let queue = Queue { free: config.threads.get(), ..Queue::default() };
        let shared =
            Arc::new(Shared { queue: Mutex::new(queue), changed: Condvar::new(), freed: Condvar::new() });
        let done: Arc<dyn Fn(Encoded) + Send + Sync> = Arc::new(done);
        let start = |i: usize| {
            let (shared, done, broker) = (Arc::clone(&shared), Arc::clone(&done), config.video.clone());
            let worker = move || Worker { tools: shared.tools(&broker), shared, done, broker }.run();
            thread::Builder::new().name(format!("encoder-{i}")).spawn(worker)
        };
        let threads = (0..config.threads.get() + waiting).map(start).collect::<Result<_, _>>();
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

    /// A viewer lost pictures of a video of a track: what goes on there begins anew with a keyframe. A stream
    /// that is over is nothing to restart.
    pub fn restart_video(&self, viewer: ViewerId, track: TrackId, stream: u32) {
        self.shared.lock().restart_video((viewer, track), stream);
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

/// Pixels of a picture whose encoding leaves much memory free in the threads' heaps: 4 MiB of them.
const LARGE: u64 = 1 << 20;

type Key = (ViewerId, TrackId);

struct Shared {
    queue: Mutex<Queue>,
    /// There may be something to do.
    changed: Condvar,
    /// A job ended or began to wait: another may go on.
    freed: Condvar,
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
    /// A video stream of one of `busy` that is to be restarted when it is put back.
    restarts: HashMap<Key, u32>,
    /// When a large picture was worked on, since memory was given back.
    large: Option<Timestamp>,
    /// How many more jobs may be worked on now.
    free: usize,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that can panic runs under this lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tools(self: &Arc<Self>, broker: &Broker) -> Tools {
        let shared = Arc::clone(self);
        Tools::new(broker.clone(), move |wait| shared.let_others_work(wait))
    }

    /// Runs what waits for a device while another job is worked on.
    fn let_others_work(&self, wait: &mut dyn FnMut()) {
        self.lock().free += 1;
        self.changed.notify_one();
        self.freed.notify_one();
        let waited = catch_unwind(AssertUnwindSafe(wait));
        let mut queue = self.lock();
        while queue.free == 0 {
            queue = self.freed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.free -= 1;
        drop(queue);
        if let Err(panic) = waited {
            resume_unwind(panic);
        }
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
        if self.free == 0 {
            return None;
        }
        let free = self.jobs.iter().position(|job| !self.busy.contains(&key(job)))?;
        let job = self.jobs.remove(free).expect("it was found there");
        let key = key(&job);
        let shown = self.shown.remove(&key).unwrap_or_else(Shown::new);
        self.busy.insert(key);
        self.free -= 1;
        let canvas = self.canvases.get(&job.track).cloned();
        Some(Task { job, shown, canvas })
    }

    fn restart_video(&mut self, key: Key, stream: u32) {
        if let Some(shown) = self.shown.get_mut(&key) {
            shown.restart_video(stream);
        } else if self.busy.contains(&key) {
            self.restarts.insert(key, stream);
        }
    }

    /// Puts a copy back. Answers whether anybody still wants to know.
    fn put_back(&mut self, key: Key, mut shown: Shown) -> bool {
        self.busy.remove(&key);
        self.free += 1;
        if let Some(stream) = self.restarts.remove(&key) {
            shown.restart_video(stream);
        }
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

    /// Whether it is long ago that a large picture was worked on. Answers so once.
    fn rests(&mut self, now: Timestamp) -> bool {
        self.large.take_if(|large| now.since(*large) >= streams::LINGER).is_some()
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
    broker: Broker,
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
            // An idle session wakes up for nothing: there is a time-out only while there is something to
            // drop.
            if !queue.can_expire() && queue.large.is_none() {
                queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (woken, timeout) =
                shared.changed.wait_timeout(queue, streams::LINGER).unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            if timeout.timed_out() {
                queue.expire(now());
                self.tools.shrink();
                if queue.rests(now()) {
                    drop(queue);
                    memory::give_back_free();
                    queue = shared.lock();
                }
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
        let wanted = {
            let mut queue = self.shared.lock();
            queue.expire(answer.finished);
            if answer.size.area() >= LARGE {
                queue.large = Some(answer.finished);
            }
            queue.put_back(key(&job), shown)
        };
        // Another worker may have passed over a job of this copy while it was busy.
        self.shared.changed.notify_one();
        self.shared.freed.notify_one();
        if wanted && catch_unwind(AssertUnwindSafe(|| (self.done)(answer))).is_err() {
            error!(track = %job.track, viewer = %job.viewer, "what takes encoded updates panicked; this one is lost");
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
                self.tools = self.shared.tools(&self.broker);
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

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use media::{Frame, Op};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    fn pool(threads: usize) -> (Pool, mpsc::Receiver<Encoded>) {
        let (send, answers) = mpsc::channel();
        let threads = NonZeroUsize::new(threads).expect("some");
        let config = PoolConfig { threads, ..PoolConfig::default() };
        (Pool::new(config, move |encoded| drop(send.send(encoded))), answers)
    }

    fn job(viewer: u32, track: u32) -> EncodeJob {
        EncodeJob {
            viewer: ViewerId(viewer),
            track: TrackId(track),
            damage: Region::from(Size::new(64, 64).to_rect()),
            refine: Region::new(),
            budget: 100_000,
            bitrate: 10_000_000,
            video: true,
            now: Timestamp(1),
        }
    }

    fn canvas(colour: u8) -> Canvas {
        let canvas = Canvas::new();
        canvas.write(|frame| {
            *frame = Frame::new(Size::new(64, 64));
            frame.data_mut().fill(colour);
        });
        canvas
    }

    #[test]
    fn every_job_is_answered_and_each_copy_is_its_own() {
        let (pool, answers) = pool(3);
        for track in 0..8 {
            pool.canvas(TrackId(track), canvas(7));
        }
        for round in 0..3 {
            for (viewer, track) in (0..4).flat_map(|viewer| (0..8).map(move |track| (viewer, track))) {
                pool.submit(job(viewer, track));
            }
            for _ in 0..32 {
                let answer = answers.recv_timeout(LONG).expect("an answer");
                assert_eq!(answer.ops.is_empty(), round > 0, "nothing changes after the first picture");
                assert!(answer.started <= answer.finished);
            }
        }
    }

    #[test]
    fn jobs_of_one_copy_are_done_in_order() {
        let (pool, answers) = pool(4);
        pool.canvas(TrackId(1), canvas(7));
        for _ in 0..20 {
            pool.submit(job(1, 1));
        }
        let drawn = (0..20).filter(|_| !answers.recv_timeout(LONG).expect("an answer").ops.is_empty());
        assert_eq!(drawn.count(), 1, "only the first finds anything new");
    }

    #[test]
    fn what_was_forgotten_begins_anew() {
        let (pool, answers) = pool(1);
        pool.canvas(TrackId(1), canvas(7));
        let drawn = |pool: &Pool| {
            pool.submit(job(1, 1));
            !answers.recv_timeout(LONG).expect("an answer").ops.is_empty()
        };
        assert!(drawn(&pool) && !drawn(&pool));
        pool.forget_viewer(ViewerId(1));
        assert!(drawn(&pool) && !drawn(&pool));
        pool.forget_track(TrackId(1));
        assert!(!drawn(&pool), "its canvas is forgotten too");
        pool.canvas(TrackId(1), canvas(8));
        assert!(drawn(&pool));
    }

    #[test]
    fn a_copy_that_nobody_knows_is_mended_by_refining() {
        let (pool, answers) = pool(1);
        pool.canvas(TrackId(1), canvas(7));
        // As after a panic.
        let unknown = Shown::unknown(Size::new(64, 64));
        pool.shared.lock().shown.insert((ViewerId(1), TrackId(1)), unknown);
        let refine = Region::from(Size::new(64, 64).to_rect());
        pool.submit(EncodeJob { damage: Region::new(), refine, ..job(1, 1) });
        let mended = answers.recv_timeout(LONG).expect("an answer");
        assert!(mended.lossy.is_empty());
        assert!(mended.ops.iter().any(|op| matches!(op, Op::Tile { .. })));
    }

    #[test]
    fn a_panic_ends_no_thread() {
        let (send, answers) = mpsc::channel();
        let config = PoolConfig { threads: NonZeroUsize::MIN, ..PoolConfig::default() };
        let pool = Pool::new(config, move |encoded| {
            let panics = encoded.viewer == ViewerId(1);
            drop(send.send(encoded));
            assert!(!panics, "this test says so");
        });
        for viewer in [1, 2] {
            pool.submit(job(viewer, 1));
            answers.recv_timeout(LONG).expect("an answer");
        }
    }

    #[test]
    fn dropping_ends_all_threads() {
        let (pool, answers) = pool(4);
        pool.canvas(TrackId(1), canvas(7));
        pool.submit(job(1, 1));
        drop(pool);
        let ended = loop {
            match answers.recv_timeout(LONG) {
                Ok(_) => {}
                Err(ended) => break ended,
            }
        };
        assert_eq!(ended, mpsc::RecvTimeoutError::Disconnected, "the callback lives on in a thread");
    }
}
