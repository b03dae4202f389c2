//! UPI's name of a key.

use std::fmt;

use super::KeyError;

/// Ids in the field have 10 to 20 characters; the limit keeps headers small.
const MAX_LENGTH: usize = 128;

/// A certificate id at UPI: 1 to 128 characters of `[A-Za-z0-9/_.-]`, opaque, not the X.509
/// serial.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kid(String);

impl Kid {
    /// Checks alphabet and length.
    ///
    /// # Errors
    /// [`KeyError::Kid`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(&byte);
        if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(admitted) {
            return Err(KeyError::Kid);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
