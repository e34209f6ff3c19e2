//! Whoever comes to the page's port with too much, too slowly, or with nonsense is cut off in bounded time
//! and memory. Others are served meanwhile, and the session goes on: a viewer types all along.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use dormer_tests::{
    Press, Session, Track, Viewer,
    https::{Connection, Request, Site},
    wait::{self, PATIENCE},
};

#[test]
fn a_body_of_a_gigabyte_is_refused_at_its_first_part() -> Result<()> {
    let mut watched = Watched::start()?;
    let cookie = watched.site.enter()?;
    watched.types()?;
    let before = watched.memory()?;
    let run = watched.site.post("/api/run").cookie(&cookie).header("Content-Type", "application/json");
    let whole = run.clone().header("Content-Length", "1073741824");
    let pieces = run.header("Transfer-Encoding", "chunked");
    for (request, prefix) in [(whole, ""), (pieces, "10000\r\n")] {
        let mut connection = watched.site.connect()?;
        connection.write_all(request.head(&watched.site.address.to_string()).as_bytes())?;
        let part =
            [prefix.as_bytes(), &vec![b' '; 1 << 16], if prefix.is_empty() { b"" } else { b"\r\n" }].concat();
        let mut sent = 0;
        while !connection.hears()? {
            connection.write_all(&part)?;
            sent += 1;
            ensure!(sent < 1 << 10, "{sent} parts of 64 KiB were taken");
        }
        let answer = connection.answer()?;
        ensure!(answer.status == 413 && answer.code()? == "too-long", "{answer:?}");
        ensure!(connection.is_closed(), "the connection stays");
    }
    let grown = watched.memory()?.saturating_sub(before);
    ensure!(grown < 16 << 10, "the host grew by {grown} KiB");
    watched.types()
}

#[test]
fn who_dribbles_is_cut_off_and_nobody_waits_for_it() -> Result<()> {
    let mut watched = Watched::start()?;
    let begun = Instant::now();
    let head = Request::new("GET", "/").header("X-Long", &"x".repeat(1000)).head("127.0.0.1");
    let mut dribblers = Vec::new();
    for _ in 0..10 {
        // Never says anything; says half a handshake; dribbles a head; asks once and then no more.
        let silent = watched.site.connect_plain()?;
        let mut half = watched.site.connect_plain()?;
        half.write_all(&[0x16, 3, 1, 2, 0, 1])?;
        dribblers.push(Dribbler::Plain(silent));
        dribblers.push(Dribbler::Plain(half));
        dribblers.push(Dribbler::Tls(Box::new(watched.site.connect()?), head.clone().into_bytes()));
    }
    while !dribblers.is_empty() {
        ensure!(begun.elapsed() < PATIENCE, "{} are still there", dribblers.len());
        let round = Instant::now();
        let answer = watched.site.ask(&Request::new("GET", "/"))?;
        ensure!(answer.status == 200 && round.elapsed() < Duration::from_secs(2), "others wait");
        watched.types()?;
        dribblers.retain_mut(|dribbler| !dribbler.is_cut_off());
    }
    Ok(())
}

#[test]
fn nonsense_on_any_socket_harms_nobody() -> Result<()> {
    let mut watched = Watched::start()?;
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    for round in 0..20 {
        let bytes = noise.bytes(4000);
        ensure!(is_refused(watched.site.connect_plain()?, &bytes), "bytes were answered");
        let beginning = [&[0x16, 3, 1][..], &bytes].concat();
        ensure!(is_refused(watched.site.connect_plain()?, &beginning), "half a handshake was answered");
        // Not one of these is a request.
        let mut tls = watched.site.connect()?;
        let _ = tls.write_all(&bytes).and_then(|()| tls.write_all(b"\r\n\r\n"));
        ensure!(tls.answer().is_ok_and(|answer| answer.status == 400) || tls.is_closed(), "round {round}");
        let mut http2 = watched.site.connect_speaking(b"h2")?;
        let _ = http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").and_then(|()| http2.write_all(&bytes));
        ensure!(ends(&mut http2)?, "HTTP/2 goes on after {bytes:?}");
        // Refused or unread: nobody answers.
        datagrams.send_to(&bytes[..1200], watched.site.address)?;
    }
    watched.types()
}

