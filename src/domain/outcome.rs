//! What UPI answered. Only a signed answer becomes one of these.

use time::OffsetDateTime;

/// UPI's answer to one verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was found.
    pub outcome: Outcome,
    /// The UPI-UUID of the request that got this answer: 32 lower-case hex digits.
    pub upi_uuid: String,
    /// When the answer had been received and its signature verified.
    pub answered_at: OffsetDateTime,
}

/// A comparison, or UPI's refusal to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Response code `00`: the faces were compared.
    Comparison(Confidence),
    /// Any other response code.
    Rejection(Rejection),
}

/// How alike the faces are: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Confidence(u8);

impl Confidence {
    /// `None` above 100.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 100 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The value, 0 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// UPI's refusal.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What the caller can make of the code.
    pub category: Category,
    /// The code itself.
    pub code: ResponseCode,
    /// `responseMsg`, S 1-100; UPI's words, for the caller and for no log.
    pub message: String,
    /// `errorDetail`, S 1-255, or empty; UPI's words, for the caller and for no log.
    pub detail: String,
}

impl std::fmt::Debug for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rejection")
            .field("category", &self.category)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// `responseCode`, AN 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResponseCode([u8; 2]);

impl ResponseCode {
    /// `None` unless the text is two ASCII letters or digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 2] = text.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_alphanumeric)
            .then_some(Self(code))
    }

    /// The two characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What a caller can do about a response code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The source did not confirm the person.
    NotConfirmed,
    /// UPI found the message wrong.
    InvalidRequest,
    /// UPI has seen this order id.
    DuplicateOrder,
    /// Policy, contract or limit.
    NotPermitted,
    /// No result now; whether it was charged is UPI's rule.
    SourceUnavailable,
    /// Any other code.
    Other,
}

impl Category {
    const NAMES: [(Self, &'static str); 6] = [
        (Self::NotConfirmed, "NOT_CONFIRMED"),
        (Self::InvalidRequest, "INVALID_REQUEST"),
        (Self::DuplicateOrder, "DUPLICATE_ORDER"),
        (Self::NotPermitted, "NOT_PERMITTED"),
        (Self::SourceUnavailable, "SOURCE_UNAVAILABLE"),
        (Self::Other, "OTHER"),
    ];

    /// Its name in metrics and in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(category, _)| *category == self);
        found.map_or("OTHER", |(_, name)| name)
    }

    /// The category of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(category, _)| *category)
    }
}
