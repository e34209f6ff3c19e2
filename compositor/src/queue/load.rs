//! How much room commands take.

use bytes::Bytes;
use media::Command;

/// Of how many commands, and how many bytes in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    pub(super) commands: usize,
    pub(super) bytes: usize,
}

impl Load {
    pub(super) fn of(command: &Command) -> Self {
        if is_uncounted(command) {
            return Self::default();
        }
        let bytes = match command {
            Command::Text { text, .. } | Command::Preedit { text, .. } | Command::Keymap(text) => text.len(),
            Command::OfferClipboard { mimes } => mimes.iter().map(String::len).sum(),
            Command::ClipboardContent { data, .. } => data.as_ref().map_or(0, Bytes::len),
            Command::ReadClipboard { mime, .. } => mime.len(),
            Command::DropFiles { list, .. } => list.len(),
            Command::Touch { points, .. } => size_of_val(points.as_slice()),
            Command::Key { .. }
            | Command::Motion { .. }
            | Command::RelativeMotion { .. }
            | Command::PointerLeft
            | Command::Button { .. }
            | Command::Scroll { .. }
            | Command::Focus(_)
            | Command::DismissPopups
            | Command::Configure { .. }
            | Command::Close(_)
            | Command::ForceQuit(_)
            | Command::Locks(_)
            | Command::FrameDone { .. } => 0,
        };
        Self { commands: 1, bytes }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { commands: self.commands + other.commands, bytes: self.bytes + other.bytes }
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self {
            commands: self.commands.saturating_sub(other.commands),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

/// Whether at most one such command a track waits, so that windows bound them.
pub(super) fn is_uncounted(command: &Command) -> bool {
    matches!(command, Command::FrameDone { .. } | Command::Configure { .. })
}
