//! The headers of WebSocket frames, and masks.

use thiserror::Error;

/// The longest header, in bytes.
const MAX_HEADER: usize = 14;

/// The longest payload of a frame that controls the connection, in bytes.
pub(super) const MAX_CONTROL: u64 = 125;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Opcode {
    /// Whether the frame controls the connection instead of carrying a part of a message.
    pub(super) fn is_control(self) -> bool {
        self as u8 >= Opcode::Close as u8
    }
}

/// What stands before a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether the message ends with this frame.
    pub(super) last: bool,
    pub(super) opcode: Opcode,
    /// Viewers mask what they send, hosts do not.
    pub(super) mask: Option<[u8; 4]>,
    /// The payload's length.
    pub(super) length: u64,
}

/// A header that no peer of ours may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum HeaderError {
    #[error("a frame with reserved bits")]
    Reserved,
    #[error("a frame of an unknown kind")]
    Opcode,
    #[error("a control frame that is cut or too long")]
    Control,
    #[error("a length that is not in its shortest form")]
    Length,
    #[error("a frame that is masked the wrong way")]
    Mask,
}

/// The first two bytes of a header: they tell how many follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    last: bool,
    opcode: Opcode,
    masked: bool,
    short_length: u8,
}

impl Start {
    /// Reads the first two bytes; `masked` says what the peer must do.
    pub(super) fn read([first, second]: [u8; 2], masked: bool) -> Result<Self, HeaderError> {
        if first & 0x70 != 0 {
            return Err(HeaderError::Reserved);
        }
        let known =
            [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];
        let opcode =
            known.into_iter().find(|&known| known as u8 == first & 0x0f).ok_or(HeaderError::Opcode)?;
        let (last, short_length) = (first & 0x80 != 0, second & 0x7f);
        if opcode.is_control() && (!last || u64::from(short_length) > MAX_CONTROL) {
            return Err(HeaderError::Control);
        }
        if (second & 0x80 != 0) != masked {
            return Err(HeaderError::Mask);
        }
        Ok(Self { last, opcode, masked, short_length })
    }

    /// How many bytes of the header follow: at most 12.
    pub(super) fn rest(self) -> usize {
        self.length_bytes() + if self.masked { 4 } else { 0 }
    }

    fn length_bytes(self) -> usize {
        match self.short_length {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }

    /// Reads the rest, which must be as long as [`Start::rest`] says.
    pub(super) fn finish(self, rest: &[u8]) -> Result<Header, HeaderError> {
        let (length, mask) = rest.split_at(self.length_bytes());
        let (length, least) = match *length {
            [] => (u64::from(self.short_length), 0),
            [high, low] => (u64::from(u16::from_be_bytes([high, low])), 126),
            _ => (u64::from_be_bytes(length.try_into().expect("8 bytes are left")), 1 << 16),
        };
        if length < least {
            return Err(HeaderError::Length);
        }
        let mask = self.masked.then(|| mask.try_into().expect("4 bytes are left"));
        Ok(Header { last: self.last, opcode: self.opcode, mask, length })
    }
}

impl Header {
    /// Appends the header's bytes.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        bytes.reserve(MAX_HEADER);
        bytes.push(self.opcode as u8 | if self.last { 0x80 } else { 0 });
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        match (u8::try_from(self.length), u16::try_from(self.length)) {
            (Ok(length @ ..126), _) => bytes.push(masked | length),
            (_, Ok(length)) => {
                bytes.push(masked | 126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(masked | 127);
                bytes.extend(self.length.to_be_bytes());
            }
        }
        bytes.extend(self.mask.iter().flatten());
    }
}

/// Masks or unmasks a part of a payload that begins `offset` bytes behind the header.
pub(super) fn apply_mask(mask: [u8; 4], offset: usize, bytes: &mut [u8]) {
    let mut turned = mask;
    turned.rotate_left(offset % 4);
    let mut words = bytes.chunks_exact_mut(4);
    for word in &mut words {
        for (byte, mask) in word.iter_mut().zip(turned) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(turned) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], masked: bool) -> Result<Header, HeaderError> {
        let (&start, rest) = bytes.split_first_chunk::<2>().expect("two bytes");
        let start = Start::read(start, masked)?;
        assert_eq!(start.rest(), rest.len());
        start.finish(rest)
    }

    #[test]
    fn headers_survive_their_bytes() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 40] {
            for mask in [None, Some([1, 2, 3, 4])] {
                for (opcode, last) in
                    [(Opcode::Binary, true), (Opcode::Binary, false), (Opcode::Continuation, true)]
                {
                    let header = Header { last, opcode, mask, length };
                    let mut bytes = Vec::new();
                    header.write(&mut bytes);
                    assert!(bytes.len() <= MAX_HEADER);
                    assert_eq!(read(&bytes, mask.is_some()), Ok(header));
                }
            }
        }
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        let ping = Header { last: true, opcode: Opcode::Ping, mask: None, length: 5 };
        assert_eq!(read(&[0x89, 0x05], false), Ok(ping));
        let hello =
            Header { last: true, opcode: Opcode::Text, mask: Some([0x37, 0xfa, 0x21, 0x3d]), length: 5 };
        assert_eq!(read(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d], true), Ok(hello));
        let mut text = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
        apply_mask([0x37, 0xfa, 0x21, 0x3d], 0, &mut text);
        assert_eq!(&text, b"Hello");
    }

    #[test]
    fn each_mistake_has_its_name() {
        assert_eq!(read(&[0xc2, 0x00], false), Err(HeaderError::Reserved));
        assert_eq!(read(&[0x83, 0x00], false), Err(HeaderError::Opcode));
        assert_eq!(read(&[0x09, 0x00], false), Err(HeaderError::Control), "a ping in parts");
        assert_eq!(read(&[0x88, 0x7e, 0, 200], false), Err(HeaderError::Control), "a long goodbye");
        assert_eq!(read(&[0x82, 0x7e, 0, 125], false), Err(HeaderError::Length));
        assert_eq!(read(&[0x82, 0x7f, 0, 0, 0, 0, 0, 0, 255, 255], false), Err(HeaderError::Length));
        assert_eq!(read(&[0x82, 0x00], true), Err(HeaderError::Mask));
        assert_eq!(read(&[0x82, 0x80, 1, 2, 3, 4], false), Err(HeaderError::Mask));
    }

    proptest! {
        #[test]
        fn a_mask_put_on_in_parts_is_taken_off_in_others(
            mask: [u8; 4], bytes in prop::collection::vec(any::<u8>(), 0..40), at in 0usize..40, other in 0usize..40,
        ) {
            let masked = |mut bytes: Vec<u8>, at: usize| {
                let at = at.min(bytes.len());
                let (head, tail) = bytes.split_at_mut(at);
                apply_mask(mask, 0, head);
                apply_mask(mask, at, tail);
                bytes
            };
            prop_assert_eq!(masked(masked(bytes.clone(), at), other), bytes);
        }
    }
}
