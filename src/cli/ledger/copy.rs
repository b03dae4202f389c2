//! `idphoto ledger copy`: all orders and their journal to another ledger, such as from SQLite to
//! PostgreSQL.

use std::io::Write;

use serde_json::json;

use super::Trouble;
use super::progress::{LastWords, Progress};
use super::reach::{Reach, open};
use crate::cli::exit::Exit;
use crate::domain::OrderId;
use crate::ledger::archive::Archive;
use crate::ledger::operate::{Rest, Unrest, rest};
use crate::ledger::{Location, Settings};

/// Orders that are copied at once.
const BATCH: u32 = 500;

/// Copy all orders and their journal to another ledger; stop the gateways of both first
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// Where to, as in ledger.url; ledger.password_file, ca_file and tls hold for it, too
    to: String,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let mut settings = args.reach.remembering()?.settings;
    let location = Location::parse(&args.to)
        .map_err(|error| Trouble::usage(format!("the ledger to copy to: {error}")))?;
    if location == settings.location {
        return Err(Trouble::usage("a ledger is not copied to itself"));
    }
    let source = open(&settings, false).await?;
    let _source = idle(&settings, &*source).await?;
    settings.location = location;
    let target = open(&settings, true).await?;
    let _target = idle(&settings, &*target).await?;
    copy(&*source, &*target, args.reach.json, out).await
}

/// What a gateway claimed after its page was copied would be missing, and be sent again.
async fn idle(settings: &Settings, archive: &dyn Archive) -> Result<Rest, Trouble> {
    rest(settings, archive).await.map_err(|unrest| match unrest {
        Unrest::InUse => Trouble::refused(
            "LEDGER_IN_USE",
            format!("{}: {unrest}", settings.location.to_text()),
            "stop its gateways first: what they claim meanwhile would be missing, and be sent again",
        ),
        Unrest::Open(error) => error.into(),
        Unrest::Ledger(error) => error.into(),
    })
}

pub(super) async fn copy(
    source: &dyn Archive,
    target: &dyn Archive,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let all = orders(source).await?;
    let last = LastWords {
        text: "not everything was copied; the same command goes on",
        ..LastWords::default()
    };
    // First, so that nothing that is stopped or lowered is forgotten halfway.
    target.import_standing(source.standing().await?).await?;
    let progress = Progress::start("orders", Some(all), last);
    let (mut copied, mut new) = (0_u64, 0_u64);
    let mut after: Option<OrderId> = None;
    loop {
        let batch = source.copy(after.clone(), BATCH).await?;
        let Some(id) = batch.last().map(|order| order.row.id()) else {
            break;
        };
        after =
            Some(id.map_err(|error| Trouble::refused("LEDGER_DAMAGED", error.to_string(), ""))?);
        progress.advance(batch.len());
        copied += batch.len() as u64;
        new += target.import(batch).await?;
    }
    drop(progress);
    let there = orders(target).await?;
    if there < copied {
        let text = format!("{copied} orders were copied, and only {there} are there");
        return Err(Trouble::refused("COPY_INCOMPLETE", text, ""));
    }
    if as_json {
        writeln!(out, "{}", json!({"orders": copied, "new": new}))?;
    } else {
        writeln!(
            out,
            "{copied} orders, {new} of them new there; it has {there} now\n\
             Its gateways need the same keys of digests, which no ledger holds: name them in\n\
             ledger.fingerprint_key_files, the .key file of a SQLite ledger first"
        )?;
    }
    Ok(Exit::Success)
}

async fn orders(archive: &dyn Archive) -> Result<u64, Trouble> {
    let stats = archive.stats().await?;
    Ok(stats.orders.iter().map(|(_, orders)| orders).sum())
}
