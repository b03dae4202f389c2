//! Engines of the order record. One state machine, one test suite for all of them.

pub mod archive;
mod calendar;
pub mod examine;
mod fingerprint;
pub mod journal;
pub(crate) mod machine;
mod memory;
#[cfg(test)]
mod model;
mod open;
pub mod operate;
mod operators;
pub mod postgres;
mod remark;
mod row;
mod settings;
mod sqlite;
#[cfg(test)]
mod tests;
pub mod url;

pub use calendar::{Calendar, Day};
pub use fingerprint::{FingerprintKey, Fingerprinter, KEY_LENGTH};
pub use memory::MemoryLedger;
pub use open::{Opened, open, open_archive};
pub use row::{AnswerRow, Damaged, OrderRow};
pub use settings::{Keep, Location, LocationError, OpenError, PostgresSettings, Settings};
