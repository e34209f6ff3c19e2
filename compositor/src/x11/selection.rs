//! X's two selections: who owns each and what is on offer. Others than X11 apps own them through us. The
//! content goes by [`super::transfer`].

use std::{collections::VecDeque, os::fd::OwnedFd};

use bytes::Bytes;
use x11rb::protocol::{
    xfixes::SelectionNotifyEvent as OwnerEvent,
    xproto::{
        Atom, AtomEnum, ConnectionExt as _, GetAtomNameReply, InternAtomReply, SelectionNotifyEvent,
        SelectionRequestEvent, Timestamp, Window,
    },
};

use super::{Manager, atoms::Atoms, manager::Then, names::Names, transfer::Transfers, wire::Answer};

/// The most bytes of a list of targets.
const TARGETS_BYTES: u32 = 4096;

/// New names of types that one offer may bring.
const NEW_NAMES: usize = 64;

/// What Wayland apps call plain text; whoever offers text offers all of these.
const TEXT: [&str; 5] = ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT"];

/// Which selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What is copied and pasted.
    Clipboard,
    /// What is selected, for the middle button.
    Primary,
    /// What is dragged.
    Drag,
}

/// All selections, and what moves.
#[derive(Debug)]
pub(crate) struct Selections {
    clipboard: Selection,
    primary: Selection,
    drag: Selection,
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
    /// What we are to offer once its types have numbers, and how often that has changed.
    next: Option<Vec<String>>,
    turn: u64,
    /// The owners that we asked for and X has not told of yet: whatever it tells of before is older.
    asked: VecDeque<Window>,
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
    /// An X11 app begins to drag something.
    Drags,
    /// Content of an X11 app has come whole, for this pipe.
    Deliver { to: OwnedFd, content: Bytes },
    /// An X11 app pastes what others have; [`Manager::fill`] takes it.
    Wanted { request: SelectionRequestEvent, kind: Kind, mime: String, encoding: Encoding },
}

/// A format in which an X11 app has its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) target: Atom,
    pub(crate) encoding: Encoding,
    /// Its type, unless it is text.
    mime: Option<String>,
}

/// How text is written, or that it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8 text.
    Utf8,
    /// Latin-1 text.
    Latin1,
    /// Something else.
    Bytes,
}

impl Kind {
    pub(crate) fn atom(self, atoms: &Atoms) -> Atom {
        match self {
            Kind::Clipboard => atoms.CLIPBOARD,
            Kind::Primary => AtomEnum::PRIMARY.into(),
            Kind::Drag => atoms.XdndSelection,
        }
    }

    pub(crate) fn named(atom: Atom, atoms: &Atoms) -> Option<Self> {
        [Kind::Clipboard, Kind::Primary, Kind::Drag].into_iter().find(|kind| kind.atom(atoms) == atom)
    }
}

impl Selections {
    pub(crate) fn new(content_bytes: usize) -> Self {
        Self {
            clipboard: Selection::default(),
            primary: Selection::default(),
            drag: Selection::default(),
            transfers: Transfers::new(content_bytes),
        }
    }

    pub(crate) fn get(&self, kind: Kind) -> &Selection {
        match kind {
            Kind::Clipboard => &self.clipboard,
            Kind::Primary => &self.primary,
            Kind::Drag => &self.drag,
        }
    }

