//! text-input-v3: apps say where they take text, and get composed text there.
//!
//! Invariants:
//! - The surface with the keyboard has been entered by all text inputs of its app, no other surface by any.
//! - At most one text input is in use: one that its app has enabled since it was entered.
//! - What an app says takes effect with its commit, and is forgotten when the keyboard leaves it.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "requests are the protocol's"))]

use std::time::Duration;

use media::{Logical, Rect, TextInput, TextPurpose, Timestamp, TrackId};
use smithay::{
    reexports::{
        calloop::timer::{TimeoutAction, Timer},
        wayland_protocols::wp::text_input::zv3::server::{
            zwp_text_input_manager_v3::{self, ZwpTextInputManagerV3},
            zwp_text_input_v3::{self, ContentHint, ContentPurpose, ZwpTextInputV3},
        },
        wayland_server::{
            Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource, backend::ClientId,
            protocol::wl_surface::WlSurface,
        },
    },
    utils::IsAlive,
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::quota::clients::ClientState;
use crate::wayland::quota::requests::{Verdict, one_object_less, one_object_more};
use crate::wayland::windows::tracks::Tracks;

/// Text inputs of one app: one for each of its seats is usual.
const MAX_OBJECTS: usize = 64;

/// Between two reports, so that an app whose caret runs about does not flood viewers.
const PAUSE: Duration = Duration::from_millis(8);

/// All text inputs.
#[derive(Debug, Default)]
pub(crate) struct TextInputs {
    objects: Vec<Object>,
    /// The surface that was entered.
    entered: Option<WlSurface>,
    /// Whether the one in use shows a composed text.
    pub(in crate::wayland) composing: bool,
    /// What the session core was told, and when.
    reported: Option<(TrackId, TextInput)>,
    reported_at: Timestamp,
    /// It will be told soon.
    waiting: bool,
}

/// One text input of an app.
#[derive(Debug)]
struct Object {
    resource: ZwpTextInputV3,
    /// How many commits came: what goes to the app names it.
    serial: u32,
    pending: Pending,
    /// In use: what the app said of it.
    enabled: Option<Wish>,
}

/// What an app has said since its last commit.
#[derive(Debug, Default)]
struct Pending {
    enable: Option<bool>,
    wish: Wish,
    /// Which parts of `wish` were said.
    caret: bool,
    kind: bool,
}

/// What an app says of its text input.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Wish {
    /// In the coordinates of the surface that was entered.
    caret: Rect<Logical>,
    purpose: TextPurpose,
    multiline: bool,
}

impl TextInputs {
    /// The text input in use, and the serial to name to it.
    pub(in crate::wayland) fn in_use(&self) -> Option<(&ZwpTextInputV3, u32)> {
        let object = self.objects.iter().find(|object| object.enabled.is_some())?;
        Some((&object.resource, object.serial))
    }

    /// What the text input in use takes.
    pub(in crate::wayland) fn purpose(&self) -> Option<TextPurpose> {
        self.objects.iter().find_map(|object| object.enabled).map(|wish| wish.purpose)
    }

    /// The keyboard came to a surface.
    pub(in crate::wayland) fn enter(&mut self, surface: &WlSurface) {
        self.leave();
        self.entered = Some(surface.clone());
        for object in self.of_entered() {
            object.resource.enter(surface);
        }
    }

    /// The keyboard left where it was: apps begin anew when it comes back.
    pub(in crate::wayland) fn leave(&mut self) {
        let Some(surface) = self.entered.clone() else { return };
        for object in self.of_entered() {
            if surface.alive() {
                object.resource.leave(&surface);
            }
            object.enabled = None;
            object.pending = Pending::default();
        }
        self.entered = None;
        self.composing = false;
    }

    /// Where text is taken now, if that window is shown.
    fn place(&self, tracks: &Tracks) -> Option<(TrackId, TextInput)> {
        let surface = self.entered.as_ref().filter(|surface| surface.alive())?;
        let wish = self.objects.iter().find_map(|object| object.enabled)?;
        let id = tracks.of_surface(surface).filter(|id| tracks.shown(*id))?;
        // The track is the surface without what the app draws around its window.
        let window = tracks.get(id)?.picture.geometry;
        let caret = wish.caret.offset(window.x.saturating_neg(), window.y.saturating_neg());
        let caret = TextInput::bounded(caret);
        Some((id, TextInput { caret, purpose: wish.purpose, multiline: wish.multiline }))
    }

