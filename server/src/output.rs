//! What apps print: it goes into the host's log line by line, named and without control characters, so that
//! no app can forge what the host says; and the newest lines are kept for whoever started the app.

use std::{
    collections::VecDeque,
    os::fd::AsFd,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Child,
    sync::{oneshot, watch},
    time,
};
use tracing::info;

/// The most lines that are kept of an app, and the most characters of each.
const MAX_LINES: usize = 40;
const MAX_LINE: usize = 400;

/// So much is read at once, and after it the others have their turn: an app that prints without end writes
/// slower, as on a terminal.
const PIECE: usize = 64 << 10;
const PAUSE: Duration = Duration::from_millis(5);

/// So many lines of an app are logged within [`SPAN`]; the rest is only counted.
const MAX_LOGGED: usize = 100;
const SPAN: Duration = Duration::from_secs(10);

/// The newest lines of one app. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Who reads what an app prints. Both go on as long as anything has the pipes: what the app left running.
#[derive(Debug)]
pub(crate) struct Readers {
    /// Tells them that the app has ended.
    ended: watch::Sender<bool>,
    /// Each says so, or is gone, once it has read all that the app printed.
    read: Vec<oneshot::Receiver<()>>,
}

impl Readers {
    /// Reads both pipes of an app, if it has them.
    pub(crate) fn of(child: &mut Child, name: &str, pid: u32, tail: &Tail) -> Self {
        let mut readers = Self { ended: watch::Sender::new(false), read: Vec::new() };
        let lines = || Lines { name: name.to_owned(), pid, tail: tail.clone(), ..Lines::default() };
        if let Some(pipe) = child.stdout.take() {
            readers.add(pipe, lines());
        }
        if let Some(pipe) = child.stderr.take() {
            readers.add(pipe, lines());
        }
        readers
    }

    fn add(&mut self, pipe: impl AsyncRead + AsFd + Unpin + Send + 'static, lines: Lines) {
        let (tell, read_all) = oneshot::channel();
        tokio::spawn(read(pipe, lines, self.ended.subscribe(), tell));
        self.read.push(read_all);
    }

    /// The app has ended: waits until all is read that it printed.
    pub(crate) async fn finish(self) {
        // A reader that is gone has read all.
        let _ = self.ended.send(true);
        for read_all in self.read {
            let _ = read_all.await;
        }
    }
}

/// Reads a pipe to its end. What stands in it when the app has ended was printed by the app; `read_all` is
/// told once that is read, whatever goes on to print.
async fn read(
    mut pipe: impl AsyncRead + AsFd + Unpin,
    mut lines: Lines,
    mut ended: watch::Receiver<bool>,
    read_all: oneshot::Sender<()>,
) {
    let mut piece = vec![0; PIECE];
    let mut read_all = Some(read_all);
    let mut last_words = None;
    loop {
        if last_words == Some(0)
            && let Some(read_all) = read_all.take()
        {
            lines.end();
            // Nobody waits once the host ends.
            let _ = read_all.send(());
        }
        let count = tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended), if last_words.is_none() => {
                last_words = Some(rustix::io::ioctl_fionread(&pipe).unwrap_or(0));
                continue;
            }
            count = pipe.read(&mut piece) => count.unwrap_or(0),
        };
        // A pipe that breaks has ended.
        if count == 0 {
            return lines.end();
        }
        lines.take(piece.get(..count).unwrap_or_default());
        last_words = last_words.map(|left: u64| left.saturating_sub(count as u64));
        if count == PIECE {
            time::sleep(PAUSE).await;
        }
    }
}

/// Makes lines of pieces.
#[derive(Debug, Default)]
struct Lines {
    name: String,
    pid: u32,
    tail: Tail,
    /// What there is of a line that has not ended, at most four bytes a character.
    begun: Vec<u8>,
    /// How many lines were logged since, and how many not.
    logged: usize,
    left_out: usize,
    since: Option<time::Instant>,
}

