//! Dragging as X11 apps speak it: XDND, version 5. [`message`] has its words; [`giving`] is what is said to
//! an X11 app that others drag over, [`taking`] what is said to one that drags over others. Both are machines
//! without a connection: they return what follows. Here they get one.

pub(crate) mod giving;
pub(crate) mod message;
pub(crate) mod taking;

use x11rb::{
    connection::Connection as _,
    protocol::xproto::{
        Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux,
        EventMask, PropMode, StackMode, Timestamp, Window, WindowClass,
    },
    wrapper::ConnectionExt as _,
};

use self::{
    giving::{Given, Giving, Place, Say},
    message::{Action, Message, Types, VERSION},
    taking::{Reply, Taken, Taking},
};
use super::{Kind, Manager, manager::Then, selection::Effect, wire::Answer};

/// The oldest version whose apps are dragged to.
const OLDEST: u32 = 3;

/// The most bytes of a list of types or actions.
const LIST_BYTES: u32 = 4096;

/// Both directions.
#[derive(Debug, Default)]
pub(crate) struct Drag {
    giving: Giving,
    taking: Taking,
    /// Where others' drag is while that window is not known to take any, or the types have no numbers yet.
    waits: Option<(Window, Place)>,
    /// Actions of the app that drags.
    actions: Vec<Action>,
    /// When it last said where it is, in X's time: what it drags is known by that.
    time: Timestamp,
    /// A window of ours over all others, for a drag that is over something else than X11.
    net: Option<Window>,
    spread: bool,
}

/// What follows from a message of a drag.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Others' drag, over an X11 app.
    Given(Given),
    /// An X11 app's drag, over others.
    Taken(Taken),
}

/// Others drag over X11 apps.
impl Manager {
    /// Others begin to drag what has these types.
    pub(crate) fn drag_begins(&mut self, mimes: Vec<String>, actions: &[Action]) {
        self.drag.waits = None;
        self.offer(Kind::Drag, Some(mimes));
        let list: Vec<Atom> = actions.iter().map(|action| action.atom(&self.wire.atoms)).collect();
        let (own, name) = (self.wire.own, self.wire.atoms.XdndActionList);
        let sent = self.wire.conn().change_property32(PropMode::REPLACE, own, name, AtomEnum::ATOM, &list);
        self.wire.sent(sent);
    }

    /// Their drag is over a window, or over none of X11.
    pub(crate) fn drag_over(&mut self, target: Option<Window>, place: Place) -> Vec<Given> {
        let speaks = |id| self.windows.get(id)?.properties.drops.filter(|&version| version >= OLDEST);
        let ready = target.filter(|_| !self.selections.get(Kind::Drag).waits());
        let ready = ready.and_then(|id| Some((id, speaks(id)?.min(VERSION))));
        self.drag.waits = target.filter(|_| ready.is_none()).map(|id| (id, place));
        let said = self.drag.giving.over(ready, place);
        self.say(said)
    }

    /// More is known: of the window that their drag is over, or the types have numbers now.
    pub(crate) fn drag_looks_again(&mut self) -> Vec<Given> {
        match self.drag.waits {
            Some((id, place)) => self.drag_over(Some(id), place),
            None => Vec::new(),
        }
    }

    /// They let it go over the window.
    pub(crate) fn drag_drops(&mut self) -> Vec<Given> {
        self.drag.waits = None;
        let said = self.drag.giving.drop();
        self.say(said)
    }

    /// Their drag is over, whatever became of it. [`Manager::drag_over`] with no window comes before where
    /// nothing was dropped.
    pub(crate) fn drag_ends(&mut self) -> Vec<Given> {
        self.drag.waits = None;
        let said = self.drag.giving.cancel();
        let left = self.say(said);
        self.offer(Kind::Drag, None);
        left
    }

