//! What an X11 window says about itself, read property by property, cleaned and bounded.

use media::{Icon, Logical, MAX_DIMENSION, Size, SizeLimits};
use x11rb::{
    properties::{WmClass, WmHints, WmSizeHints},
    protocol::xproto::{Atom, AtomEnum, GetPropertyReply, Window},
};

use super::{atoms::Atoms, icons};
use crate::text as words;

/// The most bytes that are read of a text, of a list, and of icons.
const TEXT_BYTES: u32 = 4096;
const LIST_BYTES: u32 = 1024;
const ICON_BYTES: u32 = 1 << 20;

/// Flag and value of Motif's hints for "no decorations".
const MOTIF_DECORATIONS: u32 = 1 << 1;

/// A property that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Property {
    Title,
    NetTitle,
    Class,
    Hints,
    Sizes,
    TransientFor,
    Protocols,
    Type,
    Motif,
    States,
    Icon,
    Drops,
}

impl Property {
    pub(crate) const ALL: [Property; 12] = [
        Property::Title,
        Property::NetTitle,
        Property::Class,
        Property::Hints,
        Property::Sizes,
        Property::TransientFor,
        Property::Protocols,
        Property::Type,
        Property::Motif,
        Property::States,
        Property::Icon,
        Property::Drops,
    ];

    /// Which property an atom names. The states are ours to change once the window is mapped.
    pub(crate) fn changed(atom: Atom, atoms: &Atoms) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|property| property.request(atoms).0 == atom)
            .filter(|property| *property != Property::States)
    }

    /// Its name, its type (0 for any), and how much of it is read.
    pub(crate) fn request(self, atoms: &Atoms) -> (Atom, Atom, u32) {
        let any = AtomEnum::ANY.into();
        let atom = AtomEnum::ATOM.into();
        match self {
            Property::Title => (AtomEnum::WM_NAME.into(), any, TEXT_BYTES),
            Property::NetTitle => (atoms._NET_WM_NAME, atoms.UTF8_STRING, TEXT_BYTES),
            Property::Class => (AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into(), TEXT_BYTES),
            Property::Hints => (AtomEnum::WM_HINTS.into(), AtomEnum::WM_HINTS.into(), LIST_BYTES),
            Property::Sizes => (AtomEnum::WM_NORMAL_HINTS.into(), AtomEnum::WM_SIZE_HINTS.into(), LIST_BYTES),
            Property::TransientFor => (AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW.into(), 4),
            Property::Protocols => (atoms.WM_PROTOCOLS, atom, LIST_BYTES),
            Property::Type => (atoms._NET_WM_WINDOW_TYPE, atom, LIST_BYTES),
            Property::Motif => (atoms._MOTIF_WM_HINTS, any, 20),
            Property::States => (atoms._NET_WM_STATE, atom, LIST_BYTES),
            Property::Icon => (atoms._NET_WM_ICON, AtomEnum::CARDINAL.into(), ICON_BYTES),
            Property::Drops => (atoms.XdndAware, any, 4),
        }
    }
}

/// What a window says about itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    title: String,
    net_title: Option<String>,
    /// Its class: what its `.desktop` file is found by.
    pub(crate) class: String,
    pub(crate) limits: SizeLimits,
    pub(crate) transient_for: Option<Window>,
    pub(crate) icon: Option<Icon>,
    /// It wants the user's attention, by the old hint.
    pub(crate) urgent: bool,
    /// It draws its own title bar, or wants none.
    pub(crate) undecorated: bool,
    /// It can be asked to close.
    pub(crate) deletes: bool,
    /// It can be asked whether it answers.
    pub(crate) pings: bool,
    /// In which version of XDND it can be dragged to.
    pub(crate) drops: Option<u32>,
    /// How it gets the keyboard.
    pub(crate) input: InputModel,
    /// What an override-redirect window is for.
    pub(crate) purpose: Purpose,
    /// The states that it wants to be mapped with.
    pub(crate) initial: Vec<Atom>,
}

/// How a window gets the keyboard: the four models of ICCCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputModel {
    /// We give it the focus.
    pub(crate) given: bool,
    /// We tell it to take the focus.
    pub(crate) told: bool,
}

impl Default for InputModel {
    fn default() -> Self {
        Self { given: true, told: false }
    }
}

/// What an override-redirect window is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A menu or the like: it goes away when the user presses elsewhere.
    #[default]
    Menu,
    /// A tooltip, a notification, a splash screen: it goes away by itself.
    Passive,
    /// What is dragged: it follows the pointer.
    Dragged,
}

impl Properties {
    /// The title, cleaned.
    pub(crate) fn title(&self) -> &str {
        self.net_title.as_deref().unwrap_or(&self.title)
    }

