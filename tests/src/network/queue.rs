//! The router's netfilter queue: packets wait in the kernel until their time has come.

use std::{
    collections::VecDeque,
    io::ErrorKind,
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{Shape, Wire};
use anyhow::{Context, Result};
use nfq::{Message, Queue, Verdict};

/// How many packets may wait in one direction.
const MAX_PACKETS: u32 = 20_000;
/// As much as tells the length of a packet of IPv4, which is all that the namespaces speak.
const IP_HEADER: u16 = 20;
/// How often a direction looks what has come.
const GRAIN: Duration = Duration::from_micros(300);

/// One direction of the router.
#[derive(Debug)]
pub(super) struct Direction {
    wire: Arc<Mutex<Wire>>,
    /// Ends the thread when dropped.
    _stop: mpsc::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Direction {
    /// Serves the netfilter queue `number` of the namespace at `space`.
    pub(super) fn start(space: std::fs::File, number: u16, shape: Shape) -> Result<Self> {
        let wire = Arc::new(Mutex::new(Wire::new(shape, u64::from(number) + 1)));
        let (stop, stopped) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        let shared = Arc::clone(&wire);
        let thread = thread::Builder::new().name(format!("queue {number}")).spawn(move || {
            let opened = open(space, number);
            let problem = opened.as_ref().err().map(|error| format!("{error:#}"));
            // The starter waits for it.
            let _ = ready.send(problem);
            if let Ok(queue) = opened {
                serve(queue, &shared, &stopped);
            }
        })?;
        match is_ready.recv().context("the queue's thread ended")? {
            None => Ok(Self { wire, _stop: stop, thread: Some(thread) }),
            Some(problem) => anyhow::bail!(problem),
        }
    }

    pub(super) fn reshape(&self, shape: Shape) {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner).reshape(shape);
    }

    /// Waits for the end of the thread, which must have been told by dropping the sender.
    fn join(&mut self) {
        let (unused, _) = mpsc::channel();
        self._stop = unused;
        if let Some(thread) = self.thread.take() {
            // A panic there was printed already.
            let _ = thread.join();
        }
    }
}

impl Drop for Direction {
    fn drop(&mut self) {
        self.join();
    }
}

fn open(space: std::fs::File, number: u16) -> Result<Queue> {
    rustix::thread::move_into_link_name_space(
        space.as_fd(),
        Some(rustix::thread::LinkNameSpaceType::Network),
    )
    .context("cannot enter the router's namespace")?;
    let mut queue = Queue::open().context("no netfilter queues here")?;
    queue.bind(number).context("the netfilter queue cannot be bound")?;
    // Only the header is of interest, and the kernel keeps the packet.
    queue.set_copy_range(number, IP_HEADER)?;
    queue.set_queue_max_len(number, MAX_PACKETS)?;
    queue.set_recv_enobufs(false)?;
    queue.set_nonblocking(true);
    Ok(queue)
}

/// Holds each packet as long as its wire says.
fn serve(mut queue: Queue, wire: &Mutex<Wire>, stopped: &mpsc::Receiver<()>) {
    let mut under_way: VecDeque<(Instant, Message)> = VecDeque::new();
    while stopped.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
        wait(under_way.front().map(|(due, _)| *due));
        loop {
            match queue.recv() {
                Ok(mut packet) => {
                    let arrives = wire
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .carry(Instant::now(), length(packet.get_payload()));
                    match arrives {
                        Some(due) => under_way.push_back((due, packet)),
                        None => {
                            packet.set_verdict(Verdict::Drop);
                            judge(&mut queue, packet);
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        let now = Instant::now();
        while let Some((_, packet)) = under_way.pop_front_if(|(due, _)| *due <= now) {
            judge(&mut queue, packet);
        }
    }
}

/// The total length that stands in an IPv4 header (RFC 791).
fn length(header: &[u8]) -> usize {
    header.get(2..4).map_or(0, |total| usize::from(u16::from_be_bytes([total[0], total[1]])))
}

fn judge(queue: &mut Queue, packet: Message) {
    // It fails when the namespace is going away, and its packets with it.
    let _ = queue.verdict(packet);
}

/// The library shows no descriptor to wait on, so the router looks often: its grain is that of its delays.
fn wait(due: Option<Instant>) {
    let left = due.map_or(GRAIN, |due| due.saturating_duration_since(Instant::now()).min(GRAIN));
    thread::sleep(left);
}
