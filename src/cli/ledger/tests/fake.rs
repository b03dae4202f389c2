//! A ledger that a test made up.

use std::sync::Mutex;
use std::time::Duration;

use time::OffsetDateTime;

use crate::domain::{
    Answer, Budget, Category, Confidence, OrderId, Outcome, Rejection, ResponseCode, sample,
};
use crate::ledger::archive::{
    Allowance, Archive, Copied, Counted, Halt, JournalPage, Kept, Listed, OPERATOR, OrderPage,
    Resolution, Standing, Stats, Stop,
};
use crate::ledger::journal::{Entry, Scribe, from_micros};
use crate::verify::port::{
    Attempt, BoxFuture, Claim, Digest, KeyId, LedgerError, Record, Settlement, State,
};

/// 2027-01-15T08:00:00.000001Z.
const BEGINNING: i64 = 1_800_000_000_000_001;
const HOUR: i64 = 3_600_000_000;

/// Its orders are those of [`Fake::with`], an hour apart.
#[derive(Default)]
pub(super) struct Fake {
    orders: Vec<Listed>,
    entries: Mutex<Vec<Kept>>,
    pub(super) faults: Vec<String>,
    pub(super) to_purge: Mutex<u32>,
    pub(super) imported: Mutex<u64>,
    pub(super) standing: Mutex<Standing>,
}

/// The id of the order of this number.
pub(super) fn id(number: usize) -> OrderId {
    OrderId::parse(&format!("{number:035}")).unwrap()
}

/// UPI's texts are canaries.
pub(super) fn rejected(code: &str) -> State {
    State::Answered(answer(Outcome::Rejection(Rejection {
        category: Category::NotConfirmed,
        code: ResponseCode::parse(code).unwrap(),
        message: "canary".to_owned(),
        detail: "canary".to_owned(),
    })))
}

pub(super) fn compared(points: u8) -> State {
    State::Answered(answer(Outcome::Comparison(
        Confidence::new(points).unwrap(),
    )))
}

fn answer(outcome: Outcome) -> Answer {
    Answer {
        outcome,
        upi_uuid: "0123456789abcdef0123456789abcdef".to_owned(),
        answered_at: from_micros(BEGINNING).unwrap(),
    }
}

fn end(state: &State) -> Option<Settlement> {
    match state {
        State::Sending => None,
        State::Answered(answer) => Some(Settlement::Answered(answer.clone())),
        State::NotSent => Some(Settlement::NotSent),
        State::OutcomeUnknown => Some(Settlement::OutcomeUnknown),
    }
}

impl Fake {
    pub(super) fn with(states: impl IntoIterator<Item = State>) -> Self {
        let mut fake = Self::default();
        for (number, state) in states.into_iter().enumerate() {
            let at = BEGINNING + HOUR * i64::try_from(number).unwrap();
            fake.add(id(number), state, from_micros(at).unwrap());
        }
        fake
    }

    fn add(&mut self, order_id: OrderId, mut state: State, at: OffsetDateTime) {
        if let State::Answered(answer) = &mut state {
            answer.answered_at = at;
        }
        let digest = Digest {
            key: KeyId([0; 8]),
            value: [0; 32],
        };
        let consent = sample::verification("1").consent;
        let upi_uuid = "0123456789abcdef0123456789abcdef".to_owned();
        let claim = Claim {
            attempt: Attempt {
                order_id: order_id.clone(),
                upi_uuid: upi_uuid.clone(),
            },
            digest,
            consent: consent.clone(),
            jws_sha256: [0xab; 32],
            caller: None,
            budget: Budget::default(),
        };
        self.write(&Entry::claimed(scribe("a1b2", at), &claim, (1, None)));
        if let Some(end) = end(&state) {
            let (scribe, id) = (scribe("a1b2", at), order_id.as_str());
            self.write(&Entry::ended(scribe, id, &upi_uuid, &end));
        }
        self.orders.push(Listed {
            order_id,
            record: Record {
                state,
                digest,
                consent: Some(consent),
                upi_uuid,
                caller: None,
                attempts: 1,
                created_at: at,
                updated_at: at,
            },
            owner: "a1b2".to_owned(),
            jws_sha256: "ab".repeat(32),
        });
    }

    fn write(&self, entry: &Entry) {
        let mut entries = self.entries.lock().unwrap();
        let number = i64::try_from(entries.len()).unwrap() + 1;
        let entry = entry.encode();
        entries.push(Kept { number, entry });
    }

    /// The encodings of all entries.
    pub(super) fn journal(&self) -> Vec<String> {
        let entries = self.entries.lock().unwrap();
        entries.iter().map(|kept| kept.entry.clone()).collect()
    }
}

fn scribe(owner: &str, at: OffsetDateTime) -> Scribe<'_> {
    Scribe {
        member: "00000000",
        owner,
        at,
    }
}

