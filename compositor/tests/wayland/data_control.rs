//! The clipboard without a window: tools that read and write it, and what remains of it when its owner is
//! gone.

use std::{
    io::{Read, Write},
    os::fd::AsFd,
    process::Stdio,
};

use media::{ClipboardRequest, Command, Event};
use proptest::prelude::*;
use rustix::pipe::pipe;
use wayland_client::{Connection, Dispatch, Proxy, QueueHandle};
use wayland_protocols::ext::data_control::v1::client::{
    ext_data_control_device_v1::{self, ExtDataControlDeviceV1},
    ext_data_control_manager_v1::ExtDataControlManagerV1,
    ext_data_control_offer_v1::ExtDataControlOfferV1,
    ext_data_control_source_v1::{self, ExtDataControlSourceV1},
};

use crate::{
    app::{App, Memory, Seen, read_all, write_all},
    apps::{Running, start, start_with},
    host::Host,
};

const UTF8: &str = "text/plain;charset=utf-8";

/// A tool that sees all selections, whoever has the keyboard.
struct Tool {
    app: App,
    manager: ExtDataControlManagerV1,
    device: ExtDataControlDeviceV1,
    source: Option<ExtDataControlSourceV1>,
    clipboard: Option<ExtDataControlOfferV1>,
    primary: Option<ExtDataControlOfferV1>,
}

impl Tool {
    fn connect(host: &Host) -> Self {
        let app = App::connect(host);
        let manager: ExtDataControlManagerV1 =
            app.globals.bind(&app.qh(), 1..=1, ()).expect("ext_data_control_manager_v1");
        let device = manager.get_data_device(&app.seat, &app.qh(), ());
        let mut tool = Self { app, manager, device, source: None, clipboard: None, primary: None };
        tool.hear();
        tool
    }

    fn source(&mut self, mimes: &[&str]) -> ExtDataControlSourceV1 {
        let source = self.manager.create_data_source(&self.app.qh(), ());
        mimes.iter().for_each(|mime| source.offer((*mime).into()));
        source
    }

    fn copy(&mut self, mimes: &[&str]) {
        let source = self.source(mimes);
        self.device.set_selection(Some(&source));
        self.source = Some(source);
        self.app.sync();
    }

    /// Takes in what it was told of selections.
    fn hear(&mut self) {
        for seen in self.app.told() {
            match seen {
                Seen::Controlled(offer) => self.clipboard = offer,
                Seen::ControlledPrimary(offer) => self.primary = offer,
                _ => (),
            }
        }
    }

    /// Gives whoever pastes what this tool has.
    fn serve(&mut self, content: &[u8]) {
        let (clipboard, primary) = (&mut self.clipboard, &mut self.primary);
        let fd = self.app.wait("send", |seen| match seen {
            Seen::Send { fd, .. } => Some(fd.try_clone().expect("a descriptor")),
            Seen::Controlled(offer) => {
                clipboard.clone_from(offer);
                None
            }
            Seen::ControlledPrimary(offer) => {
                primary.clone_from(offer);
                None
            }
            _ => None,
        });
        write_all(fd, content);
    }
}

/// What viewers were told last, if they were told anything.
fn offered(host: &mut Host, mimes: &[&str]) {
    host.wait("offer", |event| match event {
        Event::ClipboardOffered { mimes: told } => (*told == mimes).then_some(()),
        _ => None,
    });
}

#[test]
fn tools_copy_and_paste_without_a_window() {
    let mut host = Host::start();
    let (mut from, mut to) = (Tool::connect(&host), Tool::connect(&host));
    from.copy(&[UTF8, "application/x-anything"]);
    offered(&mut host, &[UTF8, "application/x-anything"]);
    to.hear();
    let offer = to.clipboard.take().expect("an offer");
    let (ours, theirs) = pipe().expect("a pipe");
    offer.receive("application/x-anything".into(), theirs.as_fd());
    drop(theirs);
    to.app.sync();
    from.serve(b"\0any bytes");
    assert_eq!(read_all(ours), b"\0any bytes");

    let source = from.source(&[UTF8]);
    from.device.set_primary_selection(Some(&source));
    from.app.sync();
    to.hear();
    assert!(to.primary.is_some(), "the primary selection as well");
    source.destroy();
    from.app.sync();
    to.hear();
    assert!(to.primary.is_none(), "it is gone with its source");
}

