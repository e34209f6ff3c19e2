//! A host core, its apps and encoder, and viewer cores behind simulated links, in virtual time.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use bytes::Bytes;
use dormer_session::{
    host::{self, Host, Join},
    viewer::{self, Outbound, State, Viewer},
};
use media::{
    Cause, Command, Configure, EncodeJob, Encoded, Event, Frame, KeyCode, Pixels, Size, TextInput, Timestamp,
    TrackId, Update, ViewerId,
};
use protocol::{
    control::{Hello, Refusal, RefusalCode, Role, ToHost, ToViewer},
    feedback::Feedback,
    input::{Input, InputEvent},
    resume::ResumeKey,
    version::VersionRange,
};

use crate::{
    apps::App,
    encoder::{self, Encoder},
    link::{Link, Profile, Step},
};

/// Whatever happens, no app waits longer than this for a callback.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A viewer, its link and what it shows.
pub(crate) struct End {
    pub(crate) core: Viewer,
    pub(crate) id: Option<ViewerId>,
    /// Of links that broke here, and that the host still believes in.
    pub(crate) ghosts: Vec<ViewerId>,
    pub(crate) frames: HashMap<TrackId, Frame>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) link: Link<Down>,
    pub(crate) feedback_loss: f64,
    pub(crate) feedbacks: u64,
    pub(crate) sent: u64,
    pub(crate) pasted: Vec<Option<Bytes>>,
    pub(crate) text_input: Option<(TrackId, TextInput)>,
    pub(crate) lock: Option<TrackId>,
    pub(crate) role: Role,
    /// Its clock minus the host's.
    clock: u64,
    epoch: u32,
    newest_control: Timestamp,
    presses: u16,
    /// The newest serial of its front end.
    serial: u32,
}

/// One applied update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) at: Timestamp,
    pub(crate) track: TrackId,
    pub(crate) captured: Timestamp,
    pub(crate) answers: bool,
}

#[derive(Debug)]
pub(crate) enum Down {
    Control(ToViewer),
    Update(Update),
}

enum Up {
    Control(ToHost),
    Input(Input),
    Feedback(Feedback),
}