fn member(entry: &str, name: &str) -> serde_json::Value {
    serde_json::from_str::<serde_json::Value>(entry).unwrap()[name].clone()
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, LedgerError>> {
    Box::pin(async { Ok(value) })
}

impl Archive for Fake {
    fn stats(&self) -> BoxFuture<'_, Result<Stats, LedgerError>> {
        let mut stats = Stats {
            schema: 1,
            entries: self.journal().len() as u64,
            bytes: Some(3 << 20),
            gateways: 1,
            ..Stats::default()
        };
        for order in &self.orders {
            stats.orders.push((order.record.state.name().to_owned(), 1));
        }
        stats
            .orders
            .push(("ANSWERED".to_owned(), *self.imported.lock().unwrap()));
        ready(stats)
    }

    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, LedgerError>> {
        ready(self.faults.clone())
    }

    fn order(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Listed>, LedgerError>> {
        ready(
            self.orders
                .iter()
                .find(|order| order.order_id == *id)
                .cloned(),
        )
    }

    fn orders(&self, page: OrderPage) -> BoxFuture<'_, Result<Vec<Listed>, LedgerError>> {
        let after = page.after.map(|id| id.to_string()).unwrap_or_default();
        let wanted = self.orders.iter().filter(|order| {
            order.order_id.as_str() > after.as_str()
                && page
                    .state
                    .is_none_or(|state| order.record.state.name() == state)
                && page
                    .since
                    .is_none_or(|since| order.record.updated_at >= since)
        });
        ready(wanted.take(page.limit as usize).cloned().collect())
    }

    fn journal(&self, page: JournalPage) -> BoxFuture<'_, Result<Vec<Kept>, LedgerError>> {
        let entries = self.entries.lock().unwrap();
        let of = page.order_id.map(|id| id.to_string());
        let since = page.since.map(crate::ledger::journal::micros);
        let wanted = entries.iter().filter(|kept| {
            kept.number > page.after
                && of
                    .as_ref()
                    .is_none_or(|id| member(&kept.entry, "order") == id.as_str())
                && since.is_none_or(|since| member(&kept.entry, "at").as_i64() >= Some(since))
        });
        ready(wanted.take(page.limit as usize).cloned().collect())
    }

    fn resolve(&self, said: Resolution) -> BoxFuture<'_, Result<(), LedgerError>> {
        let order = self
            .orders
            .iter()
            .find(|order| order.order_id == said.order_id);
        let order = order.filter(|order| order.record.state == State::OutcomeUnknown);
        let Some(order) = order else {
            return Box::pin(async { Err(LedgerError::WrongState) });
        };
        let scribe = scribe(OPERATOR, from_micros(BEGINNING + 9 * HOUR).unwrap());
        let (id, uuid) = (order.order_id.as_str(), order.record.upi_uuid.as_str());
        self.write(&Entry::resolved(
            scribe,
            id,
            uuid,
            (said.resolved, &said.note),
        ));
        ready(())
    }

    fn standing(&self) -> BoxFuture<'_, Result<Standing, LedgerError>> {
        ready(self.standing.lock().unwrap().clone())
    }

    fn halt(&self, halt: Halt) -> BoxFuture<'_, Result<bool, LedgerError>> {
        let since = from_micros(BEGINNING).unwrap();
        let mut standing = self.standing.lock().unwrap();
        let caller = halt.caller.to_string();
        let was = standing.stops.iter().any(|stop| stop.caller == caller);
        standing.stops.retain(|stop| stop.caller != caller);
        if halt.stopped {
            standing.stops.push(Stop { caller, since });
        }
        self.write(&Entry::halted(scribe(OPERATOR, since), &halt));
        ready(was != halt.stopped)
    }

    fn allow(&self, allowance: Allowance) -> BoxFuture<'_, Result<(), LedgerError>> {
        let mut standing = self.standing.lock().unwrap();
        let caller = allowance.caller.to_string();
        let same = |count: &Counted| count.caller == caller && count.period == allowance.period;
        standing.counts.retain(|count| !same(count));
        standing.counts.push(Counted {
            caller,
            period: allowance.period.clone(),
            used: 0,
            extra: allowance.extra,
        });
        let scribe = scribe(OPERATOR, from_micros(BEGINNING).unwrap());
        self.write(&Entry::allowed(scribe, &allowance));
        ready(())
    }

    fn import_standing(&self, standing: Standing) -> BoxFuture<'_, Result<(), LedgerError>> {
        *self.standing.lock().unwrap() = standing;
        ready(())
    }

    fn purge(&self, _: Duration, limit: u32) -> BoxFuture<'_, Result<u32, LedgerError>> {
        let mut left = self.to_purge.lock().unwrap();
        let now = limit.min(*left);
        *left -= now;
        ready(now)
    }

    fn import(&self, rows: Vec<Copied>) -> BoxFuture<'_, Result<u64, LedgerError>> {
        let new = rows.len() as u64;
        *self.imported.lock().unwrap() += new;
        ready(new)
    }

    fn copy(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Copied>, LedgerError>> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let wanted = self
            .orders
            .iter()
            .filter(|order| order.order_id.as_str() > after.as_str());
        ready(wanted.take(limit as usize).map(copied).collect())
    }
}

fn copied(order: &Listed) -> Copied {
    Copied {
        row: crate::ledger::OrderRow {
            order_id: order.order_id.to_string(),
            state: order.record.state.name().to_owned(),
            attempts: 1,
            owner: order.owner.clone(),
            upi_uuid: order.record.upi_uuid.clone(),
            jws_sha256: order.jws_sha256.clone(),
            digest_key: String::new(),
            digest: String::new(),
            consent: [const { None }; 4],
            created_at: 0,
            updated_at: 0,
            answer: crate::ledger::AnswerRow::default(),
            purged: false,
            caller: None,
            charged: None,
        },
        journal: Vec::new(),
    }
}
