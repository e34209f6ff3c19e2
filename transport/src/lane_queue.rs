//! A first-in-first-out queue with two bounds: how many items, and how many bytes they stand for.
//!
//! Each item holds its share of the bytes until it is dropped, so work in progress counts as well.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The bounds of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// The most items.
    pub(crate) items: usize,
    /// The most bytes. No single item can be larger.
    pub(crate) bytes: usize,
}

/// An item and its share of the queue's bytes.
pub(crate) struct Weighed<T> {
    pub(crate) item: T,
    share: Share,
}

impl<T> Weighed<T> {
    /// The item and the guard of its share.
    pub(crate) fn into_parts(self) -> (T, Share) {
        (self.item, self.share)
    }
}

/// A share of a queue's bytes; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share(OwnedSemaphorePermit);

impl Share {
    /// Both shares as one.
    pub(crate) fn merge(&mut self, other: Share) {
        self.0.merge(other.0);
    }
}

/// The end that puts items in.
pub(crate) struct QueueSender<T> {
    items: mpsc::Sender<Weighed<T>>,
    bytes: Arc<Semaphore>,
    bound: Bound,
}

/// The end that takes items out.
pub(crate) struct QueueReceiver<T> {
    items: mpsc::Receiver<Weighed<T>>,
}

/// Why an item was not put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushError {
    /// A bound is reached.
    Full,
    /// The receiver is gone.
    Closed,
}

pub(crate) fn lane_queue<T>(bound: Bound) -> (QueueSender<T>, QueueReceiver<T>) {
    let (sender, receiver) = mpsc::channel(bound.items);
    let bytes = Arc::new(Semaphore::new(bound.bytes));
    (QueueSender { items: sender, bytes, bound }, QueueReceiver { items: receiver })
}

impl<T> Clone for QueueSender<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), bytes: Arc::clone(&self.bytes), bound: self.bound }
    }
}

impl<T> QueueSender<T> {
    /// Puts an item in at once, or not at all.
    pub(crate) fn try_push(&self, item: T, bytes: usize) -> Result<(), PushError> {
        let permits = u32::try_from(bytes).map_err(|_| PushError::Full)?;
        let share = Arc::clone(&self.bytes).try_acquire_many_owned(permits).map_err(|_| PushError::Full)?;
        self.items.try_send(Weighed { item, share: Share(share) }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => PushError::Full,
            mpsc::error::TrySendError::Closed(_) => PushError::Closed,
        })
    }

    /// Waits until `bytes`, which must be within the bound, are free and takes them.
    pub(crate) async fn reserve(&self, bytes: usize) -> Share {
        debug_assert!(bytes <= self.bound.bytes);
        let permits = u32::try_from(bytes.min(self.bound.bytes)).expect("bounds fit 32 bits");
        let share = Arc::clone(&self.bytes).acquire_many_owned(permits).await;
        Share(share.expect("the semaphore is never closed"))
    }

    /// Waits for a place and puts the item in.
    pub(crate) async fn push(&self, item: T, share: Share) -> Result<(), PushError> {
        self.items.send(Weighed { item, share }).await.map_err(|_| PushError::Closed)
    }

    /// How many bytes its items stand for, those taken out but still in work included.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.bound.bytes.saturating_sub(self.bytes.available_permits())
    }
}

impl<T> QueueReceiver<T> {
    /// The next item; `None` when all senders are gone and it is empty. May be cancelled without loss.
    pub(crate) async fn pop(&mut self) -> Option<Weighed<T>> {
        self.items.recv().await
    }

    /// The next item, if there is one now.
    pub(crate) fn try_pop(&mut self) -> Option<Weighed<T>> {
        self.items.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_bounds_hold() {
        let (sender, mut receiver) = lane_queue(Bound { items: 2, bytes: 10 });
        assert_eq!(sender.try_push('a', 6), Ok(()));
        assert_eq!(sender.try_push('b', 6), Err(PushError::Full), "by bytes");
        assert_eq!(sender.try_push('b', 4), Ok(()));
        assert_eq!(sender.try_push('c', 0), Err(PushError::Full), "by items");
        assert_eq!(sender.queued_bytes(), 10);
        let (item, share) = receiver.pop().await.expect("queued").into_parts();
        assert_eq!((item, sender.queued_bytes()), ('a', 10), "in work it still counts");
        drop(share);
        assert_eq!(sender.queued_bytes(), 4);
        assert_eq!(sender.try_push('d', usize::MAX), Err(PushError::Full));
    }

    #[test]
    fn a_queue_without_receiver_is_closed() {
        let (sender, receiver) = lane_queue(Bound { items: 2, bytes: 10 });
        drop(receiver);
        assert_eq!(sender.try_push('a', 1), Err(PushError::Closed));
        assert_eq!(sender.queued_bytes(), 0);
    }
}
