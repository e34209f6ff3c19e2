//! What becomes of typical changes.

use std::time::Duration;

use media::{Frame, Op, Pixels, Rect, Region, Size};

use crate::{
    pair::{Link, Pair},
    pictures::{fill, film, noise, sized, text},
};

fn kinds(ops: &[Op]) -> (usize, usize, usize) {
    let count = |which: fn(&Op) -> bool| ops.iter().filter(|op| which(op)).count();
    (
        count(|op| matches!(op, Op::Copy { .. })),
        count(|op| matches!(op, Op::Tile { .. })),
        count(|op| matches!(op, Op::Video { .. })),
    )
}

#[test]
fn a_glyph_costs_one_small_tile() {
    let mut pair = Pair::new(Link::FAST);
    let all = Rect::new(0, 0, 640, 480);
    pair.draw(|frame| {
        frame.resize(all.size());
        text(frame, all, 0);
    });
    pair.check();
    let sent = pair.draw(|frame| fill(frame, Rect::new(101, 99, 7, 11), |x, y| [(x * y) as u8 & 0x80, 0, 0]));
    assert_eq!(kinds(&sent.ops), (0, 1, 0));
    assert!(sent.bytes < 100, "{} bytes", sent.bytes);
    pair.check();
}

#[test]
fn what_is_redrawn_but_equal_costs_nothing() {
    let mut pair = Pair::new(Link::FAST);
    let all = Rect::new(0, 0, 300, 200);
    pair.draw(|frame| {
        frame.resize(all.size());
        text(frame, all, 0);
    });
    let sent = pair.draw(|frame| text(frame, all, 0));
    assert!(sent.ops.is_empty());
}

#[test]
fn scrolled_text_is_moved() {
    let mut pair = Pair::new(Link::FAST);
    let page = Rect::new(13, 40, 600, 425);
    let bytes = |pair: &mut Pair, line| {
        let sent = pair.draw(|frame| text(frame, page, line));
        pair.check();
        (sent.bytes, kinds(&sent.ops))
    };
    pair.draw(sized(Size::new(640, 480)));
    let (whole, _) = bytes(&mut pair, 0);
    for line in [1, 2, 5, 3, 0] {
        let (moved, (copies, _, video)) = bytes(&mut pair, line);
        assert!((1..20).contains(&copies) && video == 0, "{copies} copies, {video} videos");
        assert!(moved * 3 < whole, "{moved} bytes after a move, {whole} for the whole");
    }
}

#[test]
fn a_pane_beside_flat_areas_is_moved_as_one() {
    let mut pair = Pair::new(Link::FAST);
    let (pane, bar) = (Rect::new(192, 96, 840, 592), Rect::new(1200, 0, 16, 704));
    let page = |pair: &mut Pair, line: i32| {
        let sent = pair.draw(|frame| {
            text(frame, pane, line);
            fill(frame, bar, |_, y| if (y - 20 * line).abs() < 40 { [90; 3] } else { [200; 3] });
        });
        pair.check();
        kinds(&sent.ops).0
    };
    pair.draw(sized(Size::new(1280, 720)));
    page(&mut pair, 0);
    let copies: Vec<_> = (1..20).map(|line| page(&mut pair, line)).collect();
    assert!(copies.iter().all(|&copies| copies == 1), "{copies:?} copies for a line each");
}

#[test]
fn lines_near_one_another_become_one_tile_unless_a_photo_lies_between() {
    let changed = |between: fn(&mut Frame, Rect<Pixels>)| {
        let mut pair = Pair::new(Link::FAST);
        let lines = [Rect::new(16, 32, 250, 16), Rect::new(16, 64, 250, 16)];
        pair.draw(|frame| {
            frame.resize(Size::new(320, 96));
            between(frame, Rect::new(16, 48, 250, 16));
            lines.into_iter().for_each(|rect| text(frame, rect, 0));
        });
        let sent = pair.draw(|frame| lines.into_iter().for_each(|rect| text(frame, rect, 7)));
        pair.check();
        kinds(&sent.ops)
    };
    assert_eq!(changed(|_, _| ()), (0, 1, 0));
    assert_eq!(changed(|frame, rect| noise(frame, rect, 1)), (0, 2, 0));
}

#[test]
fn motion_becomes_video_and_exact_when_it_rests() {
    let mut pair = Pair::new(Link::FAST);
    let area = Rect::new(40, 30, 500, 400);
    pair.draw(sized(Size::new(640, 480)));
    let mut videos = 0;
    for time in 0..60 {
        let sent = pair.draw(|frame| film(frame, area, time));
        pair.check();
        videos += kinds(&sent.ops).2;
    }
    assert!(videos > 40, "{videos} of 60 pictures were video");
    assert!(!pair.lossy.is_empty());
    pair.refine_all();
    pair.check();
    let still = pair.send(area, Region::new());
    assert!(still.ops.is_empty() && pair.lossy.is_empty());
}

