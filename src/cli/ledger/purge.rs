//! `idphoto ledger purge`: what `ledger.keep` lets go.

use std::io::Write;
use std::time::Duration;

use serde_json::json;

use super::Trouble;
use super::progress::{LastWords, Progress};
use super::reach::{Reach, open};
use crate::cli::exit::Exit;
use crate::ledger::Keep;
use crate::ledger::archive::Archive;

/// Orders that are purged in one transaction: calls beside it wait no longer than for their own.
const BATCH: u32 = 200;

/// Remove consent, texts and journal of orders that ended longer ago than ledger.keep
///
/// Id, code and confidence stay, so that no order is sent again. Gateways do the same by themselves.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// So many days, such as 400d, for ledger.keep
    #[arg(long, value_name = "DAYS")]
    keep: Option<String>,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let reach = args.reach.and("ledger.keep", args.keep);
    let remembering = reach.remembering()?;
    let Keep::For(keep) = remembering.keep else {
        return Err(Trouble::refused(
            "KEPT_FOREVER",
            "ledger.keep is forever: nothing is to be removed",
            "set ledger.keep, or name the days by --keep 400d",
        ));
    };
    let archive = open(&remembering.settings, false).await?;
    purge(&*archive, keep, reach.json, out).await
}

pub(super) async fn purge(
    archive: &dyn Archive,
    keep: Duration,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let last = LastWords {
        text: "not everything was purged; the same command goes on",
        ..LastWords::default()
    };
    let progress = Progress::start("orders", None, last);
    let mut purged = 0_u64;
    loop {
        let now = archive.purge(keep, BATCH).await?;
        if now == 0 {
            break;
        }
        purged += u64::from(now);
        progress.advance(now as usize);
    }
    drop(progress);
    if as_json {
        writeln!(out, "{}", json!({ "purged": purged }))?;
    } else {
        writeln!(out, "{purged} orders were purged; their ids and codes stay")?;
    }
    Ok(Exit::Success)
}
