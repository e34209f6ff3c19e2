//! What viewers see when a device that encodes is slow, full, hung, lying or dead: nothing wrong, ever.

use std::{
    num::NonZeroUsize,
    sync::{atomic::Ordering, mpsc},
    time::Duration,
};

use dormer_encoder::{
    Pool, PoolConfig,
    video::{Broker, Capabilities, Content, Planes, VideoConfig},
};
use media::{Canvas, EncodeJob, Frame, Op, Rect, Region, Size, Timestamp, TrackId, ViewerId};
use rustix::time::{ClockId, clock_gettime};

use crate::{
    device::{Fake, Fault},
    pair::{Link, Pair},
    pictures::{film, text},
};

const FAULTS: [Fault; 12] = [
    Fault::None,
    Fault::Slow(Duration::from_millis(90)),
    Fault::HangsAt(1),
    Fault::HangsAt(7),
    Fault::DiesAt(1),
    Fault::DiesAt(7),
    Fault::OpensNone,
    Fault::Full(0),
    Fault::NoIdrOnRequest,
    Fault::BareKeyframeAt(9),
    Fault::KeyframeOnRate,
    Fault::RubbishAt(5),
];

const SCREEN: Rect<media::Pixels> = Rect::new(0, 0, 480, 320);

/// Plays a film, whose viewer must be able to apply whatever comes. Answers the streams that it was made of,
/// the first of which may be `known` from before.
fn play(pair: &mut Pair, pictures: std::ops::Range<i32>, known: Option<u32>) -> Vec<u32> {
    let mut streams = Vec::from_iter(known);
    for time in pictures {
        let sent = pair.draw(|frame| film(frame, SCREEN, time));
        for op in &sent.ops {
            if let Op::Video { stream, keyframe, .. } = op
                && streams.last() != Some(stream)
            {
                assert!(*keyframe, "stream {stream} does not begin with a keyframe");
                streams.push(*stream);
            }
        }
    }
    streams
}

fn begun(broker: Broker) -> Pair {
    let mut pair = Pair::with(Link::SLOW, broker);
    pair.draw(|frame| {
        frame.resize(SCREEN.size());
        text(frame, SCREEN, 0);
    });
    pair
}

#[test]
fn whatever_a_device_does_a_film_plays_and_is_exact_at_rest() {
    for fault in FAULTS {
        let fake = Fake::with(fault);
        let mut pair = begun(fake.clone().broker());
        let streams = play(&mut pair, 0..40, None);
        assert!(!streams.is_empty(), "{fault:?}: there was no video");
        pair.refine_all();
        pair.check();
        let used = fake.pictures.load(Ordering::SeqCst) > 5;
        let hopeless =
            matches!(fault, Fault::HangsAt(1) | Fault::DiesAt(1) | Fault::OpensNone | Fault::Full(0));
        assert_eq!(used, !hopeless, "{fault:?}: {:?} pictures by the device", fake.pictures);
    }
}

#[test]
fn a_device_that_is_well_goes_on_with_its_stream() {
    for fault in [Fault::None, Fault::ShortGop(10), Fault::KeyframeOnRate] {
        let mut pair = begun(Fake::with(fault).broker());
        let last = play(&mut pair, 0..20, None).pop();
        assert!(last.is_some(), "{fault:?}: there was no video");
        assert_eq!(play(&mut pair, 20..60, last).len(), 1, "{fault:?}");
    }
}

#[test]
fn what_was_lent_comes_back() {
    for fault in FAULTS {
        let fake = Fake::with(fault);
        let mut pair = begun(fake.clone().broker());
        play(&mut pair, 0..20, None);
        drop(pair);
        assert_eq!(fake.open_now(), 0, "{fault:?}");
    }
}

fn config(size: Size<media::Pixels>) -> VideoConfig {
    VideoConfig {
        size,
        bitrate: 1_000_000,
        ceiling: 2_000_000,
        keyframe_bytes: 50_000,
        frame_rate: 30.0,
        content: Content::Motion,
    }
}

#[test]
fn scarce_sessions_go_to_lasting_motion_that_fits_and_never_over_their_number() {
    let can = Capabilities {
        sessions: Some(2),
        least: Size::new(160, 64),
        alignment: 16,
        ..Capabilities::SOFTWARE
    };
    let broker = Fake::that_can(can).broker();
    let lease = |w, h, lasting| {
        broker.lease(config(Size::new(w, h)), lasting, Timestamp(0)).expect("there is always software")
    };
    assert_eq!(lease(320, 240, false).device(), "openh264", "a first look");
    assert_eq!(lease(144, 240, true).device(), "openh264", "too narrow");
    assert_eq!(lease(320, 242, true).device(), "openh264", "not aligned");
    let first = lease(320, 240, true);
    let second = lease(320, 240, true);
    assert_eq!((first.device(), second.device()), ("fake", "fake"));
    assert_eq!(lease(320, 240, true).device(), "openh264", "there are two");
    drop(first);
    assert_eq!(lease(320, 240, true).device(), "fake", "one came back");
}

