//! The picture of the test app: a still background, perhaps a moving part, and the code over both.

use std::time::Duration;

use media::{Frame, Pixels, Rect, Size};

use super::{Extent, Options};
use crate::{Code, Picture, code};

/// The master copy of the window's pixels. Whoever shows it copies the rectangles that the methods answer.
#[derive(Debug)]
pub(super) struct Scene {
    frame: Frame,
    code: Code,
    fps: Option<u32>,
    area: Option<Extent>,
    text: bool,
    texture: Option<Texture>,
    step: i32,
}

impl Scene {
    pub(super) fn new(options: &Options) -> Self {
        let mut scene = Self {
            frame: Frame::default(),
            code: Code::default(),
            fps: options.motion,
            area: options.area,
            text: options.text,
            texture: None,
            step: 0,
        };
        scene.resize(options.size.width, options.size.height);
        scene
    }

    pub(super) fn size(&self) -> Size<Pixels> {
        self.frame.size()
    }

    pub(super) fn code(&self) -> Code {
        self.code
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn picture(&self) -> Picture {
        let Size { w, h, .. } = self.frame.size();
        Picture::from_bgra(w as usize, h as usize, self.frame.data().to_vec())
    }

    /// The time from one moving picture to the next, `None` while nothing moves.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.fps.map(|fps| Duration::from_secs(1) / fps.max(1))
    }

    /// Starts or stops moving.
    pub(super) fn set_motion(&mut self, fps: Option<u32>) {
        self.fps = fps;
    }

    /// Takes another size, at least one that holds the code, and paints everything anew.
    pub(super) fn resize(&mut self, width: u32, height: u32) -> Rect<Pixels> {
        let least = (2 * code::ORIGIN + code::WIDTH, 2 * code::ORIGIN + code::HEIGHT);
        let size = Size::new(width.max(least.0 as u32), height.max(least.1 as u32));
        self.frame = Frame::new(size);
        paint_background(&mut self.frame);
        self.code.frame = self.code.frame.wrapping_add(1);
        self.paint_code();
        self.frame.size().to_rect()
    }

    /// An input arrived: paints its number. Only the code changes.
    pub(super) fn input(&mut self) -> Rect<Pixels> {
        self.code.input = self.code.input.wrapping_add(1);
        self.repaint_code()
    }

    /// Paints a new frame number. Only the code changes.
    pub(super) fn repaint_code(&mut self) -> Rect<Pixels> {
        self.code.frame = self.code.frame.wrapping_add(1);
        self.paint_code()
    }

    /// Paints the next moving picture; answers what changed.
    pub(super) fn advance(&mut self) -> Vec<Rect<Pixels>> {
        self.step = self.step.wrapping_add(1);
        let whole = self.frame.size();
        let area =
            self.area.map_or(whole, |area| Size::new(area.width.min(whole.w), area.height.min(whole.h)));
        // A part of the window moves in its bottom right corner, away from the code.
        let moving = Rect::new((whole.w - area.w) as i32, (whole.h - area.h) as i32, area.w, area.h);
        if self.text {
            scroll_text(&mut self.frame, moving, self.step);
        } else {
            self.texture.get_or_insert_with(Texture::new).paint(&mut self.frame, moving, self.step);
        }
        vec![moving, self.repaint_code()]
    }

    fn paint_code(&mut self) -> Rect<Pixels> {
        let stride = self.frame.stride();
        self.code.paint(self.frame.data_mut(), stride, code::ORIGIN, code::ORIGIN);
        let origin = code::ORIGIN as i32;
        Rect::new(origin, origin, code::WIDTH as u32, code::HEIGHT as u32)
    }
}

/// Gradients with a fine pattern: whatever is lost or lossy shows.
fn paint_background(frame: &mut Frame) {
    let Size { w, h, .. } = frame.size();
    for (y, row) in frame.data_mut().chunks_exact_mut(w as usize * 4).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let grain = (x * 7 + y * 13) % 5;
            let rise = 60 + x * 120 / w as usize;
            let fall = 60 + y * 120 / h as usize;
            pixel.copy_from_slice(&[
                (rise + grain) as u8,
                (fall + grain) as u8,
                (110 + 4 * grain) as u8,
                255,
            ]);
        }
    }
}

