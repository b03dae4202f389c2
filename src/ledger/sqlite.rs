//! The engine in a file, for one gateway.
//!
//! One thread writes: it takes everything that waits into one transaction, and answers once that is
//! on disk, so that many calls share one fsync. Another one looks orders up. A lock file beside the
//! database keeps a second gateway away, so whatever is in flight at the start was left behind by a
//! process that is dead.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

mod archive;
mod backup;
mod book;
mod budgets;
mod connection;
mod core;
mod error;
mod examine;
mod inspect;
mod key;
mod lock;
mod orders;
mod place;
mod reader;
mod recovery;
mod schema;
mod start;
#[cfg(test)]
mod tests;
mod writer;

use super::archive::Archive;
use super::calendar::Calendar;
use super::fingerprint::{FingerprintKey, Fingerprinter};
use super::settings;
use crate::domain::{OrderId, Verification};
use crate::observe::Observer;
use crate::verify::port::{
    Attempt, BoxFuture, Claim, Claimed, Clock, Count, Fingerprint, Ledger, LedgerError, Record,
    Settled, Settlement,
};
use crate::workers::{self, Workers};
pub(super) use backup::back_up;
use core::Core;
use error::blocking;
pub(super) use error::{StartError, tells_damage};
pub(super) use examine::examine;
pub(super) use lock::Lock;
use reader::Reader;

/// Orders in a file.
struct SqliteLedger {
    fingerprinter: Fingerprinter,
    // Ends before the writer, whose connection is then the last, and leaves no log behind.
    reader: Reader,
    core: Arc<Core>,
}

/// What is set of a file, and what it works with.
pub(super) struct Settings {
    /// Where it is.
    pub path: PathBuf,
    /// IIN of the member.
    pub member: String,
    /// For one step.
    pub timeout: Duration,
    /// When the days and months of budgets begin.
    pub calendar: Calendar,
    /// Whether UPI's texts are recorded.
    pub keep_texts: bool,
    /// Keys of digests, that of new rows first; without any there is a file beside the database.
    pub keys: Vec<FingerprintKey>,
    /// For the time of rows.
    pub clock: Arc<dyn Clock>,
    /// Learns of commits.
    pub observer: Arc<dyn Observer>,
    /// Who ask for changes.
    pub workers: &'static Workers,
}

impl Settings {
    /// The part of a ledger's settings that matters for a file.
    pub fn of(
        path: &Path,
        settings: &settings::Settings,
        (clock, observer): (&Arc<dyn Clock>, &Arc<dyn Observer>),
    ) -> Self {
        Self {
            path: path.to_owned(),
            member: settings.member.clone(),
            timeout: settings.timeout,
            calendar: settings.calendar.clone(),
            keep_texts: settings.keep_texts,
            keys: settings.keys.clone(),
            clock: Arc::clone(clock),
            observer: Arc::clone(observer),
            workers: &workers::RUNTIME,
        }
    }
}

/// Opens a file for a gateway, which is the only one: makes it if it is not there, brings its
/// schema up to date, and gives up what a dead process left in flight.
pub(super) async fn open(
    settings: Settings,
) -> Result<(Arc<dyn Ledger>, Arc<dyn Archive>), StartError> {
    let (core, reader, fingerprinter) = blocking(|| start::gateway(settings)).await?;
    let core = Arc::new(core);
    let archive: Arc<dyn Archive> = Arc::<Core>::clone(&core);
    let ledger = SqliteLedger {
        fingerprinter,
        reader,
        core,
    };
    Ok((Arc::new(ledger), archive))
}

/// Opens a file for an operator, beside the gateway that may have it open.
pub(super) async fn open_archive(
    settings: Settings,
    migrated: bool,
) -> Result<Arc<dyn Archive>, StartError> {
    let core = blocking(move || start::operator(settings, migrated)).await?;
    Ok(Arc::new(core))
}

impl Ledger for SqliteLedger {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.fingerprinter.digest(request)
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        Box::pin(self.reader.find(id.clone()))
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        Box::pin(self.core.claim(claim))
    }

    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>> {
        Box::pin(self.core.settle(attempt.clone(), end))
    }

    /// What dead processes left was given up at the start, and nobody else writes to the file.
    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(async { Ok(0) })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>> {
        Box::pin(self.core.read(budgets::counts))
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.core.beat())
    }
}
