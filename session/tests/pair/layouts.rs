//! Whose layout windows have: the holder's of the seat, whoever else joins, leaves, looks on, or says how it
//! wants them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use media::{
    Axis, Button, Command, Configure as Asked, KeyCode, Modality, Position, Scale, Size, TouchPhase,
    TouchPoint, TrackId, WindowKind,
};
use proptest::prelude::*;
use protocol::{
    control::{Configure, Role, ToHost},
    input::InputEvent,
};

use crate::{MS, apps::App, link::Profile, typing_app, world::World};

const DESKTOP: Scale = Scale::ONE;

/// What a viewer wants of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wanted {
    w: u32,
    maximized: bool,
}

fn wants(world: &mut World, end: usize, track: TrackId, Wanted { w, maximized }: Wanted) {
    let configure = Configure {
        serial: 0,
        size: Some(Size::new(w, 60)),
        scale: DESKTOP,
        maximized,
        fullscreen: false,
        resizing: false,
    };
    world.wish(end, track, configure);
    rest(world);
}

/// Long enough for every answer, and for the seat to be free to take.
fn rest(world: &mut World) {
    world.run_for(1200 * MS);
}

fn size(w: u32) -> Wanted {
    Wanted { w, maximized: false }
}

fn input(world: &mut World, end: usize, track: TrackId, event: InputEvent) {
    let _ = world.with_core(end, |core, now| core.handle_input(now, track, event));
    world.run_for(5 * MS);
}

/// A user does something, and is done with it.
fn acts(world: &mut World, end: usize, track: TrackId) {
    for pressed in [true, false] {
        input(world, end, track, InputEvent::Key { key: KeyCode(30), pressed });
    }
    rest(world);
}

fn press(world: &mut World, end: usize, track: TrackId, pressed: bool) {
    let button = InputEvent::Button { position: Position::new(5.0, 5.0), button: Button::LEFT, pressed };
    input(world, end, track, button);
}

/// A viewer leaves for good.
fn leaves(world: &mut World, end: usize) {
    if let Some(viewer) = world.ends[end].id {
        world.host.handle_control(world.now, viewer, ToHost::Goodbye);
    }
    world.cut(end);
    rest(world);
}

/// How a window is.
fn shown(world: &World, track: TrackId) -> Wanted {
    let app = world.apps.iter().find(|app| app.track == track).expect("open");
    Wanted { w: app.size.w, maximized: app.states.maximized }
}

fn asked(world: &World) -> Vec<(TrackId, Asked)> {
    let configure = |command: &Command| match command {
        Command::Configure { track, configure } => Some((*track, *configure)),
        _ => None,
    };
    world.commands.iter().filter_map(configure).collect()
}

fn holds(world: &World, end: usize) -> bool {
    let told = world.ends[end].core.has_seat();
    assert_eq!(told, world.ends[end].id.is_some() && world.host.seat_holder() == world.ends[end].id);
    told
}

/// A desktop that has laid its window out, and nobody else.
fn one_desktop() -> (World, TrackId, usize) {
    let mut world = World::new();
    world.obedient = true;
    let track = world.open(typing_app(1));
    let desktop = world.add_viewer(Profile::lan());
    rest(&mut world);
    wants(&mut world, desktop, track, size(300));
    (world, track, desktop)
}

/// And a phone, which has said how it would lay it out.
fn with_phone() -> (World, TrackId, usize, usize) {
    let (mut world, track, desktop) = one_desktop();
    let phone = world.add_viewer(Profile::steady(20_000_000, 20 * MS));
    rest(&mut world);
    wants(&mut world, phone, track, Wanted { w: 90, maximized: true });
    (world, track, desktop, phone)
}

#[test]
fn the_first_that_joins_has_the_seat_and_those_that_look_on_change_nothing() {
    let (mut world, track, desktop) = one_desktop();
    assert!(holds(&world, desktop));
    world.commands.clear();
    let looks = world.add_viewer_as(Profile::lan(), Role::View);
    let phone = world.add_viewer(Profile::lan());
    rest(&mut world);
    assert!(holds(&world, desktop) && !holds(&world, phone) && !holds(&world, looks));
    for end in [looks, phone] {
        wants(&mut world, end, track, Wanted { w: 90, maximized: true });
        world.with_core(end, |core, now| core.handle_focus(now, Some(track)));
        world.with_core(end, |core, _| core.set_keymap("theirs".to_owned()));
        world.with_core(end, |core, _| core.dismiss_popups());
        world.with_core(end, |core, _| core.set_visible(track, false));
        let position = Position::new(9.0, 9.0);
        input(&mut world, end, track, InputEvent::Motion { position });
        // Fingers that zoomed the page are lifted.
        let axis = Axis { modality: Modality::Finger, dx: 0.0, dy: 0.0, detents_x: 0, detents_y: 0 };
        input(&mut world, end, track, InputEvent::Scroll { position, axis });
        input(&mut world, end, track, InputEvent::Leave);
        world.with_core(end, |core, now| core.handle_focus(now, None));
        world.cut(end);
        world.connect(end);
        rest(&mut world);
    }
    leaves(&mut world, phone);
    assert_eq!(world.commands, []);
    assert_eq!(shown(&world, track), size(300));
    assert!(holds(&world, desktop));
}

