//! Frame callbacks and presentation feedback: whoever asks is answered, whatever it committed.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use media::{Event, TrackId};
use proptest::prelude::*;
use wayland_client::{
    Proxy,
    protocol::{
        wl_callback::WlCallback, wl_subcompositor::WlSubcompositor, wl_subsurface::WlSubsurface,
        wl_surface::WlSurface,
    },
};
use wayland_protocols::wp::presentation_time::client::{
    wp_presentation::WpPresentation, wp_presentation_feedback::WpPresentationFeedback,
};

use crate::{
    app::{App, AppPopup, AppWindow, Picture},
    host::{Host, PATIENCE},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// Stands in for the session core, which answers whatever it is told of.
#[derive(Default)]
struct Core {
    /// While its viewers' links stall, it answers nothing.
    stalled: bool,
    owed: BTreeSet<TrackId>,
}

impl Core {
    fn serve(&mut self, host: &mut Host) {
        for event in host.drain() {
            match event {
                Event::Damaged { track, .. } | Event::FrameWanted(track) => drop(self.owed.insert(track)),
                Event::WindowGone(track) => drop(self.owed.remove(&track)),
                _ => (),
            }
        }
        if !self.stalled {
            std::mem::take(&mut self.owed).into_iter().for_each(|track| host.frame_done(track));
        }
    }

    /// Serves until `done` or nothing more is to be expected.
    fn serve_until(&mut self, host: &mut Host, app: &mut App, mut done: impl FnMut() -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            if Instant::now() > deadline {
                return false;
            }
            self.serve(host);
            app.read(Duration::from_millis(2));
        }
        true
    }

    fn answers(&mut self, host: &mut Host, app: &mut App, callback: &WlCallback) -> bool {
        self.serve_until(host, app, || !callback.is_alive())
    }
}

fn ask(app: &App, surface: &WlSurface) -> WlCallback {
    let callback = surface.frame(&app.qh(), ());
    surface.commit();
    callback
}

fn subsurface(app: &App, parent: &WlSurface) -> (WlSurface, WlSubsurface) {
    let subcompositor: WlSubcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
    let child = app.compositor.create_surface(&app.qh(), ());
    let role = subcompositor.get_subsurface(&child, parent, &app.qh(), ());
    (child, role)
}

#[test]
fn a_commit_that_changes_nothing_is_answered() {
    let (mut host, mut core) = (Host::start(), Core::default());
    let mut app = App::connect(&host);
    let window = app.mapped(40, 40, RED);
    for _ in 0..3 {
        let callback = ask(&app, &window.surface);
        assert!(core.answers(&mut host, &mut app, &callback));
    }
    // Neither is one answered whose damage is empty, or hits nothing.
    window.surface.damage_buffer(0, 0, 0, 0);
    let empty = ask(&app, &window.surface);
    assert!(core.answers(&mut host, &mut app, &empty));
    window.surface.damage_buffer(500, 500, 10, 10);
    let outside = ask(&app, &window.surface);
    assert!(core.answers(&mut host, &mut app, &outside));
}

#[test]
fn a_browsers_parts_are_answered_when_they_change_nothing() {
    let (mut host, mut core) = (Host::start(), Core::default());
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);
    let (content, role) = subsurface(&app, &window.surface);
    role.set_desync();
    let (video, role) = subsurface(&app, &content);
    role.set_desync();
    let picture = app.picture(20, 20, RED);
    picture.show(&content);
    window.surface.commit();
    for surface in [&content, &video, &window.surface, &content] {
        let callback = ask(&app, surface);
        assert!(core.answers(&mut host, &mut app, &callback));
        app.sync();
        core.serve(&mut host);
    }
}

#[test]
fn the_core_is_asked_once_until_it_answers() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(40, 40, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);
    for _ in 0..2 {
        for _ in 0..50 {
            ask(&app, &window.surface);
            app.sync();
        }
        let events = host.drain();
        assert_eq!(events, [Event::FrameWanted(track)]);
        host.frame_done(track);
        host.settle();
    }
    // What is told of as damage is not asked for once more.
    window.surface.frame(&app.qh(), ());
    app.picture(40, 40, RED).show(&window.surface);
    app.sync();
    let events = host.drain();
    assert!(matches!(events[..], [Event::Damaged { .. }]), "{events:?}");
}

