//! One viewer as the host core knows it.

use std::collections::BTreeMap;

use media::{InputId, KeyCode, Timestamp, TrackId, VideoCodec, ViewerId};
use protocol::{control::Role, resume::ResumeKey};

use super::{
    action::Join, causes::Causes, debt::Debt, early::Early, layout::Layout, rate::Rate, resume::Progress,
    seat::Departure,
};

/// One viewer.
#[derive(Debug)]
pub(crate) struct Member {
    /// What it may do.
    pub(crate) role: Role,
    /// By what it is known again.
    pub(crate) key: Option<ResumeKey>,
    /// With whose welcome the numbers of its input began: its own, or that of a link before.
    began: ViewerId,
    /// Whether it decodes the video that the encoder makes.
    pub(crate) video: bool,
    /// Its newest event of the input lane, where ids grow or the viewer is broken.
    pub(crate) newest_input: InputId,
    /// Its newest event with a place: motion that is older is dropped.
    pub(crate) newest_pointer: InputId,
    /// Its input that came too early.
    pub(crate) early: Early,
    /// Modifiers that its user has held down since before it returned, and that are up for the apps.
    pub(crate) resting: Vec<KeyCode>,
    /// Its keyboard layout, installed when it has the seat.
    pub(crate) keymap: Option<String>,
    /// Which window it says has its keyboard.
    pub(crate) focus: Option<TrackId>,
    /// How it wants windows to be.
    pub(crate) layout: Layout,
    /// What it will have meant when its link ends.
    pub(crate) departure: Departure,
    /// Times of its newest inputs.
    pub(crate) causes: Causes,
    /// Its link.
    pub(crate) rate: Rate,
    /// What it is owed.
    pub(crate) debts: BTreeMap<TrackId, Debt>,
}

impl Member {
    /// One that joins.
    pub(crate) fn new(now: Timestamp, viewer: ViewerId, join: &Join) -> Self {
        Self {
            role: join.role,
            key: join.hello.resume.as_ref().map(|resume| resume.key),
            began: viewer,
            video: join.hello.video.contains(&VideoCodec::H264),
            newest_input: InputId(0),
            newest_pointer: InputId(0),
            early: Early::default(),
            resting: Vec::new(),
            keymap: None,
            focus: None,
            layout: Layout::default(),
            departure: Departure::MayReturn,
            causes: Causes::default(),
            rate: Rate::new(now, join.round_trip),
            debts: BTreeMap::new(),
        }
    }

    /// How far its input has come. What waits has not taken effect: it would be lost with the link.
    pub(crate) fn progress(&self) -> Progress {
        let input = self.early.first().map_or(self.newest_input, |first| InputId(first.0.saturating_sub(1)));
        Progress { began: self.began, input, pointer: self.newest_pointer }
    }

    /// It is known from a link before: its input goes on there.
    pub(crate) fn go_on(&mut self, progress: Progress) {
        let Progress { began, input, pointer } = progress;
        (self.began, self.newest_input, self.newest_pointer) = (began, input, pointer);
    }

    /// Bytes under way and about to be.
    pub(crate) fn committed(&self) -> usize {
        let reserved: usize = self.debts.values().filter_map(|debt| debt.job()).map(|job| job.reserved).sum();
        self.rate.outstanding() + reserved
    }
}

impl Member {
    /// Whether no changes wait for the link and half of its window is free, for lossless repetition.
    pub(crate) fn may_refine(&self, now: Timestamp) -> bool {
        self.debts.values().all(|debt| !debt.is_owed()) && self.committed() < self.rate.window(now) / 2
    }
}
