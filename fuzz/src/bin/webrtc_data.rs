//! What arrives on data channels: echoes, pieces that belong together, and what stands before an update whose videos
//! travel on RTP. Whatever comes is understood or refused, and what is joined is no longer than what came.
#![no_main]

// Links need more of each than this target.
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/aside.rs"]
mod aside;
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/echo.rs"]
mod echo;
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/originals.rs"]
mod originals;
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/pieces.rs"]
mod pieces;
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/repair.rs"]
mod repair;

use std::{collections::VecDeque, time::Instant};

use aside::Head;
use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use originals::{Heard, Originals};
use pieces::{Data, Joined, Joiner};
use repair::Kept;

fuzz_target!(|messages: Vec<(u8, Vec<u8>)>| {
    let (mut originals, mut kept) = (Originals::default(), Kept::default());
    let (mut joiner, mut came, now) = (Joiner::default(), 0, Instant::now());
    let mut understood = VecDeque::new();
    for (channel, bytes) in messages {
        came += bytes.len();
        let message = BytesMut::from(&bytes[..]);
        match usize::from(channel % 3) {
            reliable @ 0..2 => {
                kept.given(now, reliable, message.clone().freeze(), usize::from(channel));
                originals.came(now, reliable, message);
            }
            _ => match originals.heard(now, message) {
                Heard::Other(message) => understood.push_back(message),
                Heard::Asked { channel, number } => drop(kept.repairs(now, channel, number, 1)),
                Heard::Taken => {}
            },
        }
        understood.extend(std::iter::from_fn(|| originals.pop()).map(|(_, message)| message));
        while let Some(message) = understood.pop_front() {
            if !understand(&mut joiner, message, came) {
                return;
            }
        }
    }
});

/// Whether the link would go on.
fn understand(joiner: &mut Joiner<()>, message: BytesMut, came: usize) -> bool {
    let whole = match Data::read(message.freeze()) {
        Ok(Data::Whole { body, .. }) => Some(body),
        Ok(Data::Piece { kind, place, remaining, body }) => {
            let begins = joiner.begins(kind, place);
            if begins && joiner.begin(kind, place, remaining as usize, ()).is_err() {
                return false;
            }
            match joiner.piece(kind, place, remaining, &body) {
                Ok(Joined::Complete(message, ())) => Some(message),
                Ok(Joined::Incomplete) => None,
                Err(_) => return false,
            }
        }
        Ok(_) => None,
        Err(_) => return false,
    };
    if let Some(message) = whole {
        assert!(message.len() <= came);
        head(&message);
    }
    true
}

/// A head that is understood is the same when it is written again.
fn head(message: &Bytes) {
    if let Some((head, rest)) = Head::read(message) {
        assert_eq!(head.write(&rest), *message);
    }
}
