//! The viewer's decoder of updates: any sequence of updates leaves a picture of the size it should have, and
//! updates that are refused leave it as it was.
#![no_main]

// The viewer needs more of it than this target.
#[allow(dead_code)]
#[path = "../../../viewer/src/decode/mod.rs"]
mod decode;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use media::{Op, Point, Rect, Size, TileCoding, Timing, TrackId, Update, UpdateId, VideoCodec};

#[derive(Debug, Arbitrary)]
struct Step {
    size: (u8, u8),
    ops: Vec<Piece>,
}

#[derive(Debug, Arbitrary)]
enum Piece {
    Copy { from: Place, to: (i8, i8) },
    Solid { rect: Place, colour: Vec<u8> },
    Bands { rect: Place, data: Payload },
    Raw { rect: Place, data: Payload },
    Planes { rect: Place, data: Payload },
    Video { rect: Place, stream: u8, keyframe: bool, data: Vec<u8> },
    Wild { rect: (i32, i32, u32, u32), data: Payload },
}

type Place = (i8, i8, u8, u8);

#[derive(Debug, Arbitrary)]
enum Payload {
    /// As it is.
    Plain(Vec<u8>),
    /// Compressed first, to get behind the decompressor.
    Compressed(Vec<u8>),
}

/// The method byte of what was compressed.
const PACKED: u8 = 1;

impl Payload {
    fn into_bytes(self) -> bytes::Bytes {
        match self {
            Payload::Plain(bytes) => bytes.into(),
            Payload::Compressed(bytes) => {
                let packed = zstd::bulk::compress(&bytes, 1).expect("compresses");
                std::iter::once(PACKED).chain(packed).collect()
            }
        }
    }
}

impl Piece {
    fn into_op(self) -> Op {
        let tile = |rect, coding, data| Op::Tile { rect, coding, data };
        let place = |(x, y, w, h): Place| Rect::new(x.into(), y.into(), w.into(), h.into());
        match self {
            Piece::Copy { from, to } => {
                Op::Copy { from: place(from), to: Point::new(to.0.into(), to.1.into()) }
            }
            Piece::Solid { rect, colour } => tile(place(rect), TileCoding::Solid, colour.into()),
            Piece::Bands { rect, data } => tile(place(rect), TileCoding::Bands, data.into_bytes()),
            Piece::Raw { rect, data } => tile(place(rect), TileCoding::Raw, data.into_bytes()),
            Piece::Planes { rect, data } => tile(place(rect), TileCoding::Planes, data.into_bytes()),
            Piece::Wild { rect: (x, y, w, h), data } => {
                tile(Rect::new(x, y, w, h), TileCoding::Bands, data.into_bytes())
            }
            Piece::Video { rect, stream, keyframe, data } => {
                let (rect, stream) = (place(rect), stream.into());
                Op::Video { rect, codec: VideoCodec::H264, stream, keyframe, data: data.into() }
            }
        }
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let mut track = decode::Track::new();
    for (id, step) in (1..).zip(steps.into_iter().take(6)) {
        let update = Update {
            track: TrackId(1),
            id: UpdateId(id),
            size: Size::new(step.size.0.into(), step.size.1.into()),
            ops: step.ops.into_iter().map(Piece::into_op).collect(),
            exact: false,
            caused_by_input: None,
            timing: Timing::default(),
        };
        let before = track.frame().clone();
        match track.apply(&update) {
            Ok(_) => assert_eq!(track.frame().size(), update.size),
            Err(_) => assert!(*track.frame() == before, "a refused update left its traces"),
        }
    }
});