#[test]
fn what_its_owner_clears_takes_back_or_leaves_behind_is_cleared_everywhere() {
    let ends: [fn(Tool) -> Option<Tool>; 3] = [
        |tool| {
            tool.device.set_selection(None);
            Some(tool)
        },
        |mut tool| {
            tool.source.take()?.destroy();
            Some(tool)
        },
        |_| None,
    ];
    for end in ends {
        let mut host = Host::start();
        let mut watcher = Tool::connect(&host);
        let mut owner = Tool::connect(&host);
        owner.copy(&[UTF8, "x-kde-passwordManagerHint"]);
        offered(&mut host, &[UTF8, "x-kde-passwordManagerHint"]);
        watcher.hear();
        assert!(watcher.clipboard.is_some());
        let _left = end(owner).map(|mut tool| tool.app.sync());
        offered(&mut host, &[]);
        watcher.hear();
        assert!(watcher.clipboard.is_none(), "nobody has it any more");
    }
}

#[test]
fn an_app_clears_what_a_viewer_copied() {
    let mut host = Host::start();
    let mut tool = Tool::connect(&host);
    host.send(Command::OfferClipboard { mimes: vec![UTF8.into()] });
    host.settle();
    tool.device.set_selection(None);
    tool.app.sync();
    offered(&mut host, &[]);
}

#[test]
fn whoever_keeps_all_offers_is_ended_and_not_who_copies() {
    let host = Host::start();
    let mut hoarder = Tool::connect(&host);
    for _ in 0..4 {
        hoarder.manager.get_data_device(&hoarder.app.seat, &hoarder.app.qh(), ());
    }
    hoarder.app.sync();
    let mut copier = Tool::connect(&host);
    while hoarder.app.try_sync().is_ok() {
        hoarder.app.memory.0.clear();
        for _ in 0..100 {
            copier.copy(&[UTF8]);
            if let Some(offer) = copier.app.told().into_iter().find_map(|seen| match seen {
                Seen::Controlled(offer) => offer,
                _ => None,
            }) {
                offer.destroy();
            }
            copier.source.take().expect("it copied").destroy();
        }
    }
    copier.app.sync();
}

/// Starts one of the command line tools with something to read or to write.
fn tool(host: &Host, name: &str, args: &[&str]) -> Option<Running> {
    start_with(host, name, args, |process| {
        process.stdin(Stdio::piped()).stdout(Stdio::piped());
    })
}

#[test]
fn the_command_line_tools_need_no_window_and_leave_nothing_behind() {
    let mut host = Host::start();
    for args in [&["--foreground"][..], &["--foreground", "--paste-once"]] {
        let Some(mut copy) = tool(&host, "wl-copy", args) else { return };
        copy.0.stdin.take().expect("piped").write_all("gr\u{fc}n".as_bytes()).expect("it reads");
        host.wait("offer", |event| match event {
            Event::ClipboardOffered { mimes } => mimes.iter().any(|mime| mime == UTF8).then_some(()),
            Event::Window(window) => panic!("a window shows: {window:?}"),
            _ => None,
        });
        if args.len() == 1 {
            let mut paste = tool(&host, "wl-paste", &["--no-newline"]).expect("it came with wl-copy");
            let mut pasted = String::new();
            paste.0.stdout.take().expect("piped").read_to_string(&mut pasted).expect("text");
            assert_eq!(pasted, "gr\u{fc}n");
            let mut clear = start(&host, "wl-copy", &["--clear"]).expect("it was there");
            assert!(clear.0.wait().expect("a child").success());
        } else {
            // wl-paste gives up when the copy is gone while it asks for it, and this one goes with the
            // asking.
            let mut once = Tool::connect(&host);
            once.hear();
            let (ours, theirs) = pipe().expect("a pipe");
            once.clipboard.take().expect("an offer").receive(UTF8.into(), theirs.as_fd());
            drop(theirs);
            once.app.sync();
            assert_eq!(read_all(ours), "gr\u{fc}n".as_bytes());
        }
        offered(&mut host, &[]);
    }
}

/// What happens in a history; numbers are of the three tools.
#[derive(Clone, Copy, Debug)]
enum Step {
    Copy(usize),
    Clear(usize),
    TakeBack(usize),
    Leave(usize),
    ViewerCopies,
    ViewerClears,
    Paste(usize),
    ViewerPastes,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3usize).prop_map(Step::Copy),
        1 => (0..3usize).prop_map(Step::Clear),
        1 => (0..3usize).prop_map(Step::TakeBack),
        1 => (0..3usize).prop_map(Step::Leave),
        2 => Just(Step::ViewerCopies),
        1 => Just(Step::ViewerClears),
        3 => (0..3usize).prop_map(Step::Paste),
        2 => Just(Step::ViewerPastes),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Owner {
    Tool(usize),
    Viewer,
}

/// A session with three tools, and who has what number on the clipboard.
struct World {
    host: Host,
    tools: Vec<Tool>,
    owner: Option<(Owner, u32)>,
    copied: u32,
    pasted: u32,
}

impl World {
    fn new() -> Self {
        let host = Host::start();
        let tools = (0..3).map(|_| Tool::connect(&host)).collect();
        Self { host, tools, owner: None, copied: 0, pasted: 0 }
    }

