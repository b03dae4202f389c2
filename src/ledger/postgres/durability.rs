//! Whether the server keeps what it says that it wrote.

use tracing::warn;

use super::Refusal;
use super::certainty::Fault;
use super::connections::Connections;

/// Settings that decide it; those that an engine does not know are empty.
const SETTINGS: &str = "
SELECT current_setting('synchronous_commit', true), current_setting('fsync', true),
    current_setting('full_page_writes', true), current_setting('synchronous_standby_names', true)";

/// What the settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// `off` forgets what it confirmed.
    pub synchronous_commit: Option<String>,
    /// The same when the power fails.
    pub fsync: Option<String>,
    /// Needed unless the file system writes pages whole.
    pub full_page_writes: Option<String>,
    /// Without any a fail-over may forget the last orders.
    pub standbys: Option<String>,
}

impl Durability {
    /// What the settings are.
    ///
    /// # Errors
    /// The engine fails.
    pub async fn read(connections: &Connections) -> Result<Self, Fault> {
        let client = connections.one().await?;
        let rows = client.query_typed(SETTINGS, &[]).await?;
        let value = |at| rows.first().and_then(|row| row.try_get(at).ok().flatten());
        Ok(Self {
            synchronous_commit: value(0),
            fsync: value(1),
            full_page_writes: value(2),
            standbys: value(3),
        })
    }

    /// Refuses what would forget claims, and warns of what may.
    ///
    /// # Errors
    /// A claim that is confirmed could be lost by this server alone.
    pub fn judge(&self) -> Result<(), Refusal> {
        for (setting, value) in [
            ("synchronous_commit", &self.synchronous_commit),
            ("fsync", &self.fsync),
        ] {
            if value.as_deref() == Some("off") {
                return Err(Refusal::Forgetful { setting });
            }
        }
        for doubt in self.doubts() {
            warn!("{doubt}");
        }
        Ok(())
    }

    /// What is not promised.
    #[must_use]
    pub fn doubts(&self) -> Vec<&'static str> {
        let is = |value: &Option<String>, text| value.as_deref() == Some(text);
        let mut doubts = Vec::new();
        if is(&self.full_page_writes, "off") {
            doubts.push(
                "PostgreSQL has full_page_writes = off: a power failure may damage the ledger, \
                 unless its file system writes pages whole",
            );
        }
        if is(&self.standbys, "") {
            doubts.push(
                "PostgreSQL has no synchronous standby: a fail-over may forget the last orders, \
                 which could then be sent again",
            );
        } else if is(&self.synchronous_commit, "local") {
            doubts.push(
                "PostgreSQL has synchronous_commit = local and does not wait for its standby: a \
                 fail-over may forget the last orders, which could then be sent again",
            );
        }
        doubts
    }
}
