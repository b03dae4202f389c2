//! What keeps an image from being seen, and the words for it.

/// What is wrong with an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Cut off, or no image of the format at all.
    Damaged,
    /// No pixel is coded in it.
    NoData,
    /// It names a table that it does not define.
    NoTable,
    /// A process of ISO/IEC 10918-1 that common decoders do not read.
    Process,
    /// An ancillary chunk of a PNG whose CRC is wrong.
    Ancillary,
    /// Bytes after the last chunk of a PNG.
    Trailing,
}

impl Flaw {
    /// The rule that a JPEG breaks.
    pub(super) const fn of_jpeg(self) -> &'static str {
        match self {
            Self::NoData => "must have image data: a scan of this JPEG is empty",
            Self::NoTable => "must define every quantisation and Huffman table that its scans name",
            Self::Process => {
                "must be a baseline or progressive JPEG of 8 bits with Huffman coding, which common decoders read"
            }
            Self::Damaged | Self::Ancillary | Self::Trailing => {
                "must be a complete JPEG image: it is cut off or damaged"
            }
        }
    }

    /// The rule that a PNG breaks.
    pub(super) const fn of_png(self) -> &'static str {
        match self {
            Self::NoData => "must have image data: the IDAT chunks of this PNG hold none",
            Self::NoTable => "must define its palette before the pixels that use it",
            Self::Ancillary => {
                "must be an intact PNG image: the CRC of an ancillary chunk, such as a text, is wrong"
            }
            Self::Trailing => "must end with its IEND chunk: remove the bytes that follow it",
            Self::Damaged | Self::Process => {
                "must be a complete PNG image: it is cut off or damaged"
            }
        }
    }
}
