//! Which tables a JPEG has defined so far (B.2.4.1, B.2.4.2).

use super::super::Flaw;

/// A bit for each number of a table.
#[derive(Default)]
pub(super) struct Tables {
    /// Quantisation tables.
    pub(super) quantisation: u16,
    /// Huffman tables of DC coefficients.
    pub(super) dc: u16,
    /// Huffman tables of AC coefficients.
    pub(super) ac: u16,
}

impl Tables {
    /// Whether a table of this number, which has four bits, was defined.
    pub(super) fn has(tables: u16, number: u8) -> bool {
        bit(number).is_ok_and(|bit| tables & bit != 0)
    }

    /// Reads DQT: 64 elements of one or two bytes for each table.
    pub(super) fn quantisation(&mut self, mut segment: &[u8]) -> Result<(), Flaw> {
        while let Some((head, rest)) = segment.split_first() {
            let length = match head >> 4 {
                0 => 64,
                1 => 128,
                _ => return Err(Flaw::Damaged),
            };
            self.quantisation |= bit(head & 0x0F)?;
            segment = rest.get(length..).ok_or(Flaw::Damaged)?;
        }
        Ok(())
    }

    /// Reads DHT: how many codes of each length there are, and a byte for each code.
    pub(super) fn huffman(&mut self, mut segment: &[u8]) -> Result<(), Flaw> {
        while let Some((head, rest)) = segment.split_first() {
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Flaw::Damaged),
            };
            *tables |= bit(head & 0x0F)?;
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(Flaw::Damaged)?;
            let codes = counts.iter().copied().map(usize::from).sum();
            segment = rest.get(codes..).ok_or(Flaw::Damaged)?;
        }
        Ok(())
    }
}

/// Tables have the numbers 0 to 3.
fn bit(number: u8) -> Result<u16, Flaw> {
    1_u16
        .checked_shl(number.into())
        .filter(|_| number < 4)
        .ok_or(Flaw::Damaged)
}
