//! Engines of the order record. One state machine, one test suite for all of them.

pub mod archive;
mod fingerprint;
pub mod journal;
pub(crate) mod machine;
mod memory;
#[cfg(test)]
mod model;
mod open;
mod row;
mod settings;
#[cfg(test)]
mod tests;

pub use fingerprint::{FingerprintKey, Fingerprinter, KEY_LENGTH};
pub use memory::MemoryLedger;
pub use open::{OpenError, Opened, PostgresSettings, Settings, open};
pub use row::{AnswerRow, Damaged, OrderRow};
pub use settings::{Keep, Location, LocationError};
