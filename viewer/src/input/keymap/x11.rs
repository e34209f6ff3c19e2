//! The layout of an X11 desktop: asked of the X server itself, since that is where `setxkbmap` and desktops
//! change it.

use x11rb::{
    connection::Connection,
    protocol::xkb::{self as proto, ConnectionExt, ID, SelectEventsAux, SelectEventsAuxStateNotify},
    xcb_ffi::XCBConnection,
};
use xkbcommon::xkb::{self, x11};

use super::{WatchError, group};

/// Tells the layout and its changes until `tell` says no.
pub(super) fn watch(tell: &impl Fn(String) -> bool) -> Result<(), WatchError> {
    let (connection, _) = XCBConnection::connect(None)?;
    let device = keyboard(&connection)?;
    select(&connection)?;
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    let mut told = None;
    loop {
        let text = compile(&context, &connection, device)?;
        // Every keyboard that is used in turn counts as a change, whatever its layout.
        if told.as_ref() != Some(&text) {
            if !tell(text.clone()) {
                return Ok(());
            }
            told = Some(text);
        }
        connection.wait_for_event()?;
        // A change comes as a swarm of events.
        while connection.poll_for_event()?.is_some() {}
    }
}

fn keyboard(connection: &XCBConnection) -> Result<i32, WatchError> {
    let (mut major, mut minor, mut event, mut error) = (0, 0, 0, 0);
    let spoken = x11::setup_xkb_extension(
        connection,
        x11::MIN_MAJOR_XKB_VERSION,
        x11::MIN_MINOR_XKB_VERSION,
        x11::SetupXkbExtensionFlags::NoFlags,
        &mut major,
        &mut minor,
        &mut event,
        &mut error,
    );
    if !spoken {
        return Err("the X server has no XKB extension".into());
    }
    match x11::get_core_keyboard_device_id(connection) {
        -1 => Err("the X server has no keyboard".into()),
        device => Ok(device),
    }
}

fn select(connection: &XCBConnection) -> Result<(), WatchError> {
    connection.xkb_use_extension(1, 0)?.reply()?;
    let maps = proto::EventType::NEW_KEYBOARD_NOTIFY | proto::EventType::MAP_NOTIFY;
    let everything = proto::MapPart::from(0xff_u8);
    let groups = proto::StatePart::GROUP_LOCK;
    let states = SelectEventsAuxStateNotify { affect_state: groups, state_details: groups };
    connection
        .xkb_select_events(
            ID::USE_CORE_KBD.into(),
            proto::EventType::from(0_u16),
            maps,
            everything,
            everything,
            &SelectEventsAux::new().state_notify(states),
        )?
        .check()?;
    Ok(())
}

fn compile(context: &xkb::Context, connection: &XCBConnection, device: i32) -> Result<String, WatchError> {
    let keymap = x11::keymap_new_from_device(context, connection, device, xkb::KEYMAP_COMPILE_NO_FLAGS);
    if keymap.get_raw_ptr().is_null() {
        return Err("the X server's keymap cannot be read".into());
    }
    let state = connection.xkb_get_state(ID::USE_CORE_KBD.into())?.reply()?;
    Ok(group::in_use_first(keymap.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1), state.locked_group.into()))
}
