//! `ledger.*`: where orders are remembered.

use super::field::{Field, Key};
use super::kind::{Kind, TEXT, expect};
use super::reader::Reader;

/// The ledger in this process's memory.
const MEMORY: &str = "memory:";

/// `ledger.*`
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// The engine and its place; default `memory:`, the only one so far.
    pub url: String,
}

static URL: Field<String> = Field::new(
    "ledger.url",
    Kind {
        expected: || format!("\"{MEMORY}\" (no other engine is supported yet)"),
        read: |value| expect(value.text().filter(|url| *url == MEMORY).map(Into::into)),
        ..TEXT
    },
    |config| Some(config.ledger.url.clone()),
)
.default(|| MEMORY.to_owned())
.about("Where orders are remembered. In memory they are forgotten when the process ends.");

/// In the order of the reference.
pub const KEYS: &[&dyn Key] = &[&URL];

pub fn read(reader: &mut Reader) -> Option<LedgerConfig> {
    reader.get(&URL).map(|url| LedgerConfig { url })
}
