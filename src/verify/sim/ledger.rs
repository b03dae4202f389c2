//! A ledger that keeps its contract, and no more: it is slow, fails, loses replies, writes after
//! nobody waits any more, and is away for a while. Its rows outlive every process.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

use super::executor::{Pid, WORLD};
use super::world::{Facts, Row, SWEEP_AFTER, World, number, short};
use crate::domain::{OrderId, Span, Verification};
use crate::ledger::machine;
use crate::verify::doubles::cause;
use crate::verify::port::{
    Attempt, Bar, BoxFuture, Claim, Claimed, Count, Fingerprint, Ledger, LedgerError, Record,
    Settled, Settlement, State,
};

/// The way of one process to the ledger.
pub struct SimLedger {
    pub world: Arc<World>,
    pub process: Pid,
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    /// Written, and the reply is lost.
    ReplyLost,
    /// Not written, and nobody can say.
    Doubtful,
    /// Certainly not written.
    Refused,
    /// Written or not, and no reply comes.
    Mute(bool),
}

struct Course {
    fate: Fate,
    /// The pauses before it is executed and before its reply.
    before: Option<Duration>,
    after: Option<Duration>,
    /// Not written when nobody waits any more.
    cancels: bool,
}

/// What a step does to the rows.
type Effect<T> = Box<dyn FnOnce(&mut Facts) -> T + Send>;

impl SimLedger {
    fn course(&self) -> Course {
        let mut facts = self.world.facts();
        let (fails, slow) = (facts.weather.ledger_fails, facts.weather.ledger_slow);
        let away = facts.outage.contains(&self.process);
        let rng = &mut facts.rng;
        let fate = match () {
            () if away => rng.pick(&[Fate::Refused, Fate::Doubtful, Fate::Mute(false)]),
            () if rng.chance(fails) => rng.pick(&[
                Fate::ReplyLost,
                Fate::Doubtful,
                Fate::Refused,
                Fate::Mute(false),
                Fate::Mute(true),
            ]),
            () => Fate::Done,
        };
        let most = if rng.chance(slow) { 1500 } else { 3 };
        Course {
            fate,
            before: rng.chance(50).then(|| rng.millis(0, most)),
            after: rng.chance(50).then(|| rng.millis(0, most)),
            cancels: rng.chance(50),
        }
    }

    /// Runs a step in the world, where it goes on when the gateway does not wait any more.
    fn run<T: Send + 'static>(
        &self,
        writes: bool,
        effect: Effect<T>,
    ) -> BoxFuture<'_, Result<T, LedgerError>> {
        Box::pin(async move {
            let course = self.course();
            let (told, hears) = oneshot::channel();
            let (world, process) = (Arc::clone(&self.world), self.process);
            let step = step(world, process, (course, writes), (effect, told));
            self.world.executor.spawn(WORLD, step);
            hears.await.unwrap_or_else(|_| Err(doubt()))
        })
    }
}

async fn step<T: Send>(
    world: Arc<World>,
    process: Pid,
    (course, writes): (Course, bool),
    (effect, told): (Effect<T>, oneshot::Sender<Result<T, LedgerError>>),
) {
    let file = world.facts().file;
    if let Some(turn) = turn(&world, process, course.before, file && writes) {
        sleep_until(turn).await;
    }
    // A file is locked by one process; a database does what it was sent, whoever has gone since.
    let gone = told.is_closed() && course.cancels || file && world.executor.is_dead(process);
    if gone {
        return;
    }
    let written = match course.fate {
        Fate::Done | Fate::ReplyLost | Fate::Mute(true) => Some(effect(&mut world.facts())),
        Fate::Doubtful | Fate::Refused | Fate::Mute(false) => None,
    };
    if let Some(after) = course.after {
        sleep(after).await;
    }
    let reply = match (course.fate, written) {
        (Fate::Done, Some(done)) => Ok(done),
        (Fate::Refused, _) => Err(LedgerError::Engine(cause())),
        (Fate::Mute(_), _) => std::future::pending().await,
        _ => Err(doubt()),
    };
    // Whoever asked may have gone.
    let _ = told.send(reply);
}

/// When a step is executed, if that is not now. Writes to a file queue.
fn turn(world: &World, process: Pid, before: Option<Duration>, queues: bool) -> Option<Instant> {
    let wanted = before.map(|before| Instant::now() + before);
    if !queues {
        return wanted;
    }
    let wanted = wanted.unwrap_or_else(Instant::now);
    let mut facts = world.facts();
    let last = facts.queues.get(&process).copied();
    let next = last.map_or(wanted, |last| wanted.max(last + Duration::from_millis(1)));
    facts.queues.insert(process, next);
    Some(next)
}

fn doubt() -> LedgerError {
    LedgerError::Uncertain(cause())
}

/// Notes a settlement that its gateway did not see succeed.
struct Watched<'a> {
    ledger: &'a SimLedger,
    uuid: String,
    succeeded: bool,
}

