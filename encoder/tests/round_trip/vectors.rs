//! Golden vectors of tiles: `protocol/vectors/tiles.json` holds tiles as the encoder made them and the pixels they stand
//! for. Every viewer's decoder runs them; here it is the native one's turn.
//!
//! `UPDATE_VECTORS=1 cargo test -p dormer-encoder --test round_trip vectors` writes them anew. Compressors may code the
//! same pixels otherwise next year: what counts is that the pixels come out.

use std::{env, fs, path::PathBuf};

use media::{Frame, Op, Pixels, Rect, Size, TileCoding, Timing, TrackId, Update, UpdateId};
use serde_json::{Value, json};

use crate::{
    decode::Track,
    pair::{Link, Pair},
    pictures::{self, Random},
};

#[test]
fn tiles_of_the_golden_vectors_decode_to_their_pixels() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors/tiles.json");
    if env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&Value::Array(make())).expect("is JSON");
        fs::write(&path, text + "\n").expect("writes");
    }
    let kept: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(&path).expect("reads")).expect("is a list");
    for vector in &kept {
        let text = |name: &str| vector[name].as_str().expect("is text");
        let side = |name: &str| u32::try_from(vector[name].as_u64().expect("is a number")).expect("is small");
        let rect = Rect::new(0, 0, side("w"), side("h"));
        let coding = coding_of(text("coding"));
        let op = Op::Tile { rect, coding, data: unhex(text("data")).into() };
        let frame = applied(op, rect.size());
        assert_eq!(hex(frame.data()), text("pixels"), "{}", text("name"));
    }
    assert!(kept.len() >= 9, "every coding, method and width of indices");
}

/// Every coding with every width of indices, compressed and not, opaque and translucent.
fn make() -> Vec<Value> {
    let mut vectors = vec![solid("solid", [1, 2, 3, 255]), solid("solid_translucent", [10, 20, 30, 100])];
    for (name, colours) in [("two", 2), ("three", 3), ("nine", 9), ("many", 60)] {
        vectors.push(tile(&format!("palette_{name}"), Size::new(13, 9), |x, y| {
            let colour = (x * 7 + y * 5) % colours;
            [colour as u8 * 3, 200, 255 - colour as u8, 255]
        }));
    }
    vectors.push(tile("palette_compressed", Size::new(40, 24), |x, y| [((x / 8 + y / 8) % 2 * 90) as u8; 4]));
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
    ("palette", TileCoding::Palette),
    ("raw", TileCoding::Raw),
    ("planes", TileCoding::Planes),
];

fn coding_of(name: &str) -> TileCoding {
    CODINGS.iter().find(|(known, _)| *known == name).expect("a coding").1
}

fn applied(op: Op, size: Size<Pixels>) -> Frame {
    let mut track = Track::new();
    let update = Update {
        track: TrackId(1),
        id: UpdateId(1),
        size,
        ops: vec![op],
        exact: true,
        caused_by_input: None,
        timing: Timing::default(),
    };
    track.apply(&update).expect("a golden vector");
    track.frame().clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}
