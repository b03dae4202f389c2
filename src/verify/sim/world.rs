//! What is true in a simulated world, whatever its processes believe: the rows, the requests that
//! left, the answers that were told; and every promise that was broken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::executor::{Executor, Pid, WORLD};
use super::rng::Rng;
use crate::domain::{Answer, Budget, OrderId, Verification, sample};
use crate::ledger::{FingerprintKey, Fingerprinter};
use crate::verify::Ticket;
use crate::verify::port::{Record, State};

/// How long a step of the ledger is waited for.
pub const LEDGER_LIMIT: Duration = Duration::from_secs(1);
/// How long UPI may take, at most.
pub const UPI_LIMIT: Duration = Duration::from_secs(4);
/// After this an order in flight is given up.
pub const SWEEP_AFTER: Duration = Duration::from_secs(8);

/// A row of the ledger.
#[derive(Clone)]
pub struct Row {
    pub record: Record,
    pub owner: Pid,
    /// Whether it is counted to the budget.
    pub charged: bool,
}

/// A request that was sealed.
pub struct Sealed {
    pub order: usize,
    pub content: usize,
}

/// How a call ended for its gateway, if it learned of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    Answered(Answer),
    NotProcessed,
    Unknown,
}

/// A request that left.
pub struct Post {
    pub uuid: String,
    pub order: usize,
    pub by: Pid,
    pub learned: Option<Learned>,
}

impl Post {
    pub fn is_proven(&self) -> bool {
        self.learned == Some(Learned::NotProcessed)
    }
}

/// How bad the world is, in percent.
pub struct Weather {
    pub ledger_fails: u64,
    pub ledger_slow: u64,
    pub upi_fails: u64,
    pub panics: u64,
}

/// Everything that changes.
pub struct Facts {
    pub rng: Rng,
    pub weather: Weather,
    /// Rows by order.
    pub rows: BTreeMap<usize, Row>,
    pub sealed: BTreeMap<String, Sealed>,
    pub posts: Vec<Post>,
    /// What callers were told, by order.
    pub told: BTreeMap<usize, Answer>,
    /// Answers that were told, and which the ledger has yet to take: the UPI-UUIDs.
    pub owed: BTreeSet<String>,
    /// What may be sent in all, and how many orders are counted to that.
    pub budget: Budget,
    pub count: u64,
    /// Settlements that failed for their gateway.
    pub failed: BTreeSet<String>,
    /// Processes that did not come to an end of their own.
    pub cut_off: BTreeSet<Pid>,
    /// Processes whose ledger cannot be reached.
    pub outage: BTreeSet<Pid>,
    /// When the next write of a process can be executed, where they queue.
    pub queues: BTreeMap<Pid, Instant>,
    /// When a process first saw an attempt in flight.
    pub seen: BTreeMap<(Pid, String), Instant>,
    pub broken: Vec<String>,
    /// Whether the rows are in a file of one gateway, whose writes queue.
    pub file: bool,
    trace: Option<Vec<String>>,
    begun: Instant,
}

pub struct World {
    pub executor: Arc<Executor>,
    pub fingerprinter: Fingerprinter,
    facts: Mutex<Facts>,
}