    /// Takes in a property as it was read; one that is not set falls back to its default.
    pub(crate) fn set(&mut self, property: Property, reply: GetPropertyReply, atoms: &Atoms) {
        let defaults = Properties::default();
        match property {
            Property::Title => self.title = text(&reply, atoms).unwrap_or_default(),
            Property::NetTitle => self.net_title = text(&reply, atoms),
            Property::Class => {
                let class = WmClass::from_reply(reply).ok().flatten();
                self.class = class.map(|class| words::clean(&latin1(class.class()))).unwrap_or_default();
            }
            Property::Hints => {
                let hints = WmHints::from_reply(&reply).ok().flatten();
                self.input.given = hints.and_then(|hints| hints.input).unwrap_or(defaults.input.given);
                self.urgent = hints.is_some_and(|hints| hints.urgent);
            }
            Property::Sizes => {
                let hints = WmSizeHints::from_reply(&reply).ok().flatten();
                self.limits = hints.map(limits).unwrap_or_default();
            }
            Property::TransientFor => {
                self.transient_for = values(&reply).next().filter(|&window| window != 0)
            }
            Property::Protocols => {
                self.deletes = values(&reply).any(|atom| atom == atoms.WM_DELETE_WINDOW);
                self.pings = values(&reply).any(|atom| atom == atoms._NET_WM_PING);
                self.input.told = values(&reply).any(|atom| atom == atoms.WM_TAKE_FOCUS);
            }
            Property::Type => {
                let passive = [
                    atoms._NET_WM_WINDOW_TYPE_NOTIFICATION,
                    atoms._NET_WM_WINDOW_TYPE_SPLASH,
                    atoms._NET_WM_WINDOW_TYPE_TOOLTIP,
                ];
                let is_passive = values(&reply).any(|atom| passive.contains(&atom));
                let is_dragged = values(&reply).any(|atom| atom == atoms._NET_WM_WINDOW_TYPE_DND);
                self.purpose = match (is_dragged, is_passive) {
                    (true, _) => Purpose::Dragged,
                    (false, true) => Purpose::Passive,
                    (false, false) => Purpose::Menu,
                };
            }
            Property::Motif => {
                let hints: Vec<u32> = values(&reply).collect();
                self.undecorated = matches!(*hints, [flags, _, 0, ..] if flags & MOTIF_DECORATIONS != 0);
            }
            Property::States => self.initial = values(&reply).collect(),
            Property::Drops => self.drops = values(&reply).next(),
            Property::Icon => self.icon = icons::parse(&values(&reply).collect::<Vec<_>>()),
        }
    }
}

fn values(reply: &GetPropertyReply) -> impl Iterator<Item = u32> + '_ {
    reply.value32().into_iter().flatten()
}

fn text(reply: &GetPropertyReply, atoms: &Atoms) -> Option<String> {
    if reply.format != 8 {
        return None;
    }
    // Compound text is Latin-1 as long as nothing else occurs in it; whoever needs more sets the UTF-8 title
    // too.
    let text = if reply.type_ == atoms.UTF8_STRING {
        String::from_utf8_lossy(&reply.value).into_owned()
    } else {
        latin1(&reply.value)
    };
    Some(words::clean(&text))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The sizes that a window allows; nonsense counts as no limit.
fn limits(hints: WmSizeHints) -> SizeLimits {
    let size = |given: Option<(i32, i32)>, least: u32| -> Option<Size<Logical>> {
        let (w, h) = given?;
        let side = |n: i32| u32::try_from(n).unwrap_or(0).clamp(least, MAX_DIMENSION);
        (w > 0 || h > 0).then(|| Size::new(side(w), side(h)))
    };
    let min = size(hints.min_size, 1);
    let larger = |max: &Size<Logical>| min.is_none_or(|min| max.w >= min.w && max.h >= min.h);
    let max = size(hints.max_size, 1).filter(larger);
    let increment = size(hints.size_increment, 1).filter(|step| step.w > 1 || step.h > 1);
    // ICCCM 4.1.2.3: each of base and minimum stands in for the other where that was not given. A base of 0×0
    // was: steps are counted from nothing.
    let given = hints.base_size.map(|(w, h)| {
        let side = |n: i32| u32::try_from(n).unwrap_or(0).min(MAX_DIMENSION);
        Size::new(side(w), side(h))
    });
    let base = increment.and_then(|_| given.or(min));
    SizeLimits { min: min.or_else(|| size(hints.base_size, 1)), max, increment, base }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_hints_that_make_no_sense_are_no_limits() {
        let hints = WmSizeHints {
            min_size: Some((100, 50)),
            max_size: Some((10, 10)),
            size_increment: Some((1, 1)),
            ..WmSizeHints::new()
        };
        assert_eq!(limits(hints), SizeLimits { min: Some(Size::new(100, 50)), ..SizeLimits::default() });
        let absurd = WmSizeHints { min_size: Some((-5, i32::MAX)), ..WmSizeHints::new() };
        assert_eq!(limits(absurd).min, Some(Size::new(1, MAX_DIMENSION)));
    }

    #[test]
    fn a_terminal_grows_in_steps_from_its_base() {
        let hints = WmSizeHints {
            base_size: Some((19, 4)),
            min_size: Some((25, 17)),
            size_increment: Some((6, 13)),
            ..WmSizeHints::new()
        };
        let limits = limits(hints);
        assert_eq!(limits.increment, Some(Size::new(6, 13)));
        assert_eq!(limits.base, Some(Size::new(19, 4)));
    }

    #[test]
    fn steps_are_counted_from_a_base_of_nothing_if_that_is_given_and_else_from_the_minimum() {
        let hints = |base_size| WmSizeHints {
            base_size,
            min_size: Some((25, 17)),
            size_increment: Some((6, 13)),
            ..WmSizeHints::new()
        };
        assert_eq!(limits(hints(Some((0, 0)))).base, Some(Size::new(0, 0)));
        assert_eq!(limits(hints(Some((0, 4)))).base, Some(Size::new(0, 4)));
        assert_eq!(limits(hints(None)).base, Some(Size::new(25, 17)));
        let alone = WmSizeHints { min_size: None, ..hints(Some((0, 0))) };
        assert_eq!(limits(alone).min, None, "nothing is no minimum");
    }
}
