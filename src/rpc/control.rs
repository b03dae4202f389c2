//! Frames that a peer may send as often as it likes although nobody asked for them, and that cost
//! something: acknowledgements of PINGs, each of which is a line of the log, and SETTINGS, each of
//! which may touch every stream. HTTP/2's library takes them without a limit and has no hook, so
//! they are counted in what is read: the heads of frames are looked at (RFC 9113, section 4.1), and
//! their contents are passed over.
//!
//! The other frames that mean nothing (PRIORITY, unknown ones, empty DATA) cost no more than their
//! reading. PINGs of a peer's own are answered no faster than it takes the answers.
//!
//! Pieces of bodies are counted, too (see `pieces.rs`): when there are too many small ones, whoever
//! waits for them has a turn. So are calls, which cost most for their bytes: after some of one peer
//! everybody else has a turn.

use std::time::Duration;

use tokio::time::Instant;

use super::pieces::Untaken;

/// The fixed text that comes before the first frame.
const PREFACE: usize = 24;

const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const PADDED: u8 = 8;
/// The most that padding takes of a frame (RFC 9113, section 6.1).
const PADDING: usize = 256;

/// Of one peer in a [`WHILE`]. We send a PING in a minute; the liveliest clients send SETTINGS
/// some ten times in a connection's life.
const MOST: u32 = 100;

const WHILE: Duration = Duration::from_secs(10);

/// Of one peer, before others have a turn: a millisecond where all are refused. At ten times the
/// capacity some 70 come at once.
const CALLS: u32 = 128;

/// Follows the frames of one connection, however they are cut.
pub(super) struct Control {
    /// What is passed over before the next head.
    left: usize,
    head: [u8; HEAD],
    /// How much of the head is there.
    came: usize,
    since: Instant,
    times: u32,
    calls: u32,
    untaken: Untaken,
}

/// A peer sent more of them than any has a reason to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more control frames than any peer has a reason to send")]
pub(super) struct Flood;

impl Control {
    pub(super) fn new(untaken: Untaken) -> Self {
        Self {
            left: PREFACE,
            head: [0; HEAD],
            came: 0,
            since: Instant::now(),
            times: 0,
            calls: 0,
            untaken,
        }
    }

