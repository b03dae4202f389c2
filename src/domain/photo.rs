//! The photo.
use super::rules::Rules;
use super::violation::Violation;
use bytes::Bytes;

/// Largest photo in bytes: 204,800 characters of base64.
pub const MAX_BYTES: usize = 153_600;

/// What the content is, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoFormat {
    /// JPEG
    Jpeg,
    /// PNG
    Png,
}

/// A complete JPEG or PNG of allowed size; wiped on drop when nobody else holds the bytes.
pub struct Photo {
    bytes: Bytes,
    format: PhotoFormat,
}
impl Photo {
    /// Field `photo`.
    pub fn parse(bytes: Bytes, rules: &Rules) -> Result<Self, Violation> {
        todo!()
    }
    /// The image.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The format.
    #[must_use]
    pub const fn format(&self) -> PhotoFormat {
        self.format
    }
}
