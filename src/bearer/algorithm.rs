//! The algorithms by which a token may be signed: these four, and no other.

use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, JwsVerifier, PS256, RS256};
use serde_json::Value;

use crate::verify::error::TokenFlaw;

/// How a token may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(super) const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self, TokenFlaw> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|algorithm| algorithm.name() == name);
        found.ok_or(TokenFlaw::Algorithm)
    }

    /// `None` when the key's type, curve, size, use or `alg` are not for it.
    pub(super) fn verifier(self, key: &Jwk) -> Option<Box<dyn JwsVerifier>> {
        let text = |name: &str| key.parameter(name).and_then(Value::as_str);
        match self {
            Self::Rs256 => boxed(RS256.verifier_from_jwk(key)),
            Self::Ps256 => boxed(PS256.verifier_from_jwk(key)),
            Self::Es256 => boxed(ES256.verifier_from_jwk(key)),
            // The library's EdDSA is Ed448, too.
            Self::EdDsa if text("crv") == Some("Ed25519") => boxed(EdDSA.verifier_from_jwk(key)),
            Self::EdDsa => None,
        }
    }
}

fn boxed<V: JwsVerifier + 'static, E>(made: Result<V, E>) -> Option<Box<dyn JwsVerifier>> {
    Some(Box::new(made.ok()?))
}