impl Watched<'_> {
    fn saw(&mut self, succeeded: bool) {
        self.succeeded = succeeded;
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.succeeded {
            let uuid = std::mem::take(&mut self.uuid);
            self.ledger.world.facts().failed.insert(uuid);
        }
    }
}

impl Ledger for SimLedger {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.world.fingerprinter.digest(request)
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let order = number(id);
        let read = move |facts: &mut Facts| facts.rows.get(&order).map(|row| row.record.clone());
        self.run(false, Box::new(read))
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        let process = self.process;
        self.run(true, Box::new(move |facts| take_on(facts, process, claim)))
    }

    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>> {
        let (process, attempt) = (self.process, attempt.clone());
        let mut watched = Watched {
            ledger: self,
            uuid: attempt.upi_uuid.clone(),
            succeeded: false,
        };
        let settling = self.run(
            true,
            Box::new(move |facts| self::end(facts, process, &attempt, end)),
        );
        Box::pin(async move {
            let settled = settling.await.and_then(|settled| settled);
            watched.saw(settled.is_ok());
            settled
        })
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        let process = self.process;
        self.run(true, Box::new(move |facts| sweep(facts, process)))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>> {
        self.run(false, Box::new(|_| Vec::new()))
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        self.run(true, Box::new(|_| ()))
    }
}

fn take_on(facts: &mut Facts, process: Pid, claim: Claim) -> Claimed {
    let order = number(&claim.attempt.order_id);
    let stands = facts.rows.get(&order).map(|row| row.record.clone());
    let free = stands
        .as_ref()
        .is_none_or(|record| machine::claimable(&record.state, record.digest, claim.digest));
    if let Some(record) = stands.clone().filter(|_| !free) {
        facts.note(process, || {
            format!("claim of {order}: {}", record.state.name())
        });
        return Claimed::Standing(Box::new(record));
    }
    let charged = claim.budget.is_set();
    let bound = claim.budget.daily;
    if bound.is_some_and(|bound| facts.count >= bound) {
        facts.note(process, || format!("claim of {order}: nothing is left"));
        return Claimed::Barred(Bar::Spent {
            span: Span::Day,
            rest: SWEEP_AFTER,
        });
    }
    facts.count += u64::from(charged);
    let uuid = claim.attempt.upi_uuid.clone();
    facts.note(process, || format!("claim of {order} as {}", short(&uuid)));
    let record = Record {
        state: State::Sending,
        digest: claim.digest,
        consent: Some(claim.consent),
        upi_uuid: claim.attempt.upi_uuid,
        caller: claim.caller,
        attempts: stands.map_or(0, |record| record.attempts) + 1,
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    };
    let owner = process;
    let row = Row {
        record,
        owner,
        charged,
    };
    facts.rows.insert(order, row);
    Claimed::Granted
}

fn end(
    facts: &mut Facts,
    process: Pid,
    attempt: &Attempt,
    end: Settlement,
) -> Result<Settled, LedgerError> {
    let order = number(&attempt.order_id);
    let uuid = &attempt.upi_uuid;
    let row = facts.rows.get_mut(&order);
    let row = row.filter(|row| row.owner == process && row.record.upi_uuid == *uuid);
    let row = row.ok_or(LedgerError::WrongState)?;
    let record = &mut row.record;
    let settled = machine::settled(&record.state, &end).ok_or(LedgerError::WrongState)?;
    if settled != Settled::Already {
        if end == Settlement::NotSent {
            facts.count -= u64::from(std::mem::take(&mut row.charged));
        }
        record.state = end.into();
    }
    let name = record.state.name();
    facts.note(process, || {
        format!("{} is {name} ({settled:?})", short(uuid))
    });
    let unproven = |post: &super::world::Post| post.uuid == *uuid && !post.is_proven();
    if name == State::NotSent.name() && facts.posts.iter().any(unproven) {
        facts.broken(
            process,
            format!("order {order} is NOT_SENT without a proof"),
        );
    }
    Ok(settled)
}

/// Gives up what this process has seen in flight for long, whoever owns it.
fn sweep(facts: &mut Facts, process: Pid) -> u64 {
    let now = Instant::now();
    let mut swept = 0;
    if facts.file {
        return 0;
    }
    for row in facts.rows.values_mut() {
        if row.record.state != State::Sending {
            continue;
        }
        let key = (process, row.record.upi_uuid.clone());
        let first = *facts.seen.entry(key).or_insert(now);
        if now - first >= SWEEP_AFTER {
            row.record.state = State::OutcomeUnknown;
            swept += 1;
        }
    }
    if swept > 0 {
        facts.note(process, || format!("sweeps {swept}"));
    }
    swept
}

/// A file is opened by a new process, which has it alone.
pub fn recover(facts: &mut Facts, process: Pid) {
    for row in facts.rows.values_mut() {
        if facts.file && row.record.state == State::Sending {
            row.record.state = State::OutcomeUnknown;
        }
    }
    facts.note(process, || "starts".to_owned());
}
