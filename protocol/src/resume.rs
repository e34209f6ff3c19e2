//! A viewer that returns over a new link: by what the host knows it again, and where its input goes on.

use std::fmt;

use media::{InputId, ViewerId};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

/// What a viewer says of its links before, so that its input is carried over to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Resume {
    /// Who it is.
    pub key: ResumeKey,
    /// The [`Welcome::viewer`](crate::control::Welcome::viewer) with which the numbers of its input began;
    /// nil: it was never welcomed.
    pub began: Option<ViewerId>,
    /// It can still send all events of the input lane after this one. If less than that has taken effect,
    /// something would be missing, and the host does not know the viewer again.
    pub since: InputId,
}

/// A random number that a viewer makes once, when it starts, and tells nobody but its host. Whoever has it
/// can take the viewer's place in its session, so `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ResumeKey(#[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))] pub [u8; RESUME_KEY]);

/// The length of a [`ResumeKey`] in bytes.
pub const RESUME_KEY: usize = 16;

impl fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeKey")
    }
}

impl Serialize for ResumeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for ResumeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Exactly)
    }
}

/// Reads bytes, or the list of numbers that they are in JSON, of exactly the right length.
struct Exactly;

impl<'de> Visitor<'de> for Exactly {
    type Value = ResumeKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{RESUME_KEY} bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<ResumeKey, E> {
        bytes.try_into().map(ResumeKey).map_err(|_| E::invalid_length(bytes.len(), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<ResumeKey, A::Error> {
        let mut key = [0; RESUME_KEY];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = numbers.next_element()?.ok_or_else(|| A::Error::invalid_length(at, &self))?;
        }
        match numbers.next_element::<u8>()? {
            None => Ok(ResumeKey(key)),
            Some(_) => Err(A::Error::invalid_length(RESUME_KEY + 1, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lane, decode, encode};

    #[test]
    fn a_key_has_its_length_and_shows_itself_to_nobody() {
        let resume =
            Resume { key: ResumeKey([0xab; RESUME_KEY]), began: Some(ViewerId(3)), since: InputId(7) };
        let shown = format!("{resume:?}");
        assert!(!shown.contains("171") && !shown.contains("ab"), "{shown}");
        let bytes = encode(&resume.key);
        assert_eq!(decode::<ResumeKey>(Lane::Control, &bytes), Ok(resume.key));
        for wrong in [vec![0xc4, 15], vec![0xc4, 17]] {
            let length = usize::from(wrong[1]);
            let bytes = [wrong, vec![1; length]].concat();
            decode::<ResumeKey>(Lane::Control, &bytes).expect_err("another length");
        }
    }
}
