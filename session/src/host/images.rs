//! What all viewers are shown besides windows: icons and the cursor.

use std::collections::VecDeque;

use media::{CursorImage, Icon, IconId};
use protocol::control::ToViewer;

/// The most icons that are kept for viewers to come; the oldest goes first.
const MAX_ICONS: usize = 64;

/// The icons and the cursor as the source reported them last.
#[derive(Debug, Default)]
pub(crate) struct Images {
    icons: VecDeque<Icon>,
    cursor: Option<CursorImage>,
}

impl Images {
    /// Notes an icon.
    pub(crate) fn add_icon(&mut self, icon: Icon) {
        self.icons.retain(|kept| kept.id != icon.id);
        if self.icons.len() >= MAX_ICONS {
            self.icons.pop_front();
        }
        self.icons.push_back(icon);
    }

    /// Notes the cursor.
    pub(crate) fn set_cursor(&mut self, cursor: CursorImage) {
        self.cursor = Some(cursor);
    }

    /// Tells of the icons that are named.
    pub(crate) fn icons(&self, named: impl Fn(IconId) -> bool) -> impl Iterator<Item = ToViewer> {
        self.icons.iter().filter(move |icon| named(icon.id)).cloned().map(ToViewer::Icon)
    }

    /// Tells of the cursor.
    pub(crate) fn cursor(&self) -> Option<ToViewer> {
        self.cursor.clone().map(ToViewer::Cursor)
    }

    /// Whether the bound holds.
    pub(crate) fn is_bounded(&self) -> bool {
        self.icons.len() <= MAX_ICONS
    }
}