    /// Sends what is for X, and returns what is for others.
    fn say(&mut self, said: Vec<Given>) -> Vec<Given> {
        let mut left = Vec::new();
        for given in said {
            match given {
                Given::Send(to, say) => self.send_say(to, say),
                Given::Answer(_) | Given::End(_) => left.push(given),
            }
        }
        left
    }

    fn send_say(&self, to: Window, say: Say) {
        let source = self.wire.own;
        let message = match say {
            Say::Enter(version) => {
                let types = self.selections.get(Kind::Drag).types(&self.wire.atoms, &self.names);
                let (name, atom) = (self.wire.atoms.XdndTypeList, AtomEnum::ATOM);
                let conn = self.wire.conn();
                self.wire.sent(conn.change_property32(PropMode::REPLACE, source, name, atom, &types));
                Message::Enter { source, version, types: Types::of(&types) }
            }
            Say::Position(place) => {
                let Place { x, y, time, action } = place;
                Message::Position { source, x, y, time, action: action.atom(&self.wire.atoms) }
            }
            Say::Leave => Message::Leave { source },
            Say::Drop(time) => Message::Drop { source, time },
        };
        self.send_drag(to, &message);
    }
}

/// X11 apps drag over others.
impl Manager {
    /// An X11 app's drag is over something else than X11: it finds our net there. Or it is so no more.
    pub(crate) fn spread_net(&mut self, spread: bool) {
        if std::mem::replace(&mut self.drag.spread, spread) == spread {
            return;
        }
        let Some(net) = self.net() else { return };
        let conn = self.wire.conn();
        if spread {
            let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            self.wire.sent(conn.configure_window(net, &above));
            self.wire.sent(conn.map_window(net));
        } else {
            self.wire.sent(conn.unmap_window(net));
        }
        // Whatever was on top is so no more, or again.
        self.top = None;
        self.wire.settle();
    }

    fn net(&mut self) -> Option<Window> {
        if self.drag.net.is_none() {
            let conn = self.wire.conn();
            let id = conn.generate_id().ok()?;
            let aux = CreateWindowAux::new().override_redirect(1);
            let (root, side, class) = (self.wire.root, i16::MAX as u16, WindowClass::INPUT_ONLY);
            self.wire.sent(conn.create_window(0, id, root, 0, 0, side, side, 0, class, 0, &aux));
            let (name, atom) = (self.wire.atoms.XdndAware, AtomEnum::ATOM);
            self.wire.sent(conn.change_property32(PropMode::REPLACE, id, name, atom, &[VERSION]));
            self.drag.net = Some(id);
        }
        self.drag.net
    }

    /// Others accept what is dragged over them, by this action, or do not.
    pub(crate) fn drag_answered(&mut self, answer: Option<Action>) -> Vec<Taken> {
        let taken = self.drag.taking.answer(answer);
        self.reply(taken)
    }

    /// Others have got what was dropped, or want it no more.
    pub(crate) fn drag_finished(&mut self, action: Option<Action>) -> Vec<Taken> {
        let taken = self.drag.taking.finish(action);
        self.reply(taken)
    }

    /// What the app that drags may do with it: what it says, or else what it suggests.
    pub(crate) fn drag_actions(&self) -> Vec<Action> {
        let mut actions = self.drag.actions.clone();
        actions.extend(self.drag.taking.wish());
        actions
    }

    /// By when X knows what is dragged.
    pub(crate) fn drag_time(&self) -> Timestamp {
        self.drag.time
    }

    /// The types and actions of the app that drags were read.
    pub(crate) fn drag_read(
        &mut self,
        source: Window,
        types: Types,
        answers: (Option<Answer>, Answer),
    ) -> Option<Effect> {
        let atoms_in = |answer: Answer| -> Vec<Atom> {
            let reply = self.wire.read_property(answer);
            reply.iter().filter_map(|reply| reply.value32()).flatten().collect()
        };
        let listed = answers.0.map(atoms_in);
        let actions = atoms_in(answers.1);
        if !self.drag.taking.is_from(source) {
            return None;
        }
        self.drag.actions = actions.into_iter().map(|atom| Action::named(atom, &self.wire.atoms)).collect();
        let types = listed.unwrap_or_else(|| types.inline());
        self.targets_known(Kind::Drag, types)
    }

