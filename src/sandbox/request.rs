//! Reads a request as strictly as UPI might: a member that UPI does not know is a typing
//! error, and the sandbox is where it should come out.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use zeroize::Zeroize;

use super::check::{CUSTOMER_NAME, ID_NUMBER, MERCHANT, OPEN, Refusal};
use super::score::score;
use crate::domain::{FreeText, OrderId, Photo, Rules};
use crate::upi::gateway::PhotoPlacement;
use crate::upi::jwe::{JweError, Opener};
use crate::upi::key::{Kid, PrivateKey};

const ORDER_ID: &str = "orderID";
const ENC_DATA: &str = "encData";
const PHOTO: &str = "photo";

/// Longest `photo` in characters of base64.
const MAX_PHOTO: usize = 204_800;

/// Longest protected header of a token that is looked at, in characters of base64url.
const MAX_HEADER: usize = 2_048;

/// Longest name of an unknown member that is shown.
const MAX_NAME: usize = 40;

/// The members of a JSON object in their order, duplicates included; wiped on drop, since
/// some are a person's.
pub(super) struct Members(Vec<(String, Value)>);

impl Drop for Members {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

/// What the sandbox needs of a request that passed every check.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) order_id: OrderId,
    pub(super) usage_scenario: String,
    pub(super) score: u8,
}

/// Checks the body of a request.
pub(super) struct Examiner {
    kid: Kid,
    opener: Opener,
    placement: PhotoPlacement,
    rules: Rules,
}

impl Members {
    /// `None` unless the text is a JSON object in UTF-8.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The order id, if it is well formed, whatever else is wrong.
    pub(super) fn order_id(&self) -> Option<OrderId> {
        OrderId::parse(self.text(ORDER_ID).ok()?).ok()
    }

    /// The decoded protected header of `encData`: JSON, or empty.
    pub(super) fn jwe_header(&self) -> String {
        self.text(ENC_DATA)
            .map(protected_header)
            .unwrap_or_default()
    }

    /// The text of a member that must be there.
    pub(super) fn text(&self, member: &'static str) -> Result<&str, Refusal> {
        match self.get(member) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Refusal::NotText(member)),
            None => Err(Refusal::Absent(member)),
        }
    }

    fn get(&self, member: &str) -> Option<&Value> {
        let mut members = self.0.iter();
        members
            .find(|(name, _)| name == member)
            .map(|(_, value)| value)
    }

    fn only<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), Refusal> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            if !known.clone().any(|known| known == name) {
                return Err(Refusal::Unknown(shown(name)));
            }
            if self
                .0
                .iter()
                .skip(index + 1)
                .any(|(other, _)| other == name)
            {
                return Err(Refusal::Twice(shown(name)));
            }
        }
        Ok(())
    }
}

impl Examiner {
    pub(super) fn new(
        (kid, key): &(Kid, PrivateKey),
        placement: PhotoPlacement,
        rules: Rules,
    ) -> Result<Self, JweError> {
        Ok(Self {
            kid: kid.clone(),
            opener: Opener::new(kid, key)?,
            placement,
            rules,
        })
    }

    /// Checks every member.
    pub(super) fn examine(&self, members: &Members) -> Result<Accepted, Refusal> {
        members.only(self.outer())?;
        let free_text = self.rules.free_text;
        for row in OPEN {
            row.read(members, free_text)?;
        }
        if members.text("tradeType")? != "ID0203" {
            return Err(Refusal::TradeType);
        }
        merchant(members, free_text)?;
        let customer = self.decrypt(members.text(ENC_DATA)?)?;
        customer.only(self.inner())?;
        CUSTOMER_NAME.read(&customer, free_text)?;
        let id_number = ID_NUMBER.read(&customer, free_text)?;
        let photo = self.photo(match self.placement {
            PhotoPlacement::Beside => members.text(PHOTO)?,
            PhotoPlacement::Encrypted => customer.text(PHOTO)?,
        })?;
        Ok(Accepted {
            order_id: members.order_id().ok_or(Refusal::Absent(ORDER_ID))?,
            usage_scenario: members.text("scUsageScenarios")?.to_owned(),
            score: score(id_number, photo.bytes()),
        })
    }