/// The height of a line of text and the width of a letter, with the room around it.
const LINE: u32 = 18;
const LETTER: u32 = 9;

/// Moves what there is up by a line and writes another one below: dark letters in words of several lengths,
/// on white.
fn scroll_text(frame: &mut Frame, area: Rect<Pixels>, step: i32) {
    let line = LINE.min(area.h);
    let kept = Rect::new(area.x, area.y + line as i32, area.w, area.h - line);
    frame.copy_within(kept, 0, -(line as i32));
    let below = Rect::new(area.x, area.bottom() - line as i32, area.w, line);
    let words = 40 + (mixed(step as u64) % 50) as u32;
    for y in below.y..below.bottom() {
        let row = (y - below.y) as u32;
        for (x, pixel) in frame.row_mut(below, y).chunks_exact_mut(4).enumerate() {
            let (letter, column) = (x as u32 / LETTER, x as u32 % LETTER);
            let shape = mixed((step as u64) << 32 | u64::from(letter));
            let inside = (4..14).contains(&row) && (1..7).contains(&column) && letter < words;
            // One letter in six is the room between words; strokes are two pixels wide.
            let bit = (row - 4.min(row)) / 2 * 3 + (column - 1.min(column)) / 2;
            let ink = inside && !shape.is_multiple_of(6) && shape >> (8 + bit) & 1 == 1;
            pixel.copy_from_slice(if ink { &[40, 30, 20, 255] } else { &[255, 255, 255, 255] });
        }
    }
}

fn mixed(key: u64) -> u64 {
    let mixed = (key.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 8
}

/// Cloudy noise that repeats at its edges, for content that moves like something filmed.
#[derive(Debug)]
struct Texture(Vec<[u8; 4]>);

const SIDE: usize = 1024;

impl Texture {
    fn new() -> Self {
        let mut pixels = vec![[0, 0, 0, 255]; SIDE * SIDE];
        for channel in 0..3 {
            // Coarse clouds, details, grain.
            for (cell, weight) in [(256, 110), (64, 70), (16, 40), (4, 20)] {
                add_noise(&mut pixels, channel, cell, weight);
            }
        }
        Self(pixels)
    }

    /// Two layers that drift over each other on curves, so that no part is a mere copy of what was elsewhere.
    fn paint(&self, frame: &mut Frame, area: Rect<Pixels>, step: i32) {
        let turn = f64::from(step) / 40.0;
        let drift = |speed: f64, phase: f64| ((turn * speed + phase).sin() * 400.0) as i64 as usize;
        let (ax, ay) = (drift(0.7, 0.0), drift(0.5, 1.0));
        let (bx, by) = (drift(-0.4, 2.0), drift(0.9, 3.0));
        for y in area.y..area.bottom() {
            let row_of = |offset: usize| &self.0[((y as usize).wrapping_add(offset) % SIDE) * SIDE..][..SIDE];
            let (a, b) = (row_of(ay), row_of(by));
            for (x, pixel) in frame.row_mut(area, y).chunks_exact_mut(4).enumerate() {
                let (a, b) = (a[x.wrapping_add(ax) % SIDE], b[x.wrapping_add(bx) % SIDE]);
                for channel in 0..4 {
                    pixel[channel] = ((u16::from(a[channel]) + u16::from(b[channel])) / 2) as u8;
                }
            }
        }
    }
}

/// Adds smooth noise with a lattice of `cell` pixels, at most `weight` bright.
fn add_noise(pixels: &mut [[u8; 4]], channel: usize, cell: usize, weight: usize) {
    let lattice = SIDE / cell;
    let at = |x: usize, y: usize| {
        let key = ((x % lattice) << 20 | (y % lattice) << 4 | channel) as u64 + ((cell as u64) << 40);
        (key.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % (weight + 1)
    };
    for y in 0..SIDE {
        let (ly, fy) = (y / cell, y % cell);
        for lx in 0..lattice {
            let blend = |a: usize, b: usize, f: usize| (a * (cell - f) + b * f) / cell;
            let left = blend(at(lx, ly), at(lx, ly + 1), fy);
            let right = blend(at(lx + 1, ly), at(lx + 1, ly + 1), fy);
            for fx in 0..cell {
                pixels[y * SIDE + lx * cell + fx][channel] += blend(left, right, fx) as u8;
            }
        }
    }
}