enum Happening {
    Frame(TrackId),
    React(TrackId, Cause),
    Configured(TrackId, Configure),
    Encoded(Encoded),
    Step(usize),
    Down(usize, u32, Down),
    Up(usize, u32, Up),
    Press(usize, TrackId),
    Unlock,
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) host: Host,
    pub(crate) apps: Vec<App>,
    pub(crate) ends: Vec<End>,
    pub(crate) encoder: Encoder,
    pub(crate) thrown_out: Vec<Refusal>,
    pub(crate) commands: Vec<Command>,
    /// Whether apps do at once what they are asked to become.
    pub(crate) obedient: bool,
    /// Where an app takes text, and which has locked the pointer.
    pub(crate) text_input: Option<(TrackId, TextInput)>,
    pub(crate) lock: Option<TrackId>,
    agenda: BTreeMap<(Timestamp, u64), Happening>,
    order: u64,
    random: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: Timestamp(1_000_000_000),
            host: Host::new(host::Config::default()),
            apps: Vec::new(),
            ends: Vec::new(),
            encoder: Encoder::default(),
            thrown_out: Vec::new(),
            commands: Vec::new(),
            obedient: false,
            text_input: None,
            lock: None,
            agenda: BTreeMap::new(),
            order: 0,
            random: 42,
        }
    }

    /// The instant `ms` after the beginning.
    pub(crate) fn at(ms: u64) -> Timestamp {
        Timestamp(1_000_000_000 + ms * 1000)
    }

    pub(crate) fn open(&mut self, app: App) -> TrackId {
        let (track, index) = (app.track, self.apps.len());
        self.encoder.canvases.insert(track, app.canvas.clone());
        let window = app.window();
        let period = app.period;
        self.apps.push(app);
        self.host.handle_event(self.now, Event::Window(window));
        let region = self.apps[index].paint_all();
        self.commit(index, region, None);
        if let Some(period) = period {
            self.plan(self.now + period, Happening::Frame(track));
        }
        track
    }

    pub(crate) fn close(&mut self, track: TrackId) {
        self.apps.retain(|app| app.track != track);
        self.text_input.take_if(|(taken, _)| *taken == track);
        self.lock.take_if(|locked| *locked == track);
        self.host.handle_event(self.now, Event::WindowGone(track));
        self.settle();
    }

    pub(crate) fn add_viewer(&mut self, profile: Profile) -> usize {
        self.add_viewer_as(profile, Role::Control)
    }

    pub(crate) fn add_viewer_as(&mut self, profile: Profile, role: Role) -> usize {
        let index = self.ends.len();
        self.ends.push(End {
            core: Viewer::new(viewer::Config {
                resume: Some(ResumeKey([index as u8; 16])),
                ..viewer::Config::default()
            }),
            id: None,
            ghosts: Vec::new(),
            frames: HashMap::new(),
            shown: Vec::new(),
            link: Link::new(profile),
            feedback_loss: 0.0,
            feedbacks: 0,
            sent: 0,
            pasted: Vec::new(),
            text_input: None,
            lock: None,
            role,
            clock: 77_000_000 * (index as u64 + 1),
            epoch: 0,
            newest_control: Timestamp(0),
            presses: 0,
            serial: 0,
        });
        self.connect(index);
        index
    }

    pub(crate) fn connect(&mut self, index: usize) {
        let clock = self.ends[index].clock(self.now);
        self.ends[index].core.handle_connected(clock);
        self.settle();
    }

    /// Cuts a viewer's link at both ends.
    pub(crate) fn cut(&mut self, index: usize) {
        let end = &mut self.ends[index];
        end.epoch += 1;
        end.link.clear();
        end.core.reset_link(end.clock(self.now));
        if let Some(viewer) = end.id.take() {
            self.host.handle_gone(self.now, viewer);
        }
        self.settle();
    }

    /// A viewer without a link forgets everything but its key, as a page does that is loaded again.
    pub(crate) fn renew(&mut self, index: usize) {
        let resume = Some(ResumeKey([index as u8; 16]));
        self.ends[index].core = Viewer::new(viewer::Config { resume, ..viewer::Config::default() });
        self.ends[index].serial = 0;
    }

    /// A front end says how it wants a window to be: the wish gets the front end's next serial.
    pub(crate) fn wish(
        &mut self,
        index: usize,
        track: TrackId,
        configure: protocol::control::Configure,
    ) -> u32 {
        self.ends[index].serial += 1;
        let serial = self.ends[index].serial;
        let configure = protocol::control::Configure { serial, ..configure };
        self.with_core(index, |core, _| core.configure(track, configure));
        serial
    }

    /// A viewer's link breaks, and only the viewer notices.
    pub(crate) fn lose(&mut self, index: usize) {
        let end = &mut self.ends[index];
        let ghost = end.id.take();
        end.ghosts.extend(ghost);
        self.cut(index);
    }

    /// The host notices that links are dead.
    pub(crate) fn notice(&mut self, index: usize) {
        for ghost in std::mem::take(&mut self.ends[index].ghosts) {
            self.host.handle_gone(self.now, ghost);
        }
        self.settle();
    }

    /// A user types this many letters a second into a window, from now until then.
    pub(crate) fn type_keys(&mut self, index: usize, track: TrackId, rate: u32, until: Timestamp) {
        let mut at = self.now;
        while at < until {
            self.plan(at, Happening::Press(index, track));
            at = at + Duration::from_secs(1) / rate;
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.run_until(self.now + time);
    }

    pub(crate) fn run_until(&mut self, end: Timestamp) {
        let mut spins = 0;
        while let Some(next) = self.next_instant().filter(|next| *next <= end) {
            spins = if next > self.now { 0 } else { spins + 1 };
            assert!(spins < 1_000, "the world spins at {}", self.now);
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    /// Runs until the condition holds; panics after `limit`.
    pub(crate) fn run_while(
        &mut self,
        limit: Duration,
        mut condition: impl FnMut(&World) -> bool,
    ) -> Duration {
        let start = self.now;
        let mut spins = 0;
        while condition(self) {
            let next = self.next_instant().expect("something happens");
            assert!(next.since(start) <= limit, "not within {limit:?}");
            spins = if next > self.now { 0 } else { spins + 1 };
            assert!(spins < 1_000, "the world spins at {}", self.now);
            self.now = self.now.max(next);
            self.step();
        }
        self.now.since(start)
    }

    /// Whether a viewer shows exactly what the apps painted.
    pub(crate) fn is_exact(&self, index: usize) -> bool {
        let end = &self.ends[index];
        self.apps.iter().all(|app| {
            let shown = end.core.window(app.track);
            let same = |frame: &Frame| app.canvas.read(|canvas| canvas == frame);
            shown.is_some_and(|shown| shown.exact) && end.frames.get(&app.track).is_some_and(same)
        })
    }

    /// The longest time that a viewer's picture lacked a commit, between two instants.
    pub(crate) fn stalest(&self, index: usize, track: TrackId, from: Timestamp, to: Timestamp) -> Duration {
        let app = self.apps.iter().find(|app| app.track == track).expect("an app");
        let mut worst = Duration::ZERO;
        let mut have = Timestamp(0);
        let shown = self.ends[index].shown.iter().filter(|shown| shown.track == track);
        let ends = shown.map(|shown| (shown.at, shown.captured)).chain([(to, Timestamp(u64::MAX))]);
        for (at, captured) in ends {
            let lacking = app.commits.iter().find(|commit| **commit > have);
            if at >= from
                && at <= to
                && let Some(lacking) = lacking
            {
                worst = worst.max(at.since(*lacking));
            }
            have = have.max(captured);
        }
        worst
    }

    /// The longest time without a new picture.
    pub(crate) fn longest_freeze(
        &self,
        index: usize,
        track: TrackId,
        from: Timestamp,
        to: Timestamp,
    ) -> Duration {
        let shown = self.ends[index].shown.iter();
        let times = shown.filter(|s| s.track == track && s.at >= from && s.at <= to).map(|s| s.at);
        let times: Vec<Timestamp> = [from].into_iter().chain(times).chain([to]).collect();
        times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or_default()
    }

    /// How many pictures a second came.
    pub(crate) fn updates_between(
        &self,
        index: usize,
        track: TrackId,
        from: Timestamp,
        to: Timestamp,
    ) -> usize {
        let shown = self.ends[index].shown.iter();
        shown.filter(|s| s.track == track && s.at >= from && s.at <= to).count()
    }

    pub(crate) fn commit_all(&mut self, index: usize) {
        let region = self.apps[index].paint_all();
        self.commit(index, region, None);
    }

    /// An app commits nothing new and waits for its callback.
    pub(crate) fn commit_nothing(&mut self, index: usize) {
        let app = &mut self.apps[index];
        app.asked.get_or_insert(self.now);
        let track = app.track;
        self.event(Event::FrameWanted(track));
    }

    pub(crate) fn resize(&mut self, index: usize, size: Size<Pixels>) {
        let app = &mut self.apps[index];
        app.size = size;
        app.stage = size.to_rect();
        app.canvas.write(|frame| frame.resize(size));
        let window = app.window();
        self.host.handle_event(self.now, Event::Window(window));
        self.commit_all(index);
    }

    /// An app becomes what it was asked to.
    fn obey(&mut self, track: TrackId, configure: Configure) {
        let Some(index) = self.apps.iter().position(|app| app.track == track) else { return };
        let app = &mut self.apps[index];
        app.configured = configure.serial;
        app.states.maximized = configure.maximized;
        app.states.fullscreen = configure.fullscreen;
        let size = configure.size.map_or(app.size, |size| Size::new(size.w, size.h));
        self.resize(index, size);
    }

    /// Keys that the source was told went down and not up again.
    pub(crate) fn held_keys(&self) -> usize {
        let mut down = std::collections::BTreeSet::new();
        for command in &self.commands {
            if let Command::Key { key, pressed, .. } = command {
                let changed = if *pressed { down.insert(*key) } else { down.remove(key) };
                assert!(changed, "{key:?} goes down or up twice");
            }
        }
        down.len()
    }

    /// The app with the keyboard takes text here, or nowhere.
    pub(crate) fn set_text_input(&mut self, input: Option<(TrackId, TextInput)>) {
        if let Some((track, _)) = self.text_input.take() {
            self.event(Event::TextInput { track, input: None });
        }
        self.text_input = input;
        if let Some((track, input)) = input {
            self.event(Event::TextInput { track, input: Some(input) });
        }
    }

    /// An app locks the pointer, or lets it go.
    pub(crate) fn set_lock(&mut self, track: Option<TrackId>) {
        self.lock = track;
        self.event(Event::PointerLock(track));
    }

    /// What apps show of a composition now. It goes with the window that shows it.
    pub(crate) fn composition(&self) -> &str {
        let open = |track| self.apps.iter().any(|app| app.track == track);
        let last = self.commands.iter().rev().find_map(|command| match command {
            Command::Preedit { text, track, .. } => Some(text.as_str()).filter(|_| open(*track)).or(Some("")),
            Command::Text { .. } => Some(""),
            _ => None,
        });
        last.unwrap_or_default()
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.host.handle_event(self.now, event);
        self.settle();
    }

    /// Lets a viewer's core do something.
    pub(crate) fn with_core<R>(&mut self, index: usize, act: impl FnOnce(&mut Viewer, Timestamp) -> R) -> R {
        let clock = self.ends[index].clock(self.now);
        let result = act(&mut self.ends[index].core, clock);
        self.settle();
        result
    }

    fn next_instant(&mut self) -> Option<Timestamp> {
        let agenda = self.agenda.keys().next().map(|(at, _)| *at);
        let viewers = self
            .ends
            .iter()
            .filter_map(|end| Some(Timestamp(end.core.poll_timeout()?.0.saturating_sub(end.clock))));
        agenda.into_iter().chain(self.host.poll_timeout()).chain(viewers).min()
    }

    fn step(&mut self) {
        if self.host.poll_timeout().is_some_and(|due| due <= self.now) {
            self.host.handle_timeout(self.now);
        }
        for end in &mut self.ends {
            let clock = end.clock(self.now);
            if end.core.poll_timeout().is_some_and(|due| due <= clock) {
                end.core.handle_timeout(clock);
            }
        }
        self.settle();
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let happening = entry.remove();
            self.happen(happening);
            self.settle();
        }
        self.host.verify_invariants().expect("invariants");
        for app in &self.apps {
            let waits = app.asked.map_or(Duration::ZERO, |asked| self.now.since(asked));
            assert!(waits <= LONGEST_WAIT, "the app of {} has waited {waits:?} for its callback", app.track);
        }
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now;
        match happening {
            Happening::Frame(track) => self.frame(track),
            Happening::React(track, cause) => {
                let Some(app) = self.apps.iter().position(|app| app.track == track) else { return };
                self.host
                    .handle_event(now, Event::Dispatched { cause, at: now - Duration::from_micros(500) });
                let region = self.apps[app].paint_letter();
                self.commit(app, region, Some(cause));
            }
            Happening::Configured(track, configure) => self.obey(track, configure),
            Happening::Encoded(encoded) => self.host.handle_encoded(now, encoded),
            Happening::Step(end) => self.step_link(end),
            Happening::Down(end, epoch, down) if self.ends[end].epoch == epoch => self.arrive(end, down),
            Happening::Up(end, epoch, up) if self.ends[end].epoch == epoch => self.reach_host(end, up),
            Happening::Down(..) | Happening::Up(..) => {}
            // Unless something locked it again meanwhile.
            Happening::Unlock => self.set_lock(self.lock),
            Happening::Press(end, track) => {
                let end = &mut self.ends[end];
                end.presses += 1;
                let (key, clock) = (KeyCode(30 + end.presses / 2 % 10), end.clock(now));
                for pressed in [true, false] {
                    let _ = end.core.handle_input(clock, track, InputEvent::Key { key, pressed });
                }
            }
        }
    }

    fn frame(&mut self, track: TrackId) {
        let Some(index) = self.apps.iter().position(|app| app.track == track) else { return };
        let app = &mut self.apps[index];
        let Some(period) = app.period else { return };
        if !app.waits {
            let region = app.paint_stage();
            self.apps[index].waits = true;
            self.commit(index, region, None);
        }
        self.plan(self.now + period, Happening::Frame(track));
    }

    fn commit(&mut self, index: usize, region: media::Region, cause: Option<Cause>) {
        let app = &mut self.apps[index];
        app.commits.push(self.now);
        app.asked.get_or_insert(self.now);
        let (track, size, captured) = (app.track, app.size, self.now);
        self.host.handle_event(self.now, Event::Damaged { track, size, region, captured, cause });
        self.settle();
    }

    /// Carries out all actions of all cores.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut quiet = true;
            while let Some(action) = self.host.poll_action() {
                quiet = false;
                self.act(action);
            }
            for index in 0..self.ends.len() {
                while let Some(action) = self.ends[index].core.poll_action() {
                    quiet = false;
                    self.act_viewer(index, action);
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn act(&mut self, action: host::Action) {
        match action {
            host::Action::Send { viewer, message } => {
                let bytes = protocol::encode(&message).len();
                self.send_down(viewer, bytes, i32::MAX, Down::Control(message));
            }
            host::Action::SendUpdate { viewer, update, priority, .. } => {
                let bytes = protocol::encode(&update).len();
                self.send_down(viewer, bytes, priority, Down::Update(update));
            }
            host::Action::Encode(job) => self.encode(&job),
            host::Action::Source(command) => self.command(command),
            host::Action::ForgetViewer(viewer) => self.encoder.forget_viewer(viewer),
            host::Action::ForgetTrack(track) => self.encoder.forget_track(track),
            host::Action::Disconnect { viewer, refusal } => {
                if let Some(end) = self.ends.iter_mut().find(|end| end.ghosts.contains(&viewer)) {
                    assert_eq!(refusal.code, RefusalCode::Replaced);
                    return end.ghosts.retain(|ghost| *ghost != viewer);
                }
                self.thrown_out.push(refusal);
                if let Some(end) = self.ends.iter_mut().find(|end| end.id == Some(viewer)) {
                    end.id = None;
                    end.epoch += 1;
                    end.link.clear();
                    let clock = end.clock(self.now);
                    end.core.reset_link(clock);
                }
            }
        }
    }

    fn encode(&mut self, job: &EncodeJob) {
        if let Some((encoded, took)) = self.encoder.encode(job, self.now) {
            self.plan(self.now + took, Happening::Encoded(encoded));
        }
    }

    fn command(&mut self, command: Command) {
        match &command {
            Command::FrameDone { track, .. } => {
                if let Some(app) = self.apps.iter_mut().find(|app| app.track == *track) {
                    app.waits = false;
                    app.asked = None;
                    app.callbacks.push(self.now);
                }
            }
            Command::Key { cause, track, pressed: true, .. } => {
                self.plan(self.now + Duration::from_millis(1), Happening::React(*track, *cause));
            }
            Command::Configure { track, configure } if self.obedient => {
                self.plan(self.now + Duration::from_millis(2), Happening::Configured(*track, *configure));
            }
            Command::PointerLeft if self.lock.take().is_some() => {
                self.plan(self.now + Duration::from_millis(1), Happening::Unlock);
            }
            _ => {}
        }
        if !matches!(command, Command::FrameDone { .. }) {
            self.commands.push(command);
        }
    }

    fn act_viewer(&mut self, index: usize, action: viewer::Action) {
        let now = self.now;
        let end = &mut self.ends[index];
        match action {
            viewer::Action::Send(outbound) => self.act_outbound(index, outbound),
            viewer::Action::Apply(update) => {
                let frame = end.frames.entry(update.track).or_default();
                if update.id.0 == 1 {
                    *frame = Frame::default();
                }
                encoder::apply(frame, update.size, &update.ops);
                let shown = Shown {
                    at: now,
                    track: update.track,
                    captured: update.timing.captured,
                    answers: update.caused_by_input.is_some(),
                };
                end.shown.push(shown);
                let clock = end.clock(now);
                end.core.handle_applied(clock, update.track, update.id, clock);
                end.core.handle_presented(clock, update.track, update.id);
                if update.exact {
                    let app = self.apps.iter().find(|app| app.track == update.track);
                    let newest = app.filter(|app| app.commits.last() == Some(&update.timing.captured));
                    let same =
                        |app: &App| app.canvas.read(|canvas| *canvas == self.ends[index].frames[&app.track]);
                    assert!(newest.is_none_or(same), "{} claims to be exact and is not", update.id);
                }
            }
            viewer::Action::Tell(event) => self.act_event(index, event),
            viewer::Action::State(State::Closed(reason)) => panic!("closed: {reason}"),
            viewer::Action::State(_) => {}
        }
    }

    fn act_outbound(&mut self, index: usize, outbound: Outbound) {
        match outbound {
            Outbound::Control(message) => self.send_up(index, Up::Control(message)),
            Outbound::Input(input) | Outbound::Motion(input) => self.send_up(index, Up::Input(input)),
            Outbound::Feedback(feedback) => {
                self.ends[index].feedbacks += 1;
                let loss = self.ends[index].feedback_loss;
                if self.random() >= loss {
                    self.send_up(index, Up::Feedback(feedback));
                }
            }
        }
    }

    fn act_event(&mut self, index: usize, event: viewer::Event) {
        let end = &mut self.ends[index];
        match event {
            viewer::Event::WindowGone(track) => {
                end.frames.remove(&track);
            }
            viewer::Event::ClipboardWanted { request, mime } => {
                let data = Bytes::from(format!("{mime} of {index}"));
                end.core.provide_clipboard(request, Some(data));
            }
            viewer::Event::ClipboardContent { data, .. } => end.pasted.push(data),
            viewer::Event::TextInput(input) => end.text_input = input,
            viewer::Event::PointerLock(track) => end.lock = track,
            viewer::Event::Window(_)
            | viewer::Event::Icon(_)
            | viewer::Event::Cursor(_)
            | viewer::Event::Seat { .. }
            | viewer::Event::Bell(_)
            | viewer::Event::Notice(_)
            | viewer::Event::Grabbed(..)
            | viewer::Event::Drag(_)
            | viewer::Event::ClipboardOffered { .. } => {}
        }
    }

    fn send_down(&mut self, viewer: ViewerId, bytes: usize, priority: i32, down: Down) {
        let Some(index) = self.ends.iter().position(|end| end.id == Some(viewer)) else { return };
        if self.ends[index].link.push(bytes + 40, priority, down) {
            self.plan(self.now, Happening::Step(index));
        }
    }

    fn send_up(&mut self, index: usize, up: Up) {
        let end = &mut self.ends[index];
        end.sent += 1;
        let at = self.now + end.link.profile.delay;
        let epoch = end.epoch;
        self.plan(at, Happening::Up(index, epoch, up));
    }

    fn step_link(&mut self, index: usize) {
        let mut random = self.random;
        let end = &mut self.ends[index];
        let step = end.link.step(self.now, &mut || next_random(&mut random));
        let epoch = end.epoch;
        if let Step::Busy { until, arrived } = step {
            if let Some((mut at, item)) = arrived {
                if matches!(item, Down::Control(_)) {
                    at = at.max(end.newest_control);
                    end.newest_control = at;
                }
                self.plan(at, Happening::Down(index, epoch, item));
            }
            self.plan(until, Happening::Step(index));
        }
        self.random = random;
    }

    fn arrive(&mut self, index: usize, down: Down) {
        let end = &mut self.ends[index];
        let clock = end.clock(self.now);
        match down {
            Down::Control(message) => end.core.handle_control(clock, message),
            Down::Update(update) => end.core.handle_update(clock, update),
        }
    }

    fn reach_host(&mut self, index: usize, up: Up) {
        let now = self.now;
        match (up, self.ends[index].id) {
            (Up::Control(ToHost::Hello(hello)), _) => {
                let hello = Hello { versions: VersionRange::OURS, ..hello };
                let join = Join { hello, role: self.ends[index].role, round_trip: None };
                let id = self.host.handle_join(now, join).expect("let in");
                self.ends[index].id = Some(id);
            }
            (Up::Control(message), Some(viewer)) => self.host.handle_control(now, viewer, message),
            (Up::Input(input), Some(viewer)) => self.host.handle_input(now, viewer, input),
            (Up::Feedback(feedback), Some(viewer)) => self.host.handle_feedback(now, viewer, feedback),
            (_, None) => {}
        }
    }

    fn plan(&mut self, at: Timestamp, happening: Happening) {
        self.order += 1;
        self.agenda.insert((at.max(self.now), self.order), happening);
    }

    fn random(&mut self) -> f64 {
        next_random(&mut self.random)
    }
}

impl End {
    fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0 + self.clock)
    }
}

fn next_random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}
