//! The structure of a PNG, ISO/IEC 15948 clause 5: a walk from chunk to chunk.

use super::{Flaw, Sides};

/// The first eight bytes.
pub const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The least that a zlib stream (RFC 1950) has: header, an empty block, checksum.
const MIN_PIXELS: usize = 8;

/// Colour type 3: pixels are numbers of colours of a palette.
const INDEXED: u8 = 3;

/// The sides of the image; intact chunks lead from IHDR over IDAT to IEND, and nothing follows.
///
/// Unlike JPEG, nobody has a use for bytes after the end; in the field they are what
/// careless croppers left of the original.
///
/// # Errors
/// The first flaw.
pub fn sides(png: &[u8]) -> Result<Sides, Flaw> {
    let (first, mut rest) = chunk(png.strip_prefix(&SIGNATURE).ok_or(Flaw::Damaged)?)?;
    let header = Header::of(&first).ok_or(Flaw::Damaged)?;
    let mut palette = false;
    let mut pixels = 0;
    loop {
        let (next, after) = chunk(rest)?;
        match &next.kind {
            b"IHDR" => return Err(Flaw::Damaged),
            b"PLTE" => palette = true,
            b"IDAT" if header.colour_type == INDEXED && !palette => return Err(Flaw::NoTable),
            b"IDAT" => pixels += next.content.len(),
            b"IEND" if pixels < MIN_PIXELS => return Err(Flaw::NoData),
            b"IEND" if !next.content.is_empty() => return Err(Flaw::Damaged),
            b"IEND" if !after.is_empty() => return Err(Flaw::Trailing),
            b"IEND" => return Ok(header.sides),
            _ => {}
        }
        rest = after;
    }
}

struct Header {
    sides: Sides,
    colour_type: u8,
}

impl Header {
    /// Reads IHDR (11.2.1); the values after the sides are few.
    fn of(chunk: &Chunk<'_>) -> Option<Self> {
        let (width, rest) = chunk.content.split_first_chunk()?;
        let (height, rest) = rest.split_first_chunk()?;
        let &[depth, colour_type, 0, 0, 0 | 1] = rest else {
            return None;
        };
        let known = matches!(
            (colour_type, depth),
            (0, 1 | 2 | 4 | 8 | 16) | (INDEXED, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16)
        );
        let sides = Sides {
            width: u32::from_be_bytes(*width),
            height: u32::from_be_bytes(*height),
        };
        let header = Self { sides, colour_type };
        (&chunk.kind == b"IHDR" && known).then_some(header)
    }
}

struct Chunk<'a> {
    kind: [u8; 4],
    content: &'a [u8],
}

impl Chunk<'_> {
    /// Decoders may skip what they do not know; then the first letter is small (5.4).
    const fn is_ancillary(&self) -> bool {
        self.kind[0].is_ascii_lowercase()
    }
}

/// The first chunk and what follows it.
fn chunk(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), Flaw> {
    let (chunk, crc, rest) = cut(bytes).ok_or(Flaw::Damaged)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&chunk.kind);
    hasher.update(chunk.content);
    match hasher.finalize() == u32::from_be_bytes(crc) {
        true => Ok((chunk, rest)),
        false if chunk.is_ancillary() => Err(Flaw::Ancillary),
        false => Err(Flaw::Damaged),
    }
}

fn cut(bytes: &[u8]) -> Option<(Chunk<'_>, [u8; 4], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let (content, rest) = rest.split_at_checked(length)?;
    let (crc, rest) = rest.split_first_chunk()?;
    let kind = *kind;
    Some((Chunk { kind, content }, *crc, rest))
}