    fn get_mut(&mut self, kind: Kind) -> &mut Selection {
        match kind {
            Kind::Clipboard => &mut self.clipboard,
            Kind::Primary => &mut self.primary,
            Kind::Drag => &mut self.drag,
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
    pub(crate) fn format(&self, mime: &str) -> Option<&Format> {
        let Owner::App(formats) = &self.owner else { return None };
        formats.iter().find(|format| match &format.mime {
            None => TEXT.contains(&mime),
            Some(own) => own == mime,
        })
    }

    /// Whether X will tell of an owner that we asked for, after what it tells of now.
    fn is_ours_soon(&self) -> bool {
        !self.asked.is_empty() || self.next.is_some()
    }

    /// Whether the types that we are to offer have no numbers yet.
    pub(crate) fn waits(&self) -> bool {
        self.next.is_some()
    }

    /// The targets that X11 apps are told of while we own it.
    pub(crate) fn targets(&self, atoms: &Atoms, names: &Names) -> Vec<Atom> {
        let mut targets = vec![atoms.TARGETS, atoms.TIMESTAMP];
        targets.extend(self.types(atoms, names));
        targets
    }

    /// Those of them that are types of content.
    pub(crate) fn types(&self, atoms: &Atoms, names: &Names) -> Vec<Atom> {
        let mut targets = Vec::new();
        if self.offers_text() {
            targets.extend([
                atoms.UTF8_STRING,
                atoms.TEXT_PLAIN_UTF8,
                atoms.TEXT_PLAIN,
                atoms.TEXT,
                AtomEnum::STRING.into(),
            ]);
        }
        targets.extend(self.offered.iter().filter(|mime| !is_text(mime)).filter_map(|mime| names.atom(mime)));
        targets
    }

    /// Which type a target means while we own it, and how it is to be written.
    pub(crate) fn wanted(&self, target: Atom, atoms: &Atoms, names: &Names) -> Option<(String, Encoding)> {
        let utf8 = [atoms.UTF8_STRING, atoms.TEXT_PLAIN_UTF8, atoms.TEXT_PLAIN, atoms.TEXT];
        let latin1 = target == u32::from(AtomEnum::STRING);
        if latin1 || utf8.contains(&target) {
            let mime = TEXT.into_iter().find(|mime| self.offers(mime))?;
            return Some((mime.to_owned(), if latin1 { Encoding::Latin1 } else { Encoding::Utf8 }));
        }
        let mime = names.name(target).filter(|mime| self.offers(mime))?;
        Some((mime.to_owned(), Encoding::Bytes))
    }

    fn offers(&self, mime: &str) -> bool {
        self.offered.iter().any(|offered| offered == mime)
    }

    fn offers_text(&self) -> bool {
        TEXT.into_iter().any(|mime| self.offers(mime))
    }
}

fn is_text(mime: &str) -> bool {
    TEXT.contains(&mime)
}

/// The formats among an app's targets; of those for text, the best one.
fn formats(targets: &[Atom], atoms: &Atoms, names: &Names) -> Vec<Format> {
    let text = [
        (atoms.UTF8_STRING, Encoding::Utf8),
        (atoms.TEXT_PLAIN_UTF8, Encoding::Utf8),
        (AtomEnum::STRING.into(), Encoding::Latin1),
        (atoms.TEXT_PLAIN, Encoding::Utf8),
    ];
    let best = text.into_iter().find(|(target, _)| targets.contains(target));
    let text = best.map(|(target, encoding)| Format { target, encoding, mime: None });
    let other = |&target: &Atom| {
        let mime = names.name(target).filter(|mime| !is_text(mime))?;
        Some(Format { target, encoding: Encoding::Bytes, mime: Some(mime.to_owned()) })
    };
    text.into_iter().chain(targets.iter().filter_map(other)).collect()
}

fn mimes(formats: &[Format]) -> Vec<String> {
    let names = |format: &Format| match &format.mime {
        None => TEXT.map(str::to_owned).to_vec(),
        Some(mime) => vec![mime.clone()],
    };
    formats.iter().flat_map(names).collect()
}

impl Manager {
    /// Others than X11 apps offer this now; `None` if nobody does any more.
    pub(crate) fn offer(&mut self, kind: Kind, offered: Option<Vec<String>>) {
        let selection = self.selections.get_mut(kind);
        selection.turn += 1;
        selection.next = None;
        let turn = selection.turn;
        let Some(offered) = offered else {
            let is_ours = matches!(selection.owner, Owner::Us) && selection.asked.is_empty();
            if is_ours || selection.asked.back() == Some(&self.wire.own) {
                self.ask_owner(kind, x11rb::NONE);
            }
            return;
        };
        let unknown = offered.iter().filter(|mime| !is_text(mime) && self.names.atom(mime).is_none());
        let unknown: Vec<String> = unknown.take(NEW_NAMES).cloned().collect();
        if unknown.is_empty() {
            return self.own(kind, offered);
        }
        self.selections.get_mut(kind).next = Some(offered);
        let intern = |name: String| {
            let answer = self.wire.asked(self.wire.conn().intern_atom(false, name.as_bytes()))?;
            Some((name, answer))
        };
        let answers = unknown.into_iter().filter_map(intern).collect();
        self.after(Then::Interned { kind, turn, answers });
    }

    /// The types that are to be offered have numbers.
    pub(crate) fn interned(&mut self, kind: Kind, turn: u64, answers: Vec<(String, Answer)>) {
        for (name, answer) in answers {
            if let Some(reply) = self.wire.read::<InternAtomReply>(answer) {
                self.names.learn(reply.atom, &name);
            }
        }
        let selection = self.selections.get_mut(kind);
        if selection.turn == turn
            && let Some(offered) = selection.next.take()
        {
            self.own(kind, offered);
        }
    }

    fn own(&mut self, kind: Kind, offered: Vec<String>) {
        self.selections.get_mut(kind).offered = offered;
        self.ask_owner(kind, self.wire.own);
    }

    fn ask_owner(&mut self, kind: Kind, owner: Window) {
        let atom = kind.atom(&self.wire.atoms);
        self.selections.get_mut(kind).asked.push_back(owner);
        self.wire.sent(self.wire.conn().set_selection_owner(owner, atom, x11rb::CURRENT_TIME));
    }

    /// A selection has another owner.
    pub(crate) fn selection_owner(&mut self, e: &OwnerEvent) -> Option<Effect> {
        let atoms = self.wire.atoms;
        let kind = Kind::named(e.selection, &atoms)?;
        let own = self.wire.own;
        let selection = self.selections.get_mut(kind);
        selection.since = e.selection_timestamp;
        if selection.asked.front() == Some(&e.owner) {
            selection.asked.pop_front();
            selection.owner = if e.owner == own { Owner::Us } else { Owner::Nobody };
        } else if e.owner == x11rb::NONE {
            // An app cleared it, whosever it was, or has left with it.
            selection.owner = Owner::Nobody;
            return (!selection.is_ours_soon()).then_some(Effect::Offers(kind, None));
        } else if e.owner != own && kind == Kind::Drag {
            // Apps take it again and again while they drag. Its types come when the drag enters.
            if !selection.is_of_app() {
                selection.owner = Owner::App(Vec::new());
            }
            return Some(Effect::Drags);
        } else if e.owner != own {
            selection.owner = Owner::App(Vec::new());
            if !selection.is_ours_soon() {
                // The property is named like the selection, so that the answers of both can be told apart.
                let conn = self.wire.conn();
                let asked = conn.convert_selection(own, e.selection, atoms.TARGETS, e.selection, e.timestamp);
                self.wire.sent(asked);
            }
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
        self.targets_known(kind, reply.iter().filter_map(|reply| reply.value32()).flatten().collect())
    }

    /// In which formats an X11 app has its content.
    pub(crate) fn targets_known(&mut self, kind: Kind, targets: Vec<Atom>) -> Option<Effect> {
        let mut unknown: Vec<Atom> =
            targets.iter().copied().filter(|atom| self.names.is_new(*atom)).collect();
        unknown.truncate(NEW_NAMES);
        if unknown.is_empty() {
            return self.named(kind, &targets, Vec::new());
        }
        let ask = |atom| Some((atom, self.wire.asked(self.wire.conn().get_atom_name(atom))?));
        let answers = unknown.into_iter().filter_map(ask).collect();
        self.after(Then::Named { kind, targets, answers });
        None
    }

    /// The names of an X11 app's targets are known.
    pub(crate) fn named(
        &mut self,
        kind: Kind,
        targets: &[Atom],
        answers: Vec<(Atom, Answer)>,
    ) -> Option<Effect> {
        for (atom, answer) in answers {
            // What is no atom at all has no name.
            let reply = self.wire.read::<GetAtomNameReply>(answer);
            let name = reply.map(|reply| String::from_utf8_lossy(&reply.name).into_owned());
            self.names.learn(atom, &name.unwrap_or_default());
        }
        self.app_has(kind, formats(targets, &self.wire.atoms, &self.names))
    }

    fn app_has(&mut self, kind: Kind, formats: Vec<Format>) -> Option<Effect> {
        let selection = self.selections.get_mut(kind);
        // Somebody else may have taken it meanwhile.
        if !selection.is_of_app() || selection.is_ours_soon() {
            return None;
        }
        let mimes = mimes(&formats);
        selection.owner = Owner::App(formats);
        Some(Effect::Offers(kind, (!mimes.is_empty()).then_some(mimes)))
    }
}
