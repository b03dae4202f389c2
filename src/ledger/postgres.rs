//! The engine for any number of gateways: a PostgreSQL database, or one that speaks like it.
//!
//! A verification takes three round trips: the look, the claim and the end, each one statement.

mod archive;
mod budgets;
mod certainty;
mod claims;
mod columns;
mod connections;
mod dial;
mod durability;
mod examine;
mod orders;
mod parameters;
mod refusal;
mod schema;
mod sweep;
#[cfg(test)]
pub mod tests;
mod tls;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use self::budgets::Lanes;
use self::connections::Connections;
use self::dial::{connect, pool};
pub use self::durability::Durability;
pub(super) use self::examine::examine;
use self::parameters::{number, text};
pub use self::refusal::Refusal;
use self::sweep::Seen;
use super::calendar::Calendar;
use super::fingerprint::Fingerprinter;
use super::journal::{Scribe, hex, micros};
use super::settings::{OpenError, Settings};
use crate::domain::{OrderId, Verification};
use crate::observe::{Event, Nobody, Observer};
use crate::verify::port::{
    Attempt, BoxFuture, Claim, Claimed, Clock, Count, Fingerprint, Ledger, LedgerError, Record,
    Settled, Settlement,
};

/// For what an operator asks for: an index, or a look at every order, takes its time.
const PATIENCE: Duration = Duration::from_secs(600);

/// Orders in a PostgreSQL database.
pub struct Postgres {
    connections: Connections,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    fingerprinter: Fingerprinter,
    member: String,
    /// This process, for as long as it lives.
    owner: String,
    calendar: Calendar,
    keep_texts: bool,
    sweep_after: Duration,
    seen: Mutex<Seen>,
    /// Of claims that are counted.
    lanes: Lanes,
}

impl Postgres {
    /// Opens a database whose schema is there.
    ///
    /// # Errors
    /// It cannot be reached, or is not fit.
    pub async fn open(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        observer: &Arc<dyn Observer>,
    ) -> Result<Self, OpenError> {
        let fingerprinter = match settings.keys.split_first() {
            Some((current, older)) => Fingerprinter::new(current.clone(), older.to_vec()),
            None => return Err(Refusal::NoKey.into()),
        };
        let connections = connect(settings).await?;
        schema::check(&connections).await?;
        let durability = Durability::read(&connections).await;
        durability.map_err(Refusal::from)?.judge()?;
        let parts = (connections, fingerprinter, Arc::clone(observer));
        Self::new(settings, clock, parts)
    }

    /// Opens a database for an operator's command; its schema has to be there, unless it is to be
    /// `migrated`.
    ///
    /// # Errors
    /// It cannot be reached, or is not fit.
    pub async fn open_archive(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        migrated: bool,
    ) -> Result<Self, OpenError> {
        if migrated {
            migrate(settings).await?;
        }
        let connections = pool(settings, None, PATIENCE)?;
        schema::check(&connections).await?;
        // Nothing is claimed with this one.
        let fingerprinter = Fingerprinter::ephemeral()?;
        Self::new(
            settings,
            clock,
            (connections, fingerprinter, Arc::new(Nobody)),
        )
    }

    fn new(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        (connections, fingerprinter, observer): (Connections, Fingerprinter, Arc<dyn Observer>),
    ) -> Result<Self, OpenError> {
        Ok(Self {
            connections,
            clock: Arc::clone(clock),
            observer,
            fingerprinter,
            member: settings.member.clone(),
            owner: instance()?,
            calendar: settings.calendar.clone(),
            keep_texts: settings.keep_texts,
            sweep_after: settings.sweep_after,
            seen: Mutex::default(),
            lanes: Lanes::default(),
        })
    }

    fn scribe(&self, at: OffsetDateTime) -> Scribe<'_> {
        self.written_by(&self.owner, at)
    }

    fn written_by<'a>(&'a self, owner: &'a str, at: OffsetDateTime) -> Scribe<'a> {
        Scribe {
            member: &self.member,
            owner,
            at,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // It is replaced whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sign_of_life(&self) -> Result<(), LedgerError> {
        const BEAT: &str = "
            INSERT INTO gateways (owner, seen_at, version) VALUES ($1, $2, $3)
            ON CONFLICT (owner) DO UPDATE SET seen_at = EXCLUDED.seen_at";
        let (at, version) = (micros(self.clock.now()), env!("CARGO_PKG_VERSION"));
        let with = [text(&self.owner), number(&at), text(&version)];
        self.connections.step().write_once(BEAT, &with).await?;
        Ok(())
    }

    /// Tells how long a change took until it was durable.
    async fn timed<T>(
        &self,
        change: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        let begun = Instant::now();
        let changed = change.await?;
        self.observer.record(&Event::Committed(1, begun.elapsed()));
        Ok(changed)
    }
}

/// Brings the schema up to date; how many steps there were.
///
/// # Errors
/// The database cannot be reached, is newer, or refuses.
pub async fn migrate(settings: &Settings) -> Result<usize, OpenError> {
    let connections = pool(settings, None, PATIENCE)?;
    Ok(schema::migrate(&connections).await?)
}

/// A name that no other process has.
fn instance() -> Result<String, getrandom::Error> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    Ok(hex(&random))
}

impl Ledger for Postgres {
    fn fingerprint(&self, request: &Verification) -> Fingerprint {
        self.fingerprinter.digest(request)
    }

    fn find(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Record>, LedgerError>> {
        let id = id.clone();
        Box::pin(async move {
            let found = self.row(&mut self.connections.step(), id.as_str()).await?;
            Ok(found.map(|(_, record)| record))
        })
    }

    fn claim(&self, claim: Claim) -> BoxFuture<'_, Result<Claimed, LedgerError>> {
        Box::pin(self.timed(self.take(claim)))
    }

    fn settle(
        &self,
        attempt: &Attempt,
        end: Settlement,
    ) -> BoxFuture<'_, Result<Settled, LedgerError>> {
        Box::pin(self.timed(self.end(attempt.clone(), end)))
    }

    fn sweep(&self) -> BoxFuture<'_, Result<u64, LedgerError>> {
        Box::pin(self.sweep_at(Instant::now()))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Vec<Count>, LedgerError>> {
        Box::pin(self.present_counts())
    }

    fn beat(&self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(self.sign_of_life())
    }
}
