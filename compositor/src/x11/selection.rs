//! X's two selections: who owns each and what is on offer. Others than X11 apps own them through us. The content goes by
//! [`super::transfer`].

use std::os::fd::OwnedFd;

use bytes::Bytes;
use x11rb::protocol::{
    xfixes::SelectionNotifyEvent as OwnerEvent,
    xproto::{Atom, AtomEnum, ConnectionExt as _, SelectionNotifyEvent, SelectionRequestEvent, Timestamp},
};

use super::{Manager, atoms::Atoms, manager::Then, transfer::Transfers, wire::Answer};

/// The most bytes of a list of targets.
const TARGETS_BYTES: u32 = 4096;

/// What Wayland apps call plain text; whoever offers text offers all of these.
const TEXT: [&str; 5] = ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT"];

/// Which selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What is copied and pasted.
    Clipboard,
    /// What is selected, for the middle button.
    Primary,
}

/// Both selections, and what moves.
#[derive(Debug)]
pub(crate) struct Selections {
    clipboard: Selection,
    primary: Selection,
    pub(crate) transfers: Transfers,
}

/// One selection as X sees it.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    owner: Owner,
    /// Since when, in X's time.
    since: Timestamp,
    /// What we offer to X11 apps.
    offered: Vec<String>,
}

#[derive(Debug, Default)]
enum Owner {
    /// Nobody.
    #[default]
    Nobody,
    /// We, for a Wayland app or a viewer.
    Us,
    /// An X11 app, with these targets.
    App(Vec<Format>),
}

/// What follows from an event of a selection.
#[derive(Debug)]
pub(crate) enum Effect {
    /// X11 apps offer this now; `None`: nothing any more.
    Offers(Kind, Option<Vec<String>>),
    /// Content of an X11 app has come whole, for this pipe.
    Deliver { to: OwnedFd, content: Bytes },
    /// An X11 app pastes what others have; [`Manager::fill`] takes it.
    Wanted { request: SelectionRequestEvent, kind: Kind, mime: String, encoding: Encoding },
}

/// A format in which an X11 app has its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) target: Atom,
    pub(crate) encoding: Encoding,
}

/// How text is written, or that it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8 text.
    Utf8,
    /// Latin-1 text.
    Latin1,
    /// Something else of this type.
    Bytes(&'static str),
}

impl Kind {
    pub(crate) fn atom(self, atoms: &Atoms) -> Atom {
        match self {
            Kind::Clipboard => atoms.CLIPBOARD,
            Kind::Primary => AtomEnum::PRIMARY.into(),
        }
    }

    pub(crate) fn named(atom: Atom, atoms: &Atoms) -> Option<Self> {
        [Kind::Clipboard, Kind::Primary].into_iter().find(|kind| kind.atom(atoms) == atom)
    }
}

impl Selections {
    pub(crate) fn new(content_bytes: usize) -> Self {
        Self {
            clipboard: Selection::default(),
            primary: Selection::default(),
            transfers: Transfers::new(content_bytes),
        }
    }

    pub(crate) fn get(&self, kind: Kind) -> &Selection {
        match kind {
            Kind::Clipboard => &self.clipboard,
            Kind::Primary => &self.primary,
        }
    }

    fn get_mut(&mut self, kind: Kind) -> &mut Selection {
        match kind {
            Kind::Clipboard => &mut self.clipboard,
            Kind::Primary => &mut self.primary,
        }
    }
}

impl Selection {
    /// Since when it has its owner.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Whether an X11 app owns it.
    pub(crate) fn is_of_app(&self) -> bool {
        matches!(self.owner, Owner::App(_))
    }

    /// In which format the X11 app that owns it has a type.
    pub(crate) fn format(&self, mime: &str) -> Option<Format> {
        let Owner::App(formats) = &self.owner else { return None };
        formats.iter().copied().find(|format| match format.encoding {
            Encoding::Utf8 | Encoding::Latin1 => TEXT.contains(&mime),
            Encoding::Bytes(own) => own == mime,
        })
    }

    /// The targets that X11 apps are told of while we own it.
    pub(crate) fn targets(&self, atoms: &Atoms) -> Vec<Atom> {
        let mut targets = vec![atoms.TARGETS, atoms.TIMESTAMP];
        if self.offers_text() {
            targets.extend([
                atoms.UTF8_STRING,
                atoms.TEXT_PLAIN_UTF8,
                atoms.TEXT_PLAIN,
                atoms.TEXT,
                AtomEnum::STRING.into(),
            ]);
        }
        targets.extend(others(atoms).iter().filter(|(_, mime)| self.offers(mime)).map(|(atom, _)| *atom));
        targets
    }

    /// Which type a target means while we own it, and how it is to be written.
    pub(crate) fn wanted(&self, target: Atom, atoms: &Atoms) -> Option<(String, Encoding)> {
        let utf8 = [atoms.UTF8_STRING, atoms.TEXT_PLAIN_UTF8, atoms.TEXT_PLAIN, atoms.TEXT];
        let latin1 = target == u32::from(AtomEnum::STRING);
        if latin1 || utf8.contains(&target) {
            let mime = TEXT.into_iter().find(|mime| self.offers(mime))?;
            return Some((mime.to_owned(), if latin1 { Encoding::Latin1 } else { Encoding::Utf8 }));
        }
        let (_, mime) =
            others(atoms).into_iter().find(|(atom, mime)| *atom == target && self.offers(mime))?;
        Some((mime.to_owned(), Encoding::Bytes(mime)))
    }

