//! A viewer without manners: joins as pages do, over WebSocket, and then says exactly what it is told to, as
//! fast as the host takes it.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail, ensure};
use protocol::{
    Lane,
    control::{Hello, Refusal, ToHost, ToViewer, Welcome},
    decode, encode,
    input::Input,
    version::VersionRange,
};

use crate::https::{Connection, Request, Site};

/// A host's question whether its viewer lives, and the answer.
const QUESTION: u8 = 255;
const ANSWER: u8 = 254;

/// A viewer's numbers of lanes.
const CONTROL: u8 = 0;
const INPUT: u8 = 1;

/// See the module's documentation.
#[derive(Debug)]
pub struct RudeViewer {
    connection: Connection,
    /// What the host told it when it let it in.
    pub welcome: Welcome,
}

impl RudeViewer {
    /// Joins with a browser link.
    pub fn join(link: &str) -> Result<Self> {
        let site = Site::of(link)?;
        let cookie = site.enter()?;
        let join = site.ask(&site.post("/api/join").cookie(&cookie))?;
        Self::open(&site, &cookie, join.json()?["ticket"].as_str().context("a ticket")?)
    }

    /// Opens a link as the page with this cookie, by a ticket that it was given.
    pub fn open(site: &Site, cookie: &str, ticket: &str) -> Result<Self> {
        let mut connection = site.connect()?;
        let upgrade = Request::upgrade(&site.origin).cookie(cookie);
        let answer = connection.ask(&upgrade)?;
        ensure!(answer.status == 101, "{answer:?}");
        let (agent, video, ticket) = ("rude".to_owned(), Vec::new(), ticket.to_owned());
        let hello = Hello { versions: VersionRange::OURS, ticket, agent, video, resume: None };
        say(&mut connection, &[message(CONTROL, &encode(&ToHost::Hello(hello)))])?;
        match hear(&mut connection)? {
            ToViewer::Welcome(welcome) => Ok(Self { connection, welcome }),
            other => bail!("no welcome but {other:?}"),
        }
    }

    /// Says this on the control lane, all at once.
    pub fn control(&mut self, messages: &[ToHost]) -> Result<()> {
        let messages: Vec<_> = messages.iter().map(|said| message(CONTROL, &encode(said))).collect();
        say(&mut self.connection, &messages)
    }

    /// Sends input, all at once.
    pub fn input(&mut self, inputs: &[Input]) -> Result<()> {
        let messages: Vec<_> = inputs.iter().map(|input| message(INPUT, &encode(input))).collect();
        say(&mut self.connection, &messages)
    }

    /// What the host says next on the control lane.
    pub fn hear(&mut self) -> Result<ToViewer> {
        hear(&mut self.connection)
    }

    /// Why the host throws it out, once it does.
    pub fn refusal(&mut self) -> Result<Refusal> {
        loop {
            if let ToViewer::Refused(refusal) = self.hear()? {
                return Ok(refusal);
            }
        }
    }
}

/// A message as a frame of its own, masked with zeros.
fn message(lane: u8, body: &[u8]) -> Vec<u8> {
    let length = 1 + body.len();
    let length = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..126), _) => vec![0x80 | short],
        (_, Ok(long)) => [&[0xfe][..], &long.to_be_bytes()].concat(),
        _ => [&[0xff][..], &(length as u64).to_be_bytes()].concat(),
    };
    [&[0x82][..], &length, &[0; 4], &[lane], body].concat()
}

fn say(connection: &mut Connection, messages: &[Vec<u8>]) -> Result<()> {
    connection.write_all(&messages.concat())?;
    Ok(connection.flush()?)
}

fn hear(connection: &mut Connection) -> Result<ToViewer> {
    loop {
        let whole = read_message(connection)?;
        match whole.split_first().context("a message has a lane")? {
            (&CONTROL, body) => return Ok(decode(Lane::Control, body)?),
            (&QUESTION, _) => say(connection, &[message(ANSWER, b"")])?,
            _ => {}
        }
    }
}

fn read_message(connection: &mut Connection) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let [first, length] = read(connection)?;
        let length = match length {
            126 => u16::from_be_bytes(read(connection)?).into(),
            127 => u64::from_be_bytes(read(connection)?),
            short => u64::from(short),
        };
        let start = whole.len();
        whole.resize(start + usize::try_from(length)?, 0);
        connection.read_exact(&mut whole[start..])?;
        match first & 0x0f {
            0 | 2 if first & 0x80 != 0 => return Ok(whole),
            0 | 2 => {}
            8 => bail!("the host closed the link: {}", String::from_utf8_lossy(&whole[start..])),
            _ => whole.truncate(start),
        }
    }
}

fn read<const N: usize>(connection: &mut Connection) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    connection.read_exact(&mut bytes)?;
    Ok(bytes)
}
