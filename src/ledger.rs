//! Engines of the order record. One state machine, one test suite for all of them.

mod fingerprint;
mod memory;
#[cfg(test)]
mod tests;

pub use fingerprint::Fingerprinter;
pub use memory::MemoryLedger;