#[test]
fn a_text_page_stays_lossless_on_a_fast_link() {
    let mut pair = Pair::new(Link { budget: 64_000, bitrate: 100_000_000, video: true });
    let page = Rect::new(0, 0, 1280, 720);
    pair.draw(sized(page.size()));
    for time in 0..90 {
        // A new page every time: nothing can be moved.
        let sent = pair.draw(|frame| text(frame, page, time * 1000));
        assert_eq!(kinds(&sent.ops).2, 0, "at picture {time}, {} bytes", sent.bytes);
    }
    assert!(pair.lossy.is_empty());
    pair.check();
}

#[test]
fn a_photo_on_a_slow_link_is_lossy_first_and_exact_later() {
    let mut pair = Pair::new(Link::SLOW);
    let photo = Rect::new(8, 8, 300, 200);
    pair.draw(sized(Size::new(320, 240)));
    let sent = pair.draw(|frame| noise(frame, photo, 1));
    assert_eq!(kinds(&sent.ops).2, 1);
    let lossless = photo.area() as usize * 3;
    assert!(sent.bytes * 3 < lossless, "{} bytes", sent.bytes);
    pair.check();
    let jobs = pair.refine_all();
    assert!(jobs > lossless / 2 / Link::SLOW.budget, "the budget bounds each job: {jobs} jobs");
    pair.check();
}

#[test]
fn a_viewer_without_video_gets_tiles_whatever_they_cost() {
    let mut pair = Pair::new(Link { video: false, ..Link::SLOW });
    pair.draw(sized(Size::new(320, 240)));
    for seed in 0..20 {
        let sent = pair.draw(|frame| noise(frame, Rect::new(0, 0, 320, 240), seed));
        assert_eq!(kinds(&sent.ops).2, 0);
        pair.check();
    }
    assert!(pair.lossy.is_empty());
}

#[test]
fn what_is_lossy_is_never_moved_and_called_exact() {
    let mut pair = Pair::new(Link::FAST);
    let area = Rect::new(0, 0, 480, 320);
    pair.draw(sized(area.size()));
    for time in 0..20 {
        pair.draw(|frame| film(frame, area, time));
    }
    assert!(!pair.lossy.is_empty());
    pair.link.video = false;
    pair.now = pair.now + Duration::from_secs(1);
    let sent = pair.draw(|frame| frame.copy_within(Rect::new(0, 32, 480, 288), 0, -32));
    pair.check();
    assert_eq!(kinds(&sent.ops).0, 0);
    pair.refine_all();
    pair.check();
}

#[test]
fn a_window_that_shrinks_and_grows_again_is_exact() {
    let mut pair = Pair::new(Link::FAST);
    for (w, h) in [(301, 203), (17, 9), (640, 480), (640, 1), (500, 333)] {
        pair.draw(|frame| {
            frame.resize(Size::new(w, h));
            text(frame, Rect::new(0, 0, w, h), 3);
        });
        pair.check();
    }
    // The app is told a size and draws nothing yet: the viewer keeps what fits, as the encoder thinks it
    // does.
    let sent = pair.draw(sized(Size::new(700, 300)));
    assert!(sent.ops.is_empty());
    pair.check();
}

#[test]
fn a_glyph_where_a_film_has_just_ended_is_a_tile() {
    let mut pair = Pair::new(Link::FAST);
    let area = Rect::new(0, 0, 480, 320);
    pair.draw(sized(area.size()));
    for time in 0..20 {
        pair.draw(|frame| film(frame, area, time));
    }
    let sent = pair.draw(|frame| fill(frame, Rect::new(100, 100, 8, 13), |_, _| [0, 0, 0]));
    assert_eq!(kinds(&sent.ops), (0, 1, 0));
    pair.check();
}

#[test]
fn a_film_beside_text_leaves_the_text_exact() {
    let mut pair = Pair::new(Link { budget: 100_000, bitrate: 20_000_000, video: true });
    let (all, screen) = (Rect::new(0, 0, 800, 600), Rect::new(400, 100, 320, 240));
    let line = Rect::new(10, 450, 700, 120);
    pair.draw(|frame| {
        frame.resize(all.size());
        text(frame, all, 0);
    });
    for time in 0..40 {
        pair.draw_unsent(screen, |frame| film(frame, screen, time));
        if time % 3 == 0 {
            pair.draw_unsent(line, |frame| text(frame, line, time));
        }
        pair.send_owed();
        pair.check();
        assert!(!pair.lossy.overlaps(line), "at picture {time}");
    }
    assert!(pair.lossy.overlaps(screen));
}
