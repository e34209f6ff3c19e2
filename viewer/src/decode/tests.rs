//! What hosts may send by mistake or ill will.

use bytes::Bytes;
use media::{Timing, TrackId, UpdateId};
use openh264::{
    encoder::Encoder,
    formats::{BgraSliceU8, YUVBuffer},
};
use proptest::prelude::*;

use super::*;

const SIZE: Size<Pixels> = Size::new(64, 48);

fn update(size: Size<Pixels>, ops: Vec<Op>) -> Update {
    Update {
        track: TrackId(1),
        id: UpdateId(1),
        size,
        ops,
        exact: true,
        caused_by_input: None,
        timing: Timing::default(),
    }
}

fn tile(rect: Rect<Pixels>, coding: TileCoding, data: impl Into<Vec<u8>>) -> Op {
    Op::Tile { rect, coding, data: Bytes::from(data.into()) }
}

fn stored(content: impl IntoIterator<Item = u8>) -> Vec<u8> {
    std::iter::once(0).chain(content).collect()
}

fn packed(content: &[u8]) -> Vec<u8> {
    let packed = zstd::bulk::compress(content, 1).expect("memory");
    std::iter::once(1).chain(packed).collect()
}

fn video(rect: Rect<Pixels>, stream: u32, keyframe: bool, data: Vec<u8>) -> Op {
    Op::Video { rect, codec: VideoCodec::H264, stream, keyframe, data: data.into() }
}

/// The access units of a few pictures of a size.
fn film(w: usize, h: usize) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new().expect("an encoder");
    let picture = |shift: usize| {
        let pixels: Vec<u8> = (0..w * h).flat_map(|i| [(i + shift) as u8, (i / w) as u8, 90, 255]).collect();
        YUVBuffer::from_rgb_source(BgraSliceU8::new(&pixels, (w, h)))
    };
    (0..3).map(|shift| encoder.encode(&picture(shift * 5)).expect("a picture").to_vec()).collect()
}

/// A track that shows one colour.
fn shown() -> Track {
    let mut track = Track::new();
    let fill = tile(SIZE.to_rect(), TileCoding::Solid, [1, 2, 3, 255]);
    track.apply(&update(SIZE, vec![fill])).expect("a good update");
    track
}

/// Applies what must be refused, and checks that nothing changed.
fn refused(ops: Vec<Op>) -> ApplyError {
    let mut track = shown();
    let before = track.frame().clone();
    let error = track.apply(&update(SIZE, ops)).expect_err("it is malformed");
    assert!(*track.frame() == before, "a refused update changed the picture");
    error
}

#[test]
fn every_coding_of_tiles_is_understood() {
    let mut track = shown();
    let four = Rect::new(2, 1, 2, 2);
    let colours = [[10, 20, 30, 255], [40, 50, 60, 128], [1, 1, 1, 1], [0, 0, 0, 0]];
    let raw = colours.concat();
    // Blue less green is -10, -10, 0, 0; green 20, 50, 1, 0; red less green 10, 10, 0, 0; alpha 255, 128, 1,
    // 0.
    let planes = [246, 0, 10, 0, 20, 30, 207, 255, 10, 0, 246, 0, 255, 129, 129, 255];
    let bands = |rest: &[u8]| [&[3], &planes[..], rest].concat();
    let (one, two) = (bands(&[2, 0b1000, 0b1101]), bands(&[1, 1, 0, 1, 2, 3]));
    for op in [
        tile(four, TileCoding::Raw, stored(raw.clone())),
        tile(four, TileCoding::Raw, packed(&raw)),
        tile(four, TileCoding::Bands, stored(one.clone())),
        tile(four, TileCoding::Bands, packed(&one)),
        tile(four, TileCoding::Bands, stored(two)),
        tile(four, TileCoding::Planes, stored(planes)),
        tile(four, TileCoding::Planes, packed(&planes)),
    ] {
        track.apply(&update(SIZE, vec![tile(four, TileCoding::Solid, [9, 9, 9, 9])])).expect("a good update");
        let damaged = track.apply(&update(SIZE, vec![op.clone()])).expect("a good update");
        assert_eq!(damaged.rects(), [four]);
        let pixels: Vec<u8> = track.frame().rows(four).flatten().copied().collect();
        assert_eq!(pixels, raw, "{op:?}");
    }
}

