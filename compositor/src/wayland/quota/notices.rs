//! What people are told of what was done to their apps.

use std::{fs, time::Duration};

use media::{Event, Notice, NoticeKind, TrackId};
use rustix::process::Pid;
use smithay::reexports::wayland_server::{Resource, backend::ClientId};

use crate::clock;
use crate::text as words;
use crate::wayland::State;
use crate::wayland::quota::pace::Pace;

/// Many notices at once say no more than a few.
const NOTICES: Pace = Pace::new(8, Duration::from_secs(1));

/// When people were told something.
#[derive(Debug)]
pub(crate) struct Notices(Pace);

impl Default for Notices {
    fn default() -> Self {
        Self(NOTICES)
    }
}

impl State {
    /// Tells people what was done to an app of ours, unless they were told much just now. Whether they were.
    pub(in crate::wayland) fn tell_of_app(&mut self, client: &ClientId, kind: NoticeKind) -> bool {
        let app = self.app_name(client);
        self.tell(app, kind)
    }

    /// Tells people what was done to an app of this name, likewise.
    pub(in crate::wayland) fn tell(&mut self, app: String, kind: NoticeKind) -> bool {
        let told = self.notices.0.take(clock::now()).is_ok();
        if told {
            self.outbox.source(Event::Notice(Notice { app, kind }));
        }
        told
    }

    /// What people call the app of a track.
    pub(in crate::wayland) fn name_of_track(&self, id: TrackId) -> String {
        let window = self.tracks.get(id).and_then(|track| track.reported.as_ref());
        let names = window.into_iter().flat_map(|window| [&window.app_id, &window.title]);
        names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
    }

    fn app_name(&self, client: &ClientId) -> String {
        let is_its = |surface: Option<smithay::reexports::wayland_server::Client>| {
            surface.is_some_and(|owner| owner.id() == *client)
        };
        let tracks = self.tracks.iter().filter(|(_, track)| is_its(track.root.client()));
        let named = tracks.map(|(id, _)| self.name_of_track(id)).find(|name| !name.is_empty());
        named.or_else(|| self.clients.process(client).map(process_name)).unwrap_or_default()
    }
}

/// What the system calls a process.
fn process_name(process: Pid) -> String {
    let name = fs::read_to_string(format!("/proc/{}/comm", process.as_raw_nonzero()));
    words::clean(name.unwrap_or_default().trim())
}