#[test]
fn a_device_that_failed_rests_and_is_tried_again() {
    let fake = Fake::with(Fault::DiesAt(1));
    let broker = fake.clone().broker();
    let device = |at: u64| {
        let mut lease = broker.lease(config(SCREEN.size()), true, Timestamp(at)).expect("an encoder");
        let mut planes = Planes::new();
        planes.read(&Frame::new(SCREEN.size()), SCREEN);
        let failed = lease.encode(&planes, Timestamp(at), &|wait| wait()).is_err();
        (lease.device().to_owned(), failed)
    };
    let second = 1_000_000;
    assert_eq!(device(0), ("fake".to_owned(), true));
    assert_eq!(device(second / 2), ("openh264".to_owned(), false), "it rests for a second");
    assert_eq!(device(second), ("fake".to_owned(), true));
    assert_eq!(device(second * 5 / 2), ("openh264".to_owned(), false), "it rests for two seconds");
    assert_eq!(device(second * 3), ("fake".to_owned(), true));
    let report = broker.report();
    assert_eq!(report[0].trouble.as_deref(), Some("the video encoder failed: the device is lost"));
    assert_eq!((report[1].name.as_str(), &report[1].trouble), ("openh264", &None));
}

#[test]
fn a_requested_keyframe_is_one_that_a_decoder_can_begin_with() {
    for fault in [Fault::None, Fault::NoIdrOnRequest] {
        let broker = Fake::with(fault).broker();
        let mut lease = broker.lease(config(SCREEN.size()), true, Timestamp(0)).expect("an encoder");
        let mut frame = Frame::new(SCREEN.size());
        let mut planes = Planes::new();
        let mut keyframes = Vec::new();
        for time in 0..12 {
            if time == 5 || time == 9 {
                lease.request_keyframe();
            }
            film(&mut frame, SCREEN, time);
            planes.read(&frame, SCREEN);
            let now = Timestamp(time as u64 * 33_333);
            let unit = lease.encode(&planes, now, &|wait| wait()).expect("it works").expect("not skipped");
            if unit.keyframe {
                assert!(
                    unit.data.windows(4).any(|nal| nal == [0, 0, 1, 0x67]),
                    "{fault:?}: no parameter sets"
                );
                keyframes.push(time);
            }
        }
        assert_eq!(keyframes, [0, 5, 9], "{fault:?}");
    }
}

#[test]
fn a_dear_rate_changes_seldom() {
    let broker = Fake::with(Fault::KeyframeOnRate).broker();
    assert!(!broker.report()[0].capabilities.rate_without_keyframe, "the probe has seen it");
    let mut lease = broker.lease(config(SCREEN.size()), true, Timestamp(0)).expect("an encoder");
    let mut frame = Frame::new(SCREEN.size());
    let mut planes = Planes::new();
    let mut keyframes = 0;
    for time in 0..90u64 {
        let now = Timestamp(time * 33_333);
        let bitrate = 1_000_000 + u32::try_from(time).expect("small") * 50_000;
        lease.configure(VideoConfig { bitrate, ..config(SCREEN.size()) }, now).expect("a rate");
        film(&mut frame, SCREEN, time as i32);
        planes.read(&frame, SCREEN);
        let unit = lease.encode(&planes, now, &|wait| wait()).expect("it works");
        keyframes += u32::from(unit.is_some_and(|unit| unit.keyframe));
    }
    assert!((2..=4).contains(&keyframes), "{keyframes} keyframes in three seconds");
}

/// As many windows as there are threads wait for a device that keeps them; another one has something to say.
#[test]
fn a_device_that_hangs_holds_up_no_other_window() {
    const THREADS: u32 = 2;
    const FILMS: u32 = 4;
    let (send, answers) = mpsc::channel();
    let fake = Fake::with(Fault::KeepsWaitingAt(2));
    let threads = NonZeroUsize::new(THREADS as usize).expect("some");
    let config = PoolConfig { threads, video: fake.clone().broker() };
    let pool = Pool::new(config, move |encoded| drop(send.send(encoded)));
    let canvases: Vec<_> = (0..=FILMS).map(|_| Canvas::new()).collect();
    for (track, canvas) in (0..).zip(&canvases) {
        pool.canvas(TrackId(track), canvas.clone());
        canvas.write(|frame| {
            frame.resize(SCREEN.size());
            text(frame, SCREEN, 0);
        });
    }
    // The pool drops what was not used for a while, by the host's clock: films that are ahead of it lose no
    // stream, however slow the machine is.
    let now = Duration::from_secs(clock_gettime(ClockId::Monotonic).tv_sec as u64);
    let started = Timestamp::default() + now + Duration::from_secs(24 * 60 * 60);
    let order = |track: u32, time: u64| {
        pool.submit(EncodeJob {
            viewer: ViewerId(1),
            track: TrackId(track),
            damage: Region::from(SCREEN),
            refine: Region::new(),
            budget: 8_000,
            bitrate: 2_000_000,
            video: true,
            now: started + Duration::from_micros(33_333) * u32::try_from(time).expect("a short film"),
        });
    };
    // Films play until as many as there are threads have come to the picture for which the device keeps
    // whoever waits.
    let mut pictures = [0; FILMS as usize];
    let mut play = |track: u32| {
        let picture = &mut pictures[track as usize];
        *picture += 1;
        assert!(*picture < 1000, "film {track} never came to the device");
        canvases[track as usize].write(|frame| film(frame, SCREEN, *picture as i32));
        order(track, *picture);
    };
    (0..FILMS).for_each(&mut play);
    let mut playing = FILMS;
    while fake.waiting() < THREADS {
        if let Ok(encoded) = answers.recv_timeout(Duration::from_millis(10)) {
            play(encoded.track.0);
        }
    }
    order(FILMS, 1);
    let answer =
        || answers.recv_timeout(Duration::from_secs(60)).expect("nobody waits for another's device").track;
    while answer() != TrackId(FILMS) {
        playing -= 1;
    }
    fake.let_go();
    (0..playing).for_each(|_| assert!(answer() < TrackId(FILMS), "software goes on for the others"));
}