    fn of_entered(&mut self) -> impl Iterator<Item = &mut Object> {
        let entered = self.entered.as_ref().map(Resource::id);
        self.objects.iter_mut().filter(move |object| {
            entered.as_ref().is_some_and(|surface| object.resource.id().same_client_as(surface))
        })
    }

    fn add(&mut self, resource: ZwpTextInputV3) {
        if let Some(surface) = self.entered.as_ref().filter(|s| s.id().same_client_as(&resource.id())) {
            resource.enter(surface);
        }
        self.objects.push(Object { resource, serial: 0, pending: Pending::default(), enabled: None });
    }

    fn commit(&mut self, resource: &ZwpTextInputV3) {
        let others = self.objects.iter().any(|other| other.enabled.is_some() && other.resource != *resource);
        let Some(object) = self.objects.iter_mut().find(|object| object.resource == *resource) else {
            return;
        };
        object.serial = object.serial.wrapping_add(1);
        let pending = std::mem::take(&mut object.pending);
        let entered = self.entered.as_ref().is_some_and(|s| s.id().same_client_as(&resource.id()));
        match pending.enable {
            // What apps enable without the keyboard, or beside another text input, has no effect.
            Some(true) if entered && !others => {
                object.enabled = Some(Wish::default());
                self.composing = false;
            }
            Some(false) if object.enabled.take().is_some() => self.composing = false,
            _ => {}
        }
        if let Some(wish) = &mut object.enabled {
            if pending.caret {
                wish.caret = pending.wish.caret;
            }
            if pending.kind {
                (wish.purpose, wish.multiline) = (pending.wish.purpose, pending.wish.multiline);
            }
        }
    }

    fn remove(&mut self, resource: &ZwpTextInputV3) {
        let in_use = self.in_use().is_some_and(|(used, _)| used == resource);
        self.composing &= !in_use;
        self.objects.retain(|object| object.resource != *resource);
    }
}

impl State {
    /// Tells the session core where text is taken, if that has changed.
    pub(in crate::wayland) fn report_text_input(&mut self) {
        let now = self.text_inputs.place(&self.tracks);
        if self.text_inputs.reported == now || self.text_inputs.waiting {
            return;
        }
        let due = self.text_inputs.reported_at + PAUSE;
        let left = due.since(clock::now());
        if !left.is_zero() {
            return self.report_text_input_in(left);
        }
        self.text_inputs.reported_at = clock::now();
        let before = std::mem::replace(&mut self.text_inputs.reported, now);
        if let Some((track, _)) = before.filter(|(track, _)| now.is_none_or(|(other, _)| other != *track)) {
            self.outbox.source(media::Event::TextInput { track, input: None });
        }
        if let Some((track, input)) = now {
            self.outbox.source(media::Event::TextInput { track, input: Some(input) });
        }
    }
}

impl State {
    fn report_text_input_in(&mut self, wait: Duration) {
        let timer = Timer::from_duration(wait);
        let inserted = self.events.insert_source(timer, |_, (), state| {
            state.text_inputs.waiting = false;
            // The turn that this begins ends with the report.
            TimeoutAction::Drop
        });
        match inserted {
            Ok(_) => self.text_inputs.waiting = true,
            Err(error) => tracing::warn!(%error, "where text is taken cannot be reported in time"),
        }
    }
}

impl GlobalDispatch<ZwpTextInputManagerV3, ()> for State {
    fn bind(
        state: &mut Self,
        _: &DisplayHandle,
        client: &Client,
        manager: New<ZwpTextInputManagerV3>,
        (): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(manager, ());
        if let Verdict::CutOff(reason) = one_object_more(state, client) {
            state.cut_off(client, reason);
        }
    }

