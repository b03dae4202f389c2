//! Ways in which an answer can be wrong. Everything else about it stays right, so that
//! each fault proves one check of the client.

use std::fmt;
use std::str::FromStr;

/// What a scenario `sandbox:fault=NAME` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No UPI-JWS header.
    NoSignature,
    /// One character of the signature is another one.
    BadSignature,
    /// Signed with another key than the kid says (with the encryption key).
    WrongKey,
    /// UPI-TIMESTAMP lies a minute beyond the window.
    StaleTimestamp,
    /// UPI-APPID names another participant.
    OtherAppId,
    /// UPI-REQPATH names another path.
    OtherPath,
    /// The kid is one that nobody was told of.
    UnknownKid,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// The body was changed after signing.
    Tampered,
    /// Code `00` without a confidence.
    NoConfidence,
    /// Code `00` with confidence 101.
    Confidence101,
    /// Half of a JSON text.
    MalformedJson,
    /// No `responseCode`.
    NoResponseCode,
    /// A web page with status 200.
    Html,
    /// No body at all.
    EmptyBody,
    /// A body of more than 64 KiB.
    Oversized,
    /// A good answer, but with status 500.
    Http500,
    /// A good answer, but with status 400.
    Http400,
    /// 401 and `E0`, although the signature was good: nothing is processed.
    Unauthorized,
    /// A good answer, but with status 307 to the same path.
    Redirect,
    /// The connection is reset after the request was received.
    Reset,
    /// The connection is closed after the request was received.
    Close,
    /// The connection is closed in the middle of the body.
    Truncated,
    /// No answer, until the client leaves.
    Hang,
    /// A body that comes in drops and never ends.
    SlowBody,
}

/// `NAME` names no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such fault")]
pub struct UnknownFault;

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 25] = [
        Self::NoSignature,
        Self::BadSignature,
        Self::WrongKey,
        Self::StaleTimestamp,
        Self::OtherAppId,
        Self::OtherPath,
        Self::UnknownKid,
        Self::AlgNone,
        Self::Tampered,
        Self::NoConfidence,
        Self::Confidence101,
        Self::MalformedJson,
        Self::NoResponseCode,
        Self::Html,
        Self::EmptyBody,
        Self::Oversized,
        Self::Http500,
        Self::Http400,
        Self::Unauthorized,
        Self::Redirect,
        Self::Reset,
        Self::Close,
        Self::Truncated,
        Self::Hang,
        Self::SlowBody,
    ];

    /// `NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSignature => "no-signature",
            Self::BadSignature => "bad-signature",
            Self::WrongKey => "wrong-key",
            Self::StaleTimestamp => "stale-timestamp",
            Self::OtherAppId => "other-app-id",
            Self::OtherPath => "other-path",
            Self::UnknownKid => "unknown-kid",
            Self::AlgNone => "alg-none",
            Self::Tampered => "tampered",
            Self::NoConfidence => "no-confidence",
            Self::Confidence101 => "confidence-101",
            Self::MalformedJson => "malformed-json",
            Self::NoResponseCode => "no-response-code",
            Self::Html => "html",
            Self::EmptyBody => "empty-body",
            Self::Oversized => "oversized",
            Self::Http500 => "http-500",
            Self::Http400 => "http-400",
            Self::Unauthorized => "unauthorized",
            Self::Redirect => "redirect",
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Truncated => "truncated",
            Self::Hang => "hang",
            Self::SlowBody => "slow-body",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let mut all = Self::ALL.into_iter();
        all.find(|fault| fault.name() == name).ok_or(UnknownFault)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Fault, UnknownFault};

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
        }
        assert_eq!(HashSet::from(Fault::ALL).len(), Fault::ALL.len());
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "nothing", "Reset", "reset "] {
            assert_eq!(name.parse::<Fault>(), Err(UnknownFault));
        }
    }
}
