//! What operators do with a ledger, beside the calls.

use std::time::Duration;

use time::OffsetDateTime;

pub use super::operators::{Allowance, Counted, Halt, Standing, Stop};
use crate::domain::OrderId;
use crate::verify::port::{BoxFuture, LedgerError, Record};

/// What operators do with a ledger that lasts. Long lists come in pages.
pub trait Archive: Send + Sync + 'static {
    /// How many there are of what.
    fn stats(&self) -> BoxFuture<'_, Result<Stats, LedgerError>>;

    /// What is wrong with the data itself; nothing when it is whole. Reads everything.
    fn check(&self) -> BoxFuture<'_, Result<Vec<String>, LedgerError>>;

    /// One order as it stands.
    fn order(&self, id: &OrderId) -> BoxFuture<'_, Result<Option<Listed>, LedgerError>>;

    /// Orders as they stand, ordered by id.
    fn orders(&self, page: OrderPage) -> BoxFuture<'_, Result<Vec<Listed>, LedgerError>>;

    /// The journal, ordered by its numbers.
    fn journal(&self, page: JournalPage) -> BoxFuture<'_, Result<Vec<Kept>, LedgerError>>;

    /// Writes down what UPI's support said of an order whose outcome is unknown; the order stays
    /// as it is, but for what it is counted: that is given back when it was not sent. [`LedgerError::WrongState`] when it is not unknown.
    fn resolve(&self, resolution: Resolution) -> BoxFuture<'_, Result<(), LedgerError>>;

    /// Everything about callers.
    fn standing(&self) -> BoxFuture<'_, Result<Standing, LedgerError>>;

    /// Stops a caller, or lets it go on, on all gateways at once; whether that changed anything.
    fn halt(&self, halt: Halt) -> BoxFuture<'_, Result<bool, LedgerError>>;

    /// Raises the budget of a caller for one period.
    fn allow(&self, allowance: Allowance) -> BoxFuture<'_, Result<(), LedgerError>>;

    /// Takes over what operators set of callers in another ledger; what is set here already stays.
    /// What is counted comes with the orders.
    fn import_standing(&self, standing: Standing) -> BoxFuture<'_, Result<(), LedgerError>>;

    /// Removes texts, consent and journal of at most `limit` orders that ended longer ago than
    /// `keep`; how many there were.
    fn purge(&self, keep: Duration, limit: u32) -> BoxFuture<'_, Result<u32, LedgerError>>;

    /// Takes rows of another ledger over as they are; those that stand here already stay. How many
    /// were new.
    fn import(&self, rows: Vec<Copied>) -> BoxFuture<'_, Result<u64, LedgerError>>;

    /// A page of everything, for [`Archive::import`], after this order id.
    fn copy(
        &self,
        after: Option<OrderId>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Copied>, LedgerError>>;
}

/// How many there are of what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// The version of the schema.
    pub schema: u32,
    /// Orders by the name of their state.
    pub orders: Vec<(String, u64)>,
    /// Entries of the journal.
    pub entries: u64,
    /// Bytes that it takes, where the engine knows.
    pub bytes: Option<u64>,
    /// The oldest order that is in flight.
    pub oldest_sending: Option<OffsetDateTime>,
    /// Gateways that gave a sign of life within a minute.
    pub gateways: u64,
}

/// Which orders are wanted.
#[derive(Debug, Clone, Default)]
pub struct OrderPage {
    /// In this state alone, by its name.
    pub state: Option<&'static str>,
    /// That changed at or after this.
    pub since: Option<OffsetDateTime>,
    /// After this one.
    pub after: Option<OrderId>,
    /// At most so many.
    pub limit: u32,
}

/// An order of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub order_id: OrderId,
    /// As it stands.
    pub record: Record,
    /// The gateway that claimed it last.
    pub owner: String,
    /// SHA-256 of the UPI-JWS of its last attempt, hex; empty for a claim of version 1 of the
    /// schema, whose journal entry has the hash of the body.
    pub jws_sha256: String,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct JournalPage {
    /// Of this order alone.
    pub order_id: Option<OrderId>,
    /// Written at or after this.
    pub since: Option<OffsetDateTime>,
    /// After this number.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

/// An entry that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number: later entries have higher ones.
    pub number: i64,
    /// Its canonical encoding.
    pub entry: String,
}

/// What UPI's support said of an order.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The order.
    pub order_id: OrderId,
    /// `not-sent` or `answered`.
    pub resolved: &'static str,
    /// The operator's words.
    pub note: String,
}

/// Everything about an order, for another ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The order, as the columns of the engine have it.
    pub row: super::row::OrderRow,
    /// Its journal: time in microseconds, event, encoding.
    pub journal: Vec<(i64, String, String)>,
}

/// The owner of entries that an operator wrote.
pub const OPERATOR: &str = "operator";

/// What is resolved of an order that UPI did not process.
pub const NOT_SENT: &str = "not-sent";

/// What a check says of a count that differs from the orders that are counted.
pub(super) fn told_count(caller: &str, period: &str, (used, orders): (i64, i64)) -> String {
    format!("caller {caller}: {used} orders are counted to {period}, and {orders} say so")
}
