//! An app whose connection had to be shut: its process may not have that done again and again.

use std::{io::Read, os::unix::net::UnixStream};

use crate::{app::App, host::Host};

#[test]
fn an_app_that_was_shut_has_to_wait_before_it_may_come_again() {
    let host = Host::start();
    // Here all apps are of one process, which may go on with the connections that it has.
    let mut other = App::connect(&host);
    let mut app = App::connect(&host);
    // Each registry is answered with all globals, which must be read.
    while app.try_sync().is_ok() {
        (0..10).for_each(|_| drop(app.connection.display().get_registry(&app.qh(), ())));
    }
    host.logs("it made too many registries");
    host.logs("may not connect again for a while");
    for _ in 0..3 {
        let socket = UnixStream::connect(host.dir.path().join(&host.display)).expect("a socket");
        let refused = (&socket).read(&mut [0; 1]).map_or(true, |read| read == 0);
        assert!(refused, "it is let in again");
    }
    other.mapped(10, 10, [0, 0, 255, 255]);
}
