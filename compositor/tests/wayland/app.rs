//! A small Wayland app that does as it is told and remembers what it was told.

use std::{
    fs::File,
    io::{Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{fs::FileExt, net::UnixStream},
    },
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::{
    Connection, Dispatch, EventQueue, Proxy, QueueHandle, WEnum,
    backend::{ObjectId, WaylandError},
    globals::{GlobalList, GlobalListContents, registry_queue_init},
    protocol::{
        wl_buffer::{self, WlBuffer},
        wl_callback::{self, WlCallback},
        wl_compositor::WlCompositor,
        wl_data_device::{self, WlDataDevice},
        wl_data_device_manager::{DndAction, WlDataDeviceManager},
        wl_data_offer::WlDataOffer,
        wl_data_source::{self, WlDataSource},
        wl_keyboard::{self, WlKeyboard},
        wl_output::{self, WlOutput},
        wl_pointer::{self, WlPointer},
        wl_region::WlRegion,
        wl_registry::{self, WlRegistry},
        wl_seat::WlSeat,
        wl_shm::{Format, WlShm},
        wl_shm_pool::WlShmPool,
        wl_subcompositor::WlSubcompositor,
        wl_subsurface::WlSubsurface,
        wl_surface::{self, WlSurface},
        wl_touch::{self, WlTouch},
    },
};
use wayland_protocols::{
    ext::data_control::v1::client::ext_data_control_offer_v1::ExtDataControlOfferV1,
    wp::{
        cursor_shape::v1::client::{
            wp_cursor_shape_device_v1::WpCursorShapeDeviceV1,
            wp_cursor_shape_manager_v1::WpCursorShapeManagerV1,
        },
        fractional_scale::v1::client::{
            wp_fractional_scale_manager_v1::WpFractionalScaleManagerV1,
            wp_fractional_scale_v1::{self, WpFractionalScaleV1},
        },
        pointer_constraints::zv1::client::{
            zwp_confined_pointer_v1::{self, ZwpConfinedPointerV1},
            zwp_locked_pointer_v1::{self, ZwpLockedPointerV1},
            zwp_pointer_constraints_v1::ZwpPointerConstraintsV1,
        },
        presentation_time::client::{
            wp_presentation::{self, WpPresentation},
            wp_presentation_feedback::{self, WpPresentationFeedback},
        },
        primary_selection::zv1::client::{
            zwp_primary_selection_device_manager_v1::ZwpPrimarySelectionDeviceManagerV1,
            zwp_primary_selection_device_v1::{self, ZwpPrimarySelectionDeviceV1},
            zwp_primary_selection_offer_v1::ZwpPrimarySelectionOfferV1,
            zwp_primary_selection_source_v1::{self, ZwpPrimarySelectionSourceV1},
        },
        relative_pointer::zv1::client::{
            zwp_relative_pointer_manager_v1::ZwpRelativePointerManagerV1,
            zwp_relative_pointer_v1::{self, ZwpRelativePointerV1},
        },
        single_pixel_buffer::v1::client::wp_single_pixel_buffer_manager_v1::WpSinglePixelBufferManagerV1,
        text_input::zv3::client::{
            zwp_text_input_manager_v3::ZwpTextInputManagerV3,
            zwp_text_input_v3::{self, ZwpTextInputV3},
        },
        viewporter::client::{wp_viewport::WpViewport, wp_viewporter::WpViewporter},
    },
    xdg::activation::v1::client::{
        xdg_activation_token_v1::{self, XdgActivationTokenV1},
        xdg_activation_v1::XdgActivationV1,
    },
    xdg::decoration::zv1::client::{
        zxdg_decoration_manager_v1::ZxdgDecorationManagerV1,
        zxdg_toplevel_decoration_v1::{self, ZxdgToplevelDecorationV1},
    },
    xdg::shell::client::{
        xdg_popup::{self, XdgPopup},
        xdg_positioner::XdgPositioner,
        xdg_surface::{self, XdgSurface},
        xdg_toplevel::{self, XdgToplevel},
        xdg_wm_base::{self, XdgWmBase},
    },
    xdg::system_bell::v1::client::xdg_system_bell_v1::XdgSystemBellV1,
    xdg::toplevel_icon::v1::client::{
        xdg_toplevel_icon_manager_v1::{self, XdgToplevelIconManagerV1},
        xdg_toplevel_icon_v1::XdgToplevelIconV1,
    },
    xdg::xdg_output::zv1::client::{
        zxdg_output_manager_v1::ZxdgOutputManagerV1,
        zxdg_output_v1::{self, ZxdgOutputV1},
    },
};

use wayland_protocols_misc::server_decoration::client::{
    org_kde_kwin_server_decoration::{self, OrgKdeKwinServerDecoration},
    org_kde_kwin_server_decoration_manager::OrgKdeKwinServerDecorationManager,
};

use crate::host::{Host, PATIENCE};

/// What the app was told, in order.
#[derive(Debug)]
pub(crate) enum Seen {
    Configure {
        surface: ObjectId,
        serial: u32,
    },
    Toplevel {
        width: i32,
        height: i32,
    },
    Popup {
        x: i32,
        y: i32,
        width: i32,
        height: i32,
    },
    PopupDone(ObjectId),
    Repositioned(u32),
    Close,
    Token(String),
    Released(ObjectId),
    Frame,
    Scale(u32),
    Keymap(String),
    KeyboardEnter(ObjectId),
    KeyboardLeave(ObjectId),
    Modifiers {
        held: u32,
        latched: u32,
        locked: u32,
        group: u32,
    },
    Key {
        serial: u32,
        key: u32,
        pressed: bool,
    },
    PointerEnter {
        serial: u32,
        surface: ObjectId,
        x: f64,
        y: f64,
    },
    PointerLeave,
    Motion {
        x: f64,
        y: f64,
    },
    Relative {
        dx: f64,
        dy: f64,
    },
    Locked,
    Unlocked,
    Confined,
    Button {
        serial: u32,
        time: u32,
    },
    Axis(f64),
    AxisStop,
    PointerFrame,
    TouchDown {
        x: f64,
        y: f64,
    },
    Selection(Option<WlDataOffer>),
    Send {
        mime: String,
        fd: OwnedFd,
    },
    IconSize(i32),
    TextEnter(ObjectId),
    TextLeave,
    Preedit {
        text: Option<String>,
        begin: i32,
        end: i32,
    },
    Commit(Option<String>),
    TextDone(u32),
    Clock(u32),
    Presented,
    Decoration(zxdg_toplevel_decoration_v1::Mode),
    KdeDecoration(u32),
    Primary(Option<ZwpPrimarySelectionOfferV1>),
    Controlled(Option<ExtDataControlOfferV1>),
    ControlledPrimary(Option<ExtDataControlOfferV1>),
    Mode {
        width: i32,
        height: i32,
    },
    OutputScale(i32),
    OutputDone,
    LogicalSize {
        width: i32,
        height: i32,
    },
    DragEnter {
        serial: u32,
        offer: Option<WlDataOffer>,
        x: f64,
        y: f64,
    },
    /// Any other event, as its library writes it.
    Said(String),
}

#[derive(Default)]
pub(crate) struct Memory(pub(crate) Vec<Seen>);

/// The app.
pub(crate) struct App {
    pub(crate) connection: Connection,
    pub(crate) queue: EventQueue<Memory>,
    pub(crate) memory: Memory,
    pub(crate) globals: GlobalList,
    pub(crate) compositor: WlCompositor,
    pub(crate) shm: WlShm,
    pub(crate) shell: XdgWmBase,
    pub(crate) seat: WlSeat,
    pub(crate) pointer: WlPointer,
}

/// A window of the app.
pub(crate) struct AppWindow {
    pub(crate) surface: WlSurface,
    pub(crate) shell: XdgSurface,
    pub(crate) toplevel: XdgToplevel,
}

/// A popup of the app.
pub(crate) struct AppPopup {
    pub(crate) surface: WlSurface,
    pub(crate) shell: XdgSurface,
    pub(crate) popup: XdgPopup,
}

/// A buffer and the memory behind it.
pub(crate) struct Picture {
    connection: Connection,
    pub(crate) buffer: WlBuffer,
    pub(crate) file: File,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl App {
    pub(crate) fn connect(host: &Host) -> Self {
        let stream =
            UnixStream::connect(host.dir.path().join(&host.display)).expect("the compositor's socket");
        Self::over(stream)
    }

    /// An app on a connection that somebody else made.
    pub(crate) fn over(stream: UnixStream) -> Self {
        let connection = Connection::from_socket(stream).expect("a connection");
        let (globals, queue) = registry_queue_init::<Memory>(&connection).expect("the globals");
        let qh = queue.handle();
        let compositor = globals.bind(&qh, 5..=6, ()).expect("wl_compositor");
        let shm = globals.bind(&qh, 1..=2, ()).expect("wl_shm");
        let shell = globals.bind(&qh, 3..=6, ()).expect("xdg_wm_base");
        let seat: WlSeat = globals.bind(&qh, 5..=8, ()).expect("wl_seat");
        let pointer = seat.get_pointer(&qh, ());
        let memory = Memory::default();
        let mut app = Self { connection, queue, memory, globals, compositor, shm, shell, seat, pointer };
        app.seat.get_keyboard(&qh, ());
        app.seat.get_touch(&qh, ());
        app.sync();
        app
    }

    pub(crate) fn qh(&self) -> QueueHandle<Memory> {
        self.queue.handle()
    }

    /// Waits until the compositor has handled all that was asked.
    pub(crate) fn sync(&mut self) {
        self.try_sync().expect("a living connection");
    }

    pub(crate) fn try_sync(&mut self) -> Result<(), wayland_client::DispatchError> {
        self.queue.roundtrip(&mut self.memory).map(|_| ())
    }

    /// Waits until the app was told something that `wanted` makes something of; what was before it is
    /// forgotten.
    pub(crate) fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&Seen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while !self.memory.0.is_empty() {
                let seen = self.memory.0.remove(0);
                if let Some(found) = wanted(&seen) {
                    return found;
                }
            }
            assert!(Instant::now() < deadline, "the app was never told: {what}");
            self.read(Duration::from_millis(20));
        }
    }

    /// Sends off all that was asked, however slowly it is taken. `false` if the connection is cut off.
    ///
    /// To be called before 4 KiB are waiting: the client library gives a connection up that would have to
    /// wait for more.
    pub(crate) fn push(&mut self) -> bool {
        loop {
            assert!(!self.gave_up(), "push more often");
            match self.connection.flush() {
                Ok(()) => return true,
                Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    let backend = self.connection.backend();
                    let fd = backend.poll_fd();
                    poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None).expect("poll");
                }
                Err(_) => return false,
            }
        }
    }

    fn gave_up(&self) -> bool {
        let error = self.connection.backend().last_error();
        matches!(error, Some(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Takes in what has arrived within `wait`.
    pub(crate) fn read(&mut self, wait: Duration) {
        self.queue.flush().expect("a living connection");
        if let Some(guard) = self.queue.prepare_read() {
            let fd = guard.connection_fd();
            let timeout = rustix::time::Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
            let ready = poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout)).expect("poll");
            if ready > 0 {
                match guard.read() {
                    Ok(_) => (),
                    Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => (),
                    Err(error) => panic!("the connection broke: {error}"),
                }
            }
        }
        self.queue.dispatch_pending(&mut self.memory).expect("a living connection");
    }

    /// What the app was told since it looked last.
    pub(crate) fn told(&mut self) -> Vec<Seen> {
        self.sync();
        std::mem::take(&mut self.memory.0)
    }

    /// A buffer of one colour, B G R A.
    pub(crate) fn picture(&self, width: i32, height: i32, colour: [u8; 4]) -> Picture {
        self.picture_of(width, height, Format::Argb8888, colour)
    }

    pub(crate) fn picture_of(&self, width: i32, height: i32, format: Format, colour: [u8; 4]) -> Picture {
        let fd = rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).expect("memory");
        let file = File::from(fd);
        let size = width * height * 4;
        file.write_all_at(&colour.repeat((width * height) as usize), 0).expect("memory");
        let pool = self.shm.create_pool(file.as_fd(), size, &self.qh(), ());
        let buffer = pool.create_buffer(0, width, height, width * 4, format, &self.qh(), ());
        pool.destroy();
        Picture { connection: self.connection.clone(), buffer, file, width, height }
    }

    /// A toplevel that has got its first configure and answered it, but shows nothing yet.
    pub(crate) fn toplevel(&mut self) -> AppWindow {
        let qh = self.qh();
        let surface = self.compositor.create_surface(&qh, ());
        let shell = self.shell.get_xdg_surface(&surface, &qh, surface.id());
        let toplevel = shell.get_toplevel(&qh, ());
        surface.commit();
        let serial = self.configured(&surface);
        shell.ack_configure(serial);
        AppWindow { surface, shell, toplevel }
    }

    /// A toplevel that shows one colour.
    pub(crate) fn mapped(&mut self, width: i32, height: i32, colour: [u8; 4]) -> AppWindow {
        let window = self.toplevel();
        let picture = self.picture(width, height, colour);
        picture.show(&window.surface);
        self.sync();
        window
    }

    /// A popup at `x`, `y` of its parent that has answered its first configure, but shows nothing yet.
    pub(crate) fn popup(
        &mut self,
        parent: &XdgSurface,
        at: (i32, i32),
        size: (i32, i32),
        grab: Option<u32>,
    ) -> AppPopup {
        let qh = self.qh();
        let surface = self.compositor.create_surface(&qh, ());
        let shell = self.shell.get_xdg_surface(&surface, &qh, surface.id());
        let positioner = self.positioner(at, size);
        let popup = shell.get_popup(Some(parent), &positioner, &qh, surface.id());
        if let Some(serial) = grab {
            popup.grab(&self.seat, serial);
        }
        surface.commit();
        let serial = self.configured(&surface);
        shell.ack_configure(serial);
        AppPopup { surface, shell, popup }
    }

    pub(crate) fn positioner(&self, (x, y): (i32, i32), (width, height): (i32, i32)) -> XdgPositioner {
        use wayland_protocols::xdg::shell::client::xdg_positioner::{Anchor, Gravity};
        let positioner = self.shell.create_positioner(&self.qh(), ());
        positioner.set_size(width, height);
        positioner.set_anchor_rect(x, y, 1, 1);
        positioner.set_anchor(Anchor::TopLeft);
        positioner.set_gravity(Gravity::BottomRight);
        positioner
    }

    /// Waits for a surface's configure and returns its serial.
    pub(crate) fn configured(&mut self, surface: &WlSurface) -> u32 {
        let wanted = surface.id();
        self.wait("configure", |seen| match seen {
            Seen::Configure { surface, serial } if *surface == wanted => Some(*serial),
            _ => None,
        })
    }
}

