//! A JOSE protected header, read strictly: josekit takes the last of two members of one
//! name, and RFC 7515 section 4 and RFC 7516 section 4 want such a header refused.

use std::fmt;

use base64_simd::{Base64, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::jws::error::JwsError;

/// Base64url without padding (RFC 7515 section 2): no white space, no other alphabet, no
/// spare bits.
pub(super) const BASE64URL: Base64 = URL_SAFE_NO_PAD;

/// Longest encoded header. Real ones have 100 to 400 characters.
const MAX_ENCODED: usize = 4096;

pub(super) struct Header(Map<String, Value>);

impl Header {
    /// Reads the first part of a compact serialisation.
    pub(super) fn parse(encoded: &str) -> Result<Self, JwsError> {
        if encoded.len() > MAX_ENCODED {
            return Err(JwsError::TooLong);
        }
        let bytes = BASE64URL.decode_to_vec(encoded);
        let bytes = bytes.map_err(|_| JwsError::HeaderEncoding)?;
        let json = std::str::from_utf8(&bytes).map_err(|_| JwsError::HeaderNotUtf8)?;
        let Members(all) = serde_json::from_str(json).map_err(|_| JwsError::HeaderNotJsonObject)?;
        let count = all.len();
        let members: Map<_, _> = all.into_iter().collect();
        if members.len() < count {
            return Err(JwsError::DuplicateMember);
        }
        Ok(Self(members))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The members of a JSON object in their order, duplicates included.
pub struct Members(pub Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
