//! What commands read, and how they complain about it.

use std::error::Error;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::exit::Exit;
use crate::app::{NotText, to_passphrase};
use crate::domain::Secret;
use crate::marks;
use crate::upi::key::KeyError;

/// Files larger than this are no input of ours (bytes).
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Why a command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("cannot read {}", path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the customer file must be a JSON object with the texts \"name\" and \"id_number\"")]
    Customer,
    #[error(transparent)]
    Passphrase(#[from] NotText),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("no order id can be minted")]
    Mint(#[from] getrandom::Error),
}

/// Reads a file, or standard input when it is called `-`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let result = if path == Path::new("-") {
        io::stdin().take(MAX_FILE).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes))
    };
    result.map(|_| bytes).map_err(|cause| InputError::File {
        path: path.to_owned(),
        cause,
    })
}

/// Reads a text, which may begin with a byte order mark.
pub(super) fn read_text(path: &Path) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let mut text = Zeroizing::new(read(path)?);
    marks::remove(&mut text).map_err(|error| InputError::File {
        path: path.to_owned(),
        cause: error.into(),
    })?;
    Ok(text)
}

pub(super) fn read_passphrase(path: &Path) -> Result<Secret<String>, InputError> {
    Ok(to_passphrase(read_text(path)?)?)
}

/// How a command ends that may have failed; it complains.
pub(super) fn ended<E: Error>(
    ended: Result<(), E>,
    code: impl FnOnce(&E) -> Exit,
) -> io::Result<Exit> {
    let Err(error) = ended else {
        return Ok(Exit::Success);
    };
    complain(&error)?;
    Ok(code(&error))
}

pub(super) fn complain(error: &dyn Error) -> io::Result<()> {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    writeln!(io::stderr(), "idphoto: {line}")
}
