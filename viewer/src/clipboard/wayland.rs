//! The clipboard of a Wayland desktop, which it shows to the program whose window has the keyboard: so this
//! is on the connection that has the windows, with a queue of its own.
//!
//! Source: `wl_data_device` of the core protocol.

mod offer;
mod pipe;
mod shell;

use std::{error::Error, os::fd::OwnedFd, thread};

use bytes::Bytes;
use media::ClipboardRequest;
use wayland_client::{
    Connection, EventQueue, QueueHandle,
    globals::registry_queue_init,
    protocol::{
        wl_data_device::WlDataDevice, wl_data_device_manager::WlDataDeviceManager,
        wl_data_offer::WlDataOffer, wl_data_source::WlDataSource, wl_keyboard::WlKeyboard, wl_seat::WlSeat,
    },
};

use self::offer::Offered;
use super::{Desktop, Event, Format};

/// The clipboard.
pub(super) struct Wayland {
    queue: EventQueue<Shell>,
    shell: Shell,
}

/// Hears the desktop.
struct Shell {
    tell: Tell,
    queue: QueueHandle<Shell>,
    manager: WlDataDeviceManager,
    device: WlDataDevice,
    keyboard: Option<WlKeyboard>,
    /// Of the newest event of the keyboard: the desktop wants it as a proof of being used.
    serial: u32,
    /// What the desktop has, if it is not ours.
    offer: Option<WlDataOffer>,
    /// What we own the clipboard with.
    source: Option<WlDataSource>,
    /// Who waits for what we own.
    pasting: Vec<(Format, OwnedFd)>,
}

/// Tells the windows' thread; from other threads too.
type Tell = std::sync::Arc<dyn Fn(Event) + Send + Sync>;

/// So many may wait for content at a time; more get none.
const MAX_WAITING: usize = 32;

/// A type that only we offer: what has it is our own.
const OURS: &str = "application/x-dormer-session";

/// Joins the connection.
pub(super) fn connect(
    connection: &Connection,
    tell: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Wayland, Box<dyn Error>> {
    let (globals, queue) = registry_queue_init::<Shell>(connection)?;
    let handle = queue.handle();
    let manager: WlDataDeviceManager = globals.bind(&handle, 1..=3, ())?;
    let seat: WlSeat = globals.bind(&handle, 1..=7, ())?;
    let device = manager.get_data_device(&seat, &handle, ());
    let shell = Shell {
        tell: std::sync::Arc::new(tell),
        queue: handle,
        manager,
        device,
        keyboard: None,
        serial: 0,
        offer: None,
        source: None,
        pasting: Vec::new(),
    };
    Ok(Wayland { queue, shell })
}

impl Desktop for Wayland {
    fn own(&mut self, formats: Vec<Format>) {
        self.shell.own(&formats);
    }

    fn disown(&mut self) {
        self.shell.disown();
    }

    fn deliver(&mut self, format: Format, data: Option<Bytes>) {
        self.shell.deliver(format, data);
    }

    fn fetch(&mut self, request: ClipboardRequest, format: Format) {
        self.shell.fetch(request, format);
    }

    fn hear(&mut self) {
        // An error ends the connection, and the windows with it.
        if let Err(error) = self.queue.dispatch_pending(&mut self.shell) {
            tracing::debug!("the desktop's word about the clipboard is lost: {error}");
        }
    }
}

impl Shell {
    fn own(&mut self, formats: &[Format]) {
        let source = self.manager.create_data_source(&self.queue, ());
        for mime in formats.iter().flat_map(|format| format.mimes()).chain([&OURS]) {
            source.offer((*mime).to_owned());
        }
        self.device.set_selection(Some(&source), self.serial);
        // The desktop says that the one before is not needed any more.
        self.source = Some(source);
        self.pasting.clear();
    }

    fn disown(&mut self) {
        if let Some(source) = self.source.take() {
            self.device.set_selection(None, self.serial);
            source.destroy();
        }
        self.pasting.clear();
    }

    fn deliver(&mut self, format: Format, data: Option<Bytes>) {
        let (wait, rest) = std::mem::take(&mut self.pasting).into_iter().partition(|(it, _)| *it == format);
        self.pasting = rest;
        // Who gets nothing sees the end at once.
        let Some(data) = data else { return };
        for (_, pipe) in wait {
            let data = data.clone();
            in_background(move || {
                if let Err(error) = pipe::write(&pipe, &data) {
                    tracing::debug!("what was pasted was not taken: {error}");
                }
            });
        }
    }

    fn fetch(&mut self, request: ClipboardRequest, format: Format) {
        let mime = self.offer.as_ref().and_then(|offer| Offered::of(offer).mime(format));
        let (Some(offer), Some(mime), Ok((reader, writer))) = (&self.offer, mime, pipe::pair()) else {
            return (self.tell)(Event::Fetched { request, data: None });
        };
        offer.receive(mime, std::os::fd::AsFd::as_fd(&writer));
        let tell = self.tell.clone();
        in_background(move || {
            let data = pipe::read(&reader)
                .inspect_err(|error| tracing::warn!("nothing is pasted: {error}"))
                .ok()
                .map(Bytes::from);
            tell(Event::Fetched { request, data });
        });
    }

    /// Somebody pastes what we own.
    fn on_pasting(&mut self, mime: &str, pipe: OwnedFd) {
        let format = Format::ALL.into_iter().find(|format| format.mimes().contains(&mime));
        let Some(format) = format.filter(|_| self.pasting.len() < MAX_WAITING) else { return };
        self.pasting.push((format, pipe));
        (self.tell)(Event::Pasting(format));
    }

    /// The clipboard has something else, or nothing; told also whenever a window of ours gets the keyboard.
    fn on_selection(&mut self, offer: Option<WlDataOffer>) {
        let ours = offer.as_ref().is_some_and(|offer| Offered::of(offer).has(OURS));
        let formats = match &offer {
            Some(offer) if !ours => Offered::of(offer).formats(),
            _ => Vec::new(),
        };
        let had_any = self.offer.is_some();
        if let Some(before) = std::mem::replace(&mut self.offer, offer.filter(|_| !ours)) {
            before.destroy();
        }
        // Nothing after nothing is no news, and what is ours is none either.
        if !ours && (had_any || !formats.is_empty()) {
            (self.tell)(Event::Copied { formats });
        }
    }
}

/// The other end of a pipe may take its time.
fn in_background(work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name("clipboard".into()).spawn(work) {
        tracing::warn!("cannot start a thread to paste: {error}");
    }
}
