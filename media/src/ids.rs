//! Newtype ids. Each is meaningless outside the scope its documentation names.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(#[cfg_attr(feature = "typescript", ts(type = "number"))] pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

id!(
    /// One sequence of pictures: a toplevel's or a popup's. Unique for the life of a session, never reused.
    TrackId(u32), "t"
);
id!(
    /// One viewer's link to one session. Unique for the life of a session; a viewer that returns gets a new
    /// one.
    ViewerId(u32), "v"
);
id!(
    /// The number of an update within one (viewer, track): 1, 2, 3, … without gaps.
    UpdateId(u64), "u"
);
id!(
    /// The number a viewer gave to one of its input events: increasing within one link, and over the links of
    /// a viewer that its host knows again.
    InputId(u64), "i"
);
id!(
    /// One app, as far as its windows tell: what it draws over one connection. May be used again when it has
    /// left.
    AppId(u64), "a"
);
id!(
    /// One request for clipboard content, unique among those a side has open.
    ClipboardRequest(u32), "c"
);

/// The input event that made an app change: who sent it, and that viewer's number for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// The viewer that sent the input.
    pub viewer: ViewerId,
    /// Its number there.
    pub input: InputId,
    /// When its user did that, on the host's clock.
    pub at: Timestamp,
}
