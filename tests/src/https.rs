//! A small HTTPS client that does what browsers would not: it says exactly what it is told to, also half of
//! it, also wrong.

mod any_certificate;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use any_certificate::AnyCertificate;
use anyhow::{Context, Result, ensure};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer that is read.
const MAX_ANSWER: u64 = 8 << 20;

/// A host's page, found by a browser link.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its own page is called.
    pub origin: String,
    /// The ticket of the link.
    pub ticket: String,
}

impl Site {
    /// From a link with an address, as hosts under test print it.
    pub fn of(link: &str) -> Result<Self> {
        let (origin, ticket) = link.split_once("/#ticket=").context("a browser link has a ticket")?;
        let authority = origin.strip_prefix("https://").context("browser links are of HTTPS")?;
        Ok(Self { address: authority.parse()?, origin: origin.to_owned(), ticket: ticket.to_owned() })
    }

    /// Connects, speaking HTTP/1.1.
    pub fn connect(&self) -> Result<Connection> {
        self.connect_speaking(b"http/1.1")
    }

    /// Connects with TLS, speaking what the application protocol is called there.
    pub fn connect_speaking(&self, protocol: &[u8]) -> Result<Connection> {
        let (config, name) = (tls(protocol)?, ServerName::IpAddress(self.address.ip().into()));
        let tls = ClientConnection::new(Arc::new(config), name)?;
        let socket = self.connect_plain()?;
        let mut stream = StreamOwned::new(tls, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Connection { stream, heard: Vec::new(), authority: self.address.to_string() })
    }

    /// Connects without TLS.
    pub fn connect_plain(&self) -> Result<TcpStream> {
        let socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(socket)
    }

    /// Asks on a connection of its own.
    pub fn ask(&self, request: &Request) -> Result<Answer> {
        self.connect()?.ask(request)
    }

    /// A request of its own page.
    pub fn post(&self, path: &str) -> Request {
        Request::new("POST", path).header("Origin", &self.origin)
    }

    /// Exchanges the link's ticket for a cookie, which is returned as requests have it.
    pub fn enter(&self) -> Result<String> {
        let answer = self.ask(&self.post("/api/enter").json(&serde_json::json!({"ticket": self.ticket})))?;
        ensure!(answer.status == 204, "{answer:?}");
        answer.cookie()
    }
}

/// TLS that takes any certificate, and speaks what the application protocol is called there.
pub fn tls(protocol: &[u8]) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// A request to be written.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Without headers and body; `Host` is added if none is given.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// A link over WebSocket, as a page of this origin asks for it.
    pub fn upgrade(origin: &str) -> Self {
        Self::new("GET", "/api/link")
            .header("Origin", origin)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the cookie.
    pub fn cookie(self, cookie: &str) -> Self {
        self.header("Cookie", cookie)
    }

    /// Adds a body.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        let length = self.body.len().to_string();
        self.header("Content-Type", "application/json").header("Content-Length", &length)
    }

    /// Adds a body of any kind.
    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Length", &body.len().to_string())
    }

    /// Its head, as it is written.
    pub fn head(&self, authority: &str) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            text += &format!("Host: {authority}\r\n");
        }
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text + "\r\n"
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers; names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of its only header of this name.
    pub fn header(&self, name: &str) -> Result<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let (_, value) = values.next().with_context(|| format!("no {name} in {:?}", self.headers))?;
        ensure!(values.next().is_none(), "{name} twice in {:?}", self.headers);
        Ok(value)
    }

    /// Its body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {self:?}"))
    }

    /// The `code` of a problem.
    pub fn code(&self) -> Result<String> {
        Ok(self.json()?["code"].as_str().context("a problem has a code")?.to_owned())
    }

    /// The cookie that it sets, as requests have it.
    pub fn cookie(&self) -> Result<String> {
        let value = self.header("set-cookie")?;
        Ok(value.split(';').next().unwrap_or_default().to_owned())
    }
}

/// A connection with TLS.
#[derive(Debug)]
pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    /// What came while something was being said.
    heard: Vec<u8>,
    authority: String,
}

impl Connection {
    /// Sends a request and reads the answer.
    pub fn ask(&mut self, request: &Request) -> Result<Answer> {
        let head = request.head(&self.authority);
        self.write_all(head.as_bytes())?;
        self.write_all(&request.body)?;
        self.flush()?;
        self.answer()
    }

    /// Reads an answer.
    pub fn answer(&mut self) -> Result<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            ensure!(head.len() < 1 << 16, "an endless head");
            let mut byte = [0];
            self.read_exact(&mut byte).context("the answer's head")?;
            head.push(byte[0]);
        }
        let text = String::from_utf8(head)?;
        let (first, rest) = text.split_once("\r\n").context("an answer has a first line")?;
        let status = first.split(' ').nth(1).context("an answer has a status")?.parse()?;
        let headers: Vec<_> = rest
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: u64 = length.map_or(Ok(0), |(_, value)| value.parse())?;
        ensure!(length <= MAX_ANSWER, "an answer of {length} bytes");
        let mut body = vec![0; usize::try_from(length)?];
        self.read_exact(&mut body).context("the answer's body")?;
        Ok(Answer { status, headers, body })
    }

    /// Whether the other end closes the connection without another byte. Waits until it does or says
    /// something.
    pub fn is_closed(&mut self) -> bool {
        !matches!(self.read(&mut [0]), Ok(1..))
    }

    /// Whether the other end says something already, or has closed. Looks for a moment only.
    pub fn hears(&mut self) -> Result<bool> {
        let mut part = [0; 4096];
        self.stream.sock.set_read_timeout(Some(Duration::from_millis(1)))?;
        let heard = self.stream.read(&mut part);
        self.stream.sock.set_read_timeout(Some(PATIENCE))?;
        match heard {
            Ok(count) => self.heard.extend(&part[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Ok(false);
            }
            Err(_) => {}
        }
        Ok(true)
    }

    /// The socket below TLS.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.stream.sock
    }

    /// The certificate that the host presented.
    pub fn certificate(&self) -> Option<Vec<u8>> {
        Some(self.stream.conn.peer_certificates()?.first()?.as_ref().to_vec())
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.heard.is_empty() {
            return self.stream.read(buffer);
        }
        let count = buffer.len().min(self.heard.len());
        buffer[..count].copy_from_slice(&self.heard[..count]);
        self.heard.drain(..count);
        Ok(count)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