#[test]
fn who_takes_the_seat_has_its_own_layout_and_so_has_who_takes_it_back() {
    let (mut world, track, desktop, phone) = with_phone();
    for _ in 0..3 {
        acts(&mut world, phone, track);
        assert!(holds(&world, phone) && !holds(&world, desktop));
        assert_eq!(shown(&world, track), Wanted { w: 90, maximized: true });
        // The desktop's window is dragged to another size meanwhile: that is for later.
        wants(&mut world, desktop, track, size(310));
        assert_eq!(shown(&world, track), Wanted { w: 90, maximized: true });
        acts(&mut world, desktop, track);
        assert!(holds(&world, desktop) && !holds(&world, phone));
        assert_eq!(shown(&world, track), size(310));
    }
}

#[test]
fn a_window_that_the_new_holder_never_laid_out_stays_until_it_does() {
    let (mut world, first, desktop, phone) = with_phone();
    let second = world.open(typing_app(2));
    wants(&mut world, desktop, second, size(200));
    acts(&mut world, phone, first);
    assert_eq!(shown(&world, second), size(200));
    wants(&mut world, phone, second, size(80));
    assert_eq!(shown(&world, second), size(80));
    acts(&mut world, desktop, first);
    assert_eq!((shown(&world, first), shown(&world, second)), (size(300), size(200)));
}

#[test]
fn windows_keep_their_sizes_under_the_press_that_takes_the_seat() {
    let (mut world, track, _, phone) = with_phone();
    world.commands.clear();
    press(&mut world, phone, track, true);
    rest(&mut world);
    assert_eq!(asked(&world), [], "the button is down");
    assert!(!world.ends[phone].core.has_seat(), "it lays nothing out either");
    press(&mut world, phone, track, false);
    rest(&mut world);
    let released = world.commands.iter().position(|it| matches!(it, Command::Button { pressed: false, .. }));
    let resized = world.commands.iter().position(|it| matches!(it, Command::Configure { .. }));
    assert!(released.is_some() && released < resized, "{:?}", world.commands);
    assert!(holds(&world, phone));
    assert_eq!(shown(&world, track).w, 90);
}

#[test]
fn a_finger_whose_window_closes_beneath_it_takes_the_seat_all_the_same() {
    let (mut world, track, _, phone) = with_phone();
    let second = world.open(typing_app(2));
    rest(&mut world);
    let point = TouchPoint { id: 1, phase: TouchPhase::Down, position: Position::new(5.0, 5.0) };
    input(&mut world, phone, second, InputEvent::Touch { points: vec![point] });
    rest(&mut world);
    assert!(!world.ends[phone].core.has_seat());
    world.close(second);
    rest(&mut world);
    assert!(holds(&world, phone));
    assert_eq!(shown(&world, track).w, 90);
}

#[test]
fn resizing_a_window_takes_the_seat_unless_somebody_is_using_the_apps() {
    let (mut world, track, desktop, phone) = with_phone();
    input(&mut world, desktop, track, InputEvent::Key { key: KeyCode(30), pressed: true });
    world.with_core(phone, |core, _| core.take_seat());
    rest(&mut world);
    assert!(holds(&world, desktop) && !holds(&world, phone));
    assert_eq!(shown(&world, track), size(300));
    input(&mut world, desktop, track, InputEvent::Key { key: KeyCode(30), pressed: false });
    rest(&mut world);
    world.with_core(phone, |core, _| core.take_seat());
    rest(&mut world);
    assert!(holds(&world, phone));
    assert_eq!(shown(&world, track).w, 90);
}

