//! The window manager's connection to its X server. Nothing here waits for an answer.
//!
//! X answers in order. Who wants answers sends requests and then a [`Wire::fence`]: an event that comes back
//! to us behind the answers, so that reading these finds them there. An app that grabs the server delays its
//! own display with that, and never the compositor. The one exception is [`Wire::settle`], which waits for a
//! bounded time.

use std::{
    cell::Cell,
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use thiserror::Error;
use x11rb::{
    connection::{Connection, RequestConnection, SequenceNumber},
    cookie::{Cookie, VoidCookie},
    errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        Event,
        composite::{ConnectionExt as _, Redirect},
        res::{ClientIdMask, ClientIdSpec, ConnectionExt as _},
        shape::ConnectionExt as _,
        xfixes::{ConnectionExt as _, SelectionEventMask},
        xproto::{
            Atom, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, CreateWindowAux,
            EventMask, Family, GetPropertyReply, HostMode, PropMode, Window, WindowClass,
        },
    },
    rust_connection::{DefaultStream, RustConnection},
    wrapper::ConnectionExt as _,
    x11_utils::TryParse,
};

use super::{atoms::Atoms, cookie};

/// How long input waits at most until the X server has done what must come before it.
const SETTLE: Duration = Duration::from_millis(25);

/// After a wait in vain, none is tried for so long.
const SETTLE_AGAIN: Duration = Duration::from_secs(5);

/// What we are called as window manager. Java knows by the name who puts windows into frames of its own, and
/// waits for such a frame from all whom it does not know; this one, Looking Glass's, has stood for "no
/// frames" since its beginning.
const NAME: &[u8] = b"LG3D";

/// Why we could not become the window manager.
#[derive(Debug, Error)]
pub(crate) enum ManageError {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A request failed.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// A request failed, or there are no ids left.
    #[error(transparent)]
    ReplyOrId(#[from] ReplyOrIdError),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Wire {
    conn: RustConnection,
    pub(crate) atoms: Atoms,
    pub(crate) root: Window,
    /// A window of our own, to be named as window manager and to own selections.
    pub(crate) own: Window,
    /// A second one, to which fences are sent.
    fences: Window,
    /// Whether X tells which processes its apps are.
    knows_processes: bool,
    /// A third one, which takes what falls through the window under the pointer: other windows lie below it.
    pub(crate) floor: Window,
    /// In each fence, so that apps cannot make one.
    secret: [u32; 2],
    sent: u32,
    arrived: u32,
    /// Read while settling, not handled yet.
    early: VecDeque<Event>,
    settled_in_vain: Option<Instant>,
    broken: Cell<bool>,
}

/// An answer that will come.
#[derive(Debug)]
pub(crate) struct Answer(SequenceNumber);

/// Which fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fence(u32);

impl Wire {
    /// Becomes the window manager of an X server that is ready.
    pub(crate) fn connect(stream: UnixStream, cookie: &cookie::Cookie) -> Result<Self, ManageError> {
        let (stream, _) = DefaultStream::from_unix_stream(stream)?;
        let (method, secret) = (cookie::METHOD.as_bytes().to_vec(), cookie.secret().to_vec());
        let conn = RustConnection::connect_to_stream_with_auth_info(stream, 0, method, secret)?;
        admit_own_user(&conn)?;
        let atoms = Atoms::new(&conn)?.reply()?;
        let root =
            conn.setup().roots.first().map(|screen| screen.root).ok_or(ConnectionError::UnknownError)?;
        conn.composite_query_version(0, 4)?.reply()?;
        conn.shape_query_version()?.reply()?;
        let knows_processes = conn
            .res_query_version(1, 2)
            .is_ok_and(|cookie| cookie.reply().is_ok_and(|it| (it.server_major, it.server_minor) >= (1, 2)));
        conn.xfixes_query_version(6, 0)?.reply()?;

        let mask =
            EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        conn.change_window_attributes(root, &ChangeWindowAttributesAux::new().event_mask(mask))?.check()?;
        conn.composite_redirect_subwindows(root, Redirect::MANUAL)?.check()?;
        let window = || -> Result<Window, ManageError> {
            let id = conn.generate_id()?;
            let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
            conn.create_window(0, id, root, -1, -1, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux)?;
            Ok(id)
        };
        let (own, fences) = (window()?, window()?);
        let floor = conn.generate_id()?;
        let aux = CreateWindowAux::new().override_redirect(1);
        let (w, h) = (i16::MAX as u16, i16::MAX as u16);
        conn.create_window(0, floor, root, 0, 0, w, h, 0, WindowClass::INPUT_ONLY, 0, &aux)?;
        conn.map_window(floor)?;
        let hasher = RandomState::new();
        let random = hasher.hash_one(own) ^ RandomState::new().hash_one(fences).rotate_left(32);
        let secret = [random as u32, (random >> 32) as u32];
        let wire = Self {
            conn,
            atoms,
            root,
            own,
            fences,
            knows_processes,
            floor,
            secret,
            sent: 0,
            arrived: 0,
            early: VecDeque::new(),
            settled_in_vain: None,
            broken: Cell::new(false),
        };
        wire.set_root_cursor()?;
        wire.announce()?;
        Ok(wire)
    }

