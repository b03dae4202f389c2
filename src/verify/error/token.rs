//! Why a bearer token proves nothing.

/// The first check that it failed. Never holds any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFlaw {
    /// There are several, and nobody knows which one counts.
    #[error("there are several authorization headers")]
    Several,
    /// Another scheme, or no text.
    #[error("the authorization header is no bearer token")]
    NotBearer,
    /// Longer than a token may be.
    #[error("the token is too long")]
    TooLong,
    /// Not a JSON Web Token with a signature.
    #[error("the token is not three parts of base64url, with JSON objects in the first two")]
    Malformed,
    /// `none`, HMAC, or another one that is not admitted.
    #[error("the token's alg is none of RS256, PS256, ES256 and EdDSA")]
    Algorithm,
    /// It wants something to be understood that is not.
    #[error("the token has crit")]
    Critical,
    /// It does not say by which key it was signed.
    #[error("the token has no kid")]
    NoKid,
    /// No set of keys was read so far.
    #[error("there are no keys yet")]
    NoKeys,
    /// No key has this kid, not even after the keys were read again, where that was due.
    #[error("no key has the token's kid")]
    UnknownKey,
    /// Such a key does not sign so.
    #[error("the token's alg is not one of its key")]
    KeyMismatch,
    /// It was not signed by this key, or was changed since.
    #[error("the token's signature does not fit")]
    Signature,
    /// Another issuer, or none.
    #[error("the token's iss is not auth.jwt.issuer")]
    Issuer,
    /// Another audience, or none.
    #[error("the token's aud does not hold auth.jwt.audience")]
    Audience,
    /// It would be good for ever.
    #[error("the token has no exp")]
    NoEnd,
    /// Its time is over.
    #[error("the token's exp is over")]
    Expired,
    /// Its time has not begun.
    #[error("the token's nbf is to come")]
    NotYet,
    /// It comes from the future: a clock is wrong.
    #[error("the token's iat is to come")]
    IssuedLater,
    /// None, or one that no entry of `callers` can have.
    #[error("the token's sub is missing, or can be nobody's identity")]
    Subject,
}