impl Lines {
    fn take(&mut self, piece: &[u8]) {
        let mut parts = piece.split(|byte| *byte == b'\n');
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            self.begin(part);
            self.end();
        }
        self.begin(last);
    }

    fn begin(&mut self, part: &[u8]) {
        let room = (4 * MAX_LINE).saturating_sub(self.begun.len());
        self.begun.extend(part.iter().take(room));
    }

    fn end(&mut self) {
        let line = plain(&std::mem::take(&mut self.begun));
        if line.is_empty() {
            return;
        }
        self.log(&line);
        self.tail.add(line);
    }

    fn log(&mut self, line: &str) {
        let now = time::Instant::now();
        if self.since.is_none_or(|since| now.duration_since(since) >= SPAN) {
            if self.left_out > 0 {
                info!(pid = self.pid, app = %self.name, lines = self.left_out, "app output left out");
            }
            (self.since, self.logged, self.left_out) = (Some(now), 0, 0);
        }
        if self.logged < MAX_LOGGED {
            self.logged += 1;
            info!(pid = self.pid, app = %self.name, said = ?line, "app output");
        } else {
            self.left_out += 1;
        }
    }
}

/// A line without what terminals would act on.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut plain = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // Colours and the like: `ESC [`, parameters, and one letter.
            if characters.next_if_eq(&'[').is_some() {
                while characters.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                characters.next();
            }
        } else if character == '\t' {
            plain.push(' ');
        } else if !character.is_control() && !is_of_direction(character) {
            plain.push(character);
        }
    }
    plain.trim_end().chars().take(MAX_LINE).collect()
}

/// Whether a character changes the order in which others are shown.
fn is_of_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use tokio::process::Command;

    use super::*;

    /// What an app prints right before it ends is there once its end is told, however much it is and however
    /// busy the machine; also where it leaves something behind that prints on and on.
    #[tokio::test]
    async fn the_last_words_of_an_app_are_read_before_its_end_is_told() {
        for behind in ["", "(while sleep 0.01; do echo noise; done) &"] {
            let tail = Tail::default();
            let mut child = Command::new("sh")
                .args([
                    "-c",
                    &format!("{behind} head -c 60000 /dev/zero | tr '\\0' x; echo; printf 'last words' >&2"),
                ])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .process_group(0)
                .spawn()
                .expect("sh starts");
            let pid = child.id().expect("it has an id");
            let readers = Readers::of(&mut child, "app", pid, &tail);
            child.wait().await.expect("it ends");
            readers.finish().await;
            let lines = tail.lines();
            assert!(lines.iter().any(|line| line == "last words"), "{lines:?}");
            assert!(lines.iter().any(|line| line.len() == MAX_LINE), "{lines:?}");
            if !behind.is_empty() {
                let group = rustix::process::Pid::from_raw(pid.cast_signed()).expect("it is not 0");
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
                    .expect("it runs on");
            }
        }
    }

    fn lines() -> Lines {
        Lines { name: "app".to_owned(), pid: 7, ..Lines::default() }
    }

    #[test]
    fn lines_are_whole_however_they_come() {
        let mut lines = lines();
        for piece in ["one\ntw", "o\n\nth", "ree"] {
            lines.take(piece.as_bytes());
        }
        assert_eq!(lines.tail.lines(), ["one", "two"]);
        lines.end();
        assert_eq!(lines.tail.lines(), ["one", "two", "three"]);
    }

    #[test]
    fn only_the_newest_lines_are_kept_and_of_each_its_beginning() {
        let mut lines = lines();
        for n in 0..1000 {
            lines.take(format!("{n}\n").as_bytes());
        }
        assert_eq!(lines.tail.lines().len(), MAX_LINES);
        assert_eq!(lines.tail.lines().last().map(String::as_str), Some("999"));
        lines.take(&[b'x'; 1 << 20]);
        assert!(lines.begun.len() <= 4 * MAX_LINE);
        lines.take(b"\n");
        assert_eq!(lines.tail.lines().last().map(String::len), Some(MAX_LINE));
    }

    #[test]
    fn nothing_of_a_line_acts_on_a_terminal() {
        assert_eq!(plain(b"\x1b[1;31mred\x1b[0m\x07\r"), "red");
        assert_eq!(plain("a\u{202e}b\tc\u{9b}31m".as_bytes()), "ab c31m");
        assert_eq!(plain(b"\xff\x1b]0;title"), "\u{fffd}]0;title");
    }
}