    fn offers(&self, mime: &str) -> bool {
        self.offered.iter().any(|offered| offered == mime)
    }

    fn offers_text(&self) -> bool {
        TEXT.into_iter().any(|mime| self.offers(mime))
    }
}

/// What is passed on besides text.
fn others(atoms: &Atoms) -> [(Atom, &'static str); 3] {
    [(atoms.TEXT_HTML, "text/html"), (atoms.TEXT_URI_LIST, "text/uri-list"), (atoms.IMAGE_PNG, "image/png")]
}

/// The formats among an app's targets; of those for text, the best one.
fn formats(targets: &[Atom], atoms: &Atoms) -> Vec<Format> {
    let text = [
        (atoms.UTF8_STRING, Encoding::Utf8),
        (atoms.TEXT_PLAIN_UTF8, Encoding::Utf8),
        (AtomEnum::STRING.into(), Encoding::Latin1),
        (atoms.TEXT_PLAIN, Encoding::Utf8),
    ];
    let others = others(atoms).map(|(atom, mime)| (atom, Encoding::Bytes(mime)));
    let offered = |&(target, _): &(Atom, Encoding)| targets.contains(&target);
    let text = text.into_iter().find(offered);
    text.into_iter()
        .chain(others.into_iter().filter(offered))
        .map(|(target, encoding)| Format { target, encoding })
        .collect()
}

fn mimes(formats: &[Format]) -> Vec<String> {
    let names = |format: &Format| match format.encoding {
        Encoding::Utf8 | Encoding::Latin1 => TEXT.to_vec(),
        Encoding::Bytes(mime) => vec![mime],
    };
    formats.iter().flat_map(names).map(str::to_owned).collect()
}

impl Manager {
    /// Others than X11 apps offer this now; `None` if nobody does any more.
    pub(crate) fn offer(&mut self, kind: Kind, offered: Option<Vec<String>>) {
        let atom = kind.atom(&self.wire.atoms);
        let selection = self.selections.get_mut(kind);
        let owner = match offered {
            Some(offered) => {
                selection.offered = offered;
                self.wire.own
            }
            None if matches!(selection.owner, Owner::Us) => x11rb::NONE,
            None => return,
        };
        self.wire.sent(self.wire.conn().set_selection_owner(owner, atom, x11rb::CURRENT_TIME));
    }

    /// A selection has another owner.
    pub(crate) fn selection_owner(&mut self, e: &OwnerEvent) -> Option<Effect> {
        let atoms = self.wire.atoms;
        let kind = Kind::named(e.selection, &atoms)?;
        let own = self.wire.own;
        let selection = self.selections.get_mut(kind);
        selection.since = e.selection_timestamp;
        let of_app = selection.is_of_app();
        if e.owner == own {
            selection.owner = Owner::Us;
        } else if e.owner == x11rb::NONE {
            selection.owner = Owner::Nobody;
            return of_app.then_some(Effect::Offers(kind, None));
        } else {
            selection.owner = Owner::App(Vec::new());
            // The property is named like the selection, so that the answers of both can be told apart.
            let conn = self.wire.conn();
            let asked = conn.convert_selection(own, e.selection, atoms.TARGETS, e.selection, e.timestamp);
            self.wire.sent(asked);
        }
        None
    }

    /// An X11 app has answered what we asked of its selection.
    pub(crate) fn converted(&mut self, e: &SelectionNotifyEvent) -> Option<Effect> {
        let atoms = self.wire.atoms;
        if e.requestor != self.wire.own {
            return self.content_there(e);
        }
        let kind = Kind::named(e.selection, &atoms)?;
        if e.target != atoms.TARGETS {
            return None;
        }
        if e.property == x11rb::NONE {
            return self.app_has(kind, Vec::new());
        }
        let atom = AtomEnum::ATOM.into();
        if let Some(answer) = self.wire.ask_property(e.requestor, e.property, atom, TARGETS_BYTES, true) {
            self.after(Then::Targets { kind, answer });
        }
        None
    }

    /// The targets of an X11 app's selection were read.
    pub(crate) fn targets_read(&mut self, kind: Kind, answer: Answer) -> Option<Effect> {
        let reply = self.wire.read_property(answer);
        let targets: Vec<Atom> = reply.iter().filter_map(|reply| reply.value32()).flatten().collect();
        self.app_has(kind, formats(&targets, &self.wire.atoms))
    }

    fn app_has(&mut self, kind: Kind, formats: Vec<Format>) -> Option<Effect> {
        let selection = self.selections.get_mut(kind);
        // Somebody else may have taken it meanwhile.
        if !selection.is_of_app() {
            return None;
        }
        let mimes = mimes(&formats);
        selection.owner = Owner::App(formats);
        Some(Effect::Offers(kind, (!mimes.is_empty()).then_some(mimes)))
    }
}
