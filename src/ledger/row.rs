//! An order as engines keep it: a row of plain columns.

use time::OffsetDateTime;

use super::calendar::Day;
use super::journal::{from_micros, hex, micros};
use super::machine;
use crate::domain::{
    Answer, CallerName, Category, Confidence, Consent, OrderId, Outcome, Rejection, ResponseCode,
};
use crate::verify::port::{Claim, Digest, KeyId, Record, Settled, Settlement, State};

/// The code of a comparison.
const COMPARED: &str = "00";

/// A row of `orders`: its columns in their order, but for the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The id.
    pub order_id: String,
    /// The name of its state.
    pub state: String,
    /// How often it was claimed.
    pub attempts: i64,
    /// Who claimed it last.
    pub owner: String,
    /// The UPI-UUID of that attempt.
    pub upi_uuid: String,
    /// SHA-256 of its UPI-JWS, hex.
    pub jws_sha256: String,
    /// The key of the digest, hex.
    pub digest_key: String,
    /// The digest, hex.
    pub digest: String,
    /// The four texts of the consent; none once they are purged.
    pub consent: [Option<String>; 4],
    /// When it was first claimed, in microseconds.
    pub created_at: i64,
    /// When its state last changed, in microseconds.
    pub updated_at: i64,
    /// The answer.
    pub answer: AnswerRow,
    /// Whether its texts were removed.
    pub purged: bool,
    /// Who asked, where callers have names.
    pub caller: Option<String>,
    /// The day to which it is counted, of a caller that has a budget.
    pub charged: Option<String>,
}

/// The columns of an answer, all of them empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerRow {
    /// Response code.
    pub code: Option<String>,
    /// 0 to 100, of a comparison.
    pub confidence: Option<i64>,
    /// What the code means, of a rejection.
    pub category: Option<String>,
    /// UPI's words, if they are kept.
    pub message: Option<String>,
    /// UPI's words, if they are kept.
    pub detail: Option<String>,
    /// When the answer was verified, in microseconds.
    pub answered_at: Option<i64>,
}

/// A row that no gateway wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the column {0} of an order is damaged")]
pub struct Damaged(pub &'static str);

impl OrderRow {
    /// The row of a first claim.
    #[must_use]
    pub fn claimed(claim: &Claim, owner: &str, at: OffsetDateTime, day: Option<&Day>) -> Self {
        let texts = claim.consent.texts();
        Self {
            order_id: claim.attempt.order_id.to_string(),
            state: State::Sending.name().to_owned(),
            attempts: 1,
            owner: owner.to_owned(),
            upi_uuid: claim.attempt.upi_uuid.clone(),
            jws_sha256: hex(&claim.jws_sha256),
            digest_key: hex(&claim.digest.key.0),
            digest: hex(&claim.digest.value),
            consent: texts.map(|text| Some(text.to_owned())),
            created_at: micros(at),
            updated_at: micros(at),
            answer: AnswerRow::default(),
            purged: false,
            caller: claim.caller.as_ref().map(ToString::to_string),
            charged: day.map(ToString::to_string),
        }
    }

    /// The order, as the use case knows it.
    ///
    /// # Errors
    /// The first column that cannot be.
    pub fn record(self) -> Result<Record, Damaged> {
        let Self {
            order_id: _,
            state,
            attempts,
            owner: _,
            upi_uuid,
            jws_sha256: _,
            digest_key,
            digest,
            consent,
            created_at,
            updated_at,
            answer,
            purged: _,
            caller,
            charged: _,
        } = self;
        let digest = Digest {
            key: KeyId(unhex(&digest_key).ok_or(Damaged("digest_key"))?),
            value: unhex(&digest).ok_or(Damaged("digest"))?,
        };
        Ok(Record {
            state: match state.as_str() {
                "SENDING" => State::Sending,
                "ANSWERED" => State::Answered(answer.read(upi_uuid.clone())?),
                "NOT_SENT" => State::NotSent,
                "OUTCOME_UNKNOWN" => State::OutcomeUnknown,
                _ => return Err(Damaged("state")),
            },
            digest,
            consent: recorded(consent),
            upi_uuid,
            caller: caller
                .map(|name| CallerName::parse(&name).ok_or(Damaged("caller")))
                .transpose()?,
            attempts: attempts.try_into().map_err(|_| Damaged("attempts"))?,
            created_at: from_micros(created_at).ok_or(Damaged("created_at"))?,
            updated_at: from_micros(updated_at).ok_or(Damaged("updated_at"))?,
        })
    }

    /// What an end makes of the order, as [`machine::settled`] says: it is compared with what a
    /// row keeps of an end.
    ///
    /// # Errors
    /// The first column that cannot be.
    pub fn settled(&self, end: &Settlement, keep_texts: bool) -> Result<Option<Settled>, Damaged> {
        let end = match end {
            Settlement::Answered(answer) => {
                let kept = AnswerRow::of(end, keep_texts);
                Settlement::Answered(kept.read(answer.upi_uuid.clone())?)
            }
            Settlement::NotSent | Settlement::OutcomeUnknown => end.clone(),
        };
        let state = self.clone().record()?.state;
        Ok(machine::settled(&state, &end))
    }

    /// Its id.
    ///
    /// # Errors
    /// It is none.
    pub fn id(&self) -> Result<OrderId, Damaged> {
        OrderId::parse(&self.order_id).map_err(|_| Damaged("order_id"))
    }
}

fn recorded(texts: [Option<String>; 4]) -> Option<Consent> {
    match texts {
        [Some(scenario), Some(purpose), Some(version), Some(serial)] => {
            Some(Consent::recorded([scenario, purpose, version, serial]))
        }
        _ => None,
    }
}

impl AnswerRow {
    /// The columns of an end. UPI's words are left out unless they are to be kept.
    #[must_use]
    pub fn of(end: &Settlement, keep_texts: bool) -> Self {
        let Settlement::Answered(answer) = end else {
            return Self::default();
        };
        let mut row = Self {
            answered_at: Some(micros(answer.answered_at)),
            ..Self::default()
        };
        match &answer.outcome {
            Outcome::Comparison(confidence) => {
                row.code = Some(COMPARED.to_owned());
                row.confidence = Some(confidence.get().into());
            }
            Outcome::Rejection(rejection) => {
                row.code = Some(rejection.code.as_str().to_owned());
                row.category = Some(rejection.category.as_str().to_owned());
                row.message = keep_texts.then(|| rejection.message.clone());
                row.detail = keep_texts.then(|| rejection.detail.clone());
            }
        }
        row
    }

    fn read(self, upi_uuid: String) -> Result<Answer, Damaged> {
        let code = self.code.ok_or(Damaged("code"))?;
        let outcome = match self.confidence {
            Some(points) => {
                let points = u8::try_from(points).ok().and_then(Confidence::new);
                Outcome::Comparison(points.ok_or(Damaged("confidence"))?)
            }
            None => Outcome::Rejection(Rejection {
                category: self
                    .category
                    .and_then(|name| Category::parse(&name))
                    .ok_or(Damaged("category"))?,
                code: ResponseCode::parse(&code).ok_or(Damaged("code"))?,
                message: self.message.unwrap_or_default(),
                detail: self.detail.unwrap_or_default(),
            }),
        };
        let answered_at = self.answered_at.and_then(from_micros);
        Ok(Answer {
            outcome,
            upi_uuid,
            answered_at: answered_at.ok_or(Damaged("answered_at"))?,
        })
    }
}

/// The inverse of [`hex`], for exactly `N` bytes.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}
