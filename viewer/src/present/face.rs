//! What a view is for its desktop.

use std::rc::Rc;

use media::Scale;
use winit::window::Window;

use super::{geometry, wayland::Popup};

/// What a view is for its desktop.
#[derive(Clone, Debug)]
pub(crate) enum Face {
    /// A window of its own: every toplevel, and popups on X11, which places them where we say.
    Window(Rc<Window>),
    /// A popup of another face, on Wayland.
    Popup(Rc<Popup>),
}

impl Face {
    /// The window, if it is one.
    pub(crate) fn window(&self) -> Option<&Window> {
        match self {
            Face::Window(window) => Some(window),
            Face::Popup(_) => None,
        }
    }

    /// The desktop's scale where it is.
    pub(crate) fn scale(&self) -> Scale {
        match self {
            Face::Window(window) => geometry::scale(window.scale_factor()),
            Face::Popup(popup) => popup.scale(),
        }
    }
}
