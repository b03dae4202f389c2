//! What happened to orders: one entry for each claim and each end, written in the same transaction
//! as the change, and never changed.
//!
//! # The canonical encoding, version 3
//!
//! An entry is one JSON object as RFC 8785 (JSON Canonicalization Scheme) writes it: members sorted
//! by name, no white space, UTF-8. Its values are texts and whole numbers alone. A member without a
//! value is left out. Engines keep exactly these bytes, and `idphoto ledger export` writes them.
//!
//! | member | in | value |
//! |---|---|---|
//! | `v` | all | 3 |
//! | `at` | all | when, in microseconds since 1970-01-01T00:00:00Z |
//! | `member` | all | IIN of the member |
//! | `order` | all but those about callers | the order id |
//! | `event` | all | one of [`Happened`] |
//! | `owner` | all | the gateway that wrote it, or `operator` |
//! | `caller` | claims; all about callers | who asked, where callers have names; of whom it is |
//! | `charged` | claims | the day to which it is counted, of a caller that has a budget |
//! | `attempt` | claims | which claim of the order it is, from 1 |
//! | `uuid` | all of orders but purges | UPI-UUID of the attempt |
//! | `jws` | claims | SHA-256 of the UPI-JWS, the signature of the exact body, hex |
//! | `scenario`, `purpose`, `agreement`, `serial` | claims | the four texts of the consent |
//! | `code`, `confidence` | answers | UPI's response code; 0 to 100 where it compared |
//! | `answered` | answers | when the answer was verified, in microseconds |
//! | `dispatch` | ends | what is certain: `ANSWERED`, `NOT_SENT` or `UNKNOWN` |
//! | `resolved` | resolutions | `not-sent` or `answered` |
//! | `period`, `extra` | allowances | a day or a month, and by how many its budget is raised |
//! | `note` | resolutions; all about callers | the operator's words |
//!
//! Version 2 had no `charged` and nothing about callers. Version 1 had, besides, `body` in place of `jws`: SHA-256 of the exact body.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::calendar::Day;
use super::operators::{Allowance, Halt};
use crate::domain::{Answer, Outcome};
use crate::verify::port::{Claim, Settlement};

/// The version of the encoding.
const VERSION: u8 = 3;

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// A gateway claimed it, and is about to send it.
    Claimed,
    /// UPI answered.
    Answered,
    /// It was proven that UPI processed nothing.
    NotSent,
    /// Its gateway got no valid answer, or is gone.
    OutcomeUnknown,
    /// An operator wrote down what UPI's support said.
    Resolved,
    /// Texts and older entries were removed, as `ledger.keep` says.
    Purged,
    /// An operator stopped a caller.
    Stopped,
    /// An operator let a caller go on that was stopped.
    Started,
    /// An operator raised the budget of a caller for a day or a month.
    Allowed,
}

impl Happened {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Claimed,
        Self::Answered,
        Self::NotSent,
        Self::OutcomeUnknown,
        Self::Resolved,
        Self::Purged,
        Self::Stopped,
        Self::Started,
        Self::Allowed,
    ];

    /// Its name in entries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "CLAIMED",
            Self::Answered => "ANSWERED",
            Self::NotSent => "NOT_SENT",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Resolved => "RESOLVED",
            Self::Purged => "PURGED",
            Self::Stopped => "STOPPED",
            Self::Started => "STARTED",
            Self::Allowed => "ALLOWED",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: OffsetDateTime,
    /// To which order.
    pub order_id: String,
    /// What.
    pub happened: Happened,
    members: BTreeMap<&'static str, Value>,
}

/// Who writes an entry, and on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Scribe<'a> {
    /// IIN of the member.
    pub member: &'a str,
    /// The gateway.
    pub owner: &'a str,
    /// When.
    pub at: OffsetDateTime,
}

impl Entry {
    fn new(scribe: Scribe<'_>, order_id: &str, happened: Happened) -> Self {
        let mut entry = Self {
            at: scribe.at,
            order_id: order_id.to_owned(),
            happened,
            members: BTreeMap::new(),
        };
        entry.put("v", VERSION);
        entry.put("at", micros(scribe.at));
        entry.put("member", scribe.member);
        if !order_id.is_empty() {
            entry.put("order", order_id);
        }
        entry.put("event", happened.name());
        entry.put("owner", scribe.owner);
        entry
    }

    /// A claim.
    #[must_use]
    pub fn claimed(scribe: Scribe<'_>, claim: &Claim, (attempt, day): (u32, Option<&Day>)) -> Self {
        let Claim {
            attempt: sent,
            // A keyed digest says nothing to anybody who reads the journal.
            digest: _,
            consent,
            jws_sha256,
            caller,
            // What it was when the order was claimed is the configuration's affair.
            budget: _,
        } = claim;
        let mut entry = Self::new(scribe, sent.order_id.as_str(), Happened::Claimed);
        if let Some(caller) = caller {
            entry.put("caller", caller.as_str());
        }
        if let Some(day) = day {
            entry.put("charged", day.as_str());
        }
        entry.put("attempt", attempt);
        entry.put("uuid", sent.upi_uuid.as_str());
        entry.put("jws", hex(jws_sha256));
        let names = ["scenario", "purpose", "agreement", "serial"];
        for (name, text) in names.into_iter().zip(consent.texts()) {
            entry.put(name, text);
        }
        entry
    }

