//! One local window that shows one track.
//!
//! A view is made when its track's first picture has arrived, so nothing empty is ever shown. It shows its
//! last picture until a newer one arrives, whatever happens to its size or to the link.

use std::{collections::VecDeque, io, num::NonZeroU32, rc::Rc, sync::Arc};

use media::{Logical, Pixels, Point, Rect, Region, Scale, Size, UpdateId, Window as Remote};
use thiserror::Error;
use winit::{event_loop::OwnedDisplayHandle, window::Window};

use super::{
    face::Face,
    paint::{self, Fit, Light, Target},
    wayland::Popup,
};
use crate::{link::Updated, picture::Picture};

/// Draws into windows of this display.
pub(crate) type Canvas = softbuffer::Context<OwnedDisplayHandle>;

/// What is drawn to.
enum Surface {
    /// A window's, which keeps what was drawn before.
    Window(softbuffer::Surface<OwnedDisplayHandle, Rc<Window>>),
    /// A popup's of a Wayland desktop, drawn whole each time.
    Popup(Rc<Popup>),
}

/// Why a picture could not be shown.
#[derive(Debug, Error)]
pub(crate) enum DrawError {
    /// In a window.
    #[error(transparent)]
    Window(#[from] softbuffer::SoftBufferError),
    /// In a popup.
    #[error(transparent)]
    Popup(#[from] io::Error),
}

/// One local window.
pub(crate) struct View {
    /// What it is for the desktop.
    pub(crate) face: Face,
    surface: Surface,
    picture: Arc<Picture>,
    /// The window's inner size.
    size: Size<Pixels>,
    pending: Pending,
    /// What the last presented buffers changed, newest first: a buffer that is not the newest lacks it.
    history: VecDeque<Region>,
    /// The newest update that came and was not presented.
    unpresented: Option<UpdateId>,
}

/// What must be painted.
#[derive(Debug, PartialEq)]
enum Pending {
    /// Nothing.
    Nothing,
    /// This.
    Part(Region),
    /// All of it.
    Whole,
}

/// No buffer of a desktop is older than this; older ones are painted whole.
const MAX_HISTORY: usize = 4;

impl View {
    /// A view that has painted nothing yet.
    pub(crate) fn new(canvas: &Canvas, face: Face, picture: Arc<Picture>) -> Result<View, DrawError> {
        let surface = match &face {
            Face::Window(window) => Surface::Window(softbuffer::Surface::new(canvas, Rc::clone(window))?),
            Face::Popup(popup) => Surface::Popup(Rc::clone(popup)),
        };
        // A popup has no size before the desktop grants it one.
        let inner = face.window().map(Window::inner_size).unwrap_or_default();
        let mut view = View {
            face,
            surface,
            picture,
            size: Size::default(),
            pending: Pending::Whole,
            history: VecDeque::new(),
            unpresented: None,
        };
        view.resize(Size::new(inner.width, inner.height))?;
        Ok(view)
    }

    /// The window's inner size.
    pub(crate) fn size(&self) -> Size<Pixels> {
        self.size
    }

    /// The desktop's scale where the window is.
    pub(crate) fn scale(&self) -> Scale {
        self.face.scale()
    }

    /// Where its inner corner is on the desktop, if the desktop tells.
    pub(crate) fn origin(&self) -> Option<Point<Pixels>> {
        self.face.window()?.inner_position().ok().map(|at| Point::new(at.x, at.y))
    }

    /// Whether it has been on the desktop.
    pub(crate) fn is_shown(&self) -> bool {
        !self.history.is_empty()
    }

    /// How far its content is from the corner of what it is on the desktop: beneath the title bar that winit
    /// draws on desktops that draw none.
    pub(crate) fn frame(&self) -> Point<Logical> {
        let Some(window) = self.face.window() else { return Point::default() };
        let height = window.outer_size().height.saturating_sub(window.inner_size().height);
        Point::new(0, (f64::from(height) / self.scale().factor()).round() as i32)
    }

    /// Notes the window's new inner size.
    pub(crate) fn resize(&mut self, size: Size<Pixels>) -> Result<(), DrawError> {
        let (Some(w), Some(h)) = (NonZeroU32::new(size.w), NonZeroU32::new(size.h)) else { return Ok(()) };
        if size != self.size {
            if let Surface::Window(surface) = &mut self.surface {
                surface.resize(w, h)?;
            }
            self.size = size;
            self.invalidate();
        }
        Ok(())
    }

    /// Notes an update.
    pub(crate) fn update(&mut self, updated: &Updated) {
        self.unpresented = Some(updated.update);
        if !Arc::ptr_eq(&self.picture, &updated.picture) {
            self.picture = Arc::clone(&updated.picture);
            self.invalidate();
        }
        if let Pending::Nothing = self.pending {
            self.pending = Pending::Part(Region::new());
        }
        if let Pending::Part(region) = &mut self.pending {
            region.union(&updated.region);
        }
    }

    /// All of it must be painted again.
    pub(crate) fn invalidate(&mut self) {
        self.pending = Pending::Whole;
    }

    /// Paints and presents what is pending. Returns the update that is shown now, if a new one is.
    ///
    /// `part`: where the content is, if the window is not as this viewer has laid it out.
    pub(crate) fn present(
        &mut self,
        remote: &Remote,
        part: Option<Rect<Pixels>>,
        light: Light,
    ) -> Result<Option<UpdateId>, DrawError> {
        let region = match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => return Ok(None),
            // Nothing changed, but that is news too.
            Pending::Part(region) if region.is_empty() => return Ok(self.unpresented.take()),
            Pending::Part(region) => Some(region),
            Pending::Whole => None,
        };
        if self.size.is_empty() {
            self.invalidate();
            return Ok(None);
        }
        let fit = match part {
            Some(part) if part != self.size.to_rect() || remote.scale != self.scale() => Fit::Within(part),
            _ if remote.scale == self.scale() => Fit::Anchored,
            _ => Fit::Stretched,
        };
        let Some(damage) = self.draw(region, fit, light)? else {
            self.invalidate();
            return Ok(None);
        };
        self.history.push_front(damage.into_iter().collect());
        self.history.truncate(MAX_HISTORY);
        Ok(self.unpresented.take())
    }

    /// Returns what was drawn; nothing if the desktop takes no picture now.
    fn draw(
        &mut self,
        region: Option<Region>,
        fit: Fit,
        light: Light,
    ) -> Result<Option<Vec<Rect<Pixels>>>, DrawError> {
        let (size, picture) = (self.size, &self.picture);
        let paint = |pixels: &mut [u32], region: Option<Region>| {
            let mut target = Target { pixels, size };
            picture.read(|frame| paint::paint(&mut target, frame, region.as_ref(), fit, light))
        };
        match &mut self.surface {
            Surface::Window(surface) => {
                let mut buffer = surface.buffer_mut()?;
                let region = region.and_then(|region| with_missing(region, buffer.age(), &self.history));
                let damage = paint(&mut buffer, region);
                let rects: Vec<_> = damage.iter().filter_map(|&rect| to_softbuffer(rect)).collect();
                buffer.present_with_damage(&rects)?;
                // Waits until the window system has taken the pixels: only then have they been presented, and
                // the request does not stay in a buffer of this process.
                surface.buffer_mut()?;
                Ok(Some(damage))
            }
            Surface::Popup(popup) => {
                let drawn = popup.draw(size, |pixels| {
                    paint(pixels, None);
                })?;
                Ok(drawn.then(|| vec![size.to_rect()]))
            }
        }
    }
}

/// What must be painted into a buffer that was presented `age` times ago; `None` for all of it.
fn with_missing(mut region: Region, age: u8, history: &VecDeque<Region>) -> Option<Region> {
    let missed = usize::from(age).checked_sub(1)?;
    if missed > history.len() {
        return None;
    }
    history.iter().take(missed).for_each(|older| region.union(older));
    Some(region)
}

fn to_softbuffer(rect: Rect<Pixels>) -> Option<softbuffer::Rect> {
    Some(softbuffer::Rect {
        x: u32::try_from(rect.x).ok()?,
        y: u32::try_from(rect.y).ok()?,
        width: NonZeroU32::new(rect.w)?,
        height: NonZeroU32::new(rect.h)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_buffer_gets_what_it_missed() {
        let rect = |x| Region::from(Rect::new(x, 0, 1, 1));
        let history = VecDeque::from([rect(10), rect(20)]);
        assert_eq!(with_missing(rect(1), 0, &history), None, "a buffer without content");
        assert_eq!(with_missing(rect(1), 1, &history), Some(rect(1)));
        let two = with_missing(rect(1), 2, &history).expect("known");
        assert!(two.contains_pixel(10, 0) && !two.contains_pixel(20, 0));
        assert_eq!(with_missing(rect(1), 4, &history), None, "older than what is known");
    }
}
