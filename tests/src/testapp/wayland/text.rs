//! A place for text: the app says where its caret is, and reports what an input method composes and inserts
//! there.

use anyhow::{Context, Result};
use wayland_client::{
    Connection, Dispatch, QueueHandle, delegate_noop, globals::GlobalList, protocol::wl_seat::WlSeat,
};
use wayland_protocols::wp::text_input::zv3::client::{
    zwp_text_input_manager_v3::ZwpTextInputManagerV3,
    zwp_text_input_v3::{self, ContentHint, ContentPurpose, ZwpTextInputV3},
};

use super::App;
use crate::testapp::Entry;

/// Where the caret is at first, and its size.
const CARET: (i32, i32, i32, i32) = (40, 60, 1, 18);

/// So far an inserted character moves it.
const ADVANCE: i32 = 10;

/// The place for text.
#[derive(Debug)]
pub(super) struct Text {
    input: ZwpTextInputV3,
    /// Where the caret is.
    x: i32,
    /// What came and is not done yet.
    composed: Option<(String, i32, i32)>,
    inserted: Option<String>,
}

impl Text {
    pub(super) fn new(globals: &GlobalList, seat: &WlSeat, queue: &QueueHandle<App>) -> Result<Self> {
        let manager: ZwpTextInputManagerV3 =
            globals.bind(queue, 1..=1, ()).context("zwp_text_input_manager_v3")?;
        let input = manager.get_text_input(seat, queue, ());
        Ok(Self { input, x: CARET.0, composed: None, inserted: None })
    }

    fn enable(&self) {
        self.input.enable();
        self.input.set_content_type(ContentHint::Multiline, ContentPurpose::Name);
        self.say_caret();
    }

    fn say_caret(&self) {
        let (_, y, w, h) = CARET;
        self.input.set_cursor_rectangle(self.x, y, w, h);
        self.input.commit();
    }
}

impl App {
    /// All parts of one change have come.
    fn text_done(&mut self) -> Result<()> {
        let Some(text) = &mut self.text else { return Ok(()) };
        let (composed, inserted) = (text.composed.take(), text.inserted.take());
        if let Some(inserted) = &inserted {
            let characters = i32::try_from(inserted.chars().count())?;
            text.x += ADVANCE * characters;
            text.say_caret();
        }
        self.react()?;
        if let Some(text) = inserted {
            self.report.add(&Entry::Inserted { text })?;
        }
        let (text, begin, end) = composed.unwrap_or((String::new(), -1, -1));
        self.report.add(&Entry::Composed { text, begin, end })
    }
}

impl Dispatch<ZwpTextInputV3, ()> for App {
    fn event(
        app: &mut Self,
        input: &ZwpTextInputV3,
        event: zwp_text_input_v3::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        use zwp_text_input_v3::Event;
        let Some(text) = &mut app.text else { return };
        match event {
            Event::Enter { .. } => text.enable(),
            Event::Leave { .. } => {
                input.disable();
                input.commit();
            }
            Event::PreeditString { text: composed, cursor_begin, cursor_end } => {
                text.composed = composed.map(|composed| (composed, cursor_begin, cursor_end));
            }
            Event::CommitString { text: inserted } => text.inserted = inserted,
            Event::Done { .. } => {
                let done = app.text_done();
                app.must(done);
            }
            _ => {}
        }
    }
}

delegate_noop!(App: ZwpTextInputManagerV3);