#[test]
fn what_reaches_outside_is_refused() {
    let solid = |rect| tile(rect, TileCoding::Solid, [0; 4]);
    let copy = |from, x, y| Op::Copy { from, to: Point::new(x, y) };
    let rect = Rect::new(0, 0, 8, 8);
    for op in [
        solid(Rect::new(-1, 0, 4, 4)),
        solid(Rect::new(60, 0, 5, 4)),
        solid(Rect::new(0, 0, u32::MAX, 1)),
        solid(Rect::new(i32::MAX, i32::MAX, u32::MAX, u32::MAX)),
        solid(Rect::new(0, 0, 0, 4)),
        copy(rect, 57, 0),
        copy(rect, 0, -1),
        copy(Rect::new(60, 0, 8, 8), 0, 0),
        copy(rect, i32::MIN, i32::MAX),
        video(Rect::new(50, 0, 16, 16), 1, true, Vec::new()),
    ] {
        let good = solid(rect);
        assert!(matches!(refused(vec![good, op.clone()]), ApplyError::Outside { .. }), "{op:?}");
    }
}

#[test]
fn no_update_takes_unbounded_memory() {
    let mut track = shown();
    let huge = Size::new(u32::MAX, u32::MAX);
    assert!(matches!(track.apply(&update(huge, Vec::new())), Err(ApplyError::Size(_))));
    let many = vec![tile(SIZE.to_rect(), TileCoding::Solid, [0; 4]); 4];
    assert!(matches!(refused(many), ApplyError::TooMuch { .. }));

    let large = Size::new(512, 512);
    let bomb = tile(large.to_rect(), TileCoding::Raw, packed(&vec![0; 512 * 512 * 4]));
    let error = track.apply(&update(large, vec![bomb])).expect_err("too large a tile");
    assert!(matches!(error, ApplyError::Tile { reason: TileError::TooLarge(_), .. }));
}

#[test]
fn malformed_tiles_are_refused() {
    let rect = Rect::new(0, 0, 4, 4);
    for (coding, data) in [
        (TileCoding::Solid, vec![1, 2, 3]),
        (TileCoding::Solid, vec![1, 2, 3, 4, 5]),
        (TileCoding::Raw, vec![]),
        (TileCoding::Raw, vec![7; 65]),
        (TileCoding::Raw, stored([0; 63])),
        (TileCoding::Raw, stored([0; 65])),
        (TileCoding::Raw, packed(&[0; 65])),
        (TileCoding::Raw, packed(&[0; 1 << 20])),
        (TileCoding::Planes, stored([0; 63])),
        (TileCoding::Bands, stored([])),
        (TileCoding::Bands, stored([255, 0, 0])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 4, 0, 0, 0])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 4, 0, 0, 0, 0, 0])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 4, 0, 0, 0, 1])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 3, 0, 0, 0, 0])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 0, 4, 0, 0, 0, 0])),
        (TileCoding::Bands, stored([0, 1, 2, 3, 4, 5, 0, 0, 0, 0])),
        (TileCoding::Bands, packed(&[9; 4096])),
    ] {
        let error = refused(vec![tile(rect, coding, data.clone())]);
        assert!(matches!(error, ApplyError::Tile { .. }), "{coding:?} {data:?}: {error}");
    }
}

#[test]
fn videos_must_begin_with_a_keyframe_of_the_right_size() {
    let units = film(64, 48);
    let all = SIZE.to_rect();
    let reason = |op| match refused(vec![op]) {
        ApplyError::Video { reason, .. } => reason,
        other => panic!("{other}"),
    };
    assert!(matches!(reason(video(all, 1, false, units[1].clone())), VideoError::NoKeyframe));
    assert!(matches!(
        reason(video(Rect::new(0, 0, 16, 16), 1, true, units[0].clone())),
        VideoError::Size { .. }
    ));
    assert!(matches!(reason(video(all, 1, true, film(320, 240).remove(0))), VideoError::Size { .. }));
    assert!(matches!(reason(video(all, 1, true, film(32, 32).remove(0))), VideoError::Size { .. }));
    assert!(matches!(reason(video(all, 1, true, Vec::new())), VideoError::NoPicture));

    let mut track = shown();
    for (i, unit) in units.into_iter().enumerate() {
        track.apply(&update(SIZE, vec![video(all, 1, i == 0, unit)])).expect("a good film");
    }
}

