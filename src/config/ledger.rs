//! `ledger.*`: where orders are remembered.

use serde_json::Value;

use super::key::default;
use super::reader::section;
use super::setting::{Flaws, Setting, expect};
use super::value::quote;

/// The ledger in this process's memory.
const MEMORY: &str = "memory:";

/// Where orders are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// In this process.
    Memory,
}

impl Setting for Engine {
    fn expected() -> String {
        format!("\"{MEMORY}\" (no other engine is supported yet)")
    }

    fn read(value: &Value) -> Result<Self, Flaws> {
        expect(value.as_str().filter(|url| *url == MEMORY)).map(|_| Self::Memory)
    }

    fn write(&self) -> String {
        quote(MEMORY)
    }
}

section! {
    /// `ledger.*`
    LedgerConfig, "ledger", "where orders are remembered", "";

    url: Engine = default("memory:"),
        "Where orders are remembered. In memory they are forgotten when the process ends.";
}
