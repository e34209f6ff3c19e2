//! The words of XDND.

use x11rb::protocol::xproto::{Atom, ClientMessageEvent, Timestamp, Window};

use crate::x11::atoms::Atoms;

/// The version that we speak.
pub(crate) const VERSION: u32 = 5;

/// So many types go into the message by which a drag enters.
const INLINE: usize = 3;

/// What is done with what is dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Copy,
    Move,
    Ask,
}

/// Which types a drag brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Types {
    /// These; 0 is none.
    Inline([Atom; INLINE]),
    /// Those of a property of its source.
    Listed,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Enter { source: Window, version: u32, types: Types },
    Position { source: Window, x: i16, y: i16, time: Timestamp, action: Atom },
    Status { target: Window, accepted: bool, action: Atom },
    Leave { source: Window },
    Drop { source: Window, time: Timestamp },
    Finished { target: Window, accepted: bool, action: Atom },
}

impl Action {
    /// Whoever wants something else, a link or a thing of its own, gets a copy.
    pub(crate) fn named(atom: Atom, atoms: &Atoms) -> Self {
        match atom {
            atom if atom == atoms.XdndActionMove => Action::Move,
            atom if atom == atoms.XdndActionAsk => Action::Ask,
            _ => Action::Copy,
        }
    }

    pub(crate) fn atom(self, atoms: &Atoms) -> Atom {
        match self {
            Action::Copy => atoms.XdndActionCopy,
            Action::Move => atoms.XdndActionMove,
            Action::Ask => atoms.XdndActionAsk,
        }
    }
}

impl Types {
    pub(crate) fn of(types: &[Atom]) -> Self {
        let mut inline = [x11rb::NONE; INLINE];
        if types.len() > INLINE {
            return Types::Listed;
        }
        inline[..types.len()].copy_from_slice(types);
        Types::Inline(inline)
    }

    /// Those that are in the message.
    pub(crate) fn inline(self) -> Vec<Atom> {
        match self {
            Types::Inline(types) => types.into_iter().filter(|&atom| atom != x11rb::NONE).collect(),
            Types::Listed => Vec::new(),
        }
    }
}

impl Message {
    /// What an event says, if it is of XDND.
    pub(crate) fn parse(e: &ClientMessageEvent, atoms: &Atoms) -> Option<Self> {
        if e.format != 32 {
            return None;
        }
        let [who, flags, third, fourth, fifth] = e.data.as_data32();
        let (source, target, accepted) = (who, who, flags & 1 != 0);
        Some(match e.type_ {
            kind if kind == atoms.XdndEnter => {
                let inline = Types::Inline([third, fourth, fifth]);
                let types = if flags & 1 != 0 { Types::Listed } else { inline };
                Message::Enter { source, version: flags >> 24, types }
            }
            kind if kind == atoms.XdndPosition => {
                let (x, y) = ((third >> 16) as u16 as i16, third as u16 as i16);
                Message::Position { source, x, y, time: fourth, action: fifth }
            }
            kind if kind == atoms.XdndStatus => Message::Status { target, accepted, action: fifth },
            kind if kind == atoms.XdndLeave => Message::Leave { source },
            kind if kind == atoms.XdndDrop => Message::Drop { source, time: third },
            kind if kind == atoms.XdndFinished => Message::Finished { target, accepted, action: third },
            _ => return None,
        })
    }

    /// Its type and what it carries.
    pub(crate) fn written(&self, atoms: &Atoms) -> (Atom, [u32; 5]) {
        match *self {
            Message::Enter { source, version, types } => {
                let (more, [a, b, c]) = match types {
                    Types::Inline(types) => (0, types),
                    Types::Listed => (1, [x11rb::NONE; INLINE]),
                };
                (atoms.XdndEnter, [source, version << 24 | more, a, b, c])
            }
            Message::Position { source, x, y, time, action } => {
                let place = u32::from(x as u16) << 16 | u32::from(y as u16);
                (atoms.XdndPosition, [source, 0, place, time, action])
            }
            Message::Status { target, accepted, action } => {
                // The second bit: the rectangle is empty, so that every movement is told.
                (atoms.XdndStatus, [target, u32::from(accepted) | 2, 0, 0, action])
            }
            Message::Leave { source } => (atoms.XdndLeave, [source, 0, 0, 0, 0]),
            Message::Drop { source, time } => (atoms.XdndDrop, [source, 0, time, 0, 0]),
            Message::Finished { target, accepted, action } => {
                (atoms.XdndFinished, [target, u32::from(accepted), action, 0, 0])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let names = (1..).step_by(1);
        let mut atoms = Atoms::default();
        let own = [
            &mut atoms.XdndEnter,
            &mut atoms.XdndPosition,
            &mut atoms.XdndStatus,
            &mut atoms.XdndLeave,
            &mut atoms.XdndDrop,
            &mut atoms.XdndFinished,
        ];
        own.into_iter().zip(names).for_each(|(atom, number)| *atom = number);
        let (source, target) = (7, 8);
        for message in [
            Message::Enter { source, version: 5, types: Types::of(&[1, 2, 3]) },
            Message::Enter { source, version: 3, types: Types::of(&[1, 2, 3, 4]) },
            Message::Position { source, x: -3, y: 700, time: 9, action: 4 },
            Message::Status { target, accepted: true, action: 4 },
            Message::Leave { source },
            Message::Drop { source, time: u32::MAX },
            Message::Finished { target, accepted: false, action: 0 },
        ] {
            let (kind, data) = message.written(&atoms);
            assert_eq!(Message::parse(&ClientMessageEvent::new(32, 1, kind, data), &atoms), Some(message));
        }
        assert_eq!(Message::parse(&ClientMessageEvent::new(32, 1, 99_u32, [0; 5]), &atoms), None);
    }
}
