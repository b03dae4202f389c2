//! The structure of a JPEG, ISO/IEC 10918-1 annex B: a walk from marker to marker.

use std::io::{BufRead, Cursor};

use imagesize::{ImageSize, ImageType};

/// SOI, and the first byte of the marker after it.
pub const SIGNATURE: [u8; 3] = [0xFF, 0xD8, 0xFF];

const SOI: [u8; 2] = [0xFF, 0xD8];
const SOS: u8 = 0xDA;
const EOI: u8 = 0xD9;

/// The size of the primary image; `None` unless segments with a frame header and a scan
/// lead to the end marker.
///
/// What follows the end marker is not looked at: cameras append previews, gain maps and
/// films there, and every decoder stops at the marker.
pub fn size(jpeg: &[u8]) -> Option<ImageSize> {
    let mut walk = Walk {
        rest: jpeg.strip_prefix(&SOI)?,
    };
    let mut frame = None;
    let mut scanned = false;
    let mut marker = walk.marker()?;
    loop {
        marker = match marker {
            EOI => return frame.filter(|_| scanned),
            // TEM and RSTn stand alone; decoders skip the stray ones.
            0x01 | 0xD0..=0xD7 => walk.marker()?,
            SOS => {
                frame?;
                walk.scan_header()?;
                scanned = true;
                walk.end_of_scan()?
            }
            // SOFn, without DHT, JPG and DAC among them.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                // A second frame header would let readers disagree about the size.
                if frame.is_some() {
                    return None;
                }
                frame = Some(frame_size(jpeg, walk.rest)?);
                walk.frame_header()?;
                walk.marker()?
            }
            0xC4 | 0xC8 | 0xCC | 0xDB..=0xFE => {
                walk.segment()?;
                walk.marker()?
            }
            // SOI and reserved markers.
            _ => return None,
        };
    }
}

/// Reads the frame header whose marker stands just before `rest`.
///
/// imagesize finds it by itself only where no fill bytes stand before a marker, which the
/// standard allows. It skips two bytes before the first marker, so that much is left to it.
fn frame_size(jpeg: &[u8], rest: &[u8]) -> Option<ImageSize> {
    let marker = jpeg.len().checked_sub(rest.len())?.checked_sub(2)?;
    let from_marker = jpeg.get(marker.checked_sub(2)?..)?;
    ImageType::Jpeg
        .reader_size(&mut Cursor::new(from_marker))
        .ok()
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// The marker that must come next.
    fn marker(&mut self) -> Option<u8> {
        self.rest = self.rest.strip_prefix(&[0xFF])?;
        self.code()
    }

    /// The byte after 0xFF; more of these are fill bytes (B.1.1.2).
    fn code(&mut self) -> Option<u8> {
        loop {
            let (code, rest) = self.rest.split_first()?;
            self.rest = rest;
            if *code != 0xFF {
                return Some(*code);
            }
        }
    }

    /// The content of a segment, whose length counts itself.
    fn segment(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(content)
    }

    /// B.2.2: precision, height, width, and three bytes for each component.
    fn frame_header(&mut self) -> Option<()> {
        let segment = self.segment()?;
        let components = usize::from(*segment.get(5)?);
        (components > 0 && segment.len() == 6 + 3 * components).then_some(())
    }

    /// B.2.3: two bytes for each component, and three more.
    fn scan_header(&mut self) -> Option<()> {
        let segment = self.segment()?;
        let components = usize::from(*segment.first()?);
        (components > 0 && segment.len() == 4 + 2 * components).then_some(())
    }

    /// Skips entropy-coded data, in which 0xFF is followed by zero or a restart marker. The
    /// marker that ends it.
    fn end_of_scan(&mut self) -> Option<u8> {
        loop {
            // Runs on the C library's memchr; a slice cannot fail to be read.
            self.rest.skip_until(0xFF).ok()?;
            match self.code()? {
                0x00 | 0xD0..=0xD7 => {}
                marker => return Some(marker),
            }
        }
    }
}
