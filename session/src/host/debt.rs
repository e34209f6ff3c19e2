//! What one viewer is owed of one track.
//!
//! Damage is owed until a job takes it; what the viewer holds lossily is owed once more, losslessly, when it
//! rests. At most one job is under way. An update is `exact` if the viewer's copy then equals the newest
//! commit known: nothing is lossy, and nothing was committed since the job was given.

use media::{Encoded, InputId, Pixels, Region, Size, Timestamp, UpdateId};

/// The debt of one (viewer, track).
#[derive(Clone, Debug)]
pub(crate) struct Debt {
    /// What no job has taken yet.
    owed: Region,
    /// Since when anything is owed.
    since: Timestamp,
    /// What the viewer holds lossily, as the encoder said last.
    lossy: Region,
    job: Option<Job>,
    /// The number of the next update.
    next: UpdateId,
    /// Whether anybody can see it there.
    visible: bool,
    /// The newest of the viewer's own inputs that caused what is owed.
    cause: Option<InputId>,
    /// What the viewer was told last: the size, and whether it was exact.
    told: Option<(Size<Pixels>, bool)>,
    /// No lossless repetition before this.
    rest_until: Timestamp,
    /// About how many bytes an update has lately.
    expected: usize,
}

/// A job under way.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Whether it repeats what rests, only.
    pub(crate) refines: bool,
    /// The track's commits when it was given.
    pub(crate) commits: u64,
    /// When the newest of them was captured.
    pub(crate) captured: Timestamp,
    /// The newest of the viewer's inputs that caused any of it.
    pub(crate) cause: Option<InputId>,
    /// How many bytes it will about have.
    pub(crate) reserved: usize,
    lossy_before: u64,
}

/// What an update says besides its ops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    /// Whether it must be sent at all.
    pub(crate) send: bool,
    /// Whether the copy is exact after it.
    pub(crate) exact: bool,
}

impl Debt {
    /// All of a picture is owed.
    pub(crate) fn new(now: Timestamp, size: Size<Pixels>) -> Self {
        Self {
            owed: Region::from(size.to_rect()),
            since: now,
            lossy: Region::new(),
            job: None,
            next: UpdateId(1),
            visible: true,
            cause: None,
            told: None,
            rest_until: Timestamp(0),
            expected: 8 << 10,
        }
    }

    /// Pixels changed.
    pub(crate) fn damage(&mut self, now: Timestamp, region: &Region, cause: Option<InputId>) {
        if self.owed.is_empty() {
            self.since = now;
        }
        self.owed.union(region);
        self.cause = self.cause.max(cause);
    }

    /// Whether anybody can see it there.
    pub(crate) fn is_visible(&self) -> bool {
        self.visible
    }

    /// Notes that.
    pub(crate) fn set_visible(&mut self, visible: bool) {
        self.visible = visible;
    }

    /// Whether changed pixels wait for a job.
    pub(crate) fn is_owed(&self) -> bool {
        self.visible && self.job.is_none() && !self.owed.is_empty()
    }

    /// Since when.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Whether the viewer's own input caused any of it.
    pub(crate) fn is_caused(&self) -> bool {
        self.cause.is_some()
    }

    /// About how many bytes its next update will have.
    pub(crate) fn expected(&self) -> usize {
        self.expected
    }

    /// What is lossy and may be repeated now: none of `restless`, and nothing while changes are owed.
    pub(crate) fn refinable(&self, now: Timestamp, restless: &Region) -> Region {
        if !self.visible || self.job.is_some() || !self.owed.is_empty() || now < self.rest_until {
            return Region::new();
        }
        let mut region = self.lossy.clone();
        region.subtract_region(restless);
        region
    }

    /// When something lossy may be repeated, given when the track's newest damage has rested.
    pub(crate) fn refine_timeout(&self, rested: Timestamp) -> Option<Timestamp> {
        let waits = self.visible && self.job.is_none() && self.owed.is_empty() && !self.lossy.is_empty();
        waits.then_some(rested.max(self.rest_until))
    }

    /// Gives a job: returns its damage.
    pub(crate) fn start(&mut self, commits: u64, captured: Timestamp, reserved: usize) -> Region {
        let damage = self.owed.take();
        self.job = Some(Job {
            refines: damage.is_empty(),
            commits,
            captured,
            cause: self.cause.take(),
            reserved,
            lossy_before: self.lossy.area(),
        });
        damage
    }

    /// The job under way.
    pub(crate) fn job(&self) -> Option<&Job> {
        self.job.as_ref()
    }

    /// The job is done. `size` is the track's, as last reported.
    pub(crate) fn finish(
        &mut self,
        now: Timestamp,
        encoded: &Encoded,
        size: Size<Pixels>,
    ) -> Option<(Job, Verdict)> {
        let job = self.job.take()?;
        self.lossy = encoded.lossy.clipped(encoded.size.to_rect());
        if job.refines && self.lossy.area() >= job.lossy_before {
            // No progress: the budget was too small for a single tile. Trying at once would spin.
            self.rest_until = now + super::REST;
        }
        let exact = self.lossy.is_empty() && self.owed.is_empty() && encoded.size == size;
        let news = self.told != Some((encoded.size, exact));
        let send = !encoded.ops.is_empty() || news;
        if send {
            self.told = Some((encoded.size, exact));
        }
        Some((job, Verdict { send, exact }))
    }

    /// Numbers an update of so many bytes.
    pub(crate) fn number(&mut self, bytes: usize) -> UpdateId {
        let id = self.next;
        self.next = UpdateId(id.0 + 1);
        self.expected = if bytes > self.expected { bytes } else { (self.expected * 3 + bytes) / 4 };
        id
    }

    /// Whether the viewer's copy is exact and nothing is owed or under way.
    pub(crate) fn is_settled(&self) -> bool {
        self.owed.is_empty() && self.lossy.is_empty() && self.job.is_none() && self.told.is_some_and(|t| t.1)
    }

    /// Whether some event or timer will go on with this debt: nothing owed is forgotten.
    pub(crate) fn is_bounded(&self) -> bool {
        self.owed.rects().len() <= Region::MAX_RECTS && self.lossy.rects().len() <= Region::MAX_RECTS
    }
}
