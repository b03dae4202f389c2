//! The structure of a PNG, ISO/IEC 15948 clause 5: a walk from chunk to chunk.

use std::io::Cursor;

use imagesize::{ImageSize, ImageType};

/// The first eight bytes.
pub const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

const HEADER_LENGTH: usize = 13;

/// The size of the image; `None` unless intact chunks lead from IHDR over IDAT to IEND and
/// nothing follows.
///
/// Unlike JPEG, nobody has a use for bytes after the end; in the field they are what
/// careless croppers left of the original.
pub fn size(png: &[u8]) -> Option<ImageSize> {
    let (header, mut rest) = chunk(png.strip_prefix(&SIGNATURE)?)?;
    if &header.kind != b"IHDR" || header.content.len() != HEADER_LENGTH {
        return None;
    }
    let mut has_pixels = false;
    loop {
        let (next, after) = chunk(rest)?;
        match &next.kind {
            b"IHDR" => return None,
            b"IDAT" => has_pixels = true,
            b"IEND" => {
                let ends = has_pixels && next.content.is_empty() && after.is_empty();
                return ends.then(|| header_size(png)).flatten();
            }
            _ => {}
        }
        rest = after;
    }
}

fn header_size(png: &[u8]) -> Option<ImageSize> {
    ImageType::Png.reader_size(&mut Cursor::new(png)).ok()
}

struct Chunk<'a> {
    kind: [u8; 4],
    content: &'a [u8],
}

/// The first chunk and what follows it; `None` when it is cut off or its CRC is wrong.
fn chunk(bytes: &[u8]) -> Option<(Chunk<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (body, rest) = rest.split_at_checked(length.checked_add(4)?)?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (kind, content) = body.split_first_chunk()?;
    let chunk = Chunk {
        kind: *kind,
        content,
    };
    let intact = crc32fast::hash(body) == u32::from_be_bytes(*crc);
    intact.then_some((chunk, rest))
}