#[test]
fn when_the_holder_leaves_the_only_one_left_has_its_layout_or_else_the_next_who_acts() {
    let (mut world, track, desktop, phone) = with_phone();
    leaves(&mut world, desktop);
    assert!(holds(&world, phone));
    assert_eq!(shown(&world, track).w, 90);
    world.connect(desktop);
    rest(&mut world);
    let tablet = world.add_viewer(Profile::lan());
    rest(&mut world);
    wants(&mut world, tablet, track, size(150));
    wants(&mut world, desktop, track, size(300));
    leaves(&mut world, phone);
    assert_eq!(world.host.seat_holder(), None, "two could have it");
    assert_eq!(shown(&world, track).w, 90, "nothing changes of itself");
    let late = world.add_viewer(Profile::lan());
    rest(&mut world);
    assert!(!holds(&world, late), "nor by joining");
    acts(&mut world, tablet, track);
    assert_eq!(shown(&world, track), size(150));
}

#[test]
fn a_holder_whose_link_broke_is_waited_for() {
    let (mut world, track, desktop, phone) = with_phone();
    world.commands.clear();
    world.cut(desktop);
    rest(&mut world);
    assert!(!holds(&world, phone));
    let late = world.add_viewer(Profile::lan());
    rest(&mut world);
    assert!(!holds(&world, late));
    world.connect(desktop);
    rest(&mut world);
    assert!(holds(&world, desktop));
    assert_eq!(asked(&world), [], "for apps nothing happened");
    leaves(&mut world, late);
    world.cut(desktop);
    world.run_for(Duration::from_secs(31));
    assert!(holds(&world, phone), "not for ever");
    assert_eq!(shown(&world, track).w, 90);
    world.connect(desktop);
    rest(&mut world);
    assert!(!holds(&world, desktop));
    acts(&mut world, desktop, track);
    assert_eq!(shown(&world, track), size(300), "its layout is still known");
}

#[test]
fn a_viewer_that_begins_anew_under_its_key_keeps_the_seat_and_its_layout() {
    let (mut world, track, desktop, phone) = with_phone();
    acts(&mut world, desktop, track);
    // A page that is loaded again: its core knows nothing, and the host may still believe in its link.
    for noticed in [true, false] {
        world.lose(desktop);
        if noticed {
            world.notice(desktop);
        }
        world.renew(desktop);
        world.connect(desktop);
        rest(&mut world);
        assert!(holds(&world, desktop));
        assert_eq!(shown(&world, track), size(300));
        acts(&mut world, phone, track);
        acts(&mut world, desktop, track);
        assert_eq!(shown(&world, track), size(300));
        wants(&mut world, desktop, track, size(301));
        assert_eq!(shown(&world, track), size(301), "its serials begin anew");
        wants(&mut world, desktop, track, size(300));
    }
}

#[test]
fn a_window_that_was_right_as_it_came_is_so_again() {
    let (mut world, first, desktop, phone) = with_phone();
    let second = world.open(typing_app(2));
    rest(&mut world);
    acts(&mut world, phone, first);
    wants(&mut world, phone, second, size(80));
    acts(&mut world, desktop, first);
    assert_eq!(shown(&world, second), size(320));
    // The same where its link broke in between.
    world.cut(desktop);
    acts(&mut world, phone, first);
    assert_eq!(shown(&world, second), size(80));
    world.connect(desktop);
    rest(&mut world);
    acts(&mut world, desktop, first);
    assert_eq!(shown(&world, second), size(320));
}

#[test]
fn what_an_app_makes_of_its_window_while_the_holder_is_waited_for_stays() {
    let (mut world, track, desktop, phone) = with_phone();
    acts(&mut world, desktop, track);
    world.cut(desktop);
    world.resize(0, Size::new(222, 60));
    rest(&mut world);
    world.connect(desktop);
    rest(&mut world);
    assert!(holds(&world, desktop));
    assert_eq!(shown(&world, track), size(222));
    acts(&mut world, phone, track);
    acts(&mut world, desktop, track);
    assert_eq!(shown(&world, track), size(222), "it is the desktop's layout");
}

#[test]
fn what_an_app_makes_of_its_window_is_the_holders_layout() {
    let (mut world, track, desktop, phone) = with_phone();
    world.resize(0, Size::new(222, 60));
    rest(&mut world);
    acts(&mut world, phone, track);
    acts(&mut world, desktop, track);
    assert_eq!(shown(&world, track), size(222));
}

