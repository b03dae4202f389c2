//! One file at a time, wiped from memory when it is dropped.

use std::io;
use std::path::Path;

use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::Secret;
use crate::marks::{self, Utf16};

/// A passphrase file that holds something else than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase file is not UTF-8 text")]
pub struct NotText;

/// Why a file cannot be read. It does not name the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refuses.
    #[error("cannot be read ({0})")]
    Unreadable(#[source] io::Error),
    /// It can be neither key nor certificate.
    #[error("is too large for a key or certificate")]
    TooLarge,
    /// A text that is not UTF-8.
    #[error(transparent)]
    Utf16(#[from] Utf16),
}

/// The whole file, without byte order marks, wiped when it is dropped.
///
/// # Errors
/// The file cannot be read, is too large for a key, or is text in UTF-16.
pub fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let read = marks::read_with_marks(path).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => ReadError::TooLarge,
        _ => ReadError::Unreadable(error),
    });
    let mut bytes = Zeroizing::new(read?);
    marks::remove(&mut bytes)?;
    Ok(bytes)
}

/// A passphrase file's text; an editor's line break at the end is no part of it.
///
/// # Errors
/// The file is not UTF-8 text.
pub fn to_passphrase(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret<String>, NotText> {
    while bytes
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        bytes.pop();
    }
    String::from_utf8(std::mem::take(&mut *bytes))
        .map(Secret::new)
        .map_err(|error| {
            error.into_bytes().zeroize();
            NotText
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: &[u8]) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, content).unwrap();
        read_file(&path)
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_passphrase() {
        let read = written(b"\xEF\xBB\xBFsecret\r\n").unwrap();
        assert_eq!(to_passphrase(read).unwrap().expose(), "secret");
    }

    #[test]
    fn text_in_utf_16_is_named() {
        let error = written(b"\xFF\xFEs\0").unwrap_err();
        assert_eq!(error.to_string(), "is UTF-16 text; save it as UTF-8");
    }
}
