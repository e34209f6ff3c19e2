//! The layout of a Wayland desktop: compositors send all layouts to everyone who asks for a keyboard, and
//! which of them is in use to the connection whose window has it. So this is on the connection that has the
//! windows, with a queue of its own.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]

use std::{
    fs::File,
    io::{Read, Seek},
    os::fd::OwnedFd,
};

use protocol::control::MAX_KEYMAP;
use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, WEnum,
    globals::{GlobalListContents, registry_queue_init},
    protocol::{
        wl_keyboard::{self, KeymapFormat},
        wl_registry, wl_seat,
    },
};

use super::{WatchError, group};

/// Tells the layout and its changes until `tell` says no.
pub(super) fn watch(connection: &Connection, tell: &impl Fn(String) -> bool) -> Result<(), WatchError> {
    let (globals, mut queue) = registry_queue_init::<Watcher>(connection)?;
    let _seat: wl_seat::WlSeat = globals.bind(&queue.handle(), 1..=7, ())?;
    let mut watcher = Watcher { keyboard: None, layout: Layout::default() };
    loop {
        queue.blocking_dispatch(&mut watcher)?;
        if let Some(text) = watcher.layout.news()
            && !tell(text)
        {
            return Ok(());
        }
    }
}

struct Watcher {
    keyboard: Option<wl_keyboard::WlKeyboard>,
    layout: Layout,
}

/// The keyboard's layouts.
#[derive(Debug, Default)]
struct Layout {
    /// All of them.
    keymap: Option<String>,
    /// The one in use.
    group: u8,
    /// It is not told yet.
    is_new: bool,
}

impl Layout {
    fn set_keymap(&mut self, keymap: String) {
        (self.keymap, self.is_new) = (Some(keymap), true);
    }

    fn set_group(&mut self, group: u32) {
        // xkb knows four.
        let group = u8::try_from(group).unwrap_or(0);
        self.is_new |= group != self.group;
        self.group = group;
    }

    /// The keymap with the layout in use first, if that is news.
    fn news(&mut self) -> Option<String> {
        let keymap = self.keymap.as_ref().filter(|_| std::mem::take(&mut self.is_new))?;
        Some(group::in_use_first(keymap.clone(), self.group))
    }
}

impl Dispatch<wl_registry::WlRegistry, GlobalListContents> for Watcher {
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

impl Dispatch<wl_seat::WlSeat, ()> for Watcher {
    fn event(
        watcher: &mut Self,
        seat: &wl_seat::WlSeat,
        event: wl_seat::Event,
        _: &(),
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event else { return };
        match (capabilities.contains(wl_seat::Capability::Keyboard), watcher.keyboard.take()) {
            (true, None) => watcher.keyboard = Some(seat.get_keyboard(queue, ())),
            (true, keyboard) => watcher.keyboard = keyboard,
            (false, Some(keyboard)) if keyboard.version() >= 3 => keyboard.release(),
            (false, _) => {}
        }
    }
}

impl Dispatch<wl_keyboard::WlKeyboard, ()> for Watcher {
    fn event(
        watcher: &mut Self,
        _: &wl_keyboard::WlKeyboard,
        event: wl_keyboard::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_keyboard::Event::Keymap { format: WEnum::Value(KeymapFormat::XkbV1), fd, size } => {
                match read(fd, size) {
                    Ok(text) => watcher.layout.set_keymap(text),
                    Err(error) => tracing::warn!("the desktop's keyboard layout cannot be read: {error}"),
                }
            }
            wl_keyboard::Event::Modifiers { group, .. } => watcher.layout.set_group(group),
            _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_of_the_layout_is_told_once() {
        let mut layout = Layout::default();
        layout.set_group(1);
        assert_eq!(layout.news(), None, "nothing is known yet");
        layout.set_keymap("xkb_symbols [group1] [group2]".into());
        assert_eq!(layout.news().as_deref(), Some("xkb_symbols [group2] [group1]"));
        layout.set_group(1);
        assert_eq!(layout.news(), None, "every modifier comes with it");
        layout.set_group(0);
        assert_eq!(layout.news().as_deref(), Some("xkb_symbols [group1] [group2]"));
    }
}
