//! Which ledger a command is about.

use std::sync::Arc;

use crate::app::{self, Remembering};
use crate::cli::config::Origin;
use crate::ledger::archive::Archive;
use crate::ledger::operate::{Purpose, operate};
use crate::ledger::{Location, Settings};
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
        let remembering = app::remember(&origin.survey(self.sandbox))?;
        lasting(&remembering.settings)?;
        Ok(remembering)
    }

    /// Lets a flag stand for a key.
    pub(super) fn and(mut self, key: &str, value: Option<String>) -> Self {
        self.origin = self.origin.and(key, value);
        self
    }

    pub(super) async fn open(&self, purpose: Purpose) -> Result<Arc<dyn Archive>, Trouble> {
        open(&self.remembering()?.settings, purpose).await
    }
}

pub(super) async fn open(
    settings: &Settings,
    purpose: Purpose,
) -> Result<Arc<dyn Archive>, Trouble> {
    lasting(settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(operate(settings, &clock, purpose).await?)
}

/// Of a ledger in memory another process sees nothing.
fn lasting(settings: &Settings) -> Result<(), Trouble> {
    if settings.location != Location::Memory {
        return Ok(());
    }
    Err(Trouble::refused(
        "NOTHING_LASTS",
        "ledger.url is memory: - nothing there outlives the gateway, and no other process sees it",
        "name the ledger by --config or --url; ask a running gateway by `idphoto get`",
    ))
}
