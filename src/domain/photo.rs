//! The photo: decided by its content, by headers and structure alone. Pixels are never
//! inflated, since a small file can announce gigabytes of them.

mod flaw;
mod jpeg;
mod png;

use std::borrow::Cow;
use std::mem;

use bytes::{Bytes, BytesMut};
use zeroize::Zeroize;

use flaw::Flaw;

use super::rules::{PhotoLimits, Rules};
use super::text::REQUIRED;
use super::violation::Violation;

/// Largest photo in bytes: 204,800 characters of base64.
pub const MAX_BYTES: usize = 153_600;

const FIELD: &str = "photo";
const TOO_LARGE: &str = "must be at most 153600 bytes";
const CONTENT: &str = "must be a JPEG or PNG image, whatever its name says";
const BASE64: &str = "must be the bytes of the image, and this is base64 text: decode it first";

/// What the content is, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoFormat {
    /// ISO/IEC 10918-1.
    Jpeg,
    /// ISO/IEC 15948.
    Png,
}

impl PhotoFormat {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&jpeg::SIGNATURE) {
            Some(Self::Jpeg)
        } else if bytes.starts_with(&png::SIGNATURE) {
            Some(Self::Png)
        } else {
            None
        }
    }

    /// The sides of a complete image.
    fn sides(self, bytes: &[u8]) -> Result<Sides, &'static str> {
        match self {
            Self::Jpeg => jpeg::sides(bytes).map_err(Flaw::of_jpeg),
            Self::Png => png::sides(bytes).map_err(Flaw::of_png),
        }
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sides {
    width: u32,
    height: u32,
}

/// A complete JPEG or PNG of 1 to 153,600 bytes and of allowed sides; wiped on drop when
/// nobody else holds the bytes.
pub struct Photo {
    bytes: Wiped,
    format: PhotoFormat,
}

impl Photo {
    /// Checks field `photo`. The time it takes is linear in the size.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn parse(bytes: Bytes, rules: &Rules) -> Result<Self, Violation> {
        // A refused photo is wiped, too.
        let bytes = Wiped(bytes);
        let format = check(&bytes.0, rules.photo).map_err(|rule| Violation::new(FIELD, rule))?;
        Ok(Self { bytes, format })
    }

    /// The image as it came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> PhotoFormat {
        self.format
    }
}

struct Wiped(Bytes);

impl Drop for Wiped {
    fn drop(&mut self) {
        drop(wiped(mem::take(&mut self.0)));
    }
}

/// The buffer, all zeros; `None`, and nothing is touched, when somebody else holds it.
fn wiped(bytes: Bytes) -> Option<BytesMut> {
    let mut buffer = bytes.try_into_mut().ok()?;
    buffer.as_mut().zeroize();
    Some(buffer)
}

fn check(bytes: &[u8], limits: PhotoLimits) -> Result<PhotoFormat, Cow<'static, str>> {
    if bytes.is_empty() {
        return Err(REQUIRED.into());
    }
    if bytes.len() > MAX_BYTES {
        return Err(TOO_LARGE.into());
    }
    let format = PhotoFormat::of(bytes).ok_or_else(|| no_image(bytes))?;
    let Sides { width, height } = format.sides(bytes)?;
    if limits.admit(width) && limits.admit(height) {
        Ok(format)
    } else {
        Err(limits.description().into())
    }
}

/// Base64 text begins as an image of one of the formats does in base64.
fn no_image(bytes: &[u8]) -> &'static str {
    let beginnings: [&[u8]; 3] = [b"/9j/", b"iVBORw0KGgo", b"data:image/"];
    let is_text = beginnings.iter().any(|text| bytes.starts_with(text));
    if is_text { BASE64 } else { CONTENT }
}

impl PhotoLimits {
    /// A side of zero is no image, whatever the limits.
    fn admit(self, side: u32) -> bool {
        side > 0 && (self.min_side..=self.max_side).contains(&side)
    }

    fn description(self) -> String {
        let Self { min_side, max_side } = self;
        format!("must have sides of {min_side} to {max_side} pixels")
    }
}

#[cfg(test)]
mod tests;
