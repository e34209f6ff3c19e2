//! The seat: its devices and who has the keyboard.

use std::borrow::Cow;

use media::{Timestamp, TrackId};
use smithay::{
    backend::input::KeyState,
    input::{
        Seat, SeatHandler, SeatState,
        keyboard::{KeyboardHandle, KeyboardTarget, KeysymHandle, ModifiersState, XkbConfig},
        pointer::{CursorImageStatus, PointerHandle},
        touch::TouchHandle,
    },
    reexports::wayland_server::{
        DisplayHandle, Resource, backend::ObjectId, protocol::wl_surface::WlSurface,
    },
    utils::{IsAlive, SERIAL_COUNTER, Serial},
    wayland::{
        seat::WaylandFocus,
        selection::{data_device::set_data_device_focus, primary_selection::set_primary_focus},
        shell::xdg::PopupSurface,
    },
};

use crate::wayland::input::composition::Progress;
use crate::wayland::input::held::Held;
use crate::wayland::input::pointer_lock::Lock;
use crate::wayland::input::text::Keymaps;
use crate::wayland::picture::frames::millis;
use crate::wayland::windows::invited::Press;
use crate::wayland::windows::tracks::Tracks;
use crate::wayland::{State, globals::Globals};
use crate::{StartError, clock};

/// Keys repeat 25 times a second, after 600 ms: what desktops have.
const REPEAT_RATE: i32 = 25;
const REPEAT_DELAY_MS: i32 = 600;

/// The seat and what input is about at the moment.
pub(crate) struct Input {
    pub(crate) seat: Seat<State>,
    pub(crate) keyboard: KeyboardHandle<State>,
    pub(crate) pointer: PointerHandle<State>,
    pub(crate) touch: TouchHandle<State>,
    pub(crate) keymaps: Keymaps,
    /// The toplevel that has the viewers' focus.
    pub(crate) focused: Option<TrackId>,
    /// Popups that grab, the topmost last.
    pub(crate) grabs: Vec<PopupSurface>,
    /// The surface that was touched last.
    pub(crate) touched: Option<WlSurface>,
    /// What holds the pointer.
    pub(crate) lock: Lock,
    /// Whether the user was at the keyboard last, and not at the pointer.
    pub(crate) keys_came_last: bool,
    /// What the user pressed last.
    pub(crate) pressed: Option<Press>,
    /// When the newest input happened: see [`Self::happened`].
    newest: Timestamp,
    /// How far the app with the keyboard has come with it.
    pub(crate) progress: Progress,
    /// Commands for the keyboard that wait.
    pub(crate) held: Held,
}

/// Who has the keyboard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Focus {
    /// A window of a Wayland app.
    Wayland(WlSurface),
}

impl Input {
    pub(in crate::wayland) fn new(
        globals: &mut Globals,
        display: &DisplayHandle,
    ) -> Result<Self, StartError> {
        let mut seat = globals.seats.new_wl_seat(display, "seat0");
        let keyboard = seat
            .add_keyboard(XkbConfig::default(), REPEAT_DELAY_MS, REPEAT_RATE)
            .map_err(|error| StartError::Keymap(error.to_string()))?;
        let pointer = seat.add_pointer();
        let touch = seat.add_touch();
        Ok(Self {
            seat,
            keyboard,
            pointer,
            touch,
            keymaps: Keymaps::default(),
            focused: None,
            grabs: Vec::new(),
            touched: None,
            lock: Lock::default(),
            keys_came_last: false,
            pressed: None,
            newest: clock::now(),
            progress: Progress::default(),
            held: Held::default(),
        })
    }

    /// Input happened at this time. Times that apps are told never go back, whoever the users are.
    pub(in crate::wayland) fn happened(&mut self, at: Timestamp) {
        self.newest = at.min(clock::now()).max(self.newest);
    }

    /// The time of what is told to apps now, as Wayland's events carry it.
    pub(in crate::wayland) fn time(&self) -> u32 {
        millis(self.newest)
    }

    /// The same in microseconds.
    pub(in crate::wayland) fn time_us(&self) -> u64 {
        self.newest.0
    }

    /// The surface that has the keyboard.
    pub(crate) fn keyboard_surface(&self) -> Option<WlSurface> {
        self.keyboard.current_focus().and_then(|focus| focus.wl_surface().map(Cow::into_owned))
    }

    /// Who ought to have the keyboard: the topmost popup that grabs, else the focused window.
    fn wanted_focus(&self, tracks: &Tracks) -> Option<Focus> {
        let grabbing = self.grabs.last().map(|popup| popup.wl_surface().clone());
        let focused = || self.focused.and_then(|id| tracks.get(id)).map(|track| track.root.clone());
        grabbing.or_else(focused).map(Focus::Wayland)
    }
}

