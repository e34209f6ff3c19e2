//! What arrives on data channels: duplicates, retransmissions, questions for them, fragments, and what stands
//! before an update whose videos travel over RTP. Whatever comes is understood or refused, and what is joined
//! is no longer than what came.
#![no_main]

// Links need more of each than this target.
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc"]
mod webrtc {
    pub(crate) mod arq;
    pub(crate) mod message;
    #[path = "video_rtp"]
    pub(crate) mod video_rtp {
        pub(crate) mod head;
    }
}

use std::{collections::VecDeque, time::Instant};

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use webrtc::{
    arq::{
        fragments::{Joined, Reassembler},
        in_order::{Heard, InOrder},
        retransmit::RetransmitBuffer,
    },
    message::Data,
    video_rtp::head::Head,
};

fuzz_target!(|messages: Vec<(u8, Vec<u8>)>| {
    let (mut in_order, mut sent) = (InOrder::default(), RetransmitBuffer::default());
    let (mut reassembler, mut came, now) = (Reassembler::default(), 0, Instant::now());
    let mut understood = VecDeque::new();
    for (channel, bytes) in messages {
        came += bytes.len();
        let message = BytesMut::from(&bytes[..]);
        match usize::from(channel % 3) {
            reliable @ 0..2 => {
                sent.given(now, reliable, message.clone().freeze(), usize::from(channel));
                in_order.came(now, reliable, message);
            }
            _ => match in_order.heard(now, message) {
                Heard::Other(message) => understood.push_back(message),
                Heard::Asked { channel, number } => drop(sent.retransmissions(now, channel, number, 1)),
                Heard::Taken => {}
            },
        }
        understood.extend(std::iter::from_fn(|| in_order.pop()).map(|(_, message)| message));
        while let Some(message) = understood.pop_front() {
            if !understand(&mut reassembler, message, came) {
                return;
            }
        }
    }
});

/// Whether the link would go on.
fn understand(reassembler: &mut Reassembler<()>, message: BytesMut, came: usize) -> bool {
    let whole = match Data::read(message.freeze()) {
        Ok(Data::Whole { body, .. }) => Some(body),
        Ok(Data::Fragment { kind, place, remaining, body }) => {
            let begins = reassembler.begins(kind, place);
            if begins && reassembler.begin(kind, place, remaining as usize, ()).is_err() {
                return false;
            }
            match reassembler.fragment(kind, place, remaining, &body) {
                Ok(Joined::Complete(message, ())) => Some(message),
                Ok(Joined::Incomplete) => None,
                Err(_) => return false,
            }
        }
        Ok(Data::KeyframeWanted(_) | Data::Farewell { .. } | Data::Question(_) | Data::Answer(_)) => None,
        Err(_) => return false,
    };
    if let Some(message) = whole {
        assert!(message.len() <= came);
        head(&message);
    }
    true
}

/// A head that is understood is the same when it is written again.
fn head(message: &Bytes) {
    if let Some((head, rest)) = Head::read(message) {
        assert_eq!(head.write(&rest), *message);
    }
}
