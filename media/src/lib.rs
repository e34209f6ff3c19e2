//! Leaf types that cross crates: ids, geometry with its coordinate space in the type, regions, frames,
//! windows, updates, and the closed vocabulary between a source of windows and the session core.
//!
//! Nothing here does IO, reads a clock or knows a framework.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod canvas;
mod encode;
mod frame;
mod geometry;
mod ids;
mod notice;
mod region;
mod source;
mod text;
mod time;
mod update;
mod window;

pub use canvas::Canvas;
pub use encode::{EncodeJob, Encoded};
pub use frame::{Frame, MAX_DIMENSION};
pub use geometry::{Logical, Pixels, Point, Position, Rect, Scale, Size, Space};
pub use ids::{AppId, Cause, ClipboardRequest, InputId, TrackId, UpdateId, ViewerId};
pub use notice::{Notice, NoticeKind};
pub use region::Region;
pub use source::{
    Axis, Button, Capabilities, Command, Configure, CursorImage, CursorShape, Drag, Event, KeyCode, Locks,
    Modality, TouchPhase, TouchPoint, WindowGrab,
};
pub use text::{TextInput, TextPurpose};
pub use time::Timestamp;
pub use update::{Op, TileCoding, Timing, Update, VideoCodec};
pub use window::{Icon, IconId, SizeLimits, States, Window, WindowKind};
