//! Golden vectors: `protocol/vectors/*.json` hold the bytes and the JSON of every message. Every
//! implementation of the protocol runs them both ways.
//!
//! After an addition to the protocol, `UPDATE_VECTORS=1 cargo test -p dormer-protocol` writes them anew.
//! Vectors of messages that existed before must not change within a version of the protocol: look at the
//! difference.

use std::{collections::BTreeSet, env, fmt::Debug, fs, path::PathBuf};

use dormer_protocol::{
    Lane,
    control::{Clipboard, ToHost, ToViewer},
    decode, encode,
    input::InputEvent,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::samples::{self, Named};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    name: String,
    /// The message on the wire, in hexadecimal.
    bytes: String,
    /// The message as JSON; binary data is a list of numbers.
    message: Value,
}

fn check<M>(file: &str, lane: Lane, samples: Named<M>)
where
    M: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let vector = |(name, message): &(&str, M)| Vector {
        name: (*name).to_owned(),
        bytes: hex(&encode(message)),
        message: serde_json::to_value(message).expect("is JSON"),
    };
    let ours: Vec<Vector> = samples.iter().map(vector).collect();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    if env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&ours).expect("is JSON");
        fs::write(&path, text + "\n").expect("writes");
    }
    let kept: Vec<Vector> =
        serde_json::from_str(&fs::read_to_string(&path).expect("reads")).expect("is JSON");
    assert_eq!(kept, ours, "{file} differs from the samples; see the top of this file");
    for (vector, (name, message)) in kept.iter().zip(&samples) {
        let read: M = decode(lane, &unhex(&vector.bytes)).expect("decodes");
        assert_eq!(&read, message, "{name} from bytes");
        let read: M = serde_json::from_value(vector.message.clone()).expect("decodes");
        assert_eq!(&read, message, "{name} from JSON");
    }
    let names: BTreeSet<_> = samples.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), samples.len(), "names are unique");
}

/// What both ends of a link must judge alike about an input event.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Judged {
    name: String,
    event: InputEvent,
    /// Whether it is within the protocol's bounds.
    sound: bool,
    /// Whether it travels on the motion lane.
    motion: bool,
    /// Whether it only ends what another began.
    releases: bool,
}

#[test]
fn input_bounds() {
    let ours: Vec<Judged> = samples::judged_inputs()
        .into_iter()
        .map(|(name, event)| Judged {
            name: name.to_owned(),
            sound: event.validate().is_ok(),
            motion: event.is_motion(),
            releases: event.releases(),
            event,
        })
        .collect();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/input_bounds.json");
    if env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&ours).expect("is JSON");
        fs::write(&path, text + "\n").expect("writes");
    }
    let kept: Vec<Judged> =
        serde_json::from_str(&fs::read_to_string(&path).expect("reads")).expect("is JSON");
    assert_eq!(kept, ours, "input_bounds.json differs from the samples; see the top of this file");
    for Judged { name, sound, .. } in &ours {
        assert_eq!(*sound, !name.starts_with("over "), "{name}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}

#[test]
fn control_to_host() {
    check("control_to_host.json", Lane::Control, samples::to_host());
}

#[test]
fn control_to_viewer() {
    check("control_to_viewer.json", Lane::Control, samples::to_viewer());
}

#[test]
fn input() {
    check("input.json", Lane::Input, samples::inputs());
}

#[test]
fn feedback() {
    check("feedback.json", Lane::Feedback, samples::feedback());
}

#[test]
fn update() {
    check("update.json", Lane::Update, samples::updates());
}

/// Fails to compile when a message is added: add a sample, and its line here.
#[test]
fn every_kind_of_message_has_a_vector() {
    let to_host = samples::to_host().into_iter().map(|(_, message)| match message {
        ToHost::Hello(_) => 0,
        ToHost::Configure { .. } => 1,
        ToHost::Focus { .. } => 2,
        ToHost::DismissPopups => 3,
        ToHost::Visible { .. } => 4,
        ToHost::Keymap { .. } => 5,
        ToHost::Clipboard(_) => 6,
        ToHost::Ping { .. } => 7,
        ToHost::Goodbye => 8,
        ToHost::TakeSeat => 9,
    });
    all_of(10, to_host);
    let to_viewer = samples::to_viewer().into_iter().map(|(_, message)| match message {
        ToViewer::Welcome(_) => 0,
        ToViewer::Refused(_) => 1,
        ToViewer::Window(_) => 2,
        ToViewer::WindowGone { .. } => 3,
        ToViewer::Icon(_) => 4,
        ToViewer::Cursor(_) => 5,
        ToViewer::Seat { .. } => 6,
        ToViewer::Clipboard(Clipboard::Offer { .. }) => 7,
        ToViewer::Clipboard(Clipboard::Request { .. }) => 8,
        ToViewer::Clipboard(Clipboard::Content { .. }) => 9,
        ToViewer::Clipboard(Clipboard::Unavailable { .. }) => 10,
        ToViewer::Bell { .. } => 11,
        ToViewer::Pong { .. } => 12,
        ToViewer::Goodbye { .. } => 13,
        ToViewer::Grabbed { .. } => 14,
        ToViewer::TextInput { .. } => 15,
        ToViewer::PointerLock { .. } => 16,
        ToViewer::Drag { .. } => 18,
        ToViewer::Notice(_) => 17,
    });
    all_of(19, to_viewer);
    let inputs = samples::inputs().into_iter().map(|(_, message)| match message.event {
        InputEvent::Key { .. } => 0,
        InputEvent::Text { .. } => 1,
        InputEvent::Motion { .. } => 2,
        InputEvent::Leave => 3,
        InputEvent::Button { .. } => 4,
        InputEvent::Scroll { .. } => 5,
        InputEvent::Touch { .. } => 6,
        InputEvent::Preedit { .. } => 7,
        InputEvent::RelativeMotion { .. } => 8,
        InputEvent::Close => 9,
        InputEvent::ForceQuit => 10,
        InputEvent::Locks { .. } => 11,
    });
    all_of(12, inputs);
}

fn all_of(kinds: usize, seen: impl Iterator<Item = usize>) {
    assert_eq!(seen.collect::<BTreeSet<_>>(), (0..kinds).collect());
}
