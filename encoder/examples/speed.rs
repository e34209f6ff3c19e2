//! Measures the whole way from a changed canvas to a viewer's picture, without a network: processor time and
//! bytes of typical changes, in ms. `cargo run --release -p dormer-encoder --example speed`
#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::{num::NonZeroUsize, sync::mpsc, time::Duration};

use dormer_encoder::{Pool, PoolConfig, video::Broker};
use media::{
    Canvas, EncodeJob, Encoded, Frame, Op, Pixels, Rect, Region, Size, Timestamp, Timing, TrackId, Update,
    UpdateId, ViewerId,
};

use rustix::time::{ClockId, clock_gettime};

use self::decode::Track;

#[path = "../../viewer/src/decode/mod.rs"]
#[expect(unreachable_pub, dead_code, reason = "public there, part of this program here")]
mod decode;
#[path = "../tests/round_trip/pictures.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod pictures;

const TRACK: TrackId = TrackId(1);
const VIEWER: ViewerId = ViewerId(1);

fn main() {
    println!(
        "{:44}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "1/30 s apart", "encode", "worst", "decode", "worst", "bytes", "Mbit/s"
    );
    let full_hd = Size::new(1920, 1080);
    let hd = Size::new(1280, 720);
    measure("a glyph, 1920×1080", full_hd, 1_000_000_000, |frame, time| {
        let glyph = Rect::new(800 + time % 50 * 9, 500, 8, 13);
        pictures::text(frame, glyph, time);
        glyph
    });
    measure("redrawn but equal, 1920×1080", full_hd, 1_000_000_000, |_, _| full_hd.to_rect());
    measure("scrolled text, 1920×1080", full_hd, 1_000_000_000, |frame, time| {
        pictures::text(frame, full_hd.to_rect(), time * 3);
        full_hd.to_rect()
    });
    measure("scrolled text, 1280×720, 4 Mbit/s", hd, 4_000_000, |frame, time| {
        pictures::text(frame, hd.to_rect(), time * 3);
        hd.to_rect()
    });
    measure("a new page of text, 1280×720", hd, 1_000_000_000, |frame, time| {
        pictures::text(frame, hd.to_rect(), time * 1000);
        hd.to_rect()
    });
    measure("a new page of text, 1280×720, 4 Mbit/s", hd, 4_000_000, |frame, time| {
        pictures::text(frame, hd.to_rect(), time * 1000);
        hd.to_rect()
    });
    for (name, size, bitrate) in [
        ("a film, 1280×720", hd, 1_000_000_000),
        ("a film, 1280×720, 2 Mbit/s", hd, 2_000_000),
        ("a film, 640×360", Size::new(640, 360), 1_000_000_000),
        ("a film, 1920×1080", full_hd, 1_000_000_000),
    ] {
        measure(name, size, bitrate, |frame, time| {
            pictures::film(frame, size.to_rect(), time);
            size.to_rect()
        });
    }
    measure("noise, 1280×720", hd, 1_000_000_000, |frame, time| {
        pictures::noise(frame, hd.to_rect(), time as u32);
        hd.to_rect()
    });
}

fn measure(name: &str, size: Size<Pixels>, bitrate: u64, draw: impl Fn(&mut Frame, i32) -> Rect<Pixels>) {
    const PICTURES: i32 = 75;
    const WARM_UP: i32 = 15;
    let (send, answers) = mpsc::channel();
    let config = PoolConfig { threads: NonZeroUsize::MIN, video: Broker::default() };
    let pool = Pool::new(config, move |encoded: Encoded| drop(send.send(encoded)));
    let canvas = Canvas::new();
    pool.canvas(TRACK, canvas.clone());
    canvas.write(|frame| {
        frame.resize(size);
        pictures::text(frame, size.to_rect(), 0);
    });
    let mut viewer = Track::new();
    let (mut encode, mut decode, mut bytes) = (Vec::new(), Vec::new(), 0);
    for time in 0..PICTURES {
        let damage = if time == 0 { size.to_rect() } else { canvas.write(|frame| draw(frame, time)) };
        let start = processor_time();
        pool.submit(EncodeJob {
            viewer: VIEWER,
            track: TRACK,
            damage: damage.into(),
            refine: Region::new(),
            budget: (bitrate / 8 / 20) as usize,
            bitrate,
            video: true,
            now: Timestamp(0) + Duration::from_micros(33_333) * time as u32,
        });
        let encoded = answers.recv().expect("every job is answered");
        let encoded_in = processor_time() - start;
        let update = Update {
            track: TRACK,
            id: UpdateId(time as u64 + 1),
            size: encoded.size,
            ops: encoded.ops,
            exact: false,
            caused_by_input: None,
            timing: Timing::default(),
        };
        let start = processor_time();
        viewer.apply(&update).expect("the encoder's updates can be applied");
        if time >= WARM_UP {
            decode.push(processor_time() - start);
            encode.push(encoded_in);
            bytes += update.ops.iter().map(op_bytes).sum::<usize>();
        }
    }
    let rate = bytes as f64 * 8.0 * 30.0 / f64::from(PICTURES - WARM_UP) / 1e6;
    print!("{name:44}");
    for times in [&mut encode, &mut decode] {
        times.sort();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        print!("{:>9.3}{:>9.3}", milliseconds(times[times.len() / 2]), milliseconds(times[times.len() - 1]));
    }
    println!("{:>9}{rate:>10.2}", bytes / (PICTURES - WARM_UP) as usize);
}

/// Of all threads of this program: other programs do not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn op_bytes(op: &Op) -> usize {
    match op {
        Op::Copy { .. } => 0,
        Op::Tile { data, .. } | Op::Video { data, .. } => data.len(),
    }
}
