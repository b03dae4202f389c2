//! `idphoto ledger migrate`: the schema that this program needs.

use std::io::Write;

use serde_json::json;

use super::Trouble;
use super::reach::Reach;
use crate::cli::exit::Exit;
use crate::ledger::operate::{Migrated, migrate};

/// Make the schema, or bring it up to date; before gateways of a new version start
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let Migrated { schema, steps } = migrate(&args.reach.remembering()?.settings).await?;
    if args.reach.json {
        writeln!(out, "{}", json!({"schema": schema, "steps": steps}))?;
    } else if steps == 0 {
        writeln!(
            out,
            "the schema has version {schema} already; nothing was changed"
        )?;
    } else {
        writeln!(out, "the schema has version {schema} now")?;
    }
    Ok(Exit::Success)
}
