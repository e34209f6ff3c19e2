//! The protocols that apps see, and the handlers that need nothing but their Smithay state.

use smithay::{
    input::SeatState,
    reexports::{
        wayland_protocols::{
            wp::text_input::zv3::server::zwp_text_input_manager_v3::ZwpTextInputManagerV3,
            xdg::{
                foreign::{
                    zv1::server::{zxdg_exporter_v1::ZxdgExporterV1, zxdg_importer_v1::ZxdgImporterV1},
                    zv2::server::{zxdg_exporter_v2::ZxdgExporterV2, zxdg_importer_v2::ZxdgImporterV2},
                },
                shell::server::xdg_toplevel::WmCapabilities,
                toplevel_icon::v1::server::xdg_toplevel_icon_manager_v1::XdgToplevelIconManagerV1,
            },
        },
        wayland_protocols_misc::server_decoration::server::org_kde_kwin_server_decoration_manager::Mode as KdeMode,
        wayland_server::{
            Client, DisplayHandle,
            protocol::{wl_buffer::WlBuffer, wl_shm::Format, wl_surface::WlSurface},
        },
    },
    wayland::{
        alpha_modifier::AlphaModifierState,
        buffer::BufferHandler,
        compositor::CompositorState,
        content_type::ContentTypeState,
        cursor_shape::CursorShapeManagerState,
        foreign_toplevel_list::ForeignToplevelListState,
        fractional_scale::FractionalScaleManagerState,
        idle_inhibit::IdleInhibitManagerState,
        keyboard_shortcuts_inhibit::KeyboardShortcutsInhibitState,
        output::{OutputHandler, OutputManagerState},
        pointer_constraints::PointerConstraintsState,
        pointer_gestures::PointerGesturesState,
        presentation::PresentationState,
        relative_pointer::RelativePointerManagerState,
        security_context::SecurityContextState,
        selection::{
            data_device::DataDeviceState, ext_data_control, primary_selection::PrimarySelectionState,
            wlr_data_control,
        },
        shell::{
            kde::decoration::KdeDecorationState,
            xdg::{XdgShellState, decoration::XdgDecorationState, dialog::XdgDialogState},
        },
        shm::{ShmHandler, ShmState},
        single_pixel_buffer::SinglePixelBufferState,
        tablet_manager::{TabletManagerState, TabletSeatHandler},
        viewporter::ViewporterState,
        xdg_activation::XdgActivationState,
        xdg_system_bell::{XdgSystemBellHandler, XdgSystemBellState},
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::ClientState;

/// Smithay's state of each protocol.
pub(crate) struct Globals {
    pub(crate) compositor: CompositorState,
    pub(crate) xdg_shell: XdgShellState,
    pub(crate) shm: ShmState,
    pub(crate) seats: SeatState<State>,
    pub(crate) data_device: DataDeviceState,
    pub(crate) primary: PrimarySelectionState,
    pub(crate) ext_data_control: ext_data_control::DataControlState,
    pub(crate) wlr_data_control: wlr_data_control::DataControlState,
    pub(crate) activation: XdgActivationState,
    pub(crate) kde_decoration: KdeDecorationState,
    pub(crate) toplevel_list: ForeignToplevelListState,
    pub(crate) shortcuts_inhibit: KeyboardShortcutsInhibitState,
    _stateless: Stateless,
}

/// Protocols whose state is asked for by nobody; kept since their globals belong to them.
struct Stateless {
    _outputs: OutputManagerState,
    _viewporter: ViewporterState,
    _fractional_scale: FractionalScaleManagerState,
    _decoration: XdgDecorationState,
    _dialog: XdgDialogState,
    _cursor_shape: CursorShapeManagerState,
    _presentation: PresentationState,
    _single_pixel: SinglePixelBufferState,
    _bell: XdgSystemBellState,
    _pointer_constraints: PointerConstraintsState,
    _relative_pointer: RelativePointerManagerState,
    _idle_inhibit: IdleInhibitManagerState,
    _content_type: ContentTypeState,
    _alpha_modifier: AlphaModifierState,
    _gestures: PointerGesturesState,
    _tablets: TabletManagerState,
    _security_context: SecurityContextState,
}

/// `CLOCK_MONOTONIC`, as presentation-time names it.
const CLOCK_MONOTONIC: u32 = 1;

impl Globals {
    pub(crate) fn new(display: &DisplayHandle) -> Self {
        display.create_global::<State, ZwpTextInputManagerV3, ()>(1, ());
        display.create_global::<State, XdgToplevelIconManagerV1, ()>(1, ());
        display.create_global::<State, ZxdgExporterV1, ()>(1, ());
        display.create_global::<State, ZxdgImporterV1, ()>(1, ());
        display.create_global::<State, ZxdgExporterV2, ()>(1, ());
        display.create_global::<State, ZxdgImporterV2, ()>(1, ());
        let primary = PrimarySelectionState::new::<State>(display);
        Self {
            ext_data_control: ext_data_control::DataControlState::new::<State, _>(
                display,
                Some(&primary),
                is_trusted,
            ),
            wlr_data_control: wlr_data_control::DataControlState::new::<State, _>(
                display,
                Some(&primary),
                is_trusted,
            ),
            compositor: CompositorState::new_v6::<State>(display),
            xdg_shell: XdgShellState::new_with_capabilities::<State>(
                display,
                [WmCapabilities::Maximize, WmCapabilities::Fullscreen, WmCapabilities::Minimize],
            ),
            shm: ShmState::new::<State>(display, [Format::Abgr8888, Format::Xbgr8888]),
            seats: SeatState::new(),
            data_device: DataDeviceState::new::<State>(display),
            primary,
            activation: XdgActivationState::new::<State>(display),
            kde_decoration: KdeDecorationState::new::<State>(display, KdeMode::Server),
            toplevel_list: ForeignToplevelListState::new_with_filter::<State>(display, is_trusted),
            shortcuts_inhibit: KeyboardShortcutsInhibitState::new::<State>(display),
            _stateless: Stateless {
                _outputs: OutputManagerState::new_with_xdg_output::<State>(display),
                _viewporter: ViewporterState::new::<State>(display),
                _fractional_scale: FractionalScaleManagerState::new::<State>(display),
                _decoration: XdgDecorationState::new::<State>(display),
                _dialog: XdgDialogState::new::<State>(display),
                _cursor_shape: CursorShapeManagerState::new::<State>(display),
                _presentation: PresentationState::new::<State>(display, CLOCK_MONOTONIC),
                _single_pixel: SinglePixelBufferState::new::<State>(display),
                _bell: XdgSystemBellState::new::<State>(display),
                _pointer_constraints: PointerConstraintsState::new::<State>(display),
                _relative_pointer: RelativePointerManagerState::new::<State>(display),
                _idle_inhibit: IdleInhibitManagerState::new::<State>(display),
                _content_type: ContentTypeState::new::<State>(display),
                _alpha_modifier: AlphaModifierState::new::<State>(display),
                _gestures: PointerGesturesState::new::<State>(display),
                _tablets: TabletManagerState::new::<State>(display),
                _security_context: SecurityContextState::new::<State, _>(display, is_trusted),
            },
        }
    }
}

/// Whether an app may use what reaches beyond its own windows: all but those that somebody put into a
/// sandbox.
fn is_trusted(client: &Client) -> bool {
    client.get_data::<ClientState>().is_none_or(ClientState::is_trusted)
}

impl BufferHandler for State {
    fn buffer_destroyed(&mut self, _buffer: &WlBuffer) {
        // Buffers are read and released at commit: nothing of ours refers to them later.
    }
}

impl ShmHandler for State {
    fn shm_state(&self) -> &ShmState {
        &self.globals.shm
    }
}

impl OutputHandler for State {}

impl TabletSeatHandler for State {}

impl XdgSystemBellHandler for State {
    fn ring(&mut self, surface: Option<WlSurface>) {
        let rung = surface.and_then(|surface| self.tracks.of_surface(&surface)).or(self.input.focused);
        if let Some(track) = rung
            && self.tracks.shown(track)
        {
            self.report_bell(track);
        }
    }
}
