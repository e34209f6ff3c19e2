//! Golden vectors of pixels: `protocol/vectors/tiles.json` and `video.json` hold tiles and videos as the
//! encoder made them and the pixels they stand for. Every viewer's decoder runs them; here it is the native
//! one's turn.
//!
//! `UPDATE_VECTORS=1 cargo test -p dormer-encoder --test round_trip vectors` writes them anew. Compressors
//! may code the same pixels otherwise next year: what counts is that the pixels come out.

use std::{env, fs, path::PathBuf};

use dormer_encoder::video::{Broker, Content, Planes, VideoConfig};
use media::{
    Frame, Op, Pixels, Rect, Size, TileCoding, Timestamp, Timing, TrackId, Update, UpdateId, VideoCodec,
};
use serde_json::{Value, json};

use crate::{
    decode::Track,
    pair::{Link, Pair},
    pictures::{self, Random},
};

#[test]
fn tiles_of_the_golden_vectors_decode_to_their_pixels() {
    let kept = vectors("tiles.json", make_tiles);
    for vector in &kept {
        let (rect, coding) = (rect_of(vector), coding_of(text(&vector["coding"])));
        let op = Op::Tile { rect, coding, data: unhex(text(&vector["data"])).into() };
        let frame = applied([op], rect.size());
        assert_eq!(hex(frame.data()), text(&vector["pixels"]), "{}", text(&vector["name"]));
    }
    assert!(kept.len() >= 10, "every coding, method and width of indices");
}

#[test]
fn videos_of_the_golden_vectors_decode_to_about_their_pixels() {
    let kept = vectors("video.json", make_videos);
    for vector in &kept {
        let rect = rect_of(vector);
        let units = vector["units"].as_array().expect("is a list");
        let ops = units.iter().zip(0..).map(|(unit, i)| Op::Video {
            rect,
            codec: VideoCodec::H264,
            stream: 1,
            keyframe: i == 0,
            data: unhex(text(unit)).into(),
        });
        let frame = applied(ops, rect.size());
        let wanted = unhex(text(&vector["pixels"]));
        let worst = frame.data().iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max();
        // Decoders agree to the bit; conversions to RGB round differently.
        assert!(worst <= Some(2), "{} is off by {worst:?}", text(&vector["name"]));
    }
}

/// The vectors of a file, made anew if that is asked for.
fn vectors(file: &str, make: fn() -> Vec<Value>) -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors").join(file);
    if env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&Value::Array(make())).expect("is JSON");
        fs::write(&path, text + "\n").expect("writes");
    }
    serde_json::from_str(&fs::read_to_string(&path).expect("reads")).expect("is a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("is text")
}

fn rect_of(vector: &Value) -> Rect<Pixels> {
    let side = |name: &str| u32::try_from(vector[name].as_u64().expect("is a number")).expect("is small");
    Rect::new(0, 0, side("w"), side("h"))
}

/// Three pictures of a film, and the colours that show a wrong matrix or range.
fn make_videos() -> Vec<Value> {
    let size = Size::new(49, 35);
    let colours = |frame: &mut Frame, shift: i32| {
        pictures::fill(frame, size.to_rect(), |x, y| match ((x + shift) / 12 + y / 12) % 6 {
            0 => [0, 0, 0],
            1 => [255, 255, 255],
            2 => [255, 0, 0],
            3 => [0, 255, 0],
            4 => [0, 0, 255],
            _ => [30, 120, 200],
        });
    };
    vec![
        video("film", size, |frame, time| pictures::film(frame, size.to_rect(), time)),
        video("colours", size, colours),
    ]
}

fn video(name: &str, size: Size<Pixels>, mut draw: impl FnMut(&mut Frame, i32)) -> Value {
    let config = VideoConfig {
        size: Planes::padded(size),
        bitrate: 2_000_000,
        ceiling: 20_000_000,
        keyframe_bytes: 100_000,
        frame_rate: 30.0,
        content: Content::Motion,
    };
    let mut encoder = Broker::default().lease(config, true, Timestamp(0)).expect("an encoder");
    let mut frame = Frame::new(size);
    let mut planes = Planes::new();
    let units = (0..3).map(|time| {
        draw(&mut frame, time);
        planes.read(&frame, size.to_rect());
        let now = Timestamp(1_000_000 + time as u64 * 33_333);
        encoder.encode(&planes, now, &|wait| wait()).expect("a good picture").expect("is not skipped").data
    });
    let units: Vec<Vec<u8>> = units.collect();
    let ops = units.iter().zip(0..).map(|(unit, i)| Op::Video {
        rect: size.to_rect(),
        codec: VideoCodec::H264,
        stream: 1,
        keyframe: i == 0,
        data: unit.clone().into(),
    });
    let pixels = applied(ops, size).data().to_vec();
    let units: Vec<String> = units.iter().map(|unit| hex(unit)).collect();
    json!({ "name": name, "w": size.w, "h": size.h, "units": units, "pixels": hex(&pixels) })
}