#[test]
fn a_video_draws_nothing_outside_its_rectangle() {
    let mut track = shown();
    let rect = Rect::new(8, 6, 33, 21);
    let unit = film(34, 22).remove(0);
    track.apply(&update(SIZE, vec![video(rect, 1, true, unit)])).expect("a good picture");
    for y in 0..48 {
        for x in 0..64 {
            let pixel = Rect::new(x, y, 1, 1);
            let kept = track.frame().row(pixel, y) == [1, 2, 3, 255];
            assert_eq!(kept, !rect.contains(pixel), "at {x}, {y}");
        }
    }
}

#[test]
fn no_host_makes_a_viewer_keep_many_decoders() {
    let mut track = shown();
    let unit = film(64, 48).remove(0);
    for stream in 0..40 {
        track
            .apply(&update(SIZE, vec![video(SIZE.to_rect(), stream, true, unit.clone())]))
            .expect("a good film");
        assert!(track.streams.len() <= MAX_STREAMS);
    }
}

#[test]
fn decoders_end_with_the_size_of_their_picture() {
    let mut track = shown();
    let units = film(64, 48);
    track.apply(&update(SIZE, vec![video(SIZE.to_rect(), 1, true, units[0].clone())])).expect("a good film");
    let next = |id, size, ops| Update { id: UpdateId(id), ..update(size, ops) };
    track.apply(&next(2, SIZE, Vec::new())).expect("nothing new");
    assert_eq!(track.streams.len(), 1, "it may go on");
    let larger = Size::new(128, 96);
    let film = video(Rect::new(0, 0, 64, 48), 2, true, units[0].clone());
    track.apply(&next(3, larger, vec![film])).expect("a good film");
    assert_eq!(track.streams.keys().copied().collect::<Vec<_>>(), [2]);
}

fn any_op() -> impl Strategy<Value = Op> {
    let rect = (-2..66i32, -2..50i32, 0..70u32, 0..50u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h));
    let coding =
        prop::sample::select(vec![TileCoding::Solid, TileCoding::Bands, TileCoding::Raw, TileCoding::Planes]);
    prop_oneof![
        (rect.clone(), coding, prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(rect, coding, data)| tile(rect, coding, data)),
        (rect.clone(), -2..60i32, -2..50i32).prop_map(|(from, x, y)| Op::Copy { from, to: Point::new(x, y) }),
        (rect, 0..3u32, any::<bool>(), prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(rect, stream, keyframe, data)| video(rect, stream, keyframe, data)),
    ]
}

proptest! {
    #[test]
    fn random_updates_are_applied_wholly_or_not_at_all(ops in prop::collection::vec(any_op(), 0..5)) {
        let mut track = shown();
        let before = track.frame().clone();
        if track.apply(&update(SIZE, ops)).is_err() {
            prop_assert!(*track.frame() == before);
        }
    }

    #[test]
    fn damaged_data_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u32), 0..6),
        cut in any::<prop::sample::Index>(),
        which in 0..3usize,
    ) {
        let mut units = film(64, 48);
        let unit = &mut units[which];
        for (at, bit) in flips {
            let at = at.index(unit.len());
            unit[at] ^= 1 << bit;
        }
        unit.truncate(cut.index(unit.len()) + 1);
        let mut track = shown();
        for (i, unit) in units.into_iter().enumerate() {
            // Errors are fine: what counts is that there is an answer.
            drop(track.apply(&update(SIZE, vec![video(SIZE.to_rect(), 1, i == 0, unit)])));
        }
    }

    #[test]
    fn damaged_tiles_never_panic(
        content in prop::collection::vec(any::<u8>(), 0..900),
        flip in any::<prop::sample::Index>(),
        coding in prop::sample::select(vec![TileCoding::Bands, TileCoding::Raw, TileCoding::Planes]),
    ) {
        let mut data = packed(&content);
        let at = flip.index(data.len());
        data[at] ^= 0x55;
        let mut track = shown();
        drop(track.apply(&update(SIZE, vec![tile(Rect::new(0, 0, 15, 15), coding, data)])));
    }
}
