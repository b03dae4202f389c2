//! The structure of a JPEG, ISO/IEC 10918-1 annex B: a walk from marker to marker.

use std::io::BufRead as _;

use super::{Flaw, Sides};

mod image;
mod tables;

use image::Image;

/// SOI, and the first byte of the marker after it.
pub const SIGNATURE: [u8; 3] = [0xFF, 0xD8, 0xFF];

const SOI: [u8; 2] = [0xFF, 0xD8];
const DHT: u8 = 0xC4;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DQT: u8 = 0xDB;

/// The sides of the primary image, whose scans have data, and every table that they name.
///
/// What follows the end marker is not looked at: cameras append previews, gain maps and
/// films there, and every decoder stops at the marker.
///
/// # Errors
/// The first flaw.
pub fn sides(jpeg: &[u8]) -> Result<Sides, Flaw> {
    let rest = jpeg.strip_prefix(&SOI).ok_or(Flaw::Damaged)?;
    let mut walk = Walk { rest };
    let mut image = Image::default();
    let mut marker = walk.marker()?;
    loop {
        marker = match marker {
            EOI => return image.sides(),
            // TEM and RSTn stand alone; decoders skip the stray ones.
            0x01 | 0xD0..=0xD7 => walk.marker()?,
            SOS => {
                image.scan(walk.segment()?)?;
                walk.end_of_scan()?
            }
            _ => {
                other(marker, walk.segment()?, &mut image)?;
                walk.marker()?
            }
        };
    }
}

/// A segment that no entropy-coded data follow.
fn other<'a>(marker: u8, segment: &'a [u8], image: &mut Image<'a>) -> Result<(), Flaw> {
    match marker {
        DHT => image.tables.huffman(segment),
        DQT => image.tables.quantisation(segment),
        // JPG and DAC have a number that a frame header could have.
        0xC8 | 0xCC => Ok(()),
        0xC0..=0xCF => image.frame(marker, segment),
        0xDC..=0xFE => Ok(()),
        // SOI and reserved markers.
        _ => Err(Flaw::Damaged),
    }
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// The marker that must come next.
    fn marker(&mut self) -> Result<u8, Flaw> {
        self.rest = self.rest.strip_prefix(&[0xFF]).ok_or(Flaw::Damaged)?;
        self.code()
    }

    /// The byte after 0xFF; more of these are fill bytes (B.1.1.2).
    fn code(&mut self) -> Result<u8, Flaw> {
        loop {
            let (code, rest) = self.rest.split_first().ok_or(Flaw::Damaged)?;
            self.rest = rest;
            if *code != 0xFF {
                return Ok(*code);
            }
        }
    }

    /// The content of a segment, whose length counts itself.
    fn segment(&mut self) -> Result<&'a [u8], Flaw> {
        let (length, rest) = self.rest.split_first_chunk().ok_or(Flaw::Damaged)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let content = length
            .checked_sub(2)
            .and_then(|length| rest.split_at_checked(length));
        let (content, rest) = content.ok_or(Flaw::Damaged)?;
        self.rest = rest;
        Ok(content)
    }

    /// Skips entropy-coded data, of which there must be some, and in which 0xFF is followed by
    /// zero or a restart marker. The marker that ends it.
    fn end_of_scan(&mut self) -> Result<u8, Flaw> {
        let mut has_data = false;
        loop {
            // Runs on the C library's memchr; a slice cannot fail to be read.
            let skipped = self.rest.skip_until(0xFF).map_err(|_| Flaw::Damaged)?;
            has_data |= skipped > 1;
            match self.code()? {
                0x00 => has_data = true,
                0xD0..=0xD7 => {}
                marker if has_data => return Ok(marker),
                _ => return Err(Flaw::NoData),
            }
        }
    }
}
