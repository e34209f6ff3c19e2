//! The compositor's library for X11, as far as it is fuzzed.

mod atoms;
#[path = "../../../compositor/src/x11/icons.rs"]
mod icons;
// The compositor needs more of it.
#[allow(dead_code)]
#[path = "../../../compositor/src/x11/properties.rs"]
mod properties;

use arbitrary::Arbitrary;
use media::{Icon, MAX_DIMENSION, Size, Window};
use x11rb::protocol::xproto::GetPropertyReply;

use self::{
    atoms::Atoms,
    properties::{Properties, Property},
};

/// A property as it was read.
#[derive(Debug, Arbitrary)]
pub(crate) struct Read {
    which: u8,
    /// Mostly what X allows: 8, 16 or 32 bits.
    format: u8,
    type_: u8,
    value_len: Option<u16>,
    value: Vec<u8>,
}

pub(crate) fn take_in(reads: Vec<Read>) {
    let mut properties = Properties::default();
    for Read { which, format, type_, value_len, value } in reads.into_iter().take(32) {
        let property = Property::ALL[usize::from(which) % Property::ALL.len()];
        let format = match format % 8 {
            0 => format,
            1..3 => 8,
            3 => 16,
            _ => 32,
        };
        let whole = value.len() as u32 * 8 / u32::from(format.max(1));
        let reply = GetPropertyReply {
            format,
            sequence: 0,
            length: 0,
            type_: if type_ == 0 { property.request(&ATOMS).1 } else { type_.into() },
            bytes_after: 0,
            value_len: value_len.map_or(whole, u32::from),
            value,
        };
        properties.set(property, reply, &ATOMS);
        verify(&properties);
    }
}

fn verify(properties: &Properties) {
    for text in [properties.title(), &properties.class] {
        assert!(text.len() <= Window::MAX_TEXT && !text.chars().any(char::is_control), "{text:?}");
    }
    let limits = properties.limits;
    let known: Vec<Size<_>> =
        [limits.min, limits.max, limits.increment, limits.base].into_iter().flatten().collect();
    assert!(known.iter().all(|size| size.w <= MAX_DIMENSION && size.h <= MAX_DIMENSION), "{limits:?}");
    if let Some(Icon { side, rgba, .. }) = &properties.icon {
        assert!(*side <= Icon::MAX_SIDE && rgba.len() == (side * side * 4) as usize);
    }
}

const ATOMS: Atoms = Atoms {
    UTF8_STRING: 101,
    WM_DELETE_WINDOW: 102,
    WM_PROTOCOLS: 103,
    WM_TAKE_FOCUS: 104,
    _MOTIF_WM_HINTS: 105,
    _NET_WM_ICON: 106,
    _NET_WM_NAME: 107,
    _NET_WM_STATE: 108,
    _NET_WM_PING: 114,
    _NET_WM_WINDOW_TYPE: 109,
    _NET_WM_WINDOW_TYPE_DND: 110,
    _NET_WM_WINDOW_TYPE_NOTIFICATION: 111,
    _NET_WM_WINDOW_TYPE_SPLASH: 112,
    _NET_WM_WINDOW_TYPE_TOOLTIP: 113,
    XdndAware: 115,
};