    /// Says that there is a window manager and what it knows. Xwayland lets apps in from now on.
    fn announce(&self) -> Result<(), ManageError> {
        let (conn, atoms, root, own) = (&self.conn, &self.atoms, self.root, self.own);
        let supported = [
            atoms._NET_ACTIVE_WINDOW,
            atoms._NET_CLIENT_LIST,
            atoms._NET_CLIENT_LIST_STACKING,
            atoms._NET_CLOSE_WINDOW,
            atoms._NET_CURRENT_DESKTOP,
            atoms._NET_DESKTOP_GEOMETRY,
            atoms._NET_DESKTOP_VIEWPORT,
            atoms._NET_FRAME_EXTENTS,
            atoms._NET_NUMBER_OF_DESKTOPS,
            atoms._NET_REQUEST_FRAME_EXTENTS,
            atoms._NET_SUPPORTING_WM_CHECK,
            atoms._NET_WM_ICON,
            atoms._NET_WM_MOVERESIZE,
            atoms._NET_WM_NAME,
            atoms._NET_WM_PING,
            atoms._NET_WM_STATE,
            atoms._NET_WM_STATE_DEMANDS_ATTENTION,
            atoms._NET_WM_STATE_FOCUSED,
            atoms._NET_WM_STATE_FULLSCREEN,
            atoms._NET_WM_STATE_HIDDEN,
            atoms._NET_WM_STATE_MAXIMIZED_HORZ,
            atoms._NET_WM_STATE_MAXIMIZED_VERT,
            atoms._NET_WM_STATE_MODAL,
            atoms._NET_WM_WINDOW_TYPE,
            atoms._NET_WORKAREA,
        ];
        use x11rb::protocol::xproto::AtomEnum;
        let replace = PropMode::REPLACE;
        conn.change_property32(replace, root, atoms._NET_SUPPORTED, AtomEnum::ATOM, &supported)?;
        conn.change_property8(replace, own, atoms._NET_WM_NAME, atoms.UTF8_STRING, NAME)?;
        for window in [root, own] {
            conn.change_property32(
                replace,
                window,
                atoms._NET_SUPPORTING_WM_CHECK,
                AtomEnum::WINDOW,
                &[own],
            )?;
        }
        for selection in [atoms.CLIPBOARD, AtomEnum::PRIMARY.into(), atoms.XdndSelection] {
            let mask = SelectionEventMask::SET_SELECTION_OWNER
                | SelectionEventMask::SELECTION_WINDOW_DESTROY
                | SelectionEventMask::SELECTION_CLIENT_CLOSE;
            conn.xfixes_select_selection_input(own, selection, mask)?;
        }
        for selection in [atoms._NET_WM_CM_S0, atoms.WM_S0] {
            conn.set_selection_owner(own, selection, x11rb::CURRENT_TIME)?.check()?;
        }
        Ok(())
    }

    /// A descriptor that becomes readable when there is something to take.
    pub(crate) fn watched(&self) -> std::io::Result<OwnedFd> {
        self.conn.stream().as_fd().try_clone_to_owned()
    }

    /// The connection, to send requests on.
    pub(crate) fn conn(&self) -> &RustConnection {
        &self.conn
    }

    /// Takes note of whether a request could be sent. Whether the server then carries it out is known by its
    /// events.
    pub(crate) fn sent(&self, request: Result<VoidCookie<'_, RustConnection>, ConnectionError>) {
        if request.is_err() {
            self.broken.set(true);
        }
    }

    /// Takes note of a request whose answer will be read behind a fence.
    pub(crate) fn asked<R: TryParse>(
        &self,
        request: Result<Cookie<'_, RustConnection, R>, ConnectionError>,
    ) -> Option<Answer> {
        match request {
            Ok(cookie) => {
                let number = cookie.sequence_number();
                // Dropping it would have the answer thrown away.
                std::mem::forget(cookie);
                Some(Answer(number))
            }
            Err(_) => {
                self.broken.set(true);
                None
            }
        }
    }

    /// Asks which process an app is that has made something.
    pub(crate) fn ask_process(&self, id: u32) -> Option<Answer> {
        let spec = ClientIdSpec { client: id, mask: ClientIdMask::LOCAL_CLIENT_PID };
        self.knows_processes.then(|| self.asked(self.conn.res_query_client_ids(&[spec]))).flatten()
    }