    // Of all globals this one, since its interface is ours.
    fn can_view(client: Client, (): &()) -> bool {
        if let Some(app) = client.get_data::<ClientState>() {
            app.looks_at_globals();
        }
        true
    }
}

impl Dispatch<ZwpTextInputManagerV3, ()> for State {
    fn request(
        state: &mut Self,
        client: &Client,
        _: &ZwpTextInputManagerV3,
        request: zwp_text_input_manager_v3::Request,
        (): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        // There is one seat, so it does not matter which is named.
        let zwp_text_input_manager_v3::Request::GetTextInput { id, .. } = request else { return };
        let resource = init.init(id, ());
        let own = |object: &&Object| object.resource.id().same_client_as(&resource.id());
        if state.text_inputs.objects.iter().filter(own).count() >= MAX_OBJECTS {
            return state.cut_off(client, "it made too many text inputs");
        }
        state.text_inputs.add(resource);
    }
    fn destroyed(state: &mut Self, client: ClientId, _: &ZwpTextInputManagerV3, (): &()) {
        if let Some(usage) = state.clients.usage_if_known(&client) {
            one_object_less(usage, &());
        }
    }
}

impl Dispatch<ZwpTextInputV3, ()> for State {
    fn request(
        state: &mut Self,
        client: &Client,
        resource: &ZwpTextInputV3,
        request: zwp_text_input_v3::Request,
        (): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        use zwp_text_input_v3::Request;
        if state.clients.floods(&client.id()) {
            return state.cut_off(client, "it sends requests faster than they can be handled");
        }
        let inputs = &mut state.text_inputs;
        if matches!(request, Request::Commit) {
            inputs.commit(resource);
            if inputs.in_use().is_none_or(|(used, _)| used == resource) {
                state.text_input_committed();
            }
            return;
        }
        let Some(object) = inputs.objects.iter_mut().find(|object| object.resource == *resource) else {
            return;
        };
        let pending = &mut object.pending;
        match request {
            Request::Enable => *pending = Pending { enable: Some(true), ..Pending::default() },
            Request::Disable => pending.enable = Some(false),
            Request::SetContentType { hint, purpose } => {
                let hint = hint.into_result().unwrap_or(ContentHint::None);
                pending.kind = true;
                pending.wish.multiline = hint.contains(ContentHint::Multiline);
                pending.wish.purpose = self::purpose(hint, purpose.into_result().ok());
            }
            Request::SetCursorRectangle { x, y, width, height } => {
                pending.caret = true;
                let extent = |n: i32| u32::try_from(n).unwrap_or(0);
                pending.wish.caret = Rect::new(x, y, extent(width), extent(height));
            }
            // Composing needs no look at the text around.
            _ => {}
        }
    }

    fn destroyed(state: &mut Self, _: ClientId, resource: &ZwpTextInputV3, (): &()) {
        state.text_inputs.remove(resource);
    }
}

fn purpose(hint: ContentHint, purpose: Option<ContentPurpose>) -> TextPurpose {
    match purpose {
        Some(ContentPurpose::Alpha) => TextPurpose::Letters,
        Some(ContentPurpose::Digits) => TextPurpose::Digits,
        Some(ContentPurpose::Number) => TextPurpose::Number,
        Some(ContentPurpose::Phone) => TextPurpose::Phone,
        Some(ContentPurpose::Url) => TextPurpose::Url,
        Some(ContentPurpose::Email) => TextPurpose::Email,
        Some(ContentPurpose::Name) => TextPurpose::Name,
        Some(ContentPurpose::Password) => TextPurpose::Password,
        Some(ContentPurpose::Pin) => TextPurpose::Pin,
        Some(ContentPurpose::Date) => TextPurpose::Date,
        Some(ContentPurpose::Time) => TextPurpose::Time,
        Some(ContentPurpose::Datetime) => TextPurpose::DateTime,
        Some(ContentPurpose::Terminal) => TextPurpose::Terminal,
        // Some apps say only that what is typed is not to be seen.
        _ if hint.intersects(ContentHint::HiddenText | ContentHint::SensitiveData) => TextPurpose::Password,
        _ => TextPurpose::Normal,
    }
}
