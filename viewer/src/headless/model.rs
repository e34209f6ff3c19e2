//! What the headless viewer knows: windows, their pictures, the clipboard.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use media::{Pixels, Size, States, TextInput, TrackId, Window, WindowKind};
use serde_json::{Value, json};
use session::viewer::Event as SessionEvent;

use super::request::Until;
use crate::{
    link::{Event, State, Updated},
    picture::Picture,
    windows::Windows,
};

/// Everything that events have told so far.
#[derive(Debug)]
pub(crate) struct Model {
    /// The link's state.
    pub(crate) state: State,
    /// Whether the host has told of all its windows since the link was made.
    introduced: bool,
    /// Whether input reaches the apps: nobody else is using them.
    pub(crate) has_seat: bool,
    /// All windows, also those whose first picture has not arrived.
    pub(crate) windows: Windows,
    pictures: HashMap<TrackId, Shown>,
    /// The newest serial that each window was asked for.
    pub(crate) asked: HashMap<TrackId, u32>,
    /// Where text is taken, as far as apps tell.
    text_input: Option<(TrackId, TextInput)>,
    /// Which window has locked the pointer.
    pub(crate) locked: Option<TrackId>,
    /// Whether content is dragged.
    pub(crate) dragging: bool,
    /// What this side offers to paste, by MIME type.
    pub(crate) clipboard: BTreeMap<String, Bytes>,
}

/// A window's newest picture.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Its pixels.
    pub(crate) picture: Arc<Picture>,
    size: Size<Pixels>,
    exact: bool,
    /// How often pixels changed.
    changes: u64,
    /// How often they had changed when a request last acted or looked.
    mark: u64,
}

