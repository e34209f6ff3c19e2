//! The clipboard of an X11 desktop.
//!
//! A thread of its own hears the X server; orders reach it by a queue and a message to its own window that
//! wakes it. Long content comes in pieces (INCR) and goes out in one, as large as the server's requests may
//! be.

mod atoms;
mod fetch;
mod owner;
mod worker;

use std::{
    error::Error,
    sync::{Arc, mpsc},
    thread,
};

use bytes::Bytes;
use media::ClipboardRequest;
use x11rb::{
    connection::Connection,
    protocol::{
        xfixes::{self, ConnectionExt as _},
        xproto::{ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, Window, WindowClass},
    },
    rust_connection::RustConnection,
};

use self::{atoms::Atoms, worker::Worker};
use super::{Desktop, Event, Format};

/// The handle of the thread.
pub(super) struct X11 {
    connection: Arc<RustConnection>,
    window: Window,
    wake: u32,
    orders: mpsc::SyncSender<Order>,
}

/// What the thread is told.
#[derive(Debug)]
enum Order {
    Own(Vec<Format>),
    Disown,
    Deliver(Format, Option<Bytes>),
    Fetch(ClipboardRequest, Format),
}

/// How many orders may wait. When it is full, whoever orders waits: an X server that does not answer this
/// thread shows no windows either.
const MAX_ORDERS: usize = 256;

/// Starts the thread.
pub(super) fn connect(tell: impl Fn(Event) + Send + 'static) -> Result<X11, Box<dyn Error>> {
    let (connection, screen) = x11rb::connect(None)?;
    let connection = Arc::new(connection);
    let atoms = Atoms::new(&*connection)?.reply()?;
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id()?;
    let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
    connection.create_window(0, window, root, 0, 0, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux)?.check()?;
    connection.xfixes_query_version(5, 0)?.reply()?;
    let changes = xfixes::SelectionEventMask::SET_SELECTION_OWNER
        | xfixes::SelectionEventMask::SELECTION_WINDOW_DESTROY
        | xfixes::SelectionEventMask::SELECTION_CLIENT_CLOSE;
    connection.xfixes_select_selection_input(window, atoms.CLIPBOARD, changes)?.check()?;
    let (orders, received) = mpsc::sync_channel(MAX_ORDERS);
    let worker = Worker::new(Arc::clone(&connection), window, atoms, received, tell);
    thread::Builder::new().name("clipboard".into()).spawn(move || worker.run())?;
    Ok(X11 { connection, window, wake: atoms.DORMER_WAKE, orders })
}

impl X11 {
    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            // The thread ended with a log line of its own.
            return;
        }
        let message = ClientMessageEvent::new(32, self.window, self.wake, [0_u32; 5]);
        let sent = self.connection.send_event(false, self.window, EventMask::NO_EVENT, message);
        if let Err(error) = sent.and_then(|_| self.connection.flush()) {
            tracing::debug!("the clipboard's thread cannot be woken: {error}");
        }
    }
}

impl Desktop for X11 {
    fn own(&mut self, formats: Vec<Format>) {
        self.order(Order::Own(formats));
    }

    fn disown(&mut self) {
        self.order(Order::Disown);
    }

    fn deliver(&mut self, format: Format, data: Option<Bytes>) {
        self.order(Order::Deliver(format, data));
    }

    fn fetch(&mut self, request: ClipboardRequest, format: Format) {
        self.order(Order::Fetch(request, format));
    }
}
