//! Which windows may come to the front by themselves.

use media::Command;
use wayland_protocols::xdg::activation::v1::client::{
    xdg_activation_token_v1::XdgActivationTokenV1, xdg_activation_v1::XdgActivationV1,
};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

fn token(app: &mut App, activation: &XdgActivationV1, serial: u32) -> String {
    let token: XdgActivationTokenV1 = activation.get_activation_token(&app.qh(), ());
    token.set_serial(serial, &app.seat);
    token.commit();
    app.wait("token", |seen| match seen {
        Seen::Token(token) => Some(token.clone()),
        _ => None,
    })
}

#[test]
fn a_token_that_input_led_to_brings_the_focus_and_any_other_only_attention() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    let first = host.window("window", |_| true).track;
    let second_window = app.mapped(10, 10, RED);
    let second = host.window("window", |window| window.track != first).track;
    let activation: XdgActivationV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_activation_v1");

    let unfounded = token(&mut app, &activation, 0);
    activation.activate(unfounded, &second_window.surface);
    app.sync();
    host.window("urgent window", |window| window.track == second && window.states.urgent);

    host.send(Command::Focus(Some(first)));
    host.send(Command::Key { cause: cause(1), track: first, key: media::KeyCode(30), pressed: true });
    let serial = app.wait("key", |seen| match seen {
        Seen::Key { serial, .. } => Some(*serial),
        _ => None,
    });
    let founded = token(&mut app, &activation, serial);
    activation.activate(founded, &second_window.surface);
    app.sync();
    host.window("raised window", |window| window.track == second && !window.states.urgent);
    let serial = app.configured(&second_window.surface);
    second_window.shell.ack_configure(serial);
    second_window.surface.commit();
    app.sync();
    host.window("activated window", |window| window.track == second && window.states.activated);
}
