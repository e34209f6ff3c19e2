//! The contract of video encoders, for every one that can be used here and for a fake that is well.

use std::time::Duration;

use dormer_encoder::{
    Choice, select,
    video::{AccessUnit, Broker, Content, Lease, Planes, VideoConfig},
};
use media::{Frame, Op, Rect, Size, Timestamp, Timing, TrackId, Update, UpdateId, VideoCodec};

use crate::{
    decode::Track,
    device::Fake,
    pictures::{film, noise, text},
};

/// An encoder, and a viewer that shows what it makes.
struct Show {
    encoder: Lease,
    config: VideoConfig,
    track: Track,
    now: Timestamp,
    pictures: u64,
    skipped: u64,
    bytes: u64,
}

impl Show {
    fn new(broker: &Broker, config: VideoConfig) -> Self {
        let encoder = broker.lease(config, true, Timestamp(9)).expect("a usable encoder");
        Self { encoder, config, track: Track::new(), now: Timestamp(9), pictures: 0, skipped: 0, bytes: 0 }
    }

    /// Encodes and shows a picture. Answers the access unit, and how near what is shown is to it in decibels.
    fn show(&mut self, picture: &Frame) -> Option<(AccessUnit, f64)> {
        let mut planes = Planes::new();
        planes.read(picture, picture.size().to_rect());
        self.now = self.now + Duration::from_micros((1e6 / self.config.frame_rate) as u64);
        self.pictures += 1;
        let Some(unit) = self.encoder.encode(&planes, self.now, &|wait| wait()).expect("a good picture")
        else {
            self.skipped += 1;
            return None;
        };
        self.bytes += unit.data.len() as u64;
        let op = Op::Video {
            rect: picture.size().to_rect(),
            codec: VideoCodec::H264,
            stream: 1,
            keyframe: unit.keyframe,
            data: unit.data.clone().into(),
        };
        let update = Update {
            track: TrackId(1),
            id: UpdateId(self.pictures),
            size: picture.size(),
            ops: vec![op],
            exact: false,
            caused_by_input: None,
            timing: Timing::default(),
        };
        self.track.apply(&update).expect("the decoder takes every access unit");
        let near = psnr(picture, self.track.frame());
        Some((unit, near))
    }

    fn bits_per_second(&self) -> f64 {
        self.bytes as f64 * 8.0 * f64::from(self.config.frame_rate) / self.pictures as f64
    }
}

#[expect(clippy::print_stderr, reason = "what is skipped must be seen")]
fn usable() -> impl Iterator<Item = (String, Broker)> {
    let probes = select::probe().into_iter();
    let there = probes.filter_map(|probe| match probe.usable {
        Ok(()) => Choice::Only(probe.backend).select().ok(),
        Err(reason) => {
            eprintln!("skipped: {}: {reason}", probe.backend);
            None
        }
    });
    let brokers = there.map(|selection| selection.broker()).chain([Fake::well().broker()]);
    brokers.map(|broker| (broker.report()[0].name.clone(), broker))
}

fn config(size: Size<media::Pixels>, bitrate: u32, content: Content) -> VideoConfig {
    VideoConfig {
        size: Planes::padded(size),
        bitrate,
        ceiling: bitrate,
        keyframe_bytes: bitrate as usize / 40,
        frame_rate: 30.0,
        content,
    }
}

fn psnr(a: &Frame, b: &Frame) -> f64 {
    let squares: u64 = a.data().iter().zip(b.data()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    10.0 * (255.0 * 255.0 * a.data().len() as f64 / (squares.max(1) as f64)).log10()
}

fn film_at(size: Size<media::Pixels>, time: i32) -> Frame {
    let mut frame = Frame::new(size);
    film(&mut frame, size.to_rect(), time);
    frame
}

#[test]
fn what_goes_in_comes_out_nearly() {
    for (device, broker) in usable() {
        for content in [Content::Screen, Content::Motion] {
            let size = Size::new(640, 360);
            let mut show = Show::new(&broker, config(size, 1_200_000, content));
            let mut worst = f64::MAX;
            for time in 0..30 {
                let Some((_, near)) = show.show(&film_at(size, time)) else { continue };
                worst = worst.min(near);
            }
            assert!(worst > 28.0, "{device} {content:?}: {worst:.1} dB");
            assert!(show.skipped <= 3, "{device} {content:?}: {} of 30 skipped", show.skipped);
        }
    }
}

#[test]
fn colours_are_the_same_on_both_sides() {
    for (device, broker) in usable() {
        for colour in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [30, 120, 200]] {
            let mut frame = Frame::new(Size::new(64, 48));
            crate::pictures::fill(&mut frame, Rect::new(0, 0, 64, 48), |_, _| colour);
            let mut show = Show::new(&broker, config(frame.size(), 1_000_000, Content::Motion));
            let (_, near) = show.show(&frame).expect("the first picture is never skipped");
            assert!(near > 38.0, "{device}: {colour:?} came out at {near:.1} dB");
        }
    }
}