#[test]
fn a_press_beside_anothers_menu_closes_it_and_one_within_does_not() {
    for inside in [false, true] {
        let (mut world, track, _, phone) = with_phone();
        let mut menu = App::new(9, Size::new(64, 64));
        menu.kind = WindowKind::Popup;
        let menu = world.open(menu);
        rest(&mut world);
        world.commands.clear();
        world.with_core(phone, |core, _| core.dismiss_popups());
        press(&mut world, phone, if inside { menu } else { track }, true);
        rest(&mut world);
        let closed = world.commands.contains(&Command::DismissPopups);
        assert_eq!(closed, !inside);
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Open,
    Close(usize),
    Join { view: bool },
    Cut(usize),
    Lose(usize),
    Notice(usize),
    Return(usize),
    Leave(usize),
    Want(usize, usize, u32, bool),
    Act(usize, usize),
    Take(usize),
    Hover(usize, usize),
    Focus(usize, usize),
    AppResizes(usize, u32),
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let (end, app) = (0..4usize, 0..3usize);
    prop_oneof![
        2 => Just(Open),
        1 => app.clone().prop_map(Close),
        2 => prop::bool::weighted(0.2).prop_map(|view| Join { view }),
        1 => end.clone().prop_map(Cut),
        1 => end.clone().prop_map(Lose),
        1 => end.clone().prop_map(Notice),
        3 => end.clone().prop_map(Return),
        1 => end.clone().prop_map(Leave),
        8 => (end.clone(), app.clone(), 0..60u32, any::<bool>()).prop_map(|(e, a, w, m)| Want(e, a, w, m)),
        4 => (end.clone(), app.clone()).prop_map(|(e, a)| Act(e, a)),
        1 => end.clone().prop_map(Take),
        1 => (end.clone(), app.clone()).prop_map(|(e, a)| Hover(e, a)),
        1 => (end, app.clone()).prop_map(|(e, a)| Focus(e, a)),
        1 => (app, 0..10u32).prop_map(|(a, w)| AppResizes(a, w)),
        1 => (1..40_000u64).prop_map(Wait),
    ]
}

/// What each viewer must find again when it has the seat.
type Layouts = BTreeMap<(usize, TrackId), Wanted>;

struct History {
    world: World,
    layouts: Layouts,
    /// How windows were wanted by each viewer, or were while it had the seat.
    known: BTreeSet<(usize, TrackId, u32, bool)>,
    next_track: u32,
}

impl History {
    fn holder(&self) -> Option<usize> {
        let holder = self.world.host.seat_holder()?;
        self.world.ends.iter().position(|end| end.id == Some(holder) || end.ghosts.contains(&holder))
    }

    /// Whose layout windows have: the holder's, also while it is waited for. Its key is its number.
    fn in_force(&self) -> Option<usize> {
        let kept = || self.world.host.seat_kept_for().map(|key| usize::from(key.0[0]));
        self.holder().or_else(kept)
    }

    fn track(&self, app: usize) -> Option<TrackId> {
        self.world.apps.get(app).map(|app| app.track)
    }

    fn is_in(&self, end: usize) -> bool {
        self.world.ends.get(end).is_some_and(|end| end.id.is_some())
    }

    fn may_use(&self, end: usize) -> bool {
        self.is_in(end) && self.world.ends[end].role == Role::Control
    }

    /// Whose operation it is, and whether its user does something with windows or apps.
    fn author(operation: &Operation) -> Option<(usize, bool)> {
        match *operation {
            Operation::Act(end, _) | Operation::Take(end) => Some((end, true)),
            Operation::Cut(end)
            | Operation::Lose(end)
            | Operation::Notice(end)
            | Operation::Return(end)
            | Operation::Leave(end)
            | Operation::Want(end, ..)
            | Operation::Hover(end, _)
            | Operation::Focus(end, _) => Some((end, false)),
            Operation::Join { .. } => Some((usize::MAX, false)),
            _ => None,
        }
    }

    fn perform(&mut self, operation: &Operation) {
        match *operation {
            Operation::Open if self.world.apps.len() < 3 => {
                self.next_track += 1;
                self.world.open(App::new(self.next_track, Size::new(64, 60)));
            }
            Operation::Close(app) => {
                if let Some(track) = self.track(app) {
                    self.world.close(track);
                    self.layouts.retain(|(_, of), _| *of != track);
                }
            }
            Operation::Join { view } if self.world.ends.len() < 4 => {
                self.world.add_viewer_as(Profile::lan(), if view { Role::View } else { Role::Control });
            }
            Operation::Cut(end) if end < self.world.ends.len() => self.world.cut(end),
            Operation::Lose(end) if end < self.world.ends.len() => self.world.lose(end),
            Operation::Notice(end) if end < self.world.ends.len() => self.world.notice(end),
            Operation::Return(end) if self.world.ends.get(end).is_some_and(|end| end.id.is_none()) => {
                self.world.cut(end);
                self.world.connect(end);
            }
            Operation::Leave(end) if self.is_in(end) => {
                leaves(&mut self.world, end);
                self.layouts.retain(|(of, _), _| *of != end);
            }
            Operation::Want(end, app, w, maximized) if self.is_in(end) => {
                let Some(track) = self.track(app) else { return };
                // Every viewer wants widths of its own, so that each is known by them.
                let wanted = Wanted { w: 100 * (end as u32 + 1) + w, maximized };
                wants(&mut self.world, end, track, wanted);
                if self.may_use(end) {
                    self.layouts.insert((end, track), wanted);
                    self.known.insert((end, track, wanted.w, maximized));
                }
            }
            // What was done without a link counts when the next one brings it.
            Operation::Act(end, app) if self.is_in(end) => {
                if let Some(track) = self.track(app) {
                    acts(&mut self.world, end, track);
                }
            }
            Operation::Take(end) if end < self.world.ends.len() => {
                self.world.with_core(end, |core, _| core.take_seat());
            }
            Operation::Hover(end, app) if end < self.world.ends.len() => {
                if let Some(track) = self.track(app) {
                    let motion = InputEvent::Motion { position: Position::new(3.0, 3.0) };
                    input(&mut self.world, end, track, motion);
                }
            }
            Operation::Focus(end, app) if end < self.world.ends.len() => {
                let track = self.track(app);
                self.world.with_core(end, |core, now| core.handle_focus(now, track));
            }
            Operation::AppResizes(app, w) if app < self.world.apps.len() => {
                let w = 16 + w;
                self.world.resize(app, Size::new(w, 60));
                let track = self.world.apps[app].track;
                if let Some(holder) = self.in_force() {
                    self.known.insert((holder, track, w, self.world.apps[app].states.maximized));
                    self.layouts.entry((holder, track)).and_modify(|wanted| wanted.w = w);
                }
            }
            Operation::Wait(ms) => self.world.run_for(Duration::from_millis(ms)),
            _ => {}
        }
        rest(&mut self.world);
        // The seat may have moved just now, when nobody waited any longer for a viewer that went.
        let mut holder = None;
        while holder != Some(self.holder()) {
            holder = Some(self.holder());
            self.world.run_for(100 * MS);
        }
    }

    /// Takes down how windows are for whoever has the seat, or is waited for.
    fn note(&mut self) {
        let Some(holder) = self.in_force() else { return };
        for app in &self.world.apps {
            self.known.insert((holder, app.track, app.size.w, app.states.maximized));
        }
    }

    fn check(&self) {
        let Some(holder) = self.holder() else { return };
        for app in &self.world.apps {
            if let Some(wanted) = self.layouts.get(&(holder, app.track)) {
                assert_eq!(shown(&self.world, app.track), *wanted, "of {holder} in {:?}", app.track);
            }
        }
        for end in (0..self.world.ends.len()).filter(|end| self.is_in(*end)) {
            assert_eq!(
                self.world.ends[end].core.has_seat(),
                end == holder,
                "{end} knows whether it has the seat"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn windows_are_as_the_holder_of_the_seat_wants_them_and_nobody_else_changes_anything(
        operations in prop::collection::vec(operation(), 1..60),
    ) {
        let mut world = World::new();
        world.obedient = true;
        let (layouts, known) = (Layouts::new(), BTreeSet::new());
        let mut history = History { world, layouts, known, next_track: 0 };
        for operation in &operations {
            let (before, seen) = (history.holder(), history.world.commands.len());
            history.perform(operation);
            let after = history.holder();
            if let (Some(before), Some((author, acts))) = (before, History::author(operation))
                && author != before
                && !(acts && after == Some(author))
            {
                prop_assert_eq!(after, Some(before), "the seat stays");
                prop_assert_eq!(&history.world.commands[seen..], [], "by {:?}", operation);
            }
            for command in &history.world.commands[seen..] {
                if let Command::Configure { track, configure } = command
                    && let Some(size) = configure.size
                {
                    let of = |end: usize| (end, *track, size.w, configure.maximized);
                    let known = before.into_iter().chain(after).any(|end| history.known.contains(&of(end)));
                    prop_assert!(known, "{:?} by {:?}", configure, operation);
                }
            }
            history.check();
            history.note();
            history.world.host.verify_invariants().expect("invariants");
        }
        prop_assert!(history.world.thrown_out.is_empty(), "{:?}", history.world.thrown_out);
    }
}
