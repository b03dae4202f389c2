//! What calls and operators share: the writer, and the book that it writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::book::Book;
use super::connection;
use super::error::{blocking, failed};
use super::inspect::Inspection;
use super::lock::Lock;
use super::orders;
use super::place::{Place, io};
use super::writer::Writer;
use crate::observe::{Event, Observer};
use crate::verify::port::{Attempt, Claim, Claimed, LedgerError, Settled, Settlement};

/// An open file. What comes first ends first, and the lock last.
pub(super) struct Core {
    pub writer: Writer,
    pub book: Arc<Book>,
    pub place: Place,
    /// Which file it was when it was opened.
    pub identity: (u64, u64),
    pub wait: Duration,
    pub observer: Arc<dyn Observer>,
    /// How many orders there are, once they are counted.
    pub orders: Arc<AtomicI64>,
    /// Of a gateway alone.
    pub _inspection: Option<Inspection>,
    pub _lock: Option<Lock>,
}

impl Core {
    pub async fn claim(&self, claim: Claim) -> Result<Claimed, LedgerError> {
        let claim =
            move |connection: &Connection, book: &Book| orders::claim(connection, book, &claim);
        let (claimed, is_new) = self.change(claim).await?;
        self.count(is_new.into());
        Ok(claimed)
    }

    pub async fn settle(&self, attempt: Attempt, end: Settlement) -> Result<Settled, LedgerError> {
        self.change(move |connection, book| orders::settle(connection, book, &attempt, &end))
            .await
    }

    pub async fn beat(&self) -> Result<(), LedgerError> {
        let identity = self.place.identity();
        let identity = identity.map_err(|error| failed(io(&self.place.file, error)))?;
        if identity != self.identity {
            return Err(failed(Replaced(self.place.file.clone())));
        }
        self.change(orders::beat).await?;
        if let Ok(orders) = u64::try_from(self.orders.load(Ordering::Relaxed)) {
            let size = Event::LedgerSize(orders, self.place.bytes());
            self.observer.record(&size);
        }
        Ok(())
    }

    /// So many orders are new.
    pub fn count(&self, new: u64) {
        let new = i64::try_from(new).unwrap_or_default();
        self.orders.fetch_add(new, Ordering::Relaxed);
    }

    /// Writes among the calls, for an operator.
    pub async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Book) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let book = Arc::clone(&self.book);
        self.writer
            .write(move |connection| work(connection, &book))
            .await
    }

    /// Reads beside the calls, for an operator.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Book) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (file, wait) = (self.place.file.clone(), self.wait);
        let book = Arc::clone(&self.book);
        blocking(move || work(&connection::open_to_read(&file, wait)?, &book)).await
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} was removed or replaced while the gateway has it open")]
struct Replaced(PathBuf);