    /// Asks for a property's first `bytes` bytes.
    pub(crate) fn ask_property(
        &self,
        window: Window,
        property: Atom,
        kind: Atom,
        bytes: u32,
        delete: bool,
    ) -> Option<Answer> {
        self.asked(self.conn.get_property(delete, window, property, kind, 0, bytes.div_ceil(4)))
    }

    /// Reads an answer behind whose request a fence has arrived.
    pub(crate) fn read<R: TryParse>(&self, answer: Answer) -> Option<R> {
        let buffer = self.conn.wait_for_reply_or_error(answer.0).ok()?;
        R::try_parse(&buffer).ok().map(|(reply, _)| reply)
    }

    /// Reads a property; `None` if the window is gone. One that is not set has the type 0.
    pub(crate) fn read_property(&self, answer: Answer) -> Option<GetPropertyReply> {
        self.read(answer)
    }

    /// Sends a fence: all answers to earlier requests are there when [`Wire::arrived`] tells of it.
    pub(crate) fn fence(&mut self) -> Fence {
        self.sent = self.sent.wrapping_add(1);
        let data = [self.sent, self.secret[0], self.secret[1], 0, 0];
        let event = ClientMessageEvent::new(32, self.fences, self.atoms._DORMER_FENCE, data);
        self.sent(self.conn.send_event(false, self.fences, EventMask::NO_EVENT, event));
        Fence(self.sent)
    }

    /// Whether an event is a fence of ours, and which.
    pub(crate) fn arrived(&mut self, event: &ClientMessageEvent) -> Option<Fence> {
        let number = self.fence_in(event)?;
        self.arrived = number;
        Some(Fence(number))
    }

    /// The newest fence that has arrived, and whether others are under way.
    pub(crate) fn progress(&self) -> (Fence, bool) {
        (Fence(self.arrived), self.arrived != self.sent)
    }

    /// Waits until the X server has carried out all that was sent, at most for a moment. Input that Xwayland
    /// gets on its other connection would overtake otherwise. Whether it has: if not, what must not overtake
    /// waits for a fence.
    pub(crate) fn settle(&mut self) -> bool {
        if self.settled_in_vain.is_some_and(|at| at.elapsed() < SETTLE_AGAIN) {
            return false;
        }
        let Fence(wanted) = self.fence();
        let deadline = Instant::now() + SETTLE;
        let settled = self.wait_for(wanted, deadline);
        if !settled {
            tracing::info!("Xwayland is slow: an app of its may hold it, input goes on without waiting");
            self.settled_in_vain = Some(Instant::now());
        }
        settled
    }

    fn wait_for(&mut self, wanted: u32, deadline: Instant) -> bool {
        self.flush();
        loop {
            while let Some(event) = self.poll() {
                let here = matches!(&event, Event::ClientMessage(e) if self.fence_in(e) == Some(wanted));
                self.early.push_back(event);
                if here {
                    return true;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.broken() {
                return false;
            }
            let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) };
            let mut fds = [PollFd::new(self.conn.stream(), PollFlags::IN)];
            match poll(&mut fds, Some(&timeout)) {
                Ok(_) | Err(Errno::INTR) => (),
                Err(_) => return false,
            }
        }
    }

    fn fence_in(&self, event: &ClientMessageEvent) -> Option<u32> {
        let [number, first, second, ..] = event.data.as_data32();
        let ours =
            event.window == self.fences && event.type_ == self.atoms._DORMER_FENCE && event.format == 32;
        (ours && [first, second] == self.secret).then_some(number)
    }

    /// The next event, if one is there.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.early.pop_front().or_else(|| self.poll())
    }

    fn poll(&self) -> Option<Event> {
        loop {
            match self.conn.poll_for_event() {
                Ok(event) => return event,
                // What an extension of tomorrow sends is nothing to us.
                Err(ConnectionError::ParseError(_)) => (),
                Err(_) => {
                    self.broken.set(true);
                    return None;
                }
            }
        }
    }

    /// Sends what was requested.
    pub(crate) fn flush(&self) {
        if self.conn.flush().is_err() {
            self.broken.set(true);
        }
    }

    /// Whether the connection is at its end.
    pub(crate) fn broken(&self) -> bool {
        self.broken.get()
    }

    /// Which app made a window or another thing, as a number.
    pub(crate) fn owner_of(&self, id: u32) -> u32 {
        id & !self.conn.setup().resource_id_mask
    }
}

/// Apps that do not know the cookie are let in if they run as the session's user, who could read it anyhow.
fn admit_own_user(conn: &RustConnection) -> Result<(), ManageError> {
    let user = format!("localuser\0#{}", rustix::process::getuid().as_raw());
    conn.change_hosts(HostMode::INSERT, Family::SERVER_INTERPRETED, user.as_bytes())?.check()?;
    Ok(())
}
