//! Copy and paste, each way, only when somebody pastes.

use bytes::Bytes;
use media::{ClipboardRequest, Command, Event};
use rustix::pipe::pipe;
use std::os::fd::AsFd;
use wayland_client::protocol::{
    wl_data_device::WlDataDevice, wl_data_device_manager::WlDataDeviceManager, wl_data_offer::WlDataOffer,
};

use crate::{
    app::{App, Seen, read_all, write_all},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];
const UTF8: &str = "text/plain;charset=utf-8";

struct Copier {
    app: App,
    manager: WlDataDeviceManager,
    device: WlDataDevice,
    /// What was on the clipboard when the app got the keyboard.
    selection: Option<WlDataOffer>,
}

/// An app with the keyboard.
fn focused(host: &mut Host) -> Copier {
    let mut app = App::connect(host);
    let manager: WlDataDeviceManager =
        app.globals.bind(&app.qh(), 3..=3, ()).expect("wl_data_device_manager");
    let device = manager.get_data_device(&app.seat, &app.qh(), ());
    host.drain();
    app.mapped(10, 10, RED);
    // The window in use is told first, if this one opens below it: the new one was not told before.
    let track = host.wait("app", |event| match event {
        media::Event::App { track, .. } => Some(*track),
        _ => None,
    });
    host.send(Command::Focus(Some(track)));
    host.send(Command::Key { cause: cause(1), track, key: media::KeyCode(30), pressed: true });
    let mut selection = None;
    app.wait("key", |seen| match seen {
        Seen::Selection(offer) => {
            selection.clone_from(offer);
            None
        }
        Seen::Key { .. } => Some(()),
        _ => None,
    });
    Copier { app, manager, device, selection }
}

fn copy(copier: &mut Copier, mimes: &[&str]) {
    let source = copier.manager.create_data_source(&copier.app.qh(), ());
    mimes.iter().for_each(|mime| source.offer((*mime).into()));
    copier.device.set_selection(Some(&source), 1);
    copier.app.sync();
}

fn selection(app: &mut App) -> WlDataOffer {
    app.wait("selection", |seen| match seen {
        Seen::Selection(Some(offer)) => Some(offer.clone()),
        _ => None,
    })
}

fn content(host: &mut Host, request: ClipboardRequest) -> Option<Bytes> {
    host.wait("content", |event| match event {
        Event::ClipboardContent { request: of, data } if *of == request => Some(data.clone()),
        _ => None,
    })
}

#[test]
fn a_viewer_pastes_what_an_app_copied() {
    let mut host = Host::start();
    let mut copier = focused(&mut host);
    copy(&mut copier, &["UTF8_STRING", "text/html"]);
    host.wait("offer", |event| match event {
        Event::ClipboardOffered { mimes } => {
            assert_eq!(*mimes, ["UTF8_STRING", "text/html"]);
            Some(())
        }
        _ => None,
    });
    let request = ClipboardRequest(8);
    host.send(Command::ReadClipboard { request, mime: UTF8.into() });
    let fd = copier.app.wait("send", |seen| match seen {
        Seen::Send { mime, fd } if mime == "UTF8_STRING" => Some(fd.try_clone().expect("a descriptor")),
        _ => None,
    });
    write_all(fd, "grüß dich".as_bytes());
    assert_eq!(content(&mut host, request).as_deref(), Some("grüß dich".as_bytes()));

    let request = ClipboardRequest(9);
    host.send(Command::ReadClipboard { request, mime: "image/png".into() });
    assert_eq!(content(&mut host, request), None, "that was not offered");
}

#[test]
fn content_without_end_is_refused() {
    let mut host = Host::start();
    let mut copier = focused(&mut host);
    copy(&mut copier, &[UTF8]);
    let request = ClipboardRequest(1);
    host.send(Command::ReadClipboard { request, mime: UTF8.into() });
    let fd = copier.app.wait("send", |seen| match seen {
        Seen::Send { fd, .. } => Some(fd.try_clone().expect("a descriptor")),
        _ => None,
    });
    let writer = std::thread::spawn(move || write_all(fd, &vec![b'x'; 17 << 20]));
    assert_eq!(content(&mut host, request), None);
    writer.join().expect("the writer is told by a closed pipe");
}

#[test]
fn an_app_pastes_what_a_viewer_copied() {
    let mut host = Host::start();
    let mut paster = focused(&mut host);
    paster.app.told();
    host.send(Command::OfferClipboard { mimes: vec![UTF8.into()] });
    let offer = selection(&mut paster.app);
    for (asked, answer) in [("UTF8_STRING", Some("ja")), (UTF8, None)] {
        let (ours, theirs) = pipe().expect("a pipe");
        offer.receive(asked.into(), theirs.as_fd());
        drop(theirs);
        paster.app.sync();
        let request = host.wait("wish", |event| match event {
            Event::ClipboardWanted { request, mime } => {
                assert_eq!(mime, UTF8, "viewers are asked for what they offered");
                Some(*request)
            }
            _ => None,
        });
        host.send(Command::ClipboardContent { request, data: answer.map(Bytes::from) });
        assert_eq!(read_all(ours), answer.unwrap_or_default().as_bytes());
    }
    host.send(Command::OfferClipboard { mimes: Vec::new() });
    paster.app.wait("no selection", |seen| matches!(seen, Seen::Selection(None)).then_some(()));
}

#[test]
fn apps_paste_from_each_other() {
    let mut host = Host::start();
    let mut copier = focused(&mut host);
    copy(&mut copier, &[UTF8]);
    let mut paster = focused(&mut host);
    let offer = paster.selection.take().expect("the focused app is told of the selection");
    let (ours, theirs) = pipe().expect("a pipe");
    offer.receive(UTF8.into(), theirs.as_fd());
    drop(theirs);
    paster.app.sync();
    let fd = copier.app.wait("send", |seen| match seen {
        Seen::Send { fd, .. } => Some(fd.try_clone().expect("a descriptor")),
        _ => None,
    });
    write_all(fd, b"between apps");
    assert_eq!(read_all(ours), b"between apps");
}
