//! `idphoto ledger`: what operators and auditors do with the record of orders.
//!
//! Nothing here sends anything to UPI, and nothing makes an order sendable. Commands that read run
//! beside gateways. Long lists are read in pages, whatever their length.

use std::io::{self, Write};

use clap::Subcommand;

mod backup;
pub(super) mod budget;
pub(super) mod callers;
mod check;
mod copy;
mod entry;
mod export;
mod list;
mod migrate;
mod moment;
mod pages;
mod progress;
mod purge;
mod reach;
mod resolve;
mod show;
mod stats;
#[cfg(test)]
mod tests;
mod told;
mod trouble;

use trouble::Trouble;

use super::exit::Exit;

/// Look after the record of orders (ledger.url)
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Migrate(migrate::Args),
    Check(check::Args),
    Stats(stats::Args),
    Show(show::Args),
    List(list::Args),
    Resolve(resolve::Args),
    Export(export::Args),
    Backup(backup::Args),
    Copy(copy::Args),
    Purge(purge::Args),
}

/// Runs the command.
///
/// # Errors
/// Standard output or standard error cannot be written.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let as_json = args.command.wants_json();
    match args.command.run(out).await {
        Ok(exit) => Ok(exit),
        Err(trouble) => trouble.tell(as_json, out),
    }
}

impl Command {
    async fn run(self, out: &mut dyn Write) -> Result<Exit, Trouble> {
        match self {
            Self::Migrate(args) => migrate::run(args, out).await,
            Self::Check(args) => check::run(args, out).await,
            Self::Stats(args) => stats::run(args, out).await,
            Self::Show(args) => show::run(args, out).await,
            Self::List(args) => list::run(args, out).await,
            Self::Resolve(args) => resolve::run(args, out).await,
            Self::Export(args) => export::run(args, out).await,
            Self::Backup(args) => backup::run(args, out).await,
            Self::Copy(args) => copy::run(args, out).await,
            Self::Purge(args) => purge::run(args, out).await,
        }
    }

    fn wants_json(&self) -> bool {
        let reach = match self {
            Self::Migrate(args) => &args.reach,
            Self::Check(args) => &args.reach,
            Self::Stats(args) => &args.reach,
            Self::Show(args) => &args.reach,
            Self::List(args) => &args.reach,
            Self::Resolve(args) => &args.reach,
            Self::Export(args) => &args.reach,
            Self::Backup(args) => &args.reach,
            Self::Copy(args) => &args.reach,
            Self::Purge(args) => &args.reach,
        };
        reach.json
    }
}
