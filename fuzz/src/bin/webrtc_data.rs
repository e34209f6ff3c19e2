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
#[path = "../../../transport/src/webrtc/pieces.rs"]
mod pieces;

use aside::Head;
use bytes::{Bytes, BytesMut};
use echo::{Heard, Originals};
use libfuzzer_sys::fuzz_target;
use pieces::{Data, Joined, Joiner};

fuzz_target!(|messages: Vec<(u8, Vec<u8>)>| {
    let (mut originals, mut joiner, mut came) = (Originals::default(), Joiner::default(), 0);
    for (channel, bytes) in messages {
        came += bytes.len();
        let message = match usize::from(channel % 3) {
            reliable @ 0..2 => {
                if !originals.came(reliable) {
                    continue;
                }
                BytesMut::from(&bytes[..])
            }
            _ => match originals.heard(BytesMut::from(&bytes[..])) {
                Heard::Other(message) | Heard::First(_, message) => message,
                Heard::Again => continue,
            },
        };
        let whole = match Data::read(message.freeze()) {
            Ok(Data::Whole { body, .. }) => Some(body),
            Ok(Data::Piece { kind, place, remaining, body }) => {
                let begins = joiner.begins(kind, place);
                if begins && joiner.begin(kind, place, remaining as usize, ()).is_err() {
                    return;
                }
                match joiner.piece(kind, place, remaining, &body) {
                    Ok(Joined::Complete(message, ())) => Some(message),
                    Ok(Joined::Incomplete) => None,
                    Err(_) => return,
                }
            }
            Ok(_) => None,
            Err(_) => return,
        };
        if let Some(message) = whole {
            assert!(message.len() <= came);
            head(&message);
        }
    }
});

/// A head that is understood is the same when it is written again.
fn head(message: &Bytes) {
    if let Some((head, rest)) = Head::read(message) {
        assert_eq!(head.write(&rest), *message);
    }
}