    fn outer(&self) -> impl Iterator<Item = &'static str> + Clone {
        let photo = (self.placement == PhotoPlacement::Beside).then_some(PHOTO);
        let rows = OPEN.into_iter().chain(MERCHANT).map(|row| row.member);
        rows.chain([ENC_DATA]).chain(photo)
    }

    fn inner(&self) -> impl Iterator<Item = &'static str> + Clone {
        let photo = (self.placement == PhotoPlacement::Encrypted).then_some(PHOTO);
        [CUSTOMER_NAME.member, ID_NUMBER.member]
            .into_iter()
            .chain(photo)
    }

    fn decrypt(&self, token: &str) -> Result<Members, Refusal> {
        self.check_header(token)?;
        let plaintext = self.opener.open(token);
        let plaintext = plaintext.map_err(|_| Refusal::Token("cannot be decrypted"))?;
        Members::read(plaintext.expose()).ok_or(Refusal::PlaintextNotAnObject)
    }

    // The header is public, so that saying what is wrong with it helps no attacker.
    fn check_header(&self, token: &str) -> Result<(), Refusal> {
        let header = Members::read(protected_header(token).as_bytes());
        let header = header.ok_or(Refusal::Token("not a JWE in compact form"))?;
        let has = |member, value| matches!(header.text(member), Ok(text) if text == value);
        if !has("alg", "RSA1_5") {
            Err(Refusal::Token("alg is RSA1_5"))
        } else if !has("enc", "A128CBC-HS256") {
            Err(Refusal::Token("enc is A128CBC-HS256"))
        } else if !has("kid", self.kid.as_str()) {
            Err(Refusal::Token("kid names no encryption key of this side"))
        } else if header.0.len() != 3 {
            Err(Refusal::Token("the header has alg, enc and kid, each once"))
        } else {
            Ok(())
        }
    }

    fn photo(&self, base64: &str) -> Result<Photo, Refusal> {
        let refused = |rule: &'static str| Err(Refusal::Photo(rule.into()));
        if base64.starts_with("data:") {
            return refused("base64 without a data: prefix");
        }
        if !(1..=MAX_PHOTO).contains(&base64.len()) {
            return refused("1 to 204800 characters");
        }
        let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(base64) else {
            return refused("standard base64 with padding and without line breaks");
        };
        let photo = Photo::parse(Bytes::from(bytes), &self.rules);
        photo.map_err(|violation| Refusal::Photo(violation.description))
    }
}

/// The decoded protected header of a compact JWS or JWE, as it was sent: a JSON object, or
/// empty.
pub(super) fn protected_header(token: &str) -> String {
    let encoded = token.split('.').next().unwrap_or_default();
    let decoded = (encoded.len() <= MAX_HEADER)
        .then(|| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(encoded).ok())
        .flatten()
        .and_then(|decoded| String::from_utf8(decoded).ok());
    decoded
        .filter(|text| Members::read(text.as_bytes()).is_some())
        .unwrap_or_default()
}

fn merchant(members: &Members, free_text: FreeText) -> Result<(), Refusal> {
    let given = |row: &&super::check::Row| members.get(row.member).is_some();
    match MERCHANT.iter().filter(given).count() {
        0 => Ok(()),
        3 => MERCHANT
            .iter()
            .try_for_each(|row| row.read(members, free_text).map(drop)),
        _ => Err(Refusal::PartOfMerchant),
    }
}

/// A member's name as far as it looks like one: what was sent by mistake is not echoed.
fn shown(name: &str) -> String {
    let plain = name.len() <= MAX_NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    if plain { name } else { "(unreadable)" }.to_owned()
}

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

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
