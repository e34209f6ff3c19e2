//! Toy apps: one that types, one that moves.

use std::time::Duration;

use media::{
    Canvas, Pixels, Point, Rect, Region, Scale, Size, SizeLimits, States, Timestamp, TrackId, Window,
    WindowKind,
};

/// An app with one window.
pub(crate) struct App {
    pub(crate) track: TrackId,
    pub(crate) canvas: Canvas,
    pub(crate) size: Size<Pixels>,
    /// Between two pictures, if it moves.
    pub(crate) period: Option<Duration>,
    /// The part that moves.
    pub(crate) stage: Rect<Pixels>,
    /// When it committed what.
    pub(crate) commits: Vec<Timestamp>,
    /// Whether it waits for a frame callback.
    pub(crate) waits: bool,
    pub(crate) callbacks: Vec<Timestamp>,
    /// When it asked for a callback that has not come.
    pub(crate) asked: Option<Timestamp>,
    pub(crate) configured: u32,
    pub(crate) states: States,
    pub(crate) kind: WindowKind,
    painted: u32,
    cursor: u32,
}

impl App {
    pub(crate) fn new(track: u32, size: Size<Pixels>) -> Self {
        let canvas = Canvas::new();
        canvas.write(|frame| frame.resize(size));
        Self {
            track: TrackId(track),
            canvas,
            size,
            period: None,
            stage: size.to_rect(),
            commits: Vec::new(),
            waits: false,
            callbacks: Vec::new(),
            asked: None,
            configured: 0,
            states: States::default(),
            kind: WindowKind::Toplevel,
            painted: 0,
            cursor: 0,
        }
    }

    pub(crate) fn moving(self, fps: u32, stage: Rect<Pixels>) -> Self {
        Self { period: Some(Duration::from_secs(1) / fps), stage, ..self }
    }

    pub(crate) fn window(&self) -> Window {
        Window {
            track: self.track,
            kind: self.kind,
            parent: None,
            title: "toy".to_owned(),
            app_id: "toy".to_owned(),
            icon: None,
            position: Point::new(0, 0),
            size: Size::new(self.size.w, self.size.h),
            scale: Scale::ONE,
            limits: SizeLimits::default(),
            states: self.states,
            configured: self.configured,
            stacking: self.track.0,
        }
    }

    /// Paints the whole window.
    pub(crate) fn paint_all(&mut self) -> Region {
        self.paint(self.size.to_rect())
    }

    /// Paints the next letter.
    pub(crate) fn paint_letter(&mut self) -> Region {
        let columns = self.size.w / 8;
        let at = Point::<Pixels>::new((self.cursor % columns * 8) as i32, (self.cursor / columns * 8) as i32);
        self.cursor = (self.cursor + 1) % (columns * (self.size.h / 8));
        self.paint(Rect::new(at.x, at.y, 8, 8))
    }

    /// Paints the next picture of what moves.
    pub(crate) fn paint_stage(&mut self) -> Region {
        self.paint(self.stage)
    }

    fn paint(&mut self, rect: Rect<Pixels>) -> Region {
        self.painted += 1;
        let painted = self.painted;
        self.canvas.write(|frame| {
            for y in rect.y..rect.bottom() {
                let colour = painted.wrapping_mul(0x9e37_79b9) ^ (y as u32).wrapping_mul(0x85eb_ca6b);
                let [b, g, r, _] = colour.to_le_bytes();
                for pixel in frame.row_mut(rect, y).chunks_exact_mut(4) {
                    pixel.copy_from_slice(&[b, g, r, 0x7f]);
                }
            }
        });
        Region::from(rect)
    }
}
