//! As much of STUN (RFC 8489) as tells whom a connectivity check is for.

/// Marks STUN messages.
const MAGIC: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const BINDING_REQUEST: [u8; 2] = [0, 1];
const USERNAME: [u8; 2] = [0, 6];
const HEADER: usize = 20;

/// The longest name of an ICE user (RFC 8445).
const MAX_USER: usize = 256;

/// The ICE user whom a connectivity check addresses: what stands before the colon of its user name.
pub(crate) fn user(packet: &[u8]) -> Option<&str> {
    if packet.get(..2)? != BINDING_REQUEST || packet.get(4..8)? != MAGIC {
        return None;
    }
    let mut rest = packet.get(HEADER..)?;
    loop {
        let (kind, after) = rest.split_at_checked(2)?;
        let (length, after) = after.split_at_checked(2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if kind == USERNAME {
            let name = std::str::from_utf8(after.get(..length)?).ok()?;
            let (user, _) = name.split_once(':')?;
            return (user.len() <= MAX_USER).then_some(user);
        }
        // Attributes are padded to 4 bytes.
        rest = after.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};

    use super::*;

    fn check(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut packet = vec![0, 1, 0, 0];
        packet.extend(MAGIC);
        packet.extend([7; 12]);
        for (kind, value) in attributes {
            packet.extend(kind.to_be_bytes());
            packet.extend((value.len() as u16).to_be_bytes());
            packet.extend(*value);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        packet
    }

    #[test]
    fn the_user_is_found_behind_other_attributes() {
        assert_eq!(user(&check(&[(0x24, b"priority"), (0x8022, b"odd"), (6, b"host:viewer")])), Some("host"));
        assert_eq!(user(&check(&[(6, b"nocolon")])), None);
        assert_eq!(user(&check(&[(0x24, b"priority")])), None);
        assert_eq!(user(b"\x16\xfe\xfd and so on, as DTLS begins"), None);
    }

    proptest! {
        #[test]
        fn any_packet_is_read_without_harm(tail in prop::collection::vec(any::<u8>(), 0..64), cut in 0usize..40) {
            let mut packet = check(&[(6, b"host:viewer")]);
            packet.truncate(cut);
            packet.extend(tail);
            user(&packet);
        }
    }
}
