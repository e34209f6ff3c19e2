//! From a hello to the word that everything was told, and from a link that broke to the next.

use media::{InputId, Timestamp, TrackId, ViewerId};
use protocol::{
    control::{Clipboard, Hello, Role, ToHost, Welcome},
    resume::Resume,
    version::{Version, VersionRange},
};

use super::{Action, Config, State, Viewer, journal::Journal};

impl Viewer {
    /// A connection to the host stands: the viewer introduces itself.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.windows.begin();
        let resume = self.resume(now);
        let Config { ticket, agent, video, .. } = self.config.clone();
        self.control(ToHost::Hello(Hello { versions: VersionRange::OURS, ticket, agent, video, resume }));
    }

    /// How the host of the next link knows this viewer again: what its hello says of that.
    pub fn resume(&mut self, now: Timestamp) -> Option<Resume> {
        self.journal.prune(now);
        let (began, since) = (self.began, self.journal.since());
        self.config.resume.map(|key| Resume { key, began, since })
    }

    /// The connection is lost. The windows stay, and so does what is held down, if the host of the next connection knows
    /// the viewer again; whoever has lost sight of the user's hands calls [`Viewer::release_held`]. `handle_connected`
    /// follows when there is a new one.
    pub fn reset_link(&mut self, _now: Timestamp) {
        if let State::Live { session, role, .. } = &self.state {
            let (session, role) = (session.clone(), *role);
            self.set_state(State::Reconnecting { session, role });
        }
        self.windows.begin();
        self.feedbacks.clear();
        self.tracker.begin();
        self.set_text_input(None);
        self.set_lock(None);
        self.resumed = None;
        self.sent_before_input = 0;
        if std::mem::take(&mut self.seat) {
            self.actions.push_back(Action::Seat { held: false });
        }
        for request in self.requests.end(None) {
            self.actions.push_back(Action::ClipboardContent { request, data: None });
        }
    }

    pub(super) fn welcome(&mut self, now: Timestamp, welcome: Welcome) {
        if !(Version::OLDEST..=Version::NEWEST).contains(&welcome.version) || self.is_live() {
            return self.protocol("an impossible welcome".to_owned());
        }
        let known = match &self.state {
            State::Reconnecting { session, .. } => *session == welcome.session,
            _ => true,
        };
        if !known {
            for track in self.windows.unconfirmed() {
                self.window_vanished(track);
            }
        }
        self.clock.begin(now, welcome.now);
        self.introducing = true;
        let Welcome { session, viewer, role, resumed, .. } = welcome;
        self.resumed = resumed;
        if resumed.is_none() {
            self.begin_anew(viewer);
        }
        self.set_state(State::Live { session, viewer, role });
        if let Some(text) = self.keymap.clone().filter(|_| role == Role::Control) {
            self.control(ToHost::Keymap { text });
        }
        self.handle_timeout(now);
    }

    /// The host does not know this viewer, and has released what it held down.
    fn begin_anew(&mut self, viewer: ViewerId) {
        self.journal = Journal::default();
        self.held.release();
        self.composing = None;
        self.next_input = InputId(1);
        self.began = Some(viewer);
    }

    /// Whether input reaches the apps. The first time after a welcome also means: that was everything.
    pub(super) fn seat(&mut self, held: bool) {
        if std::mem::take(&mut self.introducing) {
            for track in self.windows.unconfirmed() {
                self.window_gone(track);
            }
            let hidden = self.windows.shown.iter().filter(|(_, shown)| !shown.visible);
            let hidden: Vec<TrackId> = hidden.map(|(track, _)| *track).collect();
            for track in hidden {
                self.control(ToHost::Visible { track, visible: false });
            }
            // Who is known again has the focus that it had.
            if self.focus.is_some() || self.resumed.is_some() {
                self.control(ToHost::Focus { track: self.focus });
            }
            if !self.offered.is_empty() {
                let mimes = self.offered.clone();
                self.control(ToHost::Clipboard(Clipboard::Offer { mimes }));
            }
            self.send_again();
        }
        self.seat = held;
        self.actions.push_back(Action::Seat { held });
    }
}
