//! Byte order marks, which Windows' editors and shells put before a text.
//!
//! Every text file of an operator passes here. A mark before a PEM boundary would make parsers
//! skip the certificate behind it without a word, since RFC 7468, section 2, lets them ignore what
//! stands before a boundary.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

const MARK: &[u8] = b"\xEF\xBB\xBF";
/// No text, key or bundle of an operator is larger (bytes); a wrong path may name anything.
const LARGEST: usize = 4 * 1024 * 1024;
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
/// It cannot be read, is too large ([`io::ErrorKind::FileTooLarge`]), or its text is UTF-16.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = read_with_marks(path)?;
    remove(&mut bytes)?;
    Ok(bytes)
}

/// The file as it is. A device may have no end, and no size that tells it.
///
/// # Errors
/// It cannot be read, or is too large ([`io::ErrorKind::FileTooLarge`]).
pub fn read_with_marks(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(LARGEST);
    // Room for all of it at once: what grows leaves copies behind.
    let mut bytes = Vec::with_capacity(size.min(LARGEST) + 1);
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LARGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
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
    fn a_file_without_an_end_is_too_large() {
        let error = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn text_in_utf_16_is_named() {
        assert_eq!(removed(b"\xFF\xFE-\0"), Err(Utf16));
        assert_eq!(removed(b"\xFE\xFF\0-"), Err(Utf16));
    }
}
