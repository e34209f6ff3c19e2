//! Which video encoders there are on this machine, and why not the others.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::video::{Broker, Device};

/// A video encoder that Dormer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// H.264 in software, built in.
    OpenH264,
    /// H.264 on Intel and AMD GPUs, through GStreamer.
    Vaapi,
    /// H.264 on NVIDIA GPUs, through GStreamer.
    Nvenc,
    /// H.264 in software, through GStreamer.
    X264,
}

/// Which backend is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The best there is.
    #[default]
    Auto,
    /// This one or none.
    Only(Backend),
}

/// What a probe found about one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Which.
    pub backend: Backend,
    /// `Err`: why it cannot be used, for people.
    pub usable: Result<(), String>,
}

/// A backend that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection(Backend);

/// The wanted backend is not there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the video encoder {backend} cannot be used: {reason}")]
pub struct Unusable {
    /// Which.
    pub backend: Backend,
    /// Why, for people.
    pub reason: String,
}

/// The name is none of a backend's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no video encoder {0:?}; known are auto, openh264, vaapi, nvenc and x264")]
pub struct UnknownBackend(String);

impl Backend {
    /// All, the most wanted first.
    pub const ALL: [Backend; 4] = [Backend::Nvenc, Backend::Vaapi, Backend::OpenH264, Backend::X264];

    /// What the broker is to try before software. A build without GStreamer has nothing besides software.
    fn device(self) -> Option<Arc<dyn Device>> {
        match self {
            Backend::OpenH264 | Backend::Vaapi | Backend::Nvenc | Backend::X264 => None,
        }
    }

    /// Tells whether it can be used here.
    pub fn probe(self) -> Probe {
        let usable = match self {
            Backend::OpenH264 => Ok(()),
            Backend::Vaapi | Backend::Nvenc | Backend::X264 => {
                Err("this build has no encoders of GStreamer".to_owned())
            }
        };
        Probe { backend: self, usable }
    }
}

/// What was found about every backend, the most wanted first.
pub fn probe() -> Vec<Probe> {
    Backend::ALL.into_iter().map(Backend::probe).collect()
}

impl Choice {
    /// The backend to use.
    pub fn select(self) -> Result<Selection, Unusable> {
        let candidates = match self {
            Choice::Only(backend) => vec![backend.probe()],
            Choice::Auto => probe(),
        };
        let mut refused = None;
        for Probe { backend, usable } in candidates {
            match usable {
                Ok(()) => return Ok(Selection(backend)),
                Err(reason) => refused = refused.or(Some(Unusable { backend, reason })),
            }
        }
        Err(refused.expect("there is at least one candidate"))
    }
}

impl Selection {
    /// Which it is.
    pub fn backend(self) -> Backend {
        self.0
    }

    /// A broker that lends its encoders, and those of software where it has none.
    pub fn broker(self) -> Broker {
        Broker::new(self.0.device().into_iter().collect())
    }
}

impl Default for Selection {
    /// The one that is always there.
    fn default() -> Self {
        Selection(Backend::OpenH264)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::OpenH264 => "openh264",
            Backend::Vaapi => "vaapi",
            Backend::Nvenc => "nvenc",
            Backend::X264 => "x264",
        })
    }
}

impl FromStr for Choice {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "auto" {
            return Ok(Choice::Auto);
        }
        let named = Backend::ALL.into_iter().find(|backend| backend.to_string() == name);
        named.map(Choice::Only).ok_or_else(|| UnknownBackend(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_can_always_be_used() {
        let selection = Choice::Auto.select().expect("openh264 is built in");
        assert!(selection.backend().probe().usable.is_ok());
    }

    #[test]
    fn what_is_missing_says_why() {
        let missing = "vaapi".parse::<Choice>().expect("known").select().expect_err("not built");
        assert_eq!(
            missing.to_string(),
            "the video encoder vaapi cannot be used: this build has no encoders of GStreamer"
        );
        assert!("h265".parse::<Choice>().is_err());
    }
}
