//! The viewers that there are.

use std::collections::BTreeMap;

use media::{Cause, InputId, Timestamp, TrackId, ViewerId};
use protocol::{
    control::{Role, ToViewer},
    resume::ResumeKey,
};

use super::{action::Join, delivery::Delivery, input_end::InputEnd, outbox::Outbox, seat::Departure};

/// All viewers.
#[derive(Debug, Default)]
pub(crate) struct Members {
    there: BTreeMap<ViewerId, Member>,
    /// The newest viewer's number.
    newest: u32,
}

/// One viewer.
#[derive(Debug)]
pub(crate) struct Member {
    role: Role,
    key: Option<ResumeKey>,
    keymap: Option<String>,
    focus: Option<TrackId>,
    departure: Departure,
    input: InputEnd,
    delivery: Delivery,
}

impl Members {
    /// The number of a viewer that joins.
    pub(crate) fn number(&mut self) -> ViewerId {
        self.newest += 1;
        ViewerId(self.newest)
    }

    /// A viewer is there.
    pub(crate) fn insert(&mut self, viewer: ViewerId, member: Member) {
        self.there.insert(viewer, member);
    }

    /// A viewer is gone.
    pub(crate) fn remove(&mut self, viewer: ViewerId) {
        self.there.remove(&viewer);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.there.len()
    }

    /// Whether a viewer is there.
    pub(crate) fn has(&self, viewer: ViewerId) -> bool {
        self.there.contains_key(&viewer)
    }

    /// One of them.
    pub(crate) fn get(&self, viewer: ViewerId) -> Option<&Member> {
        self.there.get(&viewer)
    }

    /// One of them.
    pub(crate) fn get_mut(&mut self, viewer: ViewerId) -> Option<&mut Member> {
        self.there.get_mut(&viewer)
    }

    /// All of them, in the order they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ViewerId, &Member)> {
        self.there.iter().map(|(viewer, member)| (*viewer, member))
    }

    /// All of them, in the order they came.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (ViewerId, &mut Member)> {
        self.there.iter_mut().map(|(viewer, member)| (*viewer, member))
    }

    /// Whether a viewer may use windows.
    pub(crate) fn may_use(&self, viewer: ViewerId) -> bool {
        self.get(viewer).is_some_and(Member::may_use)
    }

    /// The viewers that may use windows.
    pub(crate) fn users(&self) -> impl Iterator<Item = ViewerId> {
        self.iter().filter(|(_, member)| member.may_use()).map(|(viewer, _)| viewer)
    }

    /// The viewer that may use windows, if it is the only one.
    pub(crate) fn only_user(&self) -> Option<ViewerId> {
        let mut users = self.users();
        let viewer = users.next()?;
        users.next().is_none().then_some(viewer)
    }

    /// The viewer that joins, as long as its earlier link is thought to live.
    pub(crate) fn ghost(&self, join: &Join) -> Option<ViewerId> {
        let key = join.hello.resume.as_ref()?.key;
        let same = |(_, member): &(ViewerId, &Member)| member.key == Some(key) && member.role == join.role;
        self.iter().find(same).map(|(viewer, _)| viewer)
    }

    /// What a viewer did last, as the cause of what follows from it.
    pub(crate) fn cause(&self, viewer: ViewerId) -> Cause {
        let newest = |member: &Member| (member.input.newest(), member.input.newest_time());
        let (input, at) = self.get(viewer).map_or((InputId(0), Timestamp(0)), newest);
        Cause { viewer, input, at }
    }

    /// Tells all viewers.
    pub(crate) fn broadcast(&self, out: &mut Outbox, message: &ToViewer) {
        for &viewer in self.there.keys() {
            out.send(viewer, message.clone());
        }
    }

    /// Tells the viewers that may use windows.
    pub(crate) fn tell_users(&self, out: &mut Outbox, except: Option<ViewerId>, message: &ToViewer) {
        for viewer in self.users().filter(|viewer| Some(*viewer) != except) {
            out.send(viewer, message.clone());
        }
    }

    /// Whether any viewer sees a track.
    pub(crate) fn sees(&self, track: TrackId) -> bool {
        self.there.values().any(|member| member.delivery.sees(track))
    }

    /// A window is gone.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        for member in self.there.values_mut() {
            member.delivery.forget_track(track);
            member.focus.take_if(|focus| *focus == track);
        }
    }

    /// When the next thing is due that concerns one viewer only.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        let timeouts = |member: &Member| [member.delivery.timeout(), member.input.timeout()];
        self.there.values().flat_map(timeouts).flatten().min()
    }

    /// Whether no two have one key and role.
    pub(crate) fn are_distinct(&self) -> bool {
        self.there
            .values()
            .all(|member| member.key.is_none_or(|key| self.with(key, member.role).count() == 1))
    }

    /// Whether one is there with this key and role.
    pub(crate) fn knows(&self, key: ResumeKey, role: Role) -> bool {
        self.with(key, role).next().is_some()
    }

    fn with(&self, key: ResumeKey, role: Role) -> impl Iterator<Item = &Member> {
        self.there.values().filter(move |member| member.key == Some(key) && member.role == role)
    }
}

impl Member {
    /// One that joins.
    pub(crate) fn new(now: Timestamp, viewer: ViewerId, join: &Join) -> Self {
        Self {
            role: join.role,
            key: join.hello.resume.as_ref().map(|resume| resume.key),
            keymap: None,
            focus: None,
            departure: Departure::MayReturn,
            input: InputEnd::new(viewer),
            delivery: Delivery::new(now, viewer, join),
        }
    }

    /// What it may do.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// Whether it may use windows.
    pub(crate) fn may_use(&self) -> bool {
        self.role == Role::Control
    }

    /// By what it is known again.
    pub(crate) fn key(&self) -> Option<ResumeKey> {
        self.key
    }

    /// Its keyboard layout, installed when it has the seat.
    pub(crate) fn keymap(&self) -> Option<&String> {
        self.keymap.as_ref()
    }

    /// It says what its keyboard layout is. Whether that is news.
    pub(crate) fn set_keymap(&mut self, text: &str) -> bool {
        let is_news = self.keymap.as_deref() != Some(text);
        if is_news {
            self.keymap = Some(text.to_owned());
        }
        is_news
    }

    /// Which window it says has its keyboard.
    pub(crate) fn focus(&self) -> Option<TrackId> {
        self.focus
    }

    /// It says which window has its keyboard.
    pub(crate) fn set_focus(&mut self, focus: Option<TrackId>) {
        self.focus = focus;
    }

    /// What it will have meant when its link ends.
    pub(crate) fn departure(&self) -> Departure {
        self.departure
    }

    /// It says that it goes for good.
    pub(crate) fn says_goodbye(&mut self) {
        self.departure = Departure::ForGood;
    }

    /// It goes on where its earlier link is.
    pub(crate) fn take_over(&mut self, ghost: &mut Self) {
        self.keymap = ghost.keymap.take();
        self.focus = ghost.focus;
        self.input.take_resting(&mut ghost.input);
    }

    /// Its input.
    pub(crate) fn input(&self) -> &InputEnd {
        &self.input
    }

    /// Its input.
    pub(crate) fn input_mut(&mut self) -> &mut InputEnd {
        &mut self.input
    }

    /// What it is owed, and its link.
    pub(crate) fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// What it is owed, and its link.
    pub(crate) fn delivery_mut(&mut self) -> &mut Delivery {
        &mut self.delivery
    }
}
