//! The edges of windows that have no frame of the desktop's: apps cannot offer theirs, since what they draw
//! around their windows is not sent.

use media::{Logical, Position, Size, Window, WindowGrab, WindowKind};
use winit::window::{CursorIcon, ResizeDirection};

/// Which edge or corner of a window is under a position, if the window is to be resized there.
pub(crate) fn under(window: &Window, position: Position<Logical>) -> Option<ResizeDirection> {
    let states = window.states;
    let framed = window.kind == WindowKind::Popup || !states.client_decorated;
    let fixed = window.limits.min.is_some() && window.limits.min == window.limits.max;
    if framed || fixed || states.maximized || states.fullscreen {
        None
    } else {
        direction(window.size, position)
    }
}

/// Which edge an app's own border stands for; `None` for a title bar, which moves the window.
pub(crate) fn of(grab: WindowGrab) -> Option<ResizeDirection> {
    match grab {
        WindowGrab::Move => None,
        WindowGrab::ResizeTop => Some(ResizeDirection::North),
        WindowGrab::ResizeBottom => Some(ResizeDirection::South),
        WindowGrab::ResizeLeft => Some(ResizeDirection::West),
        WindowGrab::ResizeRight => Some(ResizeDirection::East),
        WindowGrab::ResizeTopLeft => Some(ResizeDirection::NorthWest),
        WindowGrab::ResizeTopRight => Some(ResizeDirection::NorthEast),
        WindowGrab::ResizeBottomLeft => Some(ResizeDirection::SouthWest),
        WindowGrab::ResizeBottomRight => Some(ResizeDirection::SouthEast),
    }
}

/// The cursor that shows it.
pub(crate) fn cursor(direction: ResizeDirection) -> CursorIcon {
    direction.into()
}

/// So wide is an edge, in logical units: enough to hit, and little of the app.
const EDGE: f64 = 4.0;
/// So long is a corner along each edge.
const CORNER: f64 = 16.0;

fn direction(size: Size<Logical>, at: Position<Logical>) -> Option<ResizeDirection> {
    let (w, h) = (f64::from(size.w), f64::from(size.h));
    if at.x < 0.0 || at.y < 0.0 || at.x >= w || at.y >= h {
        return None;
    }
    let near = |distance: f64| (distance < EDGE, distance < CORNER);
    let ((left, leftish), (right, rightish)) = (near(at.x), near(w - at.x));
    let ((top, topish), (bottom, bottomish)) = (near(at.y), near(h - at.y));
    if !(left || right || top || bottom) {
        return None;
    }
    Some(match (leftish, rightish, topish, bottomish) {
        (true, _, true, _) => ResizeDirection::NorthWest,
        (_, true, true, _) => ResizeDirection::NorthEast,
        (true, _, _, true) => ResizeDirection::SouthWest,
        (_, true, _, true) => ResizeDirection::SouthEast,
        _ if left => ResizeDirection::West,
        _ if right => ResizeDirection::East,
        _ if top => ResizeDirection::North,
        _ => ResizeDirection::South,
    })
}

#[cfg(test)]
mod tests {
    use media::States;

    use super::*;
    use crate::windows::tests::window;

    fn at(window: &Window, x: f64, y: f64) -> Option<ResizeDirection> {
        under(window, Position::new(x, y))
    }

    #[test]
    fn only_windows_without_a_frame_have_edges_to_grab() {
        let framed = window(1, None);
        assert_eq!(at(&framed, 1.0, 25.0), None);
        let bare = Window { states: States { client_decorated: true, ..States::default() }, ..framed };
        assert_eq!(at(&bare, 1.0, 25.0), Some(ResizeDirection::West));
        assert_eq!(at(&bare, 99.0, 25.0), Some(ResizeDirection::East));
        assert_eq!(at(&bare, 50.0, 0.0), Some(ResizeDirection::North));
        assert_eq!(at(&bare, 95.0, 48.0), Some(ResizeDirection::SouthEast));
        assert_eq!(at(&bare, 50.0, 25.0), None);
        assert_eq!(at(&bare, -1.0, 25.0), None, "a drag that left the window");
        let maximized = Window { states: States { maximized: true, ..bare.states }, ..bare };
        assert_eq!(at(&maximized, 1.0, 25.0), None);
    }

    #[test]
    fn windows_of_one_size_are_not_resized() {
        let mut bare = window(1, None);
        bare.states.client_decorated = true;
        (bare.limits.min, bare.limits.max) = (Some(bare.size), Some(bare.size));
        assert_eq!(at(&bare, 1.0, 25.0), None);
    }
}