impl Picture {
    /// Attaches, damages all, commits and sends that off.
    pub(crate) fn show(&self, surface: &WlSurface) {
        surface.attach(Some(&self.buffer), 0, 0);
        surface.damage_buffer(0, 0, self.width, self.height);
        surface.commit();
        // A connection that was cut off is for the test to notice.
        let _ = self.connection.flush();
    }

    /// Paints a rectangle in memory, without telling anybody.
    pub(crate) fn paint(&self, (x, y, w, h): (i32, i32, i32, i32), colour: [u8; 4]) {
        for row in y..y + h {
            let at = (row * self.width + x) * 4;
            self.file.write_all_at(&colour.repeat(w as usize), at as u64).expect("memory");
        }
    }
}

pub(crate) fn read_all(fd: OwnedFd) -> Vec<u8> {
    let mut content = Vec::new();
    File::from(fd).read_to_end(&mut content).expect("a pipe");
    content
}

pub(crate) fn write_all(fd: OwnedFd, content: &[u8]) {
    let _ = File::from(fd).write_all(content);
}

macro_rules! remembers {
    ($interface:ty, $data:ty, |$event:pat_param, $proxy:ident, $own:ident| $seen:expr) => {
        impl Dispatch<$interface, $data> for Memory {
            fn event(
                memory: &mut Self,
                $proxy: &$interface,
                $event: <$interface as Proxy>::Event,
                $own: &$data,
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                if let Some(seen) = $seen {
                    memory.0.push(seen);
                }
            }
            wayland_client::event_created_child!(Memory, $interface, [
                wl_data_device::EVT_DATA_OFFER_OPCODE => (WlDataOffer, ()),
            ]);
        }
    };
}

