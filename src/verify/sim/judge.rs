//! The promises, held against what callers are told and what stands at the end.
//!
//! What a caller is told with OK is recorded at that moment. It may be told before it is recorded
//! in one case: the ledger did not take the settlement. Then it is recorded as soon as the ledger
//! takes it, if the gateway lives to do it; if not, the order is OUTCOME_UNKNOWN for ever: nobody
//! sends it again, and nobody is told anything else of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::executor::Pid;
use super::world::{Facts, Learned, World};
use crate::verify::error::{Dispatch, NotSent, VerifyError};
use crate::verify::port::{Record, State};
use crate::verify::{FindError, Verified};

/// A call, and what was true when it began.
pub struct Call {
    process: Pid,
    order: usize,
    content: usize,
    /// How many requests had left: some leave at the same moment.
    before: usize,
    /// Requests that were on their way.
    open: Vec<String>,
    /// The order was answered.
    answered: bool,
}

impl Call {
    pub fn begin(world: &Arc<World>, process: Pid, (order, content): (usize, usize)) -> Self {
        let mut facts = world.facts();
        facts.note(process, || format!("is asked for {order} ({content})"));
        let mine = |post: &&super::world::Post| post.by == process && post.order == order;
        let open = facts.posts.iter().filter(mine);
        let open = open.filter(|post| post.learned.is_none());
        let row = facts.rows.get(&order);
        Self {
            process,
            order,
            content,
            before: facts.posts.len(),
            open: open.map(|post| post.uuid.clone()).collect(),
            answered: row.is_some_and(|row| matches!(row.record.state, State::Answered(_))),
        }
    }

    pub fn told(&self, facts: &mut Facts, ended: &Result<Verified, VerifyError>) {
        let order = self.order;
        facts.note(self.process, || match ended {
            Ok(verified) => format!("tells {order}: {:?}", verified.answer.outcome),
            Err(error) => format!("tells {order}: {:?}, {error}", error.dispatch()),
        });
        match ended {
            Ok(verified) => self.told_answer(facts, verified),
            // About the call with other content.
            Err(VerifyError::NotSent(NotSent::OrderIdReused)) => {}
            Err(error) => self.told_error(facts, error),
        }
    }

    fn told_answer(&self, facts: &mut Facts, verified: &Verified) {
        let (order, answer) = (self.order, &verified.answer);
        let uuid = &answer.upi_uuid;
        let sealed = facts.sealed.get(uuid);
        if sealed.is_none_or(|it| (it.order, it.content) != (order, self.content)) {
            facts.broken(
                self.process,
                format!("order {order} got the answer of another"),
            );
        }
        let learned = Some(Learned::Answered(answer.clone()));
        let real = |post: &super::world::Post| post.uuid == *uuid && post.learned == learned;
        if !facts.posts.iter().any(real) {
            facts.broken(
                self.process,
                format!("order {order} got what UPI did not answer"),
            );
        }
        let before = facts.told.insert(order, answer.clone());
        if before.is_some_and(|before| before != *answer) {
            facts.broken(self.process, format!("order {order} has two answers"));
        }
        if !facts.has_answer(order, answer) {
            if verified.replayed || !facts.failed.contains(uuid) {
                facts.broken(
                    self.process,
                    format!("order {order} was told, not recorded"),
                );
            }
            facts.owed.insert(uuid.clone());
        }
    }

    fn told_error(&self, facts: &mut Facts, error: &VerifyError) {
        let order = self.order;
        let dispatch = error.dispatch();
        if dispatch == Dispatch::Unknown && self.answered {
            facts.broken(
                self.process,
                format!("the answer of order {order} is forgotten"),
            );
        }
        if !matches!(dispatch, Dispatch::NotSent | Dispatch::Refused) {
            return;
        }
        let sent = facts.posts.iter().enumerate().any(|(number, post)| {
            // What left for a call with other content says nothing of this one.
            let sealed = facts.sealed.get(&post.uuid);
            let same = sealed.is_some_and(|it| it.content == self.content);
            let of_this_call = same && (number >= self.before || self.open.contains(&post.uuid));
            post.by == self.process && post.order == order && of_this_call && !post.is_proven()
        });
        if sent {
            facts.broken(
                self.process,
                format!("order {order} was sent, and told {dispatch:?}"),
            );
        }
    }

    pub fn found(&self, facts: &mut Facts, found: Result<Record, FindError>) {
        let order = self.order;
        match found.map(|record| record.state) {
            Ok(State::Answered(answer)) => {
                if !facts.has_answer(order, &answer) {
                    facts.broken(self.process, format!("order {order} was found otherwise"));
                }
            }
            Ok(_) | Err(FindError::NotFound) if self.answered => {
                facts.broken(
                    self.process,
                    format!("the answer of order {order} is not found"),
                );
            }
            Ok(_) | Err(_) => {}
        }
    }
}

/// What must hold when all gateways run, the ledger works, and everybody had time.
pub fn at_rest(facts: &mut Facts) {
    let rows = facts.rows.clone();
    let mut broken = Vec::new();
    for (order, row) in &rows {
        if row.record.state == State::Sending {
            broken.push(format!("order {order} is stuck"));
        }
        let unproven = |post: &&super::world::Post| post.order == *order && !post.is_proven();
        let sent = facts.posts.iter().filter(unproven).count();
        if sent > 1 || sent == 1 && row.record.state == State::NotSent {
            broken.push(format!("order {order} was sent, and may be sent again"));
        }
    }
    for post in &facts.posts {
        let lived = !facts.cut_off.contains(&post.by);
        let row = rows.get(&post.order).map(|row| &row.record);
        let state = row
            .filter(|it| it.upi_uuid == post.uuid)
            .map(|it| &it.state);
        let holds = match &post.learned {
            Some(Learned::Answered(answer)) => state == Some(&State::Answered(answer.clone())),
            // It may have been claimed again since.
            Some(Learned::NotProcessed) => state.is_none_or(|state| *state == State::NotSent),
            Some(Learned::Unknown) | None => state == Some(&State::OutcomeUnknown),
        };
        if lived && !holds {
            broken.push(format!("the end of order {} is lost", post.order));
        }
        let forgotten = facts.told.get(&post.order).is_some_and(|told| {
            let owed = facts.owed.contains(&told.upi_uuid) && !lived;
            told.upi_uuid == post.uuid && !owed && state != Some(&State::Answered(told.clone()))
        });
        if forgotten {
            broken.push(format!(
                "the answer of order {} was told and is lost",
                post.order
            ));
        }
    }
    broken.extend(miscounted(facts));
    for how in broken {
        facts.broken(super::executor::WORLD, how);
    }
}

/// The count is that of the orders that are counted: all but those that were not sent. And never has
/// more left than the budget has.
fn miscounted(facts: &Facts) -> Option<String> {
    let bound = facts.budget.daily?;
    let rows = facts.rows.values();
    let charged = rows.clone().filter(|row| row.charged).count() as u64;
    let ended = rows.filter(|row| row.record.state != State::NotSent);
    let ended = ended.count() as u64;
    let sent = facts.posts.iter().filter(|post| !post.is_proven());
    let sent = sent.map(|post| post.order).collect::<BTreeSet<_>>().len() as u64;
    let count = facts.count;
    let good = count == charged && count == ended && count <= bound && sent <= bound;
    (!good).then(|| {
        format!(
            "{count} of {bound} are counted, {charged} are charged, {ended} ended, {sent} were sent"
        )
    })
}
