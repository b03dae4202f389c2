//! `idphoto ledger stats`: how many there are of what.

use std::io::Write;

use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::Trouble;
use super::moment::shown;
use super::reach::Reach;
use super::told;
use crate::cli::exit::Exit;
use crate::ledger::archive::{Archive, Stats};

/// Count orders by state, entries and bytes
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let archive = args.reach.open().await?;
    show(&*archive, args.reach.json, out).await
}

pub(super) async fn show(
    archive: &dyn Archive,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let stats = archive.stats().await?;
    if as_json {
        writeln!(out, "{}", to_json(&stats))?;
    } else {
        writeln!(out, "{}", to_text(&stats))?;
    }
    Ok(Exit::Success)
}

const STATES: [&str; 4] = ["IN_FLIGHT", "ANSWERED", "NOT_SENT", "OUTCOME_UNKNOWN"];

/// Of every state, those included that no order has.
fn states(stats: &Stats) -> impl Iterator<Item = (&'static str, u64)> {
    STATES.into_iter().map(|name| {
        let of_it = stats
            .orders
            .iter()
            .filter(|(state, _)| told::named(state) == name);
        (name, of_it.map(|(_, orders)| orders).sum())
    })
}

fn to_text(stats: &Stats) -> String {
    let all: u64 = states(stats).map(|(_, orders)| orders).sum();
    let mut lines = vec![format!("orders              {all}")];
    lines.extend(states(stats).map(|(name, orders)| format!("  {name:<17} {orders}")));
    lines.push(format!("journal             {} entries", stats.entries));
    if let Some(bytes) = stats.bytes {
        lines.push(format!("size                {}", HumanBytes(bytes)));
    }
    lines.push(format!("schema              version {}", stats.schema));
    lines.push(format!(
        "gateways            {} seen within a minute",
        stats.gateways
    ));
    if let Some(oldest) = stats.oldest_sending {
        lines.push(format!("oldest in flight    {}", shown(oldest)));
    }
    lines.join("\n")
}

fn to_json(stats: &Stats) -> Value {
    let orders = states(stats).map(|(name, orders)| (name.to_owned(), Value::from(orders)));
    json!({
        "orders": Value::Object(orders.collect()),
        "entries": stats.entries,
        "bytes": stats.bytes,
        "schema": stats.schema,
        "gateways": stats.gateways,
        "oldest_in_flight": stats.oldest_sending.map(shown),
    })
}
