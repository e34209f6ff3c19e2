//! The invariant of the encoder on random histories.

use std::time::Duration;

use media::{Op, Pixels, Rect, Size, Timing, TrackId, Update, UpdateId};
use proptest::prelude::*;

use crate::{
    decode::Track,
    pair::{Link, Pair},
    pictures::{Random, fill, film, noise, text},
};

const MOST: i32 = 330;

/// What may happen.
#[derive(Clone, Debug)]
enum Step {
    /// The app draws; `loose` damages more than it drew.
    Draw { rect: Rect<Pixels>, content: Content, loose: bool },
    /// The app moves what it shows and draws what appears.
    Scroll { rect: Rect<Pixels>, dx: i32, dy: i32 },
    /// The app plays a film for a number of pictures.
    Play { rect: Rect<Pixels>, pictures: u8 },
    /// The window gets another size.
    Resize(u32, u32),
    /// What is owed is sent.
    Send,
    /// What is lossy is refined, as far as the budget goes.
    Refine,
    /// The link becomes another.
    Change(Link),
    /// Nothing happens for a while.
    Wait,
}

#[derive(Clone, Copy, Debug)]
enum Content {
    Plain(u8),
    Text(u8),
    Noise(u8),
    Film(u8),
}

fn rect() -> impl Strategy<Value = Rect<Pixels>> {
    (-10..MOST, -10..MOST, 1..300u32, 1..300u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        any::<u8>().prop_map(Content::Plain),
        any::<u8>().prop_map(Content::Text),
        any::<u8>().prop_map(Content::Noise),
        any::<u8>().prop_map(Content::Film),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    let budget = prop_oneof![0..200usize, 1_000..20_000usize, Just(1 << 20)];
    let bitrate = prop_oneof![Just(0), 100_000..5_000_000u64, Just(u64::MAX)];
    (budget, bitrate, prop::bool::weighted(0.8)).prop_map(|(budget, bitrate, video)| Link {
        budget,
        bitrate,
        video,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (rect(), content(), any::<bool>()).prop_map(|(rect, content, loose)| Step::Draw { rect, content, loose }),
        3 => (rect(), -40..40i32, -60..60i32).prop_map(|(rect, dx, dy)| Step::Scroll { rect, dx, dy }),
        2 => (rect(), 2..14u8).prop_map(|(rect, pictures)| Step::Play { rect, pictures }),
        1 => (1..MOST as u32, 1..MOST as u32).prop_map(|(w, h)| Step::Resize(w, h)),
        6 => Just(Step::Send),
        3 => Just(Step::Refine),
        2 => link().prop_map(Step::Change),
        1 => Just(Step::Wait),
    ]
}

fn run(pair: &mut Pair, step: Step) {
    let size = pair.canvas.read(|frame| frame.size());
    match step {
        Step::Draw { rect, content, loose } => {
            let damage = if loose { size.to_rect() } else { rect };
            pair.draw_unsent(damage, |frame| match content {
                Content::Plain(seed) => fill(frame, rect, |_, _| [seed, 90, 30]),
                Content::Text(line) => text(frame, rect, i32::from(line)),
                Content::Noise(seed) => noise(frame, rect, u32::from(seed)),
                Content::Film(time) => film(frame, rect, i32::from(time)),
            });
        }
        Step::Scroll { rect, dx, dy } => {
            let Some(rect) = rect.intersection(size.to_rect()) else { return };
            let Some(to) = rect.offset(dx, dy).intersection(rect) else { return };
            pair.draw_unsent(rect, |frame| frame.copy_within(to.offset(-dx, -dy), dx, dy));
        }
        Step::Play { rect, pictures } => {
            for time in 0..i32::from(pictures) {
                pair.draw_unsent(rect, |frame| film(frame, rect, time * 3));
                pair.send_owed();
            }
        }
        Step::Resize(w, h) => {
            let size = Size::new(w, h);
            pair.draw_unsent(size.to_rect(), |frame| frame.resize(size));
            // As the core does: what lies outside is owed no more.
            pair.owed.clip(size.to_rect());
        }
        Step::Send => drop(pair.send_owed()),
        Step::Refine => {
            let refine = pair.lossy.clone();
            pair.send(media::Region::new(), refine);
        }
        Step::Change(link) => pair.link = link,
        Step::Wait => pair.now = pair.now + Duration::from_secs(3),
    }
}

/// What an app may draw with few colours: rows of something like glyphs, empty rows between them.
fn lines() -> impl Strategy<Value = (Size<Pixels>, u32, Vec<bool>, u32)> {
    let size = (1..70u32, 1..600u32).prop_map(|(w, h)| Size::new(w, h));
    (size, 1..280u32, prop::collection::vec(any::<bool>(), 1..20), any::<u32>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn tiles_hold_every_pixel_and_nothing_less_of_their_data_will_do(
        (size, colours, empty, seed) in lines(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut random = Random::new(u64::from(seed));
        let mut pair = Pair::new(Link { video: false, ..Link::FAST });
        let sent = pair.draw(|frame| {
            frame.resize(size);
            fill(frame, size.to_rect(), |_, y| {
                let colour = if empty[y as usize % empty.len()] { 0 } else { random.next() % colours };
                [colour as u8, (colour >> 1) as u8, 90]
            });
        });
        pair.canvas.read(|frame| assert!(pair.track.frame() == frame));
        for op in sent.ops {
            let Op::Tile { rect, coding, data } = op else { continue };
            let data = data.slice(..cut.index(data.len()));
            let update = Update {
                track: TrackId(1),
                id: UpdateId(1),
                size,
                ops: vec![Op::Tile { rect, coding, data }],
                exact: true,
                caused_by_input: None,
                timing: Timing::default(),
            };
            prop_assert!(Track::new().apply(&update).is_err());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_viewer_shows_exactly_the_app_s_pixels_where_it_is_not_lossy(steps in prop::collection::vec(step(), 1..24)) {
        let mut pair = Pair::new(Link::FAST);
        pair.draw(|frame| {
            frame.resize(Size::new(310, 290));
            text(frame, Rect::new(0, 0, 310, 290), 0);
        });
        for step in steps {
            run(&mut pair, step);
            // An update tells the size too, so a size is only right after one.
            if pair.track.frame().size() == pair.canvas.read(|frame| frame.size()) {
                pair.check();
            }
        }
        pair.send_owed();
        pair.check();
        pair.link = Link { budget: 5_000, ..Link::FAST };
        pair.refine_all();
        pair.check();
        pair.canvas.read(|frame| assert!(pair.track.frame() == frame));
    }
}