    /// Looks at the next bytes of the peer, up to where others should have a turn: how many are
    /// left then, if it comes to that.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> Result<Option<usize>, Flood> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let passed = self.left.min(bytes.len());
                self.left -= passed;
                bytes = bytes.get(passed..).unwrap_or_default();
                continue;
            }
            bytes = self.take(bytes);
            if self.came == HEAD {
                self.came = 0;
                if self.look()? {
                    return Ok(Some(bytes.len()));
                }
            }
        }
        Ok(None)
    }

    /// The peer has no more for now, so others have their turn anyway.
    pub(super) const fn pause(&mut self) {
        self.calls = 0;
    }

    /// Takes what is missing of the head; the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let missing = self.head.iter_mut().skip(self.came);
        let taken = missing.zip(bytes).map(|(to, from)| *to = *from).count();
        self.came += taken;
        bytes.get(taken..).unwrap_or_default()
    }

    /// Whether others should have a turn.
    fn look(&mut self) -> Result<bool, Flood> {
        let [a, b, c, kind, flags, ..] = self.head;
        self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        match kind {
            PING if flags & ACK != 0 => self.count()?,
            SETTINGS => self.count()?,
            HEADERS => {
                self.calls = (self.calls + 1) % CALLS;
                return Ok(self.calls == 0);
            }
            DATA if flags & END_STREAM == 0 => {
                let length = match flags & PADDED {
                    0 => self.left,
                    // At least; and it is no empty piece, which would cost nothing.
                    _ => self.left.saturating_sub(PADDING).max(1),
                };
                return Ok(self.untaken.came(length));
            }
            _ => {}
        }
        Ok(false)
    }

    fn count(&mut self) -> Result<(), Flood> {
        let now = Instant::now();
        if now.duration_since(self.since) >= WHILE {
            (self.since, self.times) = (now, 0);
        }
        self.times += 1;
        if self.times > MOST {
            return Err(Flood);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::{
        ACK, CALLS, Control, DATA, END_STREAM, Flood, HEADERS, MOST, PADDED, PING, SETTINGS,
        Untaken, WHILE,
    };

    fn frame(kind: u8, flags: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 0], content].concat()
    }

    /// A connection so far, with so many acknowledgements after a frame that looks like many.
    fn acks(number: u32) -> Vec<u8> {
        let ack = frame(PING, ACK, &[0; 8]);
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(DATA, 0, &ack.repeat(5000)));
        for _ in 0..number {
            bytes.extend(&ack);
        }
        bytes
    }

    fn followed(bytes: &[u8], piece: usize) -> Result<(), Flood> {
        let mut control = Control::new(Untaken::default());
        bytes
            .chunks(piece)
            .try_for_each(|piece| control.follow(piece).map(|_| ()))
    }

    #[test]
    fn frames_are_counted_however_they_are_cut_and_contents_are_not() {
        for piece in [1, 2, 8, 9, 10, 17, 4096, usize::MAX] {
            assert_eq!(followed(&acks(MOST), piece), Ok(()), "{piece}");
            assert_eq!(followed(&acks(MOST + 1), piece), Err(Flood), "{piece}");
        }
    }

    #[test]
    fn settings_count_and_pings_do_not() {
        let mut control = Control::new(Untaken::default());
        control.follow(&acks(0)).unwrap();
        let pings = frame(PING, 0, &[0; 8]).repeat(1000);
        assert_eq!(control.follow(&pings), Ok(None));
        let settings = frame(SETTINGS, 0, &[0, 4, 0, 0, 0, 1]).repeat(101);
        assert_eq!(control.follow(&settings), Err(Flood));
    }

    /// How many bytes of these frames are for later.
    fn later(frames: &[u8]) -> Option<usize> {
        let mut control = Control::new(Untaken::default());
        control.follow(&acks(0)).unwrap();
        control.follow(frames).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn small_pieces_of_bodies_let_others_have_a_turn() {
        let pieces = frame(DATA, 0, b"1").repeat(200);
        // The content of the last one comes after the turn.
        assert_eq!(later(&pieces), Some(pieces.len() - 10 * 129 + 1));
        let padded = frame(DATA, PADDED, &[255; 257]).repeat(129);
        assert_eq!(later(&padded), Some(257));
        let padded = frame(DATA, PADDED, &[0, 1]).repeat(129);
        assert_eq!(later(&padded), Some(2));
    }

    #[test]
    fn others_have_a_turn_after_some_calls_and_after_as_many_again() {
        let mut control = Control::new(Untaken::default());
        control.follow(&acks(0)).unwrap();
        let calls = frame(HEADERS, END_STREAM, b"headers").repeat(2 * CALLS as usize);
        let half = calls.len() / 2;
        // The content of the last one comes after the turn.
        assert_eq!(control.follow(&calls), Ok(Some(half + 7)));
        assert_eq!(control.follow(&calls[half - 7..]), Ok(Some(7)));
        control.follow(&calls[..half - 16]).unwrap();
        control.pause();
        assert_eq!(control.follow(&calls[half - 16..half]), Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn last_large_and_empty_pieces_hold_nothing_back() {
        assert_eq!(later(&frame(DATA, END_STREAM, b"1").repeat(1000)), None);
        assert_eq!(later(&frame(DATA, 0, &[0; 256]).repeat(1000)), None);
        assert_eq!(later(&frame(DATA, 0, b"").repeat(1000)), None);
        assert_eq!(later(&frame(DATA, PADDED, &[255; 512]).repeat(1000)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_life_is_no_flood() {
        let mut control = Control::new(Untaken::default());
        control.follow(&acks(0)).unwrap();
        let ack = frame(PING, ACK, &[0; 8]);
        for _ in 0..20 {
            advance(WHILE).await;
            assert_eq!(control.follow(&ack.repeat(100)), Ok(None));
        }
    }
}