/// Every coding with every width of indices, compressed and not, opaque and translucent.
fn make_tiles() -> Vec<Value> {
    let mut vectors = vec![solid("solid", [1, 2, 3, 255]), solid("solid_translucent", [10, 20, 30, 100])];
    for (name, colours) in [("two", 2), ("three", 3), ("nine", 9), ("many", 60)] {
        vectors.push(tile(&format!("bands_{name}"), Size::new(13, 9), |x, y| {
            let colour = (x * 7 + y * 5) % colours;
            [colour as u8 * 3, 200, 255 - colour as u8, 255]
        }));
    }
    // Two lines of text, the second one pixel wider, and the first rows of a third.
    vectors.push(tile("bands_lines", Size::new(23, 17), |x, y| match (y % 7, y / 7) {
        (0 | 6, _) => [20, 20, 20, 255],
        (_, 0) if x == 22 => [20, 20, 20, 255],
        (row, line) => [20 + (x % 5 * row * 9) as u8, 20 + (line * x) as u8, 90, 255],
    }));
    vectors.push(tile("bands_compressed", Size::new(40, 24), |x, y| [((x / 8 + y / 8) % 2 * 90) as u8; 4]));
    vectors
        .push(tile("planes", Size::new(24, 24), |x, y| [(x * 9) as u8, (y * 9) as u8, (x + y) as u8, 255]));
    let mut random = Random::new(5);
    vectors.push(tile("planes_noise", Size::new(17, 19), |_, _| {
        let [b, g, r, _] = random.next().to_le_bytes();
        [b, g, r, 255]
    }));
    vectors.push(tile("planes_translucent", Size::new(20, 20), |x, y| {
        let alpha = (x * 12 + y) as u8;
        [alpha, alpha / 2, (u32::from(alpha) * y as u32 / 20) as u8, alpha]
    }));
    vectors.push(raw());
    vectors
}

/// The largest tile that the encoder makes of a picture.
fn tile(name: &str, size: Size<Pixels>, mut colour: impl FnMut(i32, i32) -> [u8; 4]) -> Value {
    let mut pair = Pair::new(Link::FAST);
    let sent = pair.draw(|frame| {
        pictures::sized(size)(frame);
        for y in 0..size.h as i32 {
            let row = frame.row_mut(size.to_rect(), y).as_chunks_mut::<4>().0;
            (0..).zip(row).for_each(|(x, pixel)| *pixel = colour(x, y));
        }
    });
    let tiles = sent.ops.iter().filter_map(|op| match op {
        Op::Tile { rect, coding, data } => Some((*rect, *coding, data)),
        _ => None,
    });
    let (rect, coding, data) = tiles.max_by_key(|(rect, ..)| rect.area()).expect("tiles");
    let pixels: Vec<u8> = pair.track.frame().rows(rect).flatten().copied().collect();
    vector(name, rect, coding, data, &pixels)
}

fn solid(name: &str, colour: [u8; 4]) -> Value {
    vector(name, Rect::new(0, 0, 3, 2), TileCoding::Solid, &colour, &colour.repeat(6))
}

/// Our encoder makes none of these.
fn raw() -> Value {
    let pixels: Vec<u8> = (0..24).collect();
    let data = [&[0], &pixels[..]].concat();
    vector("raw", Rect::new(0, 0, 2, 3), TileCoding::Raw, &data, &pixels)
}

fn vector(name: &str, rect: Rect<Pixels>, coding: TileCoding, data: &[u8], pixels: &[u8]) -> Value {
    json!({
        "name": name,
        "w": rect.w,
        "h": rect.h,
        "coding": CODINGS.iter().find(|(_, known)| *known == coding).expect("known").0,
        "data": hex(data),
        "pixels": hex(pixels),
    })
}

const CODINGS: [(&str, TileCoding); 4] = [
    ("solid", TileCoding::Solid),
    ("bands", TileCoding::Bands),
    ("raw", TileCoding::Raw),
    ("planes", TileCoding::Planes),
];

fn coding_of(name: &str) -> TileCoding {
    CODINGS.iter().find(|(known, _)| *known == name).expect("a coding").1
}

/// The picture after updates with one op each.
fn applied(ops: impl IntoIterator<Item = Op>, size: Size<Pixels>) -> Frame {
    let mut track = Track::new();
    for (op, id) in ops.into_iter().zip(1..) {
        let update = Update {
            track: TrackId(1),
            id: UpdateId(id),
            size,
            ops: vec![op],
            exact: true,
            caused_by_input: None,
            timing: Timing::default(),
        };
        track.apply(&update).expect("a golden vector");
    }
    track.frame().clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}
