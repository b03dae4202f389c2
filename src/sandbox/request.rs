//! Reads a request as strictly as UPI might: a member that UPI does not know is a typing
//! error, and the sandbox is where it should come out.

use bytes::Bytes;

use super::check::{CUSTOMER_NAME, ID_NUMBER, MERCHANT, OPEN};
use super::members::{ENC_DATA, Members, ORDER_ID, protected_header};
use super::refusal::Refusal;
use super::score::score;
use crate::domain::{FreeText, OrderId, Photo, Rules};
use crate::upi::gateway::PhotoPlacement;
use crate::upi::jwe::{JweError, Opener};
use crate::upi::key::{Kid, PrivateKey};

const PHOTO: &str = "photo";

/// Longest `photo` in characters of base64.
const MAX_PHOTO: usize = 204_800;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) order_id: OrderId,
    pub(super) usage_scenario: String,
    pub(super) score: u8,
}

pub(super) struct Examiner {
    kid: Kid,
    opener: Opener,
    placement: PhotoPlacement,
    rules: Rules,
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
        } else if header.len() != 3 {
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

#[cfg(test)]
mod tests;
