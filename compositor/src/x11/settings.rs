//! What apps read of the desktop's settings: XSettings for those of GTK and the like, the resource database
//! for others.
//!
//! What the host knows is the resolution and how fast a double click is. Themes and fonts are the user's:
//! whoever starts the server brings them as they stand in files. An app that becomes the settings' manager
//! itself is welcome.

use x11rb::{
    COPY_DEPTH_FROM_PARENT,
    connection::Connection as _,
    protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
        SelectionClearEvent, WindowClass,
    },
    wrapper::ConnectionExt as _,
};

use super::Manager;

/// Dots an inch: those of a screen that nobody has scaled.
const DPI: u32 = 96;

/// Milliseconds and pixels within which two clicks are a double one.
const DOUBLE_CLICK_TIME: u32 = 400;
const DOUBLE_CLICK_DISTANCE: u32 = 5;

/// The side of a cursor in pixels.
const CURSOR: u32 = 24;

/// A setting of an app's toolkit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(u32),
    Text(String),
}

/// The user's own: themes and fonts by the names of XSettings, and lines for the resource database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taste {
    pub(crate) settings: Vec<(&'static str, Value)>,
    pub(crate) resources: String,
}

impl Manager {
    /// Becomes the settings' manager, and fills the resource database of a server that is new.
    pub(crate) fn provide_settings(&mut self, taste: &Taste) {
        let resources = format!("Xft.dpi:\t{DPI}\nXcursor.size:\t{CURSOR}\n{}", taste.resources);
        let (conn, root, atoms) = (self.wire.conn(), self.wire.root, &self.wire.atoms);
        let (manager, string) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        let resources = resources.as_bytes();
        self.wire.sent(conn.change_property8(PropMode::REPLACE, root, manager, string, resources));

        let Ok(owner) = conn.generate_id() else { return };
        let (class, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        let depth = COPY_DEPTH_FROM_PARENT;
        self.wire.sent(conn.create_window(depth, owner, root, -1, -1, 1, 1, 0, class, 0, &aux));
        let known = [
            ("Xft/DPI", Value::Number(DPI * 1024)),
            ("Gdk/UnscaledDPI", Value::Number(DPI * 1024)),
            ("Gdk/WindowScalingFactor", Value::Number(1)),
            ("Net/DoubleClickTime", Value::Number(DOUBLE_CLICK_TIME)),
            ("Net/DoubleClickDistance", Value::Number(DOUBLE_CLICK_DISTANCE)),
            ("Gtk/CursorThemeSize", Value::Number(CURSOR)),
        ];
        let of_user = |name: &str| taste.settings.iter().any(|(own, _)| *own == name);
        let known = known.into_iter().filter(|(name, _)| !of_user(name));
        let bytes = encode(&known.chain(taste.settings.iter().cloned()).collect::<Vec<_>>());
        let name = atoms._XSETTINGS_SETTINGS;
        self.wire.sent(conn.change_property8(PropMode::REPLACE, owner, name, name, &bytes));
        let now = x11rb::CURRENT_TIME;
        self.wire.sent(conn.set_selection_owner(owner, atoms._XSETTINGS_S0, now));
        let data = [now, atoms._XSETTINGS_S0, owner, 0, 0];
        let event = ClientMessageEvent::new(32, root, atoms.MANAGER, data);
        self.wire.sent(conn.send_event(false, root, EventMask::STRUCTURE_NOTIFY, event));
    }

    /// Another has become the settings' manager; it may wait until we are gone.
    pub(crate) fn settings_taken(&self, e: &SelectionClearEvent) {
        if e.selection == self.wire.atoms._XSETTINGS_S0 {
            self.wire.sent(self.wire.conn().destroy_window(e.owner));
        }
    }
}

/// As the specification of XSettings has it, in this machine's byte order.
fn encode(settings: &[(&'static str, Value)]) -> Vec<u8> {
    let mut bytes = vec![u8::from(cfg!(target_endian = "big")), 0, 0, 0];
    let number = |bytes: &mut Vec<u8>, n: u32| bytes.extend(n.to_ne_bytes());
    let padded = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    };
    number(&mut bytes, 0);
    number(&mut bytes, settings.len() as u32);
    for (name, value) in settings {
        bytes.extend([u8::from(matches!(value, Value::Text(_))), 0]);
        bytes.extend((name.len() as u16).to_ne_bytes());
        padded(&mut bytes, name);
        number(&mut bytes, 0);
        match value {
            Value::Number(n) => number(&mut bytes, *n),
            Value::Text(text) => {
                number(&mut bytes, text.len() as u32);
                padded(&mut bytes, text);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_as_the_specification_has_it() {
        let settings = [("Xft/DPI", Value::Number(7)), ("Net/ThemeName", Value::Text("abcde".into()))];
        let bytes = encode(&settings);
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((word(4), word(8)), (0, 2));
        assert_eq!((bytes[12], &bytes[16..24]), (0, b"Xft/DPI\0".as_slice()));
        assert_eq!(word(28), 7);
        assert_eq!((bytes[32], &bytes[36..52]), (1, b"Net/ThemeName\0\0\0".as_slice()));
        assert_eq!((word(56), &bytes[60..]), (5, b"abcde\0\0\0".as_slice()));
    }
}
