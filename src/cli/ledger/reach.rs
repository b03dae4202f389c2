//! Which ledger a command is about.

use std::sync::Arc;

use crate::app::{self, Remembering};
use crate::cli::config::Origin;
use crate::ledger::archive::Archive;
use crate::ledger::{Settings, open_archive};
use crate::verify::port::{Clock, SystemClock};

use super::Trouble;

/// Where the ledger is, by the configuration of the gateway.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Reach {
    #[command(flatten)]
    origin: Origin,
    /// Another ledger, for ledger.url; such as a backup: sqlite:FILE
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The ledger of `idphoto serve --sandbox`: of the sandbox's member
    #[arg(long)]
    sandbox: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Reach {
    /// What the configuration says of the ledger. Its other parts may be missing.
    pub(super) fn remembering(&self) -> Result<Remembering, Trouble> {
        let origin = self.origin.clone().and("ledger.url", self.url.clone());
        Ok(app::remember(&origin.survey(self.sandbox))?)
    }

    /// Lets a flag stand for a key.
    pub(super) fn and(mut self, key: &str, value: Option<String>) -> Self {
        self.origin = self.origin.and(key, value);
        self
    }

    /// Opens it, beside the gateways that have it open.
    pub(super) async fn open(&self) -> Result<Arc<dyn Archive>, Trouble> {
        open(&self.remembering()?.settings, false).await
    }
}

/// Opens a ledger, whose schema is to be there, or to be `migrated`.
pub(super) async fn open(settings: &Settings, migrated: bool) -> Result<Arc<dyn Archive>, Trouble> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let archive = open_archive(settings, &clock, migrated).await?;
    archive.ok_or_else(|| {
        Trouble::refused(
            "NOTHING_LASTS",
            "ledger.url is memory: - nothing there outlives the gateway, and no other process sees it",
            "name the ledger by --config or --url; ask a running gateway by `idphoto get`",
        )
    })
}
