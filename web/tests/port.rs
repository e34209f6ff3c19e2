//! The page's port, as others meet it.

use std::net::TcpStream;

use dormer_web::Listener;
use socket2::SockRef;

#[tokio::test]
async fn segments_fit_through_any_tunnel() {
    let listener = Listener::bind(Some("127.0.0.1:0".parse().expect("an address")), 0).expect("binds");
    let socket = TcpStream::connect(listener.address()).expect("connects");
    let segment = SockRef::from(&socket).tcp_mss().expect("is told");
    assert!((500..=1200).contains(&segment), "{segment}");
}

#[tokio::test]
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
async fn one_port_is_for_both_families() {
    let listener = match Listener::bind(Some("[::]:0".parse().expect("an address")), 0) {
        Ok(listener) => listener,
        Err(error) => return eprintln!("SKIPPED one port for both families: {error}"),
    };
    let port = listener.address().port();
    for host in ["127.0.0.1", "::1"] {
        TcpStream::connect((host, port)).expect(host);
    }
}
