//! What the file promises beyond the suite of all engines.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tempfile::TempDir;

mod archive;
mod commits;
mod faults;
mod opening;
mod power;
mod recovering;

use super::start;
use super::{Settings, SqliteLedger, StartError};
use crate::domain::{Answer, Budget, Confidence, OrderId, Outcome, sample};
use crate::ledger::Calendar;
use crate::ledger::archive::{Archive, JournalPage, OrderPage};
use crate::observe::{Event, Observer};
use crate::verify::port::{
    Attempt, Claim, Claimed, Clock, Ledger, LedgerError, Settlement, State, SystemClock,
};
use crate::workers::{self, Workers};
use time::{Duration, OffsetDateTime};

/// A folder for a ledger, and who sees it work.
struct Home {
    folder: TempDir,
    clock: Arc<Hand>,
    commits: Arc<Commits>,
}

/// A clock that is put forward by hand.
#[derive(Default)]
struct Hand(Mutex<Duration>);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + *self.0.lock().unwrap()
    }
}

/// Counts commits, and the changes in them.
#[derive(Default)]
struct Commits {
    commits: AtomicU64,
    changes: AtomicU64,
    swept: AtomicU64,
}

impl Observer for Commits {
    fn record(&self, event: &Event<'_>) {
        match event {
            Event::Committed(changes, _) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.changes.fetch_add(*changes as u64, Ordering::Relaxed);
            }
            Event::Swept(orders) => {
                self.swept.fetch_add(*orders, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::default(),
            commits: Arc::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> Settings {
        Settings {
            path: self.path("ledger.db"),
            member: "00520446".to_owned(),
            timeout: std::time::Duration::from_secs(30),
            calendar: Calendar::default(),
            keep_texts: true,
            keys: Vec::new(),
            clock: Arc::<Hand>::clone(&self.clock),
            observer: Arc::<Commits>::clone(&self.commits),
            workers: &workers::RUNTIME,
        }
    }

    fn open(&self) -> Result<SqliteLedger, StartError> {
        self.open_with(self.settings())
    }

    fn open_with(&self, settings: Settings) -> Result<SqliteLedger, StartError> {
        let (core, reader, fingerprinter) = start::gateway(settings)?;
        Ok(SqliteLedger {
            fingerprinter,
            reader,
            core: Arc::new(core),
        })
    }

    fn ledger(&self) -> SqliteLedger {
        self.open().unwrap()
    }

    /// The file by SQLite itself, beside the ledger.
    fn raw(&self) -> Connection {
        Connection::open(self.path("ledger.db")).unwrap()
    }

    fn put_forward(&self, by: Duration) {
        *self.clock.0.lock().unwrap() += by;
    }
}

/// A claim of the order `tag`, which is going to be sent as `uuid`.
fn claim(ledger: &SqliteLedger, tag: &str, uuid: u128) -> Claim {
    let request = sample::verification(tag);
    Claim {
        digest: ledger.fingerprint(&request).current(),
        attempt: attempt(tag, uuid),
        consent: request.consent,
        jws_sha256: [7; 32],
        caller: request.caller,
        budget: Budget::default(),
    }
}

fn attempt(tag: &str, uuid: u128) -> Attempt {
    Attempt {
        order_id: order(tag),
        upi_uuid: format!("{uuid:032x}"),
    }
}

fn order(tag: &str) -> OrderId {
    sample::verification(tag).order_id
}

fn answered(uuid: u128) -> Settlement {
    Settlement::Answered(Answer {
        outcome: Outcome::Comparison(Confidence::new(97).unwrap()),
        upi_uuid: format!("{uuid:032x}"),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    })
}

async fn granted(ledger: &SqliteLedger, tag: &str, uuid: u128) -> Attempt {
    let claimed = ledger.claim(claim(ledger, tag, uuid)).await.unwrap();
    assert!(matches!(claimed, Claimed::Granted));
    attempt(tag, uuid)
}

async fn ended(ledger: &SqliteLedger, tag: &str, uuid: u128, end: Settlement) {
    let attempt = granted(ledger, tag, uuid).await;
    ledger.settle(&attempt, end).await.unwrap();
}

async fn state(ledger: &SqliteLedger, tag: &str) -> State {
    ledger.find(&order(tag)).await.unwrap().unwrap().state
}

/// The journal, as `event of order`.
async fn events(ledger: &SqliteLedger) -> Vec<(String, String)> {
    let page = JournalPage {
        limit: 10_000,
        ..JournalPage::default()
    };
    let entries = ledger.core.journal(page).await.unwrap();
    let event = |entry: &str| {
        let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        (text("event"), text("order"))
    };
    entries.iter().map(|kept| event(&kept.entry)).collect()
}

/// Every byte of every file of the folder.
fn bytes(home: &Home) -> Vec<u8> {
    let files = std::fs::read_dir(home.folder.path()).unwrap();
    let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.flatten().collect()
}