impl World {
    pub fn new(seed: u64, traced: bool) -> Arc<Self> {
        let mut rng = Rng::new(seed);
        let executor = Executor::new(rng.next());
        let weather = Weather {
            ledger_fails: rng.pick(&[0, 0, 5, 30]),
            ledger_slow: rng.pick(&[0, 0, 5, 30]),
            upi_fails: rng.pick(&[0, 30, 60]),
            panics: rng.pick(&[0, 0, 10]),
        };
        let file = rng.chance(25);
        let budget = Budget {
            daily: rng.pick(&[None, Some(1), Some(2)]),
            monthly: None,
        };
        let key = FingerprintKey::parse(&[b'7'; 64]).unwrap();
        Arc::new(Self {
            executor,
            fingerprinter: Fingerprinter::new(key, Vec::new()),
            facts: Mutex::new(Facts {
                rng,
                weather,
                rows: BTreeMap::new(),
                sealed: BTreeMap::new(),
                posts: Vec::new(),
                told: BTreeMap::new(),
                owed: BTreeSet::new(),
                failed: BTreeSet::new(),
                budget,
                count: 0,
                cut_off: BTreeSet::new(),
                outage: BTreeSet::new(),
                queues: BTreeMap::new(),
                seen: BTreeMap::new(),
                broken: Vec::new(),
                file,
                trace: traced.then(Vec::new),
                begun: Instant::now(),
            }),
        })
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        // A simulated panic of a port leaves the facts whole.
        self.facts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The order of a number, with one of its contents.
    pub fn request(order: usize, content: usize) -> Verification {
        let mut draft = sample::draft(&order.to_string());
        if content > 0 {
            draft.consent.purpose = "something else".to_owned();
        }
        sample::check(draft)
    }

    /// What a call brings along.
    pub fn ticket(&self) -> Ticket {
        Ticket::default().within(self.facts().budget)
    }

    /// From now on the world does no more harm.
    pub fn heal(&self) {
        let mut facts = self.facts();
        facts.outage.clear();
        facts.weather = Weather {
            ledger_fails: 0,
            ledger_slow: 0,
            upi_fails: 0,
            panics: 0,
        };
    }
}

/// The number of an order.
pub fn number(id: &OrderId) -> usize {
    let text = id.as_str().trim_end_matches('A');
    text.parse().unwrap()
}

impl Facts {
    /// Notes what happens, if somebody reads it.
    pub fn note(&mut self, process: Pid, what: impl FnOnce() -> String) {
        let after = self.begun.elapsed();
        if let Some(trace) = &mut self.trace {
            let who = match process {
                WORLD => "world".to_owned(),
                process => format!("gateway {process}"),
            };
            trace.push(format!("{:>7} ms  {who}: {}", after.as_millis(), what()));
        }
    }

    pub fn trace(&mut self) -> Vec<String> {
        self.trace.take().unwrap_or_default()
    }

    /// A promise was broken.
    pub fn broken(&mut self, process: Pid, how: impl Into<String>) {
        let how = how.into();
        self.note(process, || format!("BROKEN: {how}"));
        self.broken.push(how);
    }

    pub fn has_answer(&self, order: usize, answer: &Answer) -> bool {
        let row = self.rows.get(&order);
        row.is_some_and(|row| row.record.state == State::Answered(answer.clone()))
    }

    /// A request leaves: its claim is durable, and every earlier one is proven not to have been
    /// processed.
    pub fn depart(&mut self, by: Pid, uuid: &str) {
        let order = self.sealed[uuid].order;
        self.note(by, || format!("order {order} leaves as {}", short(uuid)));
        if self
            .posts
            .iter()
            .any(|post| post.order == order && !post.is_proven())
        {
            self.broken(by, format!("order {order} is sent twice"));
        }
        let claimed = self.rows.get(&order).is_some_and(|row| {
            let open = matches!(row.record.state, State::Sending | State::OutcomeUnknown);
            row.owner == by && row.record.upi_uuid == uuid && open
        });
        if !claimed {
            self.broken(by, format!("order {order} is sent without a claim"));
        }
        self.posts.push(Post {
            uuid: uuid.to_owned(),
            order,
            by,
            learned: None,
        });
    }

    /// A gateway learns how its call ended.
    pub fn learn(&mut self, by: Pid, uuid: &str, learned: Learned) {
        self.note(by, || format!("{} ended: {}", short(uuid), learned.name()));
        if let Some(post) = self.posts.iter_mut().find(|post| post.uuid == uuid) {
            post.learned = Some(learned);
        }
    }
}

impl Learned {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "answered",
            Self::NotProcessed => "not processed, with proof",
            Self::Unknown => "unknown",
        }
    }
}

/// What tells a UPI-UUID of a simulation from others.
pub fn short(uuid: &str) -> &str {
    uuid.trim_start_matches('0')
}