    /// An end.
    #[must_use]
    pub fn ended(scribe: Scribe<'_>, order_id: &str, upi_uuid: &str, end: &Settlement) -> Self {
        let (happened, dispatch) = match end {
            Settlement::Answered(_) => (Happened::Answered, "ANSWERED"),
            Settlement::NotSent => (Happened::NotSent, "NOT_SENT"),
            Settlement::OutcomeUnknown => (Happened::OutcomeUnknown, "UNKNOWN"),
        };
        let mut entry = Self::new(scribe, order_id, happened);
        entry.put("uuid", upi_uuid);
        entry.put("dispatch", dispatch);
        if let Settlement::Answered(answer) = end {
            entry.answer(answer);
        }
        entry
    }

    /// What an operator was told of an order whose outcome is unknown.
    #[must_use]
    pub fn resolved(
        scribe: Scribe<'_>,
        order_id: &str,
        upi_uuid: &str,
        (resolved, note): (&str, &str),
    ) -> Self {
        let mut entry = Self::new(scribe, order_id, Happened::Resolved);
        entry.put("uuid", upi_uuid);
        entry.put("resolved", resolved);
        entry.put("note", note);
        entry
    }

    /// The last trace of an order's texts.
    #[must_use]
    pub fn purged(scribe: Scribe<'_>, order_id: &str) -> Self {
        Self::new(scribe, order_id, Happened::Purged)
    }

    /// That a caller is stopped, or goes on. It is of no order: engines keep it under an empty id.
    #[must_use]
    pub fn halted(scribe: Scribe<'_>, halt: &Halt) -> Self {
        let happened = match halt.stopped {
            true => Happened::Stopped,
            false => Happened::Started,
        };
        let mut entry = Self::new(scribe, "", happened);
        entry.put("caller", halt.caller.as_str());
        entry.put("note", halt.note.as_str());
        entry
    }

    /// That the budget of a caller is raised.
    #[must_use]
    pub fn allowed(scribe: Scribe<'_>, allowance: &Allowance) -> Self {
        let mut entry = Self::new(scribe, "", Happened::Allowed);
        entry.put("caller", allowance.caller.as_str());
        entry.put("period", allowance.period.as_str());
        entry.put("extra", allowance.extra);
        entry.put("note", allowance.note.as_str());
        entry
    }

    /// The canonical encoding.
    #[must_use]
    pub fn encode(&self) -> String {
        // A map of texts and numbers always encodes.
        serde_json::to_string(&self.members).unwrap_or_default()
    }

    fn answer(&mut self, answer: &Answer) {
        match &answer.outcome {
            Outcome::Comparison(confidence) => {
                self.put("code", "00");
                self.put("confidence", confidence.get());
            }
            // UPI's words about a person stand in no journal.
            Outcome::Rejection(rejection) => self.put("code", rejection.code.as_str()),
        }
        self.put("answered", micros(answer.answered_at));
    }

    fn put(&mut self, name: &'static str, value: impl Into<Value>) {
        self.members.insert(name, value.into());
    }
}

/// Microseconds since 1970, in which engines keep time.
#[must_use]
pub fn micros(at: OffsetDateTime) -> i64 {
    // Within the years that `time` knows this fits.
    i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// The inverse of [`micros`]; `None` for what no calendar has.
#[must_use]
pub fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).ok()
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Budget, CallerName, Confidence, sample};
    use crate::verify::port::{Attempt, Digest, KeyId};

    const UUID: &str = "0123456789abcdef0123456789abcdef";

    fn scribe() -> Scribe<'static> {
        let at = from_micros(1_800_000_000_000_001).unwrap();
        Scribe {
            member: "00520446",
            owner: "a1b2",
            at,
        }
    }

    /// Vectors of version 3, made by Python's json (`sort_keys`, no white space, no ASCII escapes):
    /// what was once written must be written for ever.
    #[test]
    fn entries_are_encoded_as_they_always_were() {
        let request = sample::verification("1");
        let order = request.order_id.to_string();
        let claim = Claim {
            attempt: Attempt {
                order_id: request.order_id,
                upi_uuid: UUID.to_owned(),
            },
            digest: Digest {
                key: KeyId([0; 8]),
                value: [0; 32],
            },
            consent: request.consent,
            jws_sha256: [0xab; 32],
            caller: None,
            budget: Budget::default(),
        };
        let named = Claim {
            caller: CallerName::parse("loans"),
            ..claim.clone()
        };
        let answer = Answer {
            outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
            upi_uuid: UUID.to_owned(),
            answered_at: OffsetDateTime::UNIX_EPOCH,
        };
        let halt = |stopped| Halt {
            caller: CallerName::parse("loans").unwrap(),
            stopped,
            note: "ticket 7".to_owned(),
        };
        let allowance = Allowance {
            caller: CallerName::parse("loans").unwrap(),
            period: "2027-01".to_owned(),
            extra: -5,
            note: "ticket 7".to_owned(),
        };
        let entries = [
            Entry::claimed(scribe(), &claim, (1, None)),
            Entry::ended(scribe(), &order, UUID, &Settlement::Answered(answer)),
            Entry::ended(scribe(), &order, UUID, &Settlement::NotSent),
            Entry::ended(scribe(), &order, UUID, &Settlement::OutcomeUnknown),
            Entry::resolved(scribe(), &order, UUID, ("not-sent", "ticket \"7\"\n户")),
            Entry::purged(scribe(), &order),
            Entry::claimed(scribe(), &named, (2, None)),
            Entry::claimed(scribe(), &named, (2, Day::parse("2027-01-15").as_ref())),
            Entry::halted(scribe(), &halt(true)),
            Entry::halted(scribe(), &halt(false)),
            Entry::allowed(scribe(), &allowance),
        ];
        let encoded: Vec<_> = entries.iter().map(Entry::encode).collect();
        let vectors = include_str!("journal/vectors.jsonl");
        assert_eq!(encoded, vectors.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_time_comes_back() {
        let at = scribe().at;
        assert_eq!(from_micros(micros(at)), Some(at));
    }
}
