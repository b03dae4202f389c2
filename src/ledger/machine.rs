//! The state machine of orders: what every engine does to a row.

use crate::verify::port::{Digest, Settled, Settlement, State};

/// Whether an order that stands may be claimed again.
#[must_use]
pub fn claimable(state: &State, recorded: Digest, claimed: Digest) -> bool {
    *state == State::NotSent && recorded == claimed
}

/// What an end makes of an attempt of its own owner; `None` where there is no such step.
#[must_use]
pub fn settled(state: &State, end: &Settlement) -> Option<Settled> {
    match (state, end) {
        (State::Sending, _) => Some(Settled::InTime),
        (State::OutcomeUnknown, Settlement::OutcomeUnknown)
        | (State::NotSent, Settlement::NotSent) => Some(Settled::Already),
        (State::Answered(one), Settlement::Answered(other)) if one == other => {
            Some(Settled::Already)
        }
        (State::OutcomeUnknown, Settlement::Answered(_) | Settlement::NotSent) => {
            Some(Settled::Late)
        }
        _ => None,
    }
}