macro_rules! ignores {
    ($($interface:ty),+ $(,)?) => { $(remembers!($interface, (), |_, _proxy, _own| None::<Seen>);)+ };
}

ignores!(
    WlCompositor,
    WlShm,
    WlShmPool,
    WlSubcompositor,
    WlSubsurface,
    WlDataDeviceManager,
    WpViewporter,
    WpViewport,
    WpFractionalScaleManagerV1,
    XdgPositioner,
    WlSeat,
    WlDataOffer,
    WpCursorShapeManagerV1,
    WpCursorShapeDeviceV1,
    XdgActivationV1,
    ZwpTextInputManagerV3,
    ZwpPointerConstraintsV1,
    ZwpRelativePointerManagerV1,
    WlRegion,
    XdgToplevelIconV1,
    XdgSystemBellV1,
    WpSinglePixelBufferManagerV1,
    ZxdgDecorationManagerV1,
    OrgKdeKwinServerDecorationManager,
    ZwpPrimarySelectionDeviceManagerV1,
    ZwpPrimarySelectionOfferV1,
    ZxdgOutputManagerV1,
    WlRegistry,
);

impl Dispatch<WlRegistry, GlobalListContents> for Memory {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

remembers!(WlSurface, (), |event, _surface, _own| match event {
    wl_surface::Event::PreferredBufferScale { factor } => Some(Seen::Scale(factor as u32 * 120)),
    _ => None,
});
remembers!(WpFractionalScaleV1, (), |event, _scale, _own| match event {
    wp_fractional_scale_v1::Event::PreferredScale { scale } => Some(Seen::Scale(scale)),
    _ => None,
});
remembers!(ZwpLockedPointerV1, (), |event, _lock, _own| match event {
    zwp_locked_pointer_v1::Event::Locked => Some(Seen::Locked),
    zwp_locked_pointer_v1::Event::Unlocked => Some(Seen::Unlocked),
    _ => None,
});
remembers!(ZwpConfinedPointerV1, (), |event, _confinement, _own| match event {
    zwp_confined_pointer_v1::Event::Confined => Some(Seen::Confined),
    _ => None,
});
remembers!(ZwpRelativePointerV1, (), |event, _pointer, _own| match event {
    zwp_relative_pointer_v1::Event::RelativeMotion { dx, dy, .. } => Some(Seen::Relative { dx, dy }),
    _ => None,
});
remembers!(XdgToplevelIconManagerV1, (), |event, _manager, _own| match event {
    xdg_toplevel_icon_manager_v1::Event::IconSize { size } => Some(Seen::IconSize(size)),
    _ => None,
});
remembers!(ZwpTextInputV3, (), |event, _input, _own| match event {
    zwp_text_input_v3::Event::Enter { surface } => Some(Seen::TextEnter(surface.id())),
    zwp_text_input_v3::Event::Leave { .. } => Some(Seen::TextLeave),
    zwp_text_input_v3::Event::PreeditString { text, cursor_begin, cursor_end } => {
        Some(Seen::Preedit { text, begin: cursor_begin, end: cursor_end })
    }
    zwp_text_input_v3::Event::CommitString { text } => Some(Seen::Commit(text)),
    zwp_text_input_v3::Event::Done { serial } => Some(Seen::TextDone(serial)),
    _ => None,
});
remembers!(WlBuffer, (), |event, buffer, _own| match event {
    wl_buffer::Event::Release => Some(Seen::Released(buffer.id())),
    _ => None,
});
remembers!(WlCallback, (), |event, _callback, _own| match event {
    wl_callback::Event::Done { .. } => Some(Seen::Frame),
    _ => None,
});
remembers!(XdgWmBase, (), |event, shell, _own| {
    if let xdg_wm_base::Event::Ping { serial } = event {
        shell.pong(serial);
    }
    None::<Seen>
});
remembers!(XdgSurface, ObjectId, |event, _shell, surface| match event {
    xdg_surface::Event::Configure { serial } => Some(Seen::Configure { surface: surface.clone(), serial }),
    _ => None,
});
remembers!(XdgToplevel, (), |event, _toplevel, _own| match event {
    xdg_toplevel::Event::Configure { width, height, .. } => Some(Seen::Toplevel { width, height }),
    xdg_toplevel::Event::Close => Some(Seen::Close),
    _ => None,
});
remembers!(XdgPopup, ObjectId, |event, _popup, surface| match event {
    xdg_popup::Event::Configure { x, y, width, height } => Some(Seen::Popup { x, y, width, height }),
    xdg_popup::Event::PopupDone => Some(Seen::PopupDone(surface.clone())),
    xdg_popup::Event::Repositioned { token } => Some(Seen::Repositioned(token)),
    _ => None,
});
remembers!(WlKeyboard, (), |event, _keyboard, _own| match event {
    wl_keyboard::Event::Keymap { fd, size, .. } => {
        let mut text = vec![0; size as usize];
        File::from(fd).read_exact_at(&mut text, 0).expect("the keymap");
        Some(Seen::Keymap(String::from_utf8_lossy(&text).into_owned()))
    }
    wl_keyboard::Event::Enter { surface, .. } => Some(Seen::KeyboardEnter(surface.id())),
    wl_keyboard::Event::Leave { surface, .. } => Some(Seen::KeyboardLeave(surface.id())),
    wl_keyboard::Event::Modifiers { mods_depressed, mods_latched, mods_locked, group, .. } => {
        Some(Seen::Modifiers { held: mods_depressed, latched: mods_latched, locked: mods_locked, group })
    }
    wl_keyboard::Event::Key { serial, key, state, .. } => {
        Some(Seen::Key { serial, key, pressed: state == WEnum::Value(wl_keyboard::KeyState::Pressed) })
    }
    _ => None,
});
remembers!(WlPointer, (), |event, _pointer, _own| match event {
    wl_pointer::Event::Enter { serial, surface, surface_x, surface_y } => {
        Some(Seen::PointerEnter { serial, surface: surface.id(), x: surface_x, y: surface_y })
    }
    wl_pointer::Event::Leave { .. } => Some(Seen::PointerLeave),
    wl_pointer::Event::Motion { surface_x, surface_y, .. } =>
        Some(Seen::Motion { x: surface_x, y: surface_y }),
    wl_pointer::Event::Button { serial, time, .. } => Some(Seen::Button { serial, time }),
    wl_pointer::Event::Axis { value, .. } => Some(Seen::Axis(value)),
    wl_pointer::Event::AxisStop { .. } => Some(Seen::AxisStop),
    wl_pointer::Event::Frame => Some(Seen::PointerFrame),
    _ => None,
});
remembers!(WlTouch, (), |event, _touch, _own| match event {
    wl_touch::Event::Down { x, y, .. } => Some(Seen::TouchDown { x, y }),
    _ => None,
});
remembers!(WlDataDevice, (), |event, _device, _own| match event {
    wl_data_device::Event::Selection { id } => Some(Seen::Selection(id)),
    wl_data_device::Event::Enter { serial, id, x, y, .. } =>
        Some(Seen::DragEnter { serial, offer: id, x, y }),
    wl_data_device::Event::Leave => Some(Seen::Said("drag left".into())),
    wl_data_device::Event::Drop => Some(Seen::Said("dropped".into())),
    _ => None,
});
remembers!(WlDataSource, (), |event, _source, _own| match event {
    wl_data_source::Event::Send { mime_type, fd } => Some(Seen::Send { mime: mime_type, fd }),
    wl_data_source::Event::Cancelled => Some(Seen::Said("cancelled".into())),
    wl_data_source::Event::DndFinished => Some(Seen::Said("finished".into())),
    wl_data_source::Event::Action { dnd_action: WEnum::Value(action) } => {
        let word = if action.contains(DndAction::Move) { "move" } else { "copy" };
        Some(Seen::Said(if action.is_empty() { "nothing" } else { word }.into()))
    }
    _ => None,
});
remembers!(XdgActivationTokenV1, (), |event, _token, _own| match event {
    xdg_activation_token_v1::Event::Done { token } => Some(Seen::Token(token)),
    _ => None,
});
remembers!(WpPresentation, (), |event, _presentation, _own| match event {
    wp_presentation::Event::ClockId { clk_id } => Some(Seen::Clock(clk_id)),
    _ => None,
});
remembers!(WpPresentationFeedback, (), |event, _feedback, _own| match event {
    wp_presentation_feedback::Event::Presented { .. } => Some(Seen::Presented),
    _ => None,
});
remembers!(ZxdgToplevelDecorationV1, (), |event, _decoration, _own| match event {
    zxdg_toplevel_decoration_v1::Event::Configure { mode: WEnum::Value(mode) } =>
        Some(Seen::Decoration(mode)),
    _ => None,
});
remembers!(OrgKdeKwinServerDecoration, (), |event, _decoration, _own| match event {
    org_kde_kwin_server_decoration::Event::Mode { mode: WEnum::Value(mode) } =>
        Some(Seen::KdeDecoration(mode.into())),
    _ => None,
});
remembers!(WlOutput, (), |event, _output, _own| match event {
    wl_output::Event::Mode { width, height, .. } => Some(Seen::Mode { width, height }),
    wl_output::Event::Scale { factor } => Some(Seen::OutputScale(factor)),
    wl_output::Event::Done => Some(Seen::OutputDone),
    _ => None,
});
remembers!(ZxdgOutputV1, (), |event, _output, _own| match event {
    zxdg_output_v1::Event::LogicalSize { width, height } => Some(Seen::LogicalSize { width, height }),
    _ => None,
});
remembers!(ZwpPrimarySelectionSourceV1, (), |event, _source, _own| match event {
    zwp_primary_selection_source_v1::Event::Send { mime_type, fd } =>
        Some(Seen::Send { mime: mime_type, fd }),
    _ => None,
});

impl Dispatch<ZwpPrimarySelectionDeviceV1, ()> for Memory {
    fn event(
        memory: &mut Self,
        _: &ZwpPrimarySelectionDeviceV1,
        event: zwp_primary_selection_device_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let zwp_primary_selection_device_v1::Event::Selection { id } = event {
            memory.0.push(Seen::Primary(id));
        }
    }
    wayland_client::event_created_child!(Memory, ZwpPrimarySelectionDeviceV1, [
        zwp_primary_selection_device_v1::EVT_DATA_OFFER_OPCODE => (ZwpPrimarySelectionOfferV1, ()),
    ]);
}
