//! The idempotency key.
use super::violation::Violation;
use std::fmt;
use time::OffsetDateTime;

/// 35 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderId(Box<str>);

impl OrderId {
    /// Checks the text; the violation's field is `order_id`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        todo!()
    }
    /// 14 digits of UTC time and 21 characters of `[0-9A-Z]` from the OS's CSPRNG.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn mint(now: OffsetDateTime) -> Result<Self, getrandom::Error> {
        todo!()
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