#[test]
fn windows_of_one_app_are_told_of_as_such() {
    let mut host = Host::start();
    let (mut app, mut other) = (App::connect(&host), App::connect(&host));
    let mut opened = |app: &mut App| {
        app.mapped(40, 40, RED);
        host.wait("whose window it is", |event| match event {
            Event::App { track, app } => Some((*track, *app)),
            _ => None,
        })
    };
    let (first, its, second) = (opened(&mut app), opened(&mut app), opened(&mut other));
    assert_eq!(first.1, its.1);
    assert_ne!(first.0, its.0);
    assert_ne!(first.1, second.1);
}

#[test]
fn what_a_synchronised_part_asks_for_comes_with_its_parents_commit() {
    let (mut host, mut core) = (Host::start(), Core::default());
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);
    let (child, _role) = subsurface(&app, &window.surface);
    let callback = ask(&app, &child);
    app.sync();
    core.serve(&mut host);
    host.settle();
    app.sync();
    assert!(callback.is_alive(), "its parent has not committed");
    window.surface.commit();
    assert!(core.answers(&mut host, &mut app, &callback));
}

#[test]
fn a_part_that_no_parent_will_show_any_more_does_not_wait_for_one() {
    let (mut host, mut core) = (Host::start(), Core::default());
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);

    let (child, role) = subsurface(&app, &window.surface);
    let callback = ask(&app, &child);
    role.set_desync();
    assert!(core.answers(&mut host, &mut app, &callback), "it is not synchronised any more");

    let (child, role) = subsurface(&app, &window.surface);
    let (inner, _inner_role) = subsurface(&app, &child);
    let callbacks = [ask(&app, &child), ask(&app, &inner)];
    role.destroy();
    for callback in callbacks.into_iter().chain([ask(&app, &child), ask(&app, &inner)]) {
        assert!(core.answers(&mut host, &mut app, &callback), "it is no part of anything any more");
    }

    let (parent, _role) = subsurface(&app, &window.surface);
    let (child, _child_role) = subsurface(&app, &parent);
    let callback = ask(&app, &child);
    parent.destroy();
    assert!(core.answers(&mut host, &mut app, &callback), "its parent is gone");
    let callback = ask(&app, &child);
    assert!(core.answers(&mut host, &mut app, &callback));
}

#[test]
fn a_window_that_goes_while_its_app_waits_is_answered_without_the_core() {
    let mut host = Host::start();
    let mut core = Core { stalled: true, ..Core::default() };
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);
    let (child, role) = subsurface(&app, &window.surface);
    role.set_desync();
    let callbacks = [ask(&app, &window.surface), ask(&app, &child)];
    window.toplevel.destroy();
    window.shell.destroy();
    for callback in callbacks {
        assert!(core.answers(&mut host, &mut app, &callback));
    }

    let window = app.mapped(60, 60, RED);
    let popup = app.popup(&window.shell, (5, 5), (20, 20), None);
    app.picture(20, 20, RED).show(&popup.surface);
    let callbacks = [ask(&app, &popup.surface), ask(&app, &window.surface)];
    window.surface.attach(None, 0, 0);
    window.surface.commit();
    for callback in callbacks {
        assert!(core.answers(&mut host, &mut app, &callback));
    }
}

/// What is done to a tree of surfaces.
#[derive(Clone, Debug)]
enum Act {
    Commit { node: usize, attach: bool, damage: bool, frame: bool, feedback: bool },
    Desync(usize),
    Sync(usize),
    Leave(usize),
    Join(usize, usize),
    Destroy(usize),
    Unmap(usize),
    EndRole(usize),
    Stall(bool),
    Pass,
}

/// Two windows, a popup and a surface without a role come first; the others are parts of them.
const NODES: usize = 10;
const POPUP: usize = 2;
const PARENTS: [usize; NODES] = [0, 1, 2, 3, 0, 4, 5, 1, 2, 3];

fn act() -> impl Strategy<Value = Act> {
    let node = 0..NODES;
    let part = 4..NODES;
    let commit = (node.clone(), any::<[bool; 4]>()).prop_map(|(node, [attach, damage, frame, feedback])| {
        Act::Commit { node, attach, damage, frame, feedback }
    });
    prop_oneof![
        12 => commit,
        2 => part.clone().prop_map(Act::Desync),
        1 => part.clone().prop_map(Act::Sync),
        1 => part.clone().prop_map(Act::Leave),
        1 => (part, 0..NODES).prop_map(|(part, parent)| Act::Join(part, parent)),
        1 => node.prop_map(Act::Destroy),
        1 => (0..2usize).prop_map(Act::Unmap),
        1 => (0..3usize).prop_map(Act::EndRole),
        1 => any::<bool>().prop_map(Act::Stall),
        2 => Just(Act::Pass),
    ]
}

