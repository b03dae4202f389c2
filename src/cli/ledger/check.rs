//! `idphoto ledger check`: whether the data are whole.

use std::io::Write;

use serde_json::json;

use super::Trouble;
use super::progress::{LastWords, Progress};
use super::reach::Reach;
use crate::cli::exit::Exit;
use crate::ledger::archive::Archive;

/// Read everything, and say what is damaged; changes nothing
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let archive = args.reach.open().await?;
    check(&*archive, args.reach.json, out).await
}

pub(super) async fn check(
    archive: &dyn Archive,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let last = LastWords {
        text: "not everything was read",
        ..LastWords::default()
    };
    let progress = Progress::start("checking", None, last);
    let faults = archive.check().await?;
    drop(progress);
    if as_json {
        let whole = faults.is_empty();
        writeln!(out, "{}", json!({"whole": whole, "faults": faults}))?;
    } else {
        for fault in &faults {
            writeln!(out, "DAMAGED  {fault}")?;
        }
        writeln!(out, "{}", verdict(archive, faults.len()).await?)?;
    }
    Ok(match faults.is_empty() {
        true => Exit::Success,
        false => Exit::BadData,
    })
}

async fn verdict(archive: &dyn Archive, faults: usize) -> Result<String, Trouble> {
    if faults > 0 {
        return Ok(format!(
            "{faults} faults: stop the gateway, keep this ledger as it is, and go back to a backup \
             (docs/operations.md tells what that means for orders since)"
        ));
    }
    let stats = archive.stats().await?;
    let orders: u64 = stats.orders.iter().map(|(_, orders)| orders).sum();
    let entries = stats.entries;
    Ok(format!(
        "the ledger is whole: {orders} orders, {entries} entries of the journal"
    ))
}
