//! The layout of a Wayland desktop: compositors send it to everyone who asks for a keyboard, focus or not.

use std::{
    fs::File,
    io::{Read, Seek},
    os::fd::OwnedFd,
};

use protocol::control::MAX_KEYMAP;
use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, WEnum,
    globals::{GlobalListContents, registry_queue_init},
    protocol::{wl_keyboard, wl_registry, wl_seat},
};

use super::WatchError;

/// Tells the layout and its changes until `tell` says no.
pub(super) fn watch(tell: &impl Fn(String) -> bool) -> Result<(), WatchError> {
    let connection = Connection::connect_to_env()?;
    let (globals, mut queue) = registry_queue_init::<Layout>(&connection)?;
    let seat: wl_seat::WlSeat = globals.bind(&queue.handle(), 1..=7, ())?;
    let mut layout = Layout { keyboard: None, newest: None };
    loop {
        queue.blocking_dispatch(&mut layout)?;
        if let Some(text) = layout.newest.take()
            && !tell(text)
        {
            break;
        }
    }
    drop(seat);
    Ok(())
}

struct Layout {
    keyboard: Option<wl_keyboard::WlKeyboard>,
    newest: Option<String>,
}

impl Dispatch<wl_registry::WlRegistry, GlobalListContents> for Layout {
    fn event(
        _: &mut Self,
        _: &wl_registry::WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

impl Dispatch<wl_seat::WlSeat, ()> for Layout {
    fn event(
        layout: &mut Self,
        seat: &wl_seat::WlSeat,
        event: wl_seat::Event,
        _: &(),
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event else { return };
        match (capabilities.contains(wl_seat::Capability::Keyboard), layout.keyboard.take()) {
            (true, None) => layout.keyboard = Some(seat.get_keyboard(queue, ())),
            (true, keyboard) => layout.keyboard = keyboard,
            (false, Some(keyboard)) if keyboard.version() >= 3 => keyboard.release(),
            (false, _) => {}
        }
    }
}

impl Dispatch<wl_keyboard::WlKeyboard, ()> for Layout {
    fn event(
        layout: &mut Self,
        _: &wl_keyboard::WlKeyboard,
        event: wl_keyboard::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let wl_keyboard::Event::Keymap { format: WEnum::Value(wl_keyboard::KeymapFormat::XkbV1), fd, size } =
            event
        else {
            return;
        };
        match read(fd, size) {
            Ok(text) => layout.newest = Some(text),
            Err(error) => tracing::warn!("the desktop's keyboard layout cannot be read: {error}"),
        }
    }
}

fn read(fd: OwnedFd, size: u32) -> std::io::Result<String> {
    let mut file = File::from(fd);
    file.rewind()?;
    let mut text = Vec::new();
    // One byte more than allowed shows that it is too long; the core refuses it then.
    file.take(u64::from(size).min(MAX_KEYMAP as u64 + 1)).read_to_end(&mut text)?;
    // Compositors count the terminating zero.
    text.truncate(text.iter().position(|&byte| byte == 0).unwrap_or(text.len()));
    String::from_utf8(text).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
}