    /// Sends what is for X, and returns what is for others.
    fn reply(&mut self, taken: Vec<Taken>) -> Vec<Taken> {
        let Some(target) = self.drag.net else { return taken };
        let mut left = Vec::new();
        for taken in taken {
            match taken {
                Taken::Send(to, reply) => {
                    let atom = |action: Option<Action>| match action {
                        Some(action) => action.atom(&self.wire.atoms),
                        None => x11rb::NONE,
                    };
                    let message = match reply {
                        Reply::Status(action) => {
                            Message::Status { target, accepted: action.is_some(), action: atom(action) }
                        }
                        Reply::Finished(action) => {
                            Message::Finished { target, accepted: action.is_some(), action: atom(action) }
                        }
                    };
                    self.send_drag(to, &message);
                }
                Taken::Came { source, types } => self.read_types(source, types),
                Taken::Left | Taken::Dropped => left.push(taken),
            }
        }
        left
    }

    fn read_types(&mut self, source: Window, types: Types) {
        let atoms = self.wire.atoms;
        let ask = |name| self.wire.ask_property(source, name, AtomEnum::ATOM.into(), LIST_BYTES, false);
        let listed = match types {
            Types::Inline(_) => None,
            Types::Listed => ask(atoms.XdndTypeList),
        };
        if let Some(actions) = ask(atoms.XdndActionList) {
            self.after(Then::Dragged { source, types, answers: (listed, actions) });
        }
    }
}

/// Both ways.
impl Manager {
    /// A message of a drag. Whether it is one, and what follows.
    pub(crate) fn drag_message(&mut self, e: &ClientMessageEvent) -> Option<Vec<Outcome>> {
        let message = Message::parse(e, &self.wire.atoms)?;
        let to_net = Some(e.window) == self.drag.net;
        let atoms = self.wire.atoms;
        let taken = match message {
            Message::Status { target, accepted, action } => {
                let answer = accepted.then(|| Action::named(action, &atoms));
                let given = self.drag.giving.status(target, answer);
                return Some(self.say(given).into_iter().map(Outcome::Given).collect());
            }
            Message::Finished { target, accepted, action } => {
                let action = accepted.then(|| Action::named(action, &atoms));
                let given = self.drag.giving.finished(target, action);
                return Some(self.say(given).into_iter().map(Outcome::Given).collect());
            }
            _ if !to_net => return Some(Vec::new()),
            Message::Enter { source, version, types } => {
                self.drag.actions.clear();
                self.drag.taking.enter(source, version, types)
            }
            Message::Position { source, time, action, .. } => {
                self.drag.time = time;
                self.drag.taking.position(source, Action::named(action, &atoms))
            }
            Message::Leave { source } => self.drag.taking.leave(source),
            Message::Drop { source, time } => {
                self.drag.time = time;
                self.drag.taking.drop(source)
            }
        };
        Some(self.reply(taken).into_iter().map(Outcome::Taken).collect())
    }

    /// A window is gone that may have taken part in a drag.
    pub(crate) fn drag_gone(&mut self, id: Window) -> Vec<Outcome> {
        let given = self.drag.giving.gone(id);
        let given = self.say(given).into_iter().map(Outcome::Given);
        let taken = self.drag.taking.gone(id);
        let taken = self.reply(taken).into_iter().map(Outcome::Taken);
        given.chain(taken).collect()
    }

    fn send_drag(&self, to: Window, message: &Message) {
        let (kind, data) = message.written(&self.wire.atoms);
        let event = ClientMessageEvent::new(32, to, kind, data);
        self.wire.sent(self.wire.conn().send_event(false, to, EventMask::NO_EVENT, event));
    }
}
