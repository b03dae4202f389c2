//! The frame header, and what its scans need of it (B.2.2, B.2.3).

use super::super::{Flaw, Sides};
use super::tables::Tables;

/// SOF2: progressive, Huffman-coded.
const PROGRESSIVE: u8 = 0xC2;

/// What is known of the image so far.
#[derive(Default)]
pub(super) struct Image<'a> {
    /// The tables that were defined.
    pub(super) tables: Tables,
    frame: Option<Frame<'a>>,
    scanned: bool,
}

#[derive(Clone, Copy)]
struct Frame<'a> {
    sides: Sides,
    progressive: bool,
    /// Three bytes each: identifier, sampling, quantisation table.
    components: &'a [[u8; 3]],
}

impl<'a> Image<'a> {
    /// Reads the frame header. Common decoders read baseline, extended and progressive images of
    /// 8 bits with Huffman coding; lossless, hierarchical and arithmetic ones are refused.
    pub(super) fn frame(&mut self, marker: u8, segment: &'a [u8]) -> Result<(), Flaw> {
        let (head, components) = segment.split_first_chunk().ok_or(Flaw::Damaged)?;
        let [precision, h1, h2, w1, w2, count] = *head;
        let (components, odd) = components.as_chunks();
        let counted = components.len() == usize::from(count) && count > 0 && odd.is_empty();
        // A second frame header would let readers disagree about the size.
        if self.frame.is_some() || !counted {
            return Err(Flaw::Damaged);
        }
        if precision != 8 || !matches!(marker, 0xC0..=0xC2) {
            return Err(Flaw::Process);
        }
        self.frame = Some(Frame {
            sides: Sides {
                width: u16::from_be_bytes([w1, w2]).into(),
                height: u16::from_be_bytes([h1, h2]).into(),
            },
            progressive: marker == PROGRESSIVE,
            components,
        });
        Ok(())
    }

    /// Reads a scan header: two bytes for each component, and three more.
    pub(super) fn scan(&mut self, segment: &[u8]) -> Result<(), Flaw> {
        let frame = self.frame.ok_or(Flaw::Damaged)?;
        let (count, rest) = segment.split_first().ok_or(Flaw::Damaged)?;
        let (components, pass) = rest.split_last_chunk().ok_or(Flaw::Damaged)?;
        let (components, odd) = components.as_chunks();
        if components.len() != usize::from(*count) || *count == 0 || !odd.is_empty() {
            return Err(Flaw::Damaged);
        }
        for [identifier, selectors] in components {
            self.component(&frame, *identifier, *selectors, *pass)?;
        }
        self.scanned = true;
        Ok(())
    }

    fn component(
        &self,
        frame: &Frame<'_>,
        identifier: u8,
        selectors: u8,
        [first, _, approximation]: [u8; 3],
    ) -> Result<(), Flaw> {
        let mut components = frame.components.iter();
        let component = components.find(|[known, ..]| *known == identifier);
        let [.., quantisation] = component.ok_or(Flaw::Damaged)?;
        // A progressive scan is of DC or AC coefficients; a refinement of DC is not coded (G.1.2.1).
        let (dc, ac) = match (frame.progressive, first) {
            (false, _) => (true, true),
            (true, 0) => (approximation >> 4 == 0, false),
            (true, _) => (false, true),
        };
        let has = |wanted: bool, tables: u16, number: u8| !wanted || Tables::has(tables, number);
        let complete = Tables::has(self.tables.quantisation, *quantisation)
            && has(dc, self.tables.dc, selectors >> 4)
            && has(ac, self.tables.ac, selectors & 0x0F);
        if complete { Ok(()) } else { Err(Flaw::NoTable) }
    }

    /// At the end marker: the sides, when there was something to see.
    pub(super) fn sides(&self) -> Result<Sides, Flaw> {
        let frame = self.frame.filter(|_| self.scanned);
        frame.map(|frame| frame.sides).ok_or(Flaw::Damaged)
    }
}
