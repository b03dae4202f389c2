//! Reads the whole file once, beside the start: whether it is damaged, and how many orders it has.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tracing::{error, warn};

use super::connection;
use super::error::StartError;

/// The start waits so long for it. A small file is read by then.
const START: Duration = Duration::from_millis(100);

/// It takes no longer than this: the log grows while somebody reads.
const LIMIT: Duration = Duration::from_secs(10);

/// Orders are not counted yet.
const UNCOUNTED: i64 = i64::MIN / 2;

/// So many steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

/// What is found, for everybody.
#[derive(Clone)]
pub(super) struct Findings {
    /// Then nothing more is written.
    pub damaged: Arc<AtomicBool>,
    /// How many orders there are.
    pub orders: Arc<AtomicI64>,
}

impl Findings {
    /// Nothing yet.
    pub fn none() -> Self {
        Self {
            damaged: Arc::default(),
            orders: Arc::new(AtomicI64::new(UNCOUNTED)),
        }
    }
}

/// An inspection, which ends with this.
pub(super) struct Inspection {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inspection {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so itself.
            let _ = thread.join();
        }
    }
}

/// Starts it, and waits a little for its end.
///
/// # Errors
/// The file is damaged. Where that is found too late for this, nothing is written any more.
pub(super) fn inspect(file: PathBuf, findings: Findings) -> Result<Inspection, StartError> {
    let stop = Arc::new(AtomicBool::new(false));
    let (told, verdict) = mpsc::channel();
    let inspector = Inspector {
        file: file.clone(),
        findings,
        stop: Arc::clone(&stop),
    };
    let thread = thread::Builder::new().name("ledger-inspector".to_owned());
    let thread = thread.spawn(move || {
        let verdict = inspector.inspect();
        // The start may have gone on.
        let _ = told.send(verdict);
    });
    let thread = Some(thread.map_err(|error| StartError::Io(file.clone(), error))?);
    let inspection = Inspection { stop, thread };
    match verdict.recv_timeout(START) {
        Ok(Some(damage)) => Err(StartError::Damaged(file, damage)),
        _ => Ok(inspection),
    }
}

struct Inspector {
    file: PathBuf,
    findings: Findings,
    stop: Arc<AtomicBool>,
}

impl Inspector {
    /// The damage, if there is any.
    fn inspect(&self) -> Option<String> {
        match self.check() {
            Ok(verdict) if verdict == "ok" => None,
            Ok(damage) => Some(self.damaged(damage)),
            Err(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    Some(self.damaged(error.to_string()))
                }
                Some(ErrorCode::OperationInterrupted) if self.stop.load(Ordering::Relaxed) => None,
                _ => {
                    let file = self.file.display();
                    warn!(%file, %error, "the ledger's file was not checked to its end; `idphoto ledger check` does so");
                    None
                }
            },
        }
    }

    fn check(&self) -> rusqlite::Result<String> {
        let mut connection = connection::open_to_read(&self.file, Duration::ZERO)?;
        let (stop, end) = (Arc::clone(&self.stop), Instant::now() + LIMIT);
        let over = move || stop.load(Ordering::Relaxed) || Instant::now() > end;
        connection.progress_handler(STEPS, Some(over))?;
        self.count(&connection)?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    }

    /// What is claimed meanwhile may be counted twice.
    fn count(&self, connection: &Connection) -> rusqlite::Result<()> {
        let count = "SELECT count(*) FROM orders";
        let orders: i64 = connection.query_row(count, [], |row| row.get(0))?;
        self.findings
            .orders
            .fetch_add(orders - UNCOUNTED, Ordering::Relaxed);
        Ok(())
    }

    fn damaged(&self, damage: String) -> String {
        self.findings.damaged.store(true, Ordering::Relaxed);
        let file = self.file.display();
        error!(%file, damage, "the ledger's file is damaged: restore a backup");
        damage
    }
}
