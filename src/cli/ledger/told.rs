//! An order as these commands show it. UPI's words about a person are in none of them.

use serde_json::{Value, json};

use super::moment::{exact, shown};
use crate::domain::{Answer, CallerName, Outcome};
use crate::ledger::archive::Listed;
use crate::verify::port::State;

/// The state's name in the contract.
pub(super) const fn state(state: &State) -> &'static str {
    match state {
        State::Sending => "IN_FLIGHT",
        State::Answered(_) => "ANSWERED",
        State::NotSent => "NOT_SENT",
        State::OutcomeUnknown => "OUTCOME_UNKNOWN",
    }
}

/// The same of a state's name in ledgers.
pub(super) fn named(state: &str) -> &str {
    match state {
        "SENDING" => "IN_FLIGHT",
        other => other,
    }
}

/// The answer of an order that has one.
pub(super) const fn answer(order: &Listed) -> Option<&Answer> {
    match &order.record.state {
        State::Answered(answer) => Some(answer),
        State::Sending | State::NotSent | State::OutcomeUnknown => None,
    }
}

/// The response code.
pub(super) fn code(answer: &Answer) -> &str {
    match &answer.outcome {
        Outcome::Comparison(_) => "00",
        Outcome::Rejection(rejection) => rejection.code.as_str(),
    }
}

/// What was found, in a word or two.
pub(super) fn result(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Comparison(confidence) => format!("00, {} of 100", confidence.get()),
        Outcome::Rejection(rejection) => {
            format!(
                "{} {}",
                rejection.code.as_str(),
                rejection.category.as_str()
            )
        }
    }
}

/// One line of a list.
pub(super) fn line(order: &Listed) -> String {
    let record = &order.record;
    let result = answer(order).map(result).unwrap_or_default();
    format!(
        "{:<35}  {:<15}  {}  {}  {result}",
        order.order_id.as_str(),
        state(&record.state),
        shown(record.updated_at),
        record.upi_uuid,
    )
    .trim_end()
    .to_owned()
}

/// For programs.
pub(super) fn to_json(order: &Listed) -> Value {
    let record = &order.record;
    let answer = answer(order);
    let (confidence, category) = match answer.map(|answer| &answer.outcome) {
        Some(Outcome::Comparison(confidence)) => (Some(confidence.get()), None),
        Some(Outcome::Rejection(rejection)) => (None, Some(rejection.category.as_str())),
        None => (None, None),
    };
    json!({
        "order_id": order.order_id.as_str(),
        "state": state(&record.state),
        "code": answer.map(code),
        "confidence": confidence,
        "category": category,
        "upi_uuid": record.upi_uuid,
        "attempts": record.attempts,
        "created_at": exact(record.created_at),
        "updated_at": exact(record.updated_at),
        "answered_at": answer.map(|answer| exact(answer.answered_at)),
        "owner": order.owner,
        "caller": record.caller.as_ref().map(CallerName::as_str),
        "jws_sha256": order.jws_sha256,
        "consent": record.consent.as_ref().map(|consent| {
            let [scenario, purpose, version, serial] = consent.texts();
            json!({
                "usage_scenario": scenario,
                "purpose": purpose,
                "agreement_version": version,
                "agreement_serial": serial,
            })
        }),
    })
}
