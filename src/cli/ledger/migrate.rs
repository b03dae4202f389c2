//! `idphoto ledger migrate`: the schema that this program needs.

use std::io::Write;

use serde_json::json;

use super::Trouble;
use super::reach::{Reach, open};
use crate::cli::exit::Exit;

/// Make the schema, or bring it up to date; before gateways of a new version start
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let settings = args.reach.remembering()?.settings;
    // What is up to date may be in use.
    let archive = match open(&settings, false).await {
        Ok(archive) => archive,
        Err(_) => open(&settings, true).await?,
    };
    let schema = archive.stats().await?.schema;
    if args.reach.json {
        writeln!(out, "{}", json!({ "schema": schema }))?;
    } else {
        writeln!(
            out,
            "the schema has version {schema}, which this program needs"
        )?;
    }
    Ok(Exit::Success)
}
