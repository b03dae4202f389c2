//! Byte order marks, which Windows' editors and shells put before a text.
//!
//! Every text file of an operator passes here. A mark before a PEM boundary would make parsers
//! skip the certificate behind it without a word, since RFC 7468, section 2, lets them ignore what
//! stands before a boundary.

use std::io;
use std::path::Path;

const MARK: &[u8] = b"\xEF\xBB\xBF";
const BOUNDARY: &[u8] = b"-----BEGIN ";

/// The file is in UTF-16, as PowerShell's `>` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is UTF-16 text; save it as UTF-8")]
pub struct Utf16;

impl From<Utf16> for io::Error {
    fn from(error: Utf16) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The file without its marks.
///
/// # Errors
/// It cannot be read, or its text is UTF-16.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(path)?;
    remove(&mut bytes)?;
    Ok(bytes)
}

/// Takes the marks of UTF-8 away: the first bytes, and those before PEM boundaries, where files
/// were put together. Other bytes stay, so that binary files pass.
///
/// # Errors
/// The text is UTF-16.
pub fn remove(bytes: &mut Vec<u8>) -> Result<(), Utf16> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Utf16);
    }
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let after = rest.strip_prefix(MARK);
        if after.is_some_and(|after| at == 0 || after.starts_with(BOUNDARY)) {
            bytes.drain(at..at + MARK.len());
        } else {
            let step = rest
                .iter()
                .skip(1)
                .position(|byte| MARK.starts_with(&[*byte]));
            at += step.map_or(rest.len(), |step| step + 1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(bytes: &[u8]) -> Result<Vec<u8>, Utf16> {
        let mut bytes = bytes.to_vec();
        remove(&mut bytes).map(|()| bytes)
    }

    #[test]
    fn a_mark_before_a_text_goes() {
        assert_eq!(removed(b"\xEF\xBB\xBF{}"), Ok(b"{}".to_vec()));
        assert_eq!(removed(b"\xEF\xBB\xBF"), Ok(vec![]));
        assert_eq!(removed(b""), Ok(vec![]));
    }

    #[test]
    fn a_mark_before_each_boundary_goes() {
        let marked = b"\xEF\xBB\xBF-----BEGIN A\n\xEF\xBB\xBF-----BEGIN B\n";
        let plain = b"-----BEGIN A\n-----BEGIN B\n";
        assert_eq!(removed(marked), Ok(plain.to_vec()));
    }

    #[test]
    fn other_bytes_stay() {
        for bytes in [
            &b"a\xEF\xBB\xBFb"[..],
            b"0\x82\xEF\xBB\xBF\xEF\xBB",
            b"\xEF\xBB",
            b"-----BEGIN A\n\xEF\xBB\xEF\xBB\xBF--",
        ] {
            assert_eq!(removed(bytes), Ok(bytes.to_vec()), "{bytes:?}");
        }
    }

    #[test]
    fn text_in_utf_16_is_named() {
        assert_eq!(removed(b"\xFF\xFE-\0"), Err(Utf16));
        assert_eq!(removed(b"\xFE\xFF\0-"), Err(Utf16));
    }
}
