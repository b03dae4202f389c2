//! One message is what a unary call has. tonic takes the first and drops what follows it, which
//! the caller would believe to be done.

/// One byte of flags, and the length of the message in four.
const PREFIX: u64 = 5;

/// Follows a body by the prefix of its first message (gRPC over HTTP/2, Length-Prefixed-Message).
#[derive(Default)]
pub(super) struct OneMessage {
    seen: u64,
    length: [u8; 4],
}

impl OneMessage {
    /// Bytes so far, of prefix and message.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether the body is still within its first message after these bytes.
    pub(super) fn holds(&mut self, data: &[u8]) -> bool {
        let prefix = (self.seen..PREFIX).zip(data);
        for (place, byte) in prefix {
            // The flags come first.
            let place = usize::try_from(place).unwrap_or_default().checked_sub(1);
            if let Some(length) = place.and_then(|place| self.length.get_mut(place)) {
                *length = *byte;
            }
        }
        self.seen = self.seen.saturating_add(data.len() as u64);
        self.seen <= PREFIX || self.seen - PREFIX <= u32::from_be_bytes(self.length).into()
    }
}

#[cfg(test)]
mod tests {
    use super::OneMessage;

    #[track_caller]
    fn judged(pieces: &[&[u8]], holds: bool) {
        let mut message = OneMessage::default();
        let good = pieces.iter().all(|piece| message.holds(piece));
        assert_eq!(good, holds, "{pieces:?}");
    }

    #[test]
    fn a_message_in_any_pieces_is_one() {
        let whole = b"\0\0\0\x01\x02".iter().chain(&[7; 258]);
        let whole: Vec<u8> = whole.copied().collect();
        judged(&[&whole], true);
        for size in [1, 2, 3, 4, 5, 6, 100] {
            judged(&whole.chunks(size).collect::<Vec<_>>(), true);
        }
        judged(&[b"\0\0\0\0\0"], true);
        judged(&[b"\0\0\0"], true);
        judged(&[], true);
    }

    #[test]
    fn a_byte_after_it_is_one_too_many() {
        judged(&[b"\0\0\0\0\x01ab"], false);
        judged(&[b"\0\0\0\0\x01a", b"b"], false);
        judged(&[b"\0\0\0\0\0\0"], false);
        judged(&[b"\0\0", b"\0\0\0", b"\0\0\0\0\0"], false);
    }
}
