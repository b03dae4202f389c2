//! What has come of a message until it is whole.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::domain::WipedBytes;

/// In bytes.
const BLOCK: usize = 16 * 1024;

/// Pieces that are kept for a while are copied: the buffers of HTTP/2's library hold those of many
/// messages, and a small one would keep all of them.
#[derive(Default)]
pub(super) struct Kept {
    copied: Vec<WipedBytes>,
    /// Behind those, as they came.
    pieces: Vec<Bytes>,
}

impl Kept {
    pub(super) fn add(&mut self, piece: Bytes) {
        self.pieces.push(piece);
    }

    /// It takes a while until more comes.
    pub(super) fn copy(&mut self) {
        for mut piece in std::mem::take(&mut self.pieces) {
            while !piece.is_empty() {
                let block = match self.copied.pop() {
                    Some(block) if block.len() < BLOCK => block,
                    full => {
                        self.copied.extend(full);
                        WipedBytes::with_capacity(BLOCK)
                    }
                };
                self.copied.push(filled(block, &mut piece));
            }
        }
    }

    /// All of it, in the order in which it came.
    pub(super) fn give(&mut self) -> VecDeque<Bytes> {
        let copied = self.copied.drain(..).map(Bytes::from_owner);
        copied.chain(self.pieces.drain(..)).collect()
    }
}

fn filled(mut block: WipedBytes, piece: &mut Bytes) -> WipedBytes {
    let room = BLOCK.saturating_sub(block.len()).min(piece.len());
    block.extend_from_slice(&piece.split_to(room));
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbered bytes, in pieces of so many.
    fn pieces(all: usize, size: usize) -> Vec<Bytes> {
        let numbered: Vec<u8> = (0..=250).cycle().take(all).collect();
        numbered.chunks(size).map(Bytes::copy_from_slice).collect()
    }

    fn given(kept: &mut Kept) -> Vec<u8> {
        kept.give().into_iter().flatten().collect()
    }

    #[test]
    fn all_comes_back_in_order_whatever_was_copied() {
        for size in [1, 250, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            for copied in [1, 2, 7, usize::MAX] {
                let mut kept = Kept::default();
                let pieces = pieces(5 * BLOCK, size);
                for (number, piece) in pieces.iter().enumerate() {
                    kept.add(piece.clone());
                    if number % copied == 0 {
                        kept.copy();
                    }
                }
                assert!(given(&mut kept) == pieces.concat(), "{size} {copied}");
                assert!(kept.give().is_empty());
            }
        }
    }

    #[test]
    fn many_small_pieces_are_few_blocks() {
        let mut kept = Kept::default();
        for piece in pieces(2 * BLOCK + 1, 1) {
            kept.add(piece);
            kept.copy();
        }
        assert_eq!(kept.give().len(), 3);
    }
}
