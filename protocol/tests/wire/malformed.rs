//! Bytes that are not messages: every decoder answers with an error, never with a panic, and takes little
//! memory.

use std::fmt::Debug;

use dormer_protocol::{
    DecodeError, Lane,
    control::{ToHost, ToViewer},
    decode, encode,
    feedback::Feedback,
    input::{Input, InputEvent},
    update::Update,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::samples::{self, Named};

/// Runs a check over all samples of all lanes.
trait Check {
    fn run<M: Serialize + DeserializeOwned + PartialEq + Debug>(&mut self, lane: Lane, samples: Named<M>);
}

fn for_all(check: &mut impl Check) {
    check.run(Lane::Control, samples::to_host());
    check.run(Lane::Control, samples::to_viewer());
    check.run(Lane::Input, samples::inputs());
    check.run(Lane::Feedback, samples::feedback());
    check.run(Lane::Update, samples::updates());
}

#[test]
fn a_message_cut_anywhere_is_an_error() {
    struct Cut;
    impl Check for Cut {
        fn run<M: Serialize + DeserializeOwned + PartialEq + Debug>(
            &mut self,
            lane: Lane,
            samples: Named<M>,
        ) {
            for (name, message) in samples {
                let bytes = encode(&message);
                for length in 0..bytes.len() {
                    decode::<M>(lane, &bytes[..length]).expect_err(name);
                }
            }
        }
    }
    for_all(&mut Cut);
}

#[test]
fn stray_bytes_behind_a_message_are_an_error() {
    struct Stray;
    impl Check for Stray {
        fn run<M: Serialize + DeserializeOwned + PartialEq + Debug>(
            &mut self,
            lane: Lane,
            samples: Named<M>,
        ) {
            for (_, message) in samples {
                let mut bytes = encode(&message);
                bytes.extend([0xc0, 0xc0]);
                assert_eq!(decode::<M>(lane, &bytes), Err(DecodeError::Trailing { lane, extra: 2 }));
            }
        }
    }
    for_all(&mut Stray);
}

#[test]
fn a_message_over_the_limit_of_its_lane_is_not_looked_at() {
    for lane in [Lane::Control, Lane::Input, Lane::Motion, Lane::Feedback] {
        let length = lane.max_message() + 1;
        assert_eq!(decode::<Input>(lane, &vec![0; length]), Err(DecodeError::TooLong { lane, length }));
    }
}

/// A peer of the future sends more than we know.
#[derive(Serialize)]
struct LaterFeedback {
    track: u32,
    surprise: Vec<Option<(String, f64)>>,
    update: u64,
    received_at: u64,
    decoded_at: u64,
    presented_at: Option<u64>,
    another: std::collections::BTreeMap<String, u8>,
}

#[test]
fn unknown_fields_are_skipped() {
    let later = LaterFeedback {
        track: 7,
        surprise: vec![None, Some(("x".to_owned(), 0.5))],
        update: 1000,
        received_at: 10,
        decoded_at: 20,
        presented_at: None,
        another: [("a".to_owned(), 1)].into(),
    };
    let read: Feedback = decode(Lane::Feedback, &encode(&later)).expect("decodes");
    assert_eq!(read, samples::feedback()[1].1);
}

#[test]
fn claims_of_huge_contents_take_no_memory() {
    // An array, a map, a text, binary data and an extension of 4 GiB each, where a message should be.
    for head in [[0xdd], [0xdf], [0xdb], [0xc6], [0xc9]] {
        let claim = [&head[..], &[0xff; 4]].concat();
        decode::<Update>(Lane::Update, &claim).expect_err("a lie");
        decode::<ToHost>(Lane::Control, &claim).expect_err("a lie");
        // The same as the content of an unknown field.
        let field = [b"\x81\xa1x", &claim[..]].concat();
        decode::<Update>(Lane::Update, &field).expect_err("a lie");
        decode::<Feedback>(Lane::Feedback, &field).expect_err("a lie");
    }
}

#[test]
fn a_cursor_of_a_composed_text_stands_between_its_characters() {
    let sound = |cursor| InputEvent::is_cursor_of("a世", cursor);
    assert!(sound(None) && sound(Some((0, 0))) && sound(Some((1, 4))) && sound(Some((4, 4))));
    for cursor in [(2, 4), (1, 3), (4, 1), (5, 5), (u32::MAX, u32::MAX)] {
        assert!(!sound(Some(cursor)), "{cursor:?}");
    }
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    for opening in [&b"\x91"[..], b"\x81\xa1x", b"\x81\xa3ops\x91"] {
        let nested = opening.repeat(200_000 / opening.len());
        decode::<Update>(Lane::Update, &nested).expect_err("too deep");
        decode::<ToViewer>(Lane::Control, &nested).expect_err("too deep");
    }
}

#[test]
fn typing_costs_little_beside_the_pixels() {
    let (_, update) = samples::updates().into_iter().find(|(name, _)| *name == "tile_bands").expect("there");
    let overhead = encode(&update).len() - b"not decoded here".len();
    // Ten keys a second: 24 kbit/s of the 80 that typing may take.
    assert!(overhead <= 300, "{overhead} bytes");
    let (_, key) = samples::inputs().into_iter().next().expect("there");
    assert!(encode(&key).len() <= 80, "{} bytes", encode(&key).len());
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode::<ToHost>(Lane::Control, &bytes);
        let _ = decode::<ToViewer>(Lane::Control, &bytes);
        let _ = decode::<Input>(Lane::Input, &bytes);
        let _ = decode::<Feedback>(Lane::Feedback, &bytes);
        let _ = decode::<Update>(Lane::Update, &bytes);
    }

    #[test]
    fn damaged_messages_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        struct Damage(Vec<(prop::sample::Index, u8)>);
        impl Check for Damage {
            fn run<M: Serialize + DeserializeOwned + PartialEq + Debug>(&mut self, lane: Lane, samples: Named<M>) {
                for (_, message) in samples {
                    let mut bytes = encode(&message);
                    for (at, byte) in &self.0 {
                        let at = at.index(bytes.len());
                        bytes[at] = *byte;
                    }
                    // What still decodes is a message like any other: it survives the round trip. Compared as
                    // bytes, since NaN does not equal itself.
                    if let Ok(read) = decode::<M>(lane, &bytes) {
                        let again: M = decode(lane, &encode(&read)).expect("our own bytes");
                        assert_eq!(encode(&again), encode(&read));
                    }
                }
            }
        }
        for_all(&mut Damage(damage));
    }
}