#[test]
fn keyframes_come_first_and_on_request_and_only_then() {
    for (device, broker) in usable() {
        let size = Size::new(320, 240);
        let mut show = Show::new(&broker, config(size, 1_000_000, Content::Motion));
        let mut keyframes = Vec::new();
        for time in 0..20 {
            if time == 12 {
                show.encoder.request_keyframe();
            }
            let (unit, _) = show.show(&film_at(size, time)).expect("plenty of bits");
            if unit.keyframe {
                keyframes.push(time);
            }
        }
        assert_eq!(keyframes, [0, 12], "{device}");
    }
}

#[test]
fn any_size_is_possible() {
    for (device, broker) in usable() {
        for (w, h) in [(16, 16), (17, 33), (331, 47), (18, 1001), (1283, 21)] {
            let size = Size::new(w, h);
            let mut show = Show::new(&broker, config(size, 4_000_000, Content::Motion));
            let (_, near) = show.show(&film_at(size, 0)).expect("the first picture is never skipped");
            assert!(near > 25.0, "{device} at {w}×{h}: {near:.1} dB");
        }
    }
}

#[test]
fn impossible_sizes_are_refused() {
    for (device, broker) in usable() {
        for (w, h) in [(14, 64), (64, 0), (3842, 100), (2162, 2162), (33, 32)] {
            let size = Size::new(w, h);
            let config = VideoConfig {
                size,
                bitrate: 1_000_000,
                ceiling: 1_000_000,
                keyframe_bytes: 9_999,
                frame_rate: 30.0,
                content: Content::Motion,
            };
            assert!(broker.lease(config, true, Timestamp(9)).is_err(), "{device} took {w}×{h}");
        }
    }
}

#[test]
fn a_change_of_size_begins_with_a_keyframe() {
    for (device, broker) in usable() {
        let mut show = Show::new(&broker, config(Size::new(320, 240), 1_000_000, Content::Motion));
        show.show(&film_at(Size::new(320, 240), 0)).expect("a picture");
        let other = Size::new(200, 300);
        show.encoder.configure(config(other, 1_000_000, Content::Motion), show.now).expect("a possible size");
        // To the viewer another size is another stream.
        show.track = Track::new();
        let (unit, _) = show.show(&film_at(other, 1)).expect("a picture");
        assert!(unit.keyframe, "{device}");
    }
}

#[test]
fn the_rate_is_bounded_whatever_is_shown() {
    for (device, broker) in usable() {
        let size = Size::new(640, 360);
        for (content, bitrate) in
            [(Content::Motion, 1_000_000), (Content::Screen, 1_000_000), (Content::Motion, 300_000)]
        {
            let mut show = Show::new(&broker, config(size, bitrate, content));
            let mut frame = Frame::new(size);
            for seed in 0..60 {
                noise(&mut frame, size.to_rect(), seed);
                show.show(&frame);
            }
            let rate = show.bits_per_second();
            assert!(rate < f64::from(bitrate) * 2.0, "{device} {content:?}: {rate:.0} bit/s of {bitrate}");
        }
    }
}

#[test]
fn the_rate_can_change_at_any_time_without_a_keyframe() {
    for (_, broker) in usable() {
        let size = Size::new(640, 360);
        let mut show = Show::new(&broker, config(size, 3_000_000, Content::Motion));
        let play = |show: &mut Show, from: i32| {
            (show.bytes, show.pictures) = (0, 0);
            for time in from..from + 60 {
                let unit = show.show(&film_at(size, time));
                assert!(time == 0 || !unit.is_some_and(|(unit, _)| unit.keyframe));
            }
            show.bits_per_second()
        };
        let fast = play(&mut show, 0);
        show.encoder.configure(config(size, 200_000, Content::Motion), show.now).expect("a lower rate");
        let slow = play(&mut show, 60);
        show.encoder.configure(config(size, 3_000_000, Content::Motion), show.now).expect("a higher rate");
        let again = play(&mut show, 120);
        assert!(
            slow < 300_000.0 && fast > slow * 1.5 && again > slow * 1.5,
            "{fast:.0} {slow:.0} {again:.0}"
        );
    }
}

#[test]
fn text_survives_as_a_first_look() {
    for (_, broker) in usable() {
        let size = Size::new(800, 600);
        let mut frame = Frame::new(size);
        text(&mut frame, size.to_rect(), 0);
        let mut show = Show::new(&broker, config(size, 1_600_000, Content::Screen));
        let (_, near) = show.show(&frame).expect("the first picture is never skipped");
        assert!(near > 18.0, "{near:.1} dB");
    }
}