impl Model {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            state: State::Connecting,
            introduced: false,
            has_seat: false,
            windows: Windows::default(),
            pictures: HashMap::new(),
            asked: HashMap::new(),
            text_input: None,
            locked: None,
            dragging: false,
            clipboard: BTreeMap::new(),
        }
    }

    /// Notes an event.
    pub(crate) fn note(&mut self, event: &Event) {
        match event {
            Event::State(state) => {
                // A copy of another connection says nothing about the app's present picture.
                self.pictures.values_mut().for_each(|shown| shown.exact = false);
                self.state = state.clone();
                self.introduced = false;
            }
            Event::Session(event) => self.note_session(event),
            Event::Updated(updated) => self.updated(updated),
            Event::Report { .. } => {}
        }
    }

    fn note_session(&mut self, event: &SessionEvent) {
        match event {
            // It comes after all windows.
            SessionEvent::Seat { held } => {
                self.introduced = true;
                self.has_seat = *held;
            }
            SessionEvent::Window(window) => self.windows.set(window.clone()),
            SessionEvent::WindowGone(track) => {
                self.windows.remove(*track);
                self.pictures.remove(track);
                self.asked.remove(track);
            }
            SessionEvent::TextInput(input) => self.text_input = *input,
            SessionEvent::PointerLock(track) => self.locked = *track,
            SessionEvent::Drag(drag) => self.dragging = drag.is_some(),
            SessionEvent::Icon(_)
            | SessionEvent::Cursor(_)
            | SessionEvent::Bell(_)
            | SessionEvent::Notice(_)
            | SessionEvent::Grabbed(..)
            | SessionEvent::ClipboardOffered { .. }
            | SessionEvent::ClipboardWanted { .. }
            | SessionEvent::ClipboardContent { .. } => {}
        }
    }

    /// Whether the session is here as it was when the link was made: all its windows and their pictures.
    pub(crate) fn is_complete(&self) -> bool {
        self.introduced && self.windows.iter().all(|window| self.pictures.contains_key(&window.track))
    }

    /// A window that can be seen.
    pub(crate) fn visible(&self, track: TrackId) -> Result<(&Window, &Shown), String> {
        match (self.windows.get(track), self.pictures.get(&track)) {
            (Some(window), Some(shown)) => Ok((window, shown)),
            _ => Err(format!("there is no window with track {}; see \"windows\"", track.0)),
        }
    }

    /// The list of windows that have a picture, lowest first.
    pub(crate) fn list(&self) -> Value {
        let mut windows: Vec<&Window> = self.shown().collect();
        windows.sort_by_key(|window| window.stacking);
        windows.into_iter().map(|window| self.describe(window)).collect()
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, until: &Until) -> bool {
        let count = |kind| self.shown().filter(|window| window.kind == kind).count();
        match until {
            Until::Windows(wanted) => count(WindowKind::Toplevel) == *wanted,
            Until::Popups(wanted) => count(WindowKind::Popup) == *wanted,
            Until::Title(part) => {
                self.shown().any(|window| window.kind == WindowKind::Toplevel && window.title.contains(part))
            }
            Until::Exact(track) => self.pictures.get(track).is_some_and(|shown| shown.exact),
            Until::Changed(track) => self.pictures.get(track).is_some_and(|shown| shown.changes > shown.mark),
            Until::Closed(track) => self.windows.get(*track).is_none(),
            Until::Configured(track) => self.is_configured(*track),
            Until::TextInput(track) => self.text_input_of(*track).is_some(),
            Until::Locked(track) => self.locked == Some(*track),
            Until::Dragging(wanted) => self.dragging == *wanted,
        }
    }

    /// From here on, `changed` means later changes of any window.
    pub(crate) fn mark_all(&mut self) {
        self.pictures.values_mut().for_each(|shown| shown.mark = shown.changes);
    }

    /// From here on, `changed` means later changes of this window.
    pub(crate) fn mark(&mut self, track: TrackId) {
        if let Some(shown) = self.pictures.get_mut(&track) {
            shown.mark = shown.changes;
        }
    }

    fn shown(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().filter(|window| self.pictures.contains_key(&window.track))
    }

    fn text_input_of(&self, track: TrackId) -> Option<TextInput> {
        self.text_input.filter(|(taken, _)| *taken == track).map(|(_, input)| input)
    }

    fn is_configured(&self, track: TrackId) -> bool {
        let (Some(window), Some(shown)) = (self.windows.get(track), self.pictures.get(&track)) else {
            return false;
        };
        let answered = self.asked.get(&track).is_none_or(|serial| window.configured >= *serial);
        answered && shown.size == window.scale.to_pixels(window.size)
    }

    fn updated(&mut self, updated: &Updated) {
        let shown = self.pictures.entry(updated.track).or_insert_with(|| Shown {
            picture: Arc::clone(&updated.picture),
            size: updated.size,
            exact: false,
            changes: 0,
            mark: 0,
        });
        shown.picture = Arc::clone(&updated.picture);
        shown.size = updated.size;
        shown.exact = updated.exact;
        shown.changes += u64::from(!updated.region.is_empty());
    }

    fn describe(&self, window: &Window) -> Value {
        json!({
            "track": window.track,
            "kind": window.kind,
            "parent": window.parent,
            "title": window.title,
            "app_id": window.app_id,
            "x": window.position.x,
            "y": window.position.y,
            "width": window.size.w,
            "height": window.size.h,
            "scale": window.scale.factor(),
            "states": names(window.states),
            "exact": self.holds(&Until::Exact(window.track)),
            "text_input": self.text_input_of(window.track).map(describe_text_input),
            "locked": self.locked == Some(window.track),
        })
    }
}

fn describe_text_input(input: TextInput) -> Value {
    let TextInput { caret, purpose, multiline } = input;
    json!({
        "x": caret.x,
        "y": caret.y,
        "width": caret.w,
        "height": caret.h,
        "purpose": purpose,
        "multiline": multiline,
    })
}