    fn owns(&mut self, owner: Owner) {
        self.copied += 1;
        self.owner = Some((owner, self.copied));
    }

    fn ends(&mut self, owner: Owner) {
        self.owner = self.owner.filter(|(own, _)| *own != owner);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Copy(of) => {
                let old = self.tools[of].source.take();
                self.tools[of].copy(&[UTF8]);
                // It was cancelled: giving it back must not clear what came after it.
                if let Some(old) = old {
                    old.destroy();
                }
                self.owns(Owner::Tool(of));
            }
            Step::Clear(of) => {
                self.tools[of].device.set_selection(None);
                self.owner = None;
            }
            Step::TakeBack(of) => {
                if let Some(source) = self.tools[of].source.take() {
                    source.destroy();
                    self.ends(Owner::Tool(of));
                }
            }
            Step::Leave(of) => {
                self.tools[of] = Tool::connect(&self.host);
                // A connection that is closed is noticed in the loop's next turn.
                self.host.settle();
                self.ends(Owner::Tool(of));
            }
            Step::ViewerCopies => {
                self.host.send(Command::OfferClipboard { mimes: vec![UTF8.into()] });
                self.owns(Owner::Viewer);
            }
            Step::ViewerClears => {
                self.host.send(Command::OfferClipboard { mimes: Vec::new() });
                self.ends(Owner::Viewer);
            }
            Step::Paste(by) => self.paste(by),
            Step::ViewerPastes => self.viewer_pastes(),
        }
        self.host.settle();
        self.tools.iter_mut().for_each(|tool| tool.app.sync());
    }

    fn paste(&mut self, by: usize) {
        self.tools[by].hear();
        let offer = self.tools[by].clipboard.clone();
        assert_eq!(offer.is_some(), self.owner.is_some(), "{:?}", self.owner);
        let (Some(offer), Some((owner, number))) = (offer, self.owner) else { return };
        let (ours, theirs) = pipe().expect("a pipe");
        offer.receive(UTF8.into(), theirs.as_fd());
        drop(theirs);
        self.tools[by].app.connection.flush().expect("room");
        match owner {
            Owner::Tool(of) => self.tools[of].serve(number.to_string().as_bytes()),
            Owner::Viewer => {
                let request = self.host.wait("wish", |event| match event {
                    Event::ClipboardWanted { request, .. } => Some(*request),
                    _ => None,
                });
                let data = Some(number.to_string().into());
                self.host.send(Command::ClipboardContent { request, data });
            }
        }
        assert_eq!(read_all(ours), number.to_string().as_bytes());
    }

    fn viewer_pastes(&mut self) {
        self.pasted += 1;
        let request = ClipboardRequest(self.pasted);
        self.host.send(Command::ReadClipboard { request, mime: UTF8.into() });
        let expected = match self.owner {
            Some((Owner::Tool(of), number)) => {
                self.tools[of].serve(number.to_string().as_bytes());
                Some(number.to_string().into_bytes())
            }
            _ => None,
        };
        let content = self.host.wait("content", |event| match event {
            Event::ClipboardContent { request: of, data } if *of == request => Some(data.clone()),
            _ => None,
        });
        assert_eq!(content.map(|content| content.to_vec()), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_pastes_gets_the_newest_or_nothing(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
    }
}

macro_rules! ignores {
    ($($interface:ty),+ $(,)?) => { $(
        impl Dispatch<$interface, ()> for Memory {
            fn event(
                _: &mut Self,
                _: &$interface,
                _: <$interface as Proxy>::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
            }
        }
    )+ };
}

ignores!(ExtDataControlManagerV1, ExtDataControlOfferV1);

impl Dispatch<ExtDataControlDeviceV1, ()> for Memory {
    fn event(
        memory: &mut Self,
        _: &ExtDataControlDeviceV1,
        event: ext_data_control_device_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            ext_data_control_device_v1::Event::Selection { id } => memory.0.push(Seen::Controlled(id)),
            ext_data_control_device_v1::Event::PrimarySelection { id } => {
                memory.0.push(Seen::ControlledPrimary(id));
            }
            _ => (),
        }
    }

    wayland_client::event_created_child!(Memory, ExtDataControlDeviceV1, [
        ext_data_control_device_v1::EVT_DATA_OFFER_OPCODE => (ExtDataControlOfferV1, ()),
    ]);
}

impl Dispatch<ExtDataControlSourceV1, ()> for Memory {
    fn event(
        memory: &mut Self,
        _: &ExtDataControlSourceV1,
        event: ext_data_control_source_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let ext_data_control_source_v1::Event::Send { mime_type, fd } = event {
            memory.0.push(Seen::Send { mime: mime_type, fd });
        }
    }
}
