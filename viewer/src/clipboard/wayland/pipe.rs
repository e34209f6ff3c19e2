//! Content through pipes, with an end in sight: programs stop reading and writing when they like.

use std::{
    fs::File,
    io::{Error, ErrorKind, Read, Result, Write},
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use protocol::control::MAX_CLIPBOARD;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_setfl},
    pipe::{PipeFlags, pipe_with},
};

/// Who does nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pipe: its reading end and its writing end.
pub(super) fn pair() -> Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// All that comes until the end.
pub(super) fn read(pipe: &OwnedFd) -> Result<Vec<u8>> {
    let mut file = File::from(pipe.try_clone()?);
    let (mut content, mut part) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        ready(pipe, PollFlags::IN)?;
        match file.read(&mut part)? {
            0 => return Ok(content),
            n if content.len() + n > MAX_CLIPBOARD => {
                return Err(Error::other(format!("the clipboard holds more than {MAX_CLIPBOARD} bytes")));
            }
            n => content.extend_from_slice(&part[..n]),
        }
    }
}

/// Writes all of it.
pub(super) fn write(pipe: &OwnedFd, mut content: &[u8]) -> Result<()> {
    fcntl_setfl(pipe, OFlags::NONBLOCK)?;
    let mut file = File::from(pipe.try_clone()?);
    while !content.is_empty() {
        ready(pipe, PollFlags::OUT)?;
        match file.write(content) {
            Ok(n) => content = &content[n..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn ready(pipe: &OwnedFd, flags: PollFlags) -> Result<()> {
    let mut waited = [PollFd::from_borrowed_fd(pipe.as_fd(), flags)];
    let patience = Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    match poll(&mut waited, Some(&patience)) {
        Ok(0) => Err(Error::new(ErrorKind::TimedOut, "the other program does not answer")),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_is_longer_than_a_pipe_goes_through() -> Result<()> {
        let (reader, writer) = pair()?;
        let content: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
        let sent = content.clone();
        let sender = thread::spawn(move || write(&writer, &sent));
        assert_eq!(read(&reader)?, content);
        sender.join().expect("no panic")
    }

    #[test]
    fn what_is_too_long_is_refused_and_a_reader_that_went_away_is_an_error() -> Result<()> {
        let (reader, writer) = pair()?;
        let sender = thread::spawn(move || write(&writer, &vec![0; MAX_CLIPBOARD + (1 << 20)]));
        assert!(read(&reader).is_err());
        drop(reader);
        assert!(sender.join().expect("no panic").is_err());
        Ok(())
    }
}