/// Something that must be answered.
enum Asked {
    Frame(WlCallback),
    Feedback(WpPresentationFeedback),
}

impl Asked {
    fn waits(&self) -> bool {
        match self {
            Asked::Frame(callback) => callback.is_alive(),
            Asked::Feedback(feedback) => feedback.is_alive(),
        }
    }
}

enum Role {
    Window(AppWindow),
    Popup(AppPopup),
    Part(WlSubsurface),
    None,
}

/// One surface, with what the protocol says of it.
struct Node {
    surface: WlSurface,
    role: Role,
    parent: Option<usize>,
    desync: bool,
    was_part: bool,
    held: Vec<Asked>,
    due: Vec<Asked>,
}

struct Tree {
    host: Host,
    core: Core,
    app: App,
    presentation: WpPresentation,
    subcompositor: WlSubcompositor,
    picture: Picture,
    nodes: Vec<Option<Node>>,
}

impl Tree {
    fn new() -> Self {
        let host = Host::start();
        let mut app = App::connect(&host);
        let presentation = app.globals.bind(&app.qh(), 1..=1, ()).expect("wp_presentation");
        let subcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
        let picture = app.picture(16, 16, RED);
        let windows = [app.mapped(40, 40, RED), app.mapped(40, 40, RED)];
        let popup = app.popup(&windows[0].shell, (5, 5), (20, 20), None);
        let bare = app.compositor.create_surface(&app.qh(), ());
        let mut nodes = Vec::new();
        let node = |surface: WlSurface, role: Role| {
            Some(Node {
                surface,
                role,
                parent: None,
                desync: false,
                was_part: false,
                held: Vec::new(),
                due: Vec::new(),
            })
        };
        for window in windows {
            nodes.push(node(window.surface.clone(), Role::Window(window)));
        }
        nodes.push(node(popup.surface.clone(), Role::Popup(popup)));
        nodes.push(node(bare, Role::None));
        for _ in nodes.len()..NODES {
            nodes.push(node(app.compositor.create_surface(&app.qh(), ()), Role::None));
        }
        let core = Core::default();
        let mut tree = Self { host, core, app, presentation, subcompositor, picture, nodes };
        for (part, &parent) in PARENTS.iter().enumerate().skip(4) {
            tree.join(part, parent);
        }
        tree
    }

    fn node(&mut self, index: usize) -> Option<&mut Node> {
        self.nodes[index].as_mut()
    }

    fn children(&self, index: usize) -> Vec<usize> {
        let is_child = |node: &Option<Node>| node.as_ref().is_some_and(|node| node.parent == Some(index));
        (0..NODES).filter(|&other| is_child(&self.nodes[other])).collect()
    }

    /// Whether a living parent decides when commits take effect.
    fn is_held_back(&self, index: usize) -> bool {
        let (mut at, mut sync) = (index, false);
        loop {
            let Some(node) = &self.nodes[at] else { return false };
            sync |= node.was_part && !node.desync;
            match node.parent {
                Some(parent) => at = parent,
                None => return sync && !node.was_part,
            }
        }
    }

    fn take_effect(&mut self, index: usize) {
        if let Some(node) = self.node(index) {
            let mut held = std::mem::take(&mut node.held);
            node.due.append(&mut held);
        }
    }

    /// All of a part and its parts takes effect that nobody holds back.
    fn loosen(&mut self, index: usize) {
        if !self.is_held_back(index) {
            self.take_effect(index);
        }
        self.children(index).into_iter().for_each(|child| self.loosen(child));
    }

    fn take_all_effect(&mut self, index: usize) {
        self.take_effect(index);
        self.children(index).into_iter().for_each(|child| self.take_all_effect(child));
    }

    fn committed(&mut self, index: usize, asked: Vec<Asked>) {
        let held_back = self.is_held_back(index);
        let Some(node) = self.node(index) else { return };
        if held_back {
            node.held.extend(asked);
            return;
        }
        node.due.extend(asked);
        self.take_effect(index);
        for child in self.children(index) {
            if self.node(child).is_some_and(|child| !child.desync) {
                self.take_all_effect(child);
            }
        }
    }