impl State {
    /// Gives the keyboard to a window: it is active then, the others are not.
    pub(in crate::wayland) fn focus(&mut self, track: Option<TrackId>) {
        let toplevel = track.and_then(|id| self.tracks.toplevel_of(id));
        let grabbing = self.input.grabs.first().and_then(|popup| self.tracks.of_surface(popup.wl_surface()));
        if grabbing.is_some() && grabbing.and_then(|id| self.tracks.toplevel_of(id)) != toplevel {
            self.dismiss_grabs();
        }
        let before = std::mem::replace(&mut self.input.focused, toplevel);
        if before != toplevel {
            self.release_pointer();
            if let Some(before) = before {
                self.activate(before, false);
            }
            if let Some(toplevel) = toplevel {
                self.activate(toplevel, true);
            }
        }
        self.refocus();
        self.constrain();
        self.flush();
    }

    /// Gives the keyboard to who ought to have it.
    pub(in crate::wayland) fn refocus(&mut self) {
        let wanted = self.input.wanted_focus(&self.tracks);
        let keyboard = self.input.keyboard.clone();
        if keyboard.current_focus() != wanted {
            keyboard.set_focus(self, wanted, SERIAL_COUNTER.next_serial());
            let surface = self.input.keyboard_surface();
            self.focus_x11(surface.as_ref());
        }
    }

    /// A window is not shown any more: it loses the keyboard and the pointer.
    pub(in crate::wayland) fn forget_focus(&mut self, id: TrackId, root: &WlSurface) {
        if self.input.focused == Some(id) {
            self.input.focused = None;
            self.refocus();
        }
        if self
            .input
            .pointer
            .current_focus()
            .is_some_and(|under| crate::wayland::picture::layout::root_of(&under) == *root)
        {
            self.leave();
        }
        if self.input.touched.as_ref() == Some(root) {
            self.input.touched = None;
        }
    }
}

impl SeatHandler for State {
    type KeyboardFocus = Focus;
    type PointerFocus = WlSurface;
    type TouchFocus = WlSurface;

    fn seat_state(&mut self) -> &mut SeatState<Self> {
        &mut self.globals.seats
    }

    fn focus_changed(&mut self, seat: &Seat<Self>, focused: Option<&Focus>) {
        let client = focused.and_then(|focus| focus.wl_surface()).and_then(|surface| surface.client());
        set_data_device_focus(&self.display, seat, client.clone());
        set_primary_focus(&self.display, seat, client);
    }

    fn cursor_image(&mut self, _seat: &Seat<Self>, image: CursorImageStatus) {
        self.set_cursor(image);
    }
}

impl WaylandFocus for Focus {
    fn wl_surface(&self) -> Option<Cow<'_, WlSurface>> {
        match self {
            Focus::Wayland(surface) => Some(Cow::Borrowed(surface)),
        }
    }

    fn same_client_as(&self, object: &ObjectId) -> bool {
        self.wl_surface().is_some_and(|surface| surface.id().same_client_as(object))
    }
}

impl IsAlive for Focus {
    fn alive(&self) -> bool {
        match self {
            Focus::Wayland(surface) => surface.alive(),
        }
    }
}

impl KeyboardTarget<State> for Focus {
    fn enter(&self, seat: &Seat<State>, state: &mut State, keys: Vec<KeysymHandle<'_>>, serial: Serial) {
        match self {
            Focus::Wayland(surface) => {
                KeyboardTarget::enter(surface, seat, state, keys, serial);
                state.text_inputs.enter(surface);
                state.progress_anew();
            }
        }
    }

    fn leave(&self, seat: &Seat<State>, state: &mut State, serial: Serial) {
        match self {
            Focus::Wayland(surface) => {
                state.text_inputs.leave();
                state.progress_anew();
                KeyboardTarget::leave(surface, seat, state, serial);
            }
        }
    }

    fn key(
        &self,
        seat: &Seat<State>,
        state: &mut State,
        key: KeysymHandle<'_>,
        pressed: KeyState,
        serial: Serial,
        time: u32,
    ) {
        match self {
            Focus::Wayland(surface) => KeyboardTarget::key(surface, seat, state, key, pressed, serial, time),
        }
    }

    fn modifiers(&self, seat: &Seat<State>, state: &mut State, modifiers: ModifiersState, serial: Serial) {
        match self {
            Focus::Wayland(surface) => KeyboardTarget::modifiers(surface, seat, state, modifiers, serial),
        }
    }
}