fn names(states: States) -> Vec<&'static str> {
    let States {
        activated,
        maximized,
        fullscreen,
        minimized,
        resizing,
        modal,
        urgent,
        client_decorated,
        unresponsive,
        awake,
    } = states;
    [
        (activated, "activated"),
        (maximized, "maximized"),
        (fullscreen, "fullscreen"),
        (minimized, "minimized"),
        (resizing, "resizing"),
        (modal, "modal"),
        (urgent, "urgent"),
        (client_decorated, "client_decorated"),
        (unresponsive, "unresponsive"),
        (awake, "awake"),
    ]
    .into_iter()
    .filter_map(|(holds, name)| holds.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests {
    use media::{Rect, Region, Timestamp, UpdateId};

    use super::*;
    use crate::windows::tests::window;

    fn updated(track: u32, update: u64, exact: bool) -> Event {
        Event::Updated(Updated {
            track: TrackId(track),
            update: UpdateId(update),
            size: Size::new(100, 50),
            region: Region::from(Rect::new(0, 0, 5, 5)),
            exact,
            at: Timestamp(update),
            picture: Arc::new(Picture::default()),
        })
    }

    fn model(events: &[Event]) -> Model {
        let mut model = Model::new();
        events.iter().for_each(|event| model.note(event));
        model
    }

    #[test]
    fn a_window_counts_from_its_first_picture() {
        let mut model = model(&[Event::Session(SessionEvent::Window(window(1, None)))]);
        assert!(model.holds(&Until::Windows(0)));
        model.note(&updated(1, 1, true));
        assert!(model.holds(&Until::Windows(1)) && model.holds(&Until::Exact(TrackId(1))));
        assert!(model.holds(&Until::Title("window 1".into())));
        assert_eq!(model.list()[0]["kind"], "toplevel");
    }

    #[test]
    fn the_session_is_complete_with_its_last_picture() {
        let mut model = model(&[
            Event::Session(SessionEvent::Window(window(1, None))),
            updated(1, 1, true),
            Event::Session(SessionEvent::Window(window(2, None))),
        ]);
        assert!(!model.is_complete(), "more windows may follow");
        model.note(&Event::Session(SessionEvent::Seat { held: true }));
        assert!(!model.is_complete(), "the second has no picture");
        model.note(&updated(2, 1, true));
        assert!(model.is_complete());
    }

    #[test]
    fn one_window_takes_text_and_one_has_the_pointer() {
        let mut model = model(&[Event::Session(SessionEvent::Window(window(1, None))), updated(1, 1, true)]);
        let takes_text = Until::TextInput(TrackId(1));
        assert!(!model.holds(&takes_text) && model.list()[0]["text_input"].is_null());
        let caret = Rect::new(5, 6, 1, 17);
        let input = TextInput { caret, purpose: media::TextPurpose::Url, multiline: true };
        model.note(&Event::Session(SessionEvent::TextInput(Some((TrackId(1), input)))));
        model.note(&Event::Session(SessionEvent::PointerLock(Some(TrackId(1)))));
        assert!(model.holds(&takes_text) && model.holds(&Until::Locked(TrackId(1))));
        let window = &model.list()[0];
        assert_eq!(
            (&window["text_input"]["y"], &window["text_input"]["purpose"]),
            (&json!(6), &json!("url"))
        );
        model.note(&Event::Session(SessionEvent::TextInput(None)));
        model.note(&Event::Session(SessionEvent::PointerLock(None)));
        assert!(!model.holds(&takes_text) && model.list()[0]["locked"] == json!(false));
    }

    #[test]
    fn popups_are_counted_apart() {
        let events =
            [window(1, None), window(2, Some((1, 3, 4)))].map(|it| Event::Session(SessionEvent::Window(it)));
        let mut model = model(&events);
        model.note(&updated(1, 1, true));
        model.note(&updated(2, 1, true));
        assert!(model.holds(&Until::Windows(1)) && model.holds(&Until::Popups(1)));
        assert_eq!((&model.list()[1]["x"], &model.list()[1]["parent"]), (&json!(3), &json!(1)));
        model.note(&Event::Session(SessionEvent::WindowGone(TrackId(2))));
        assert!(model.holds(&Until::Popups(0)) && model.holds(&Until::Closed(TrackId(2))));
    }

    #[test]
    fn changes_count_from_the_last_look() {
        let mut model = model(&[Event::Session(SessionEvent::Window(window(1, None))), updated(1, 1, false)]);
        let changed = Until::Changed(TrackId(1));
        assert!(model.holds(&changed));
        model.mark_all();
        assert!(!model.holds(&changed));
        model.note(&updated(1, 2, false));
        assert!(model.holds(&changed) && !model.holds(&Until::Exact(TrackId(1))));
    }

    #[test]
    fn a_broken_link_holds_nothing_exactly() {
        let mut model = model(&[Event::Session(SessionEvent::Window(window(1, None))), updated(1, 1, true)]);
        model.note(&Event::State(State::Reconnecting { reason: "silence".into() }));
        assert!(!model.holds(&Until::Exact(TrackId(1))));
        assert!(model.holds(&Until::Windows(1)), "the last pictures stay");
    }

    #[test]
    fn a_resize_is_done_with_its_answer_and_its_picture() {
        let mut model = model(&[Event::Session(SessionEvent::Window(window(1, None))), updated(1, 1, true)]);
        model.asked.insert(TrackId(1), 4);
        assert!(!model.holds(&Until::Configured(TrackId(1))));
        model.note(&Event::Session(SessionEvent::Window(Window {
            configured: 4,
            size: Size::new(120, 50),
            ..window(1, None)
        })));
        assert!(!model.holds(&Until::Configured(TrackId(1))), "the picture is the old one");
    }
}