    fn join(&mut self, part: usize, parent: usize) {
        let mut above = Some(parent);
        while let Some(at) = above {
            if at == part {
                return;
            }
            above = self.nodes[at].as_ref().and_then(|node| node.parent);
        }
        let Some(parent_surface) = self.nodes[parent].as_ref().map(|node| node.surface.clone()) else {
            return;
        };
        let (subcompositor, qh) = (self.subcompositor.clone(), self.app.qh());
        if let Some(node) = self.node(part)
            && matches!(node.role, Role::None)
        {
            node.role = Role::Part(subcompositor.get_subsurface(&node.surface, &parent_surface, &qh, ()));
            (node.parent, node.was_part, node.desync) = (Some(parent), true, false);
        }
    }

    fn commit(&mut self, index: usize, [attach, damage, frame, feedback]: [bool; 4]) {
        let (qh, presentation, buffer) =
            (self.app.qh(), self.presentation.clone(), self.picture.buffer.clone());
        // A window whose role object is gone may not show anything.
        let Some(node) = self.node(index) else { return };
        let may_show = index >= 3 || !matches!(node.role, Role::None);
        if attach && may_show {
            node.surface.attach(Some(&buffer), 0, 0);
        }
        if damage {
            node.surface.damage_buffer(0, 0, 4, 4);
        }
        let mut asked = Vec::new();
        if frame {
            asked.push(Asked::Frame(node.surface.frame(&qh, ())));
        }
        if feedback {
            asked.push(Asked::Feedback(presentation.feedback(&node.surface, &qh, ())));
        }
        node.surface.commit();
        self.committed(index, asked);
    }

    fn unmap(&mut self, index: usize) {
        let Some(Node { role: Role::Window(_), surface, .. }) = self.node(index) else { return };
        let surface = surface.clone();
        surface.attach(None, 0, 0);
        surface.commit();
        self.committed(index, Vec::new());
        self.app.told();
        surface.commit();
        self.committed(index, Vec::new());
        let serial = self.app.configured(&surface);
        if let Some(Node { role: Role::Window(window), .. }) = self.node(index) {
            window.shell.ack_configure(serial);
        }
    }

    fn end_role(&mut self, index: usize) {
        if index == 0 {
            self.end_role(POPUP);
        }
        let Some(node) = self.node(index) else { return };
        match std::mem::replace(&mut node.role, Role::None) {
            Role::Window(window) => {
                window.toplevel.destroy();
                window.shell.destroy();
            }
            Role::Popup(popup) => {
                popup.popup.destroy();
                popup.shell.destroy();
            }
            Role::Part(part) => {
                part.destroy();
                (node.parent, node.desync) = (None, false);
                self.loosen(index);
            }
            Role::None => (),
        }
    }

    fn destroy(&mut self, index: usize) {
        if index < 3 {
            self.end_role(index);
        }
        let children = self.children(index);
        if let Some(node) = self.nodes[index].take() {
            node.surface.destroy();
        }
        for child in children {
            if let Some(node) = self.node(child) {
                node.parent = None;
            }
            self.loosen(child);
        }
    }

    fn perform(&mut self, act: &Act) {
        match *act {
            Act::Commit { node, attach, damage, frame, feedback } => {
                self.commit(node, [attach, damage, frame, feedback]);
            }
            Act::Desync(part) | Act::Sync(part) => {
                let desync = matches!(act, Act::Desync(_));
                let Some(Node { role: Role::Part(role), desync: is, .. }) = self.node(part) else { return };
                if desync {
                    role.set_desync()
                } else {
                    role.set_sync()
                }
                *is = desync;
                self.loosen(part);
            }
            Act::Leave(part) => self.end_role(part),
            Act::Join(part, parent) => self.join(part, parent),
            Act::Destroy(node) => self.destroy(node),
            Act::Unmap(window) => self.unmap(window),
            Act::EndRole(node) => self.end_role(node),
            Act::Stall(stalled) => self.core.stalled = stalled,
            Act::Pass => {
                self.app.sync();
                self.core.serve(&mut self.host);
            }
        }
        let _ = self.app.connection.flush();
    }

    /// Whether all that must be answered is.
    fn ends_answered(&mut self) -> bool {
        self.core.stalled = false;
        let Self { core, host, app, nodes, .. } = self;
        core.serve_until(host, app, || {
            nodes.iter().flatten().all(|node| node.due.iter().all(|asked| !asked.waits()))
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_committed_whoever_asks_is_answered(acts in prop::collection::vec(act(), 1..50)) {
        let mut tree = Tree::new();
        acts.iter().for_each(|act| tree.perform(act));
        prop_assert!(tree.ends_answered(), "an app waits for ever");
    }
}
