//! The rules that a signature can break.

use crate::upi::key::Kid;
use crate::upi::token::TokenError;

/// Which rule a signature breaks. Fixed texts, and of the header the kid alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// The value or its header is longer than any real one.
    #[error("the signature is too long")]
    TooLong,
    /// Not `header..signature`.
    #[error("the signature has not three parts")]
    NotThreeParts,
    /// The middle part is not empty.
    #[error("the signature carries a payload, and must be detached")]
    PayloadAttached,
    /// The header is not base64url without padding.
    #[error("the protected header is not base64url")]
    HeaderEncoding,
    /// The header is not UTF-8.
    #[error("the protected header is not UTF-8")]
    HeaderNotUtf8,
    /// The header is not a JSON object.
    #[error("the protected header is not a JSON object")]
    HeaderNotJsonObject,
    /// The header has two members of one name.
    #[error("the protected header has two members of one name")]
    DuplicateMember,
    /// The signature part is not base64url without padding.
    #[error("the signature is not base64url")]
    SignatureEncoding,
    /// `alg` is not RS256.
    #[error("alg is not RS256")]
    Algorithm,
    /// `kid` is absent.
    #[error("kid is missing")]
    KidMissing,
    /// `kid` is a number or something else.
    #[error("kid is not a string")]
    KidNotText,
    /// `kid` names none of the configured keys; here it is, when it has the form of one.
    #[error("kid names no configured key{}", shown(.0.as_ref()))]
    KidUnknown(Option<Kid>),
    /// `crit` is absent, not an array of strings, empty, or names something twice.
    #[error("crit is not a list of distinct names")]
    CriticalForm,
    /// `crit` names something that is not understood.
    #[error("crit names an unknown member")]
    CriticalUnknown,
    /// `crit` lacks UPI-UUID, UPI-TIMESTAMP or UPI-APPID.
    #[error("crit lacks a mandatory name")]
    CriticalIncomplete,
    /// `crit` names a member that is not there.
    #[error("crit names an absent member")]
    CriticalAbsent,
    /// The signature does not belong to this header, body and key.
    #[error("the signature does not verify")]
    Signature,
    /// A claim is not a string.
    #[error("a claim is not a string")]
    ClaimNotText,
    /// UPI-TIMESTAMP is not a number of seconds in digits.
    #[error("UPI-TIMESTAMP is not Unix seconds")]
    TimestampForm,
    /// UPI-TIMESTAMP is too far from our clock.
    #[error("UPI-TIMESTAMP is outside the window")]
    TimestampOutsideWindow,
    /// UPI-APPID is another participant's.
    #[error("UPI-APPID differs")]
    AppId,
    /// UPI-REQPATH is another call's.
    #[error("UPI-REQPATH differs")]
    RequestPath,
    /// UPI-REQPATH is absent or not critical where it must be.
    #[error("UPI-REQPATH is missing")]
    RequestPathMissing,
    /// A verifier without keys was asked for.
    #[error("there is no verification key")]
    NoKeys,
    /// Two verification keys have one kid.
    #[error("two verification keys have the same kid")]
    KidTwice,
    /// OpenSSL refuses the key.
    #[error("the key cannot be used for RS256")]
    Key,
    /// OpenSSL refuses to sign.
    #[error("the body cannot be signed")]
    Signing,
    /// The token that has our key does not sign.
    #[error(transparent)]
    Token(#[from] TokenError),
}

fn shown(kid: Option<&Kid>) -> String {
    kid.map_or_else(String::new, |kid| format!(": {}", kid.as_str()))
}