#[test]
fn nonsense_in_a_websocket_ends_it_and_nothing_else() -> Result<()> {
    let mut watched = Watched::start()?;
    let cookie = watched.site.enter()?;
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    for round in 0..12 {
        let mut socket = watched.site.connect()?;
        let upgrade = Request::new("GET", "/api/link")
            .header("Origin", &watched.site.origin)
            .cookie(&cookie)
            .header("Connection", "keep-alive, Upgrade")
            .header("Upgrade", "WebSocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = socket.ask(&upgrade)?;
        ensure!(answer.status == 101, "{answer:?}");
        ensure!(answer.header("sec-websocket-accept")? == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "{answer:?}");
        // Of these, some are frames of the largest length that there is.
        let mut bytes = noise.bytes(3000);
        if round % 2 == 0 {
            bytes.splice(..10, [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        }
        let _ = socket.write_all(&bytes);
        ensure!(ends(&mut socket)?, "the link goes on");
        watched.types()?;
    }
    Ok(())
}

#[test]
fn more_connections_than_a_neighbourhood_may_have_are_not_taken() -> Result<()> {
    let mut watched = Watched::start()?;
    let mut taken = Vec::new();
    let refused = loop {
        match watched.site.connect() {
            Ok(connection) => taken.push(connection),
            Err(reason) => break reason,
        }
        ensure!(taken.len() < 200, "all are taken");
    };
    ensure!(taken.len() >= 32, "only {} were taken: {refused:#}", taken.len());
    watched.types()?;
    drop(taken);
    let site = watched.site.clone();
    wait::until(PATIENCE, "room", || Ok(site.ask(&Request::new("GET", "/")).ok()))?;
    watched.types()
}

#[test]
fn streams_that_are_opened_only_to_be_reset_end_their_connection() -> Result<()> {
    let mut watched = Watched::start()?;
    let before = watched.memory()?;
    let mut http2 = watched.site.connect_speaking(b"h2")?;
    http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?;
    http2.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])?;
    // GET https://127.0.0.1/ in the table's fixed entries, and one name.
    let head = [&[0x82, 0x84, 0x87, 0x41, 9][..], b"127.0.0.1"].concat();
    let length = u8::try_from(head.len())?;
    for number in 0..20_000u32 {
        let stream = (2 * number + 1).to_be_bytes();
        let open = [&[0, 0, length, 1, 5][..], &stream, &head].concat();
        let reset = [&[0, 0, 4, 3, 0][..], &stream, &[0, 0, 0, 8]].concat();
        if http2.write_all(&[open, reset].concat()).is_err() {
            break;
        }
    }
    ensure!(ends(&mut http2)?, "it may go on");
    let grown = watched.memory()?.saturating_sub(before);
    ensure!(grown < 16 << 10, "the host grew by {grown} KiB");
    watched.types()
}

/// A session with a viewer that types in it.
struct Watched {
    session: Session,
    site: Site,
    viewer: Viewer,
    track: Track,
    typed: u32,
}

impl Watched {
    fn start() -> Result<Self> {
        let session = Session::start(&[])?;
        let site = Site::of(&session.host.browser_link()?)?;
        let (viewer, window) = Viewer::with_window(session.host.link())?;
        Ok(Self { session, site, viewer, track: window.track, typed: 0 })
    }

    /// A key goes all the way, and its answer comes all the way back.
    fn types(&mut self) -> Result<()> {
        self.typed += 1;
        self.viewer.key(self.track, "a", Press::Tap)?;
        let typed = self.typed;
        self.viewer.code_until(self.track, |code| u64::from(code.input) == u64::from(typed)).map(drop)
    }

    /// What the host uses, in KiB.
    fn memory(&self) -> Result<u64> {
        Ok(self.session.host.usage()?.memory_kib)
    }
}

enum Dribbler {
    Plain(TcpStream),
    /// With what it still has to say.
    Tls(Box<Connection>, Vec<u8>),
}

impl Dribbler {
    /// Says another byte if it has one, and looks whether it was cut off. Looking takes a moment, which is
    /// its pace.
    fn is_cut_off(&mut self) -> bool {
        match self {
            Self::Plain(socket) => is_over(socket),
            Self::Tls(connection, rest) => {
                let byte = rest.remove(0);
                connection.write_all(&[byte]).and_then(|()| connection.flush()).is_err()
                    || is_over(connection.socket())
            }
        }
    }
}

/// Whether the other end has closed this.
fn is_over(socket: &mut TcpStream) -> bool {
    // As short as the system can wait: the caller goes round.
    let _ = socket.set_read_timeout(Some(Duration::from_millis(1)));
    match socket.read(&mut [0; 4096]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// Whether a socket that says this is closed without an answer but TLS's own alert.
fn is_refused(mut socket: TcpStream, bytes: &[u8]) -> bool {
    let _ = socket.write_all(bytes);
    let _ = socket.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    answer.is_empty() || answer[0] == 0x15
}

/// Reads until the other end has closed.
fn ends(connection: &mut Connection) -> Result<bool> {
    let mut read = 0;
    let mut buffer = [0; 4096];
    loop {
        match connection.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(some) => read += some,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(false);
            }
            Err(_) => return Ok(true),
        }
        if read > 8 << 20 {
            bail!("it answers without end");
        }
    }
}

/// Bytes that look random and are the same in every run (xorshift64*).
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            bytes.extend(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}
