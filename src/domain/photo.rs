//! The photo: decided by its content, by headers and structure alone. Pixels are never
//! inflated, since a small file can announce gigabytes of them.

mod jpeg;
mod png;

use std::borrow::Cow;
use std::mem;

use bytes::{Bytes, BytesMut};
use imagesize::ImageSize;
use zeroize::Zeroize;

use super::rules::{PhotoLimits, Rules};
use super::text::REQUIRED;
use super::violation::Violation;

/// Largest photo in bytes: 204,800 characters of base64.
pub const MAX_BYTES: usize = 153_600;

const FIELD: &str = "photo";
const TOO_LARGE: &str = "must be at most 153600 bytes";
const CONTENT: &str = "must be a JPEG or PNG image, whatever its name says";
const JPEG: &str = "must be a complete JPEG image: it is cut off or damaged";
const PNG: &str = "must be a complete PNG image: it is cut off or damaged";

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

    /// The size of a complete image.
    fn size(self, bytes: &[u8]) -> Result<ImageSize, &'static str> {
        match self {
            Self::Jpeg => jpeg::size(bytes).ok_or(JPEG),
            Self::Png => png::size(bytes).ok_or(PNG),
        }
    }
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
    let format = PhotoFormat::of(bytes).ok_or(CONTENT)?;
    let size = format.size(bytes)?;
    if limits.admit(size.width) && limits.admit(size.height) {
        Ok(format)
    } else {
        Err(limits.description().into())
    }
}

impl PhotoLimits {
    /// A side of zero is no image, whatever the limits.
    fn admit(self, side: usize) -> bool {
        let side = u32::try_from(side).unwrap_or(u32::MAX);
        side > 0 && (self.min_side..=self.max_side).contains(&side)
    }

    fn description(self) -> String {
        let Self { min_side, max_side } = self;
        format!("must have sides of {min_side} to {max_side} pixels")
    }
}

#[cfg(test)]
mod tests;
