//! `idphoto callers`: who may have verifications sent, and who may not for the time being.

use std::io::{self, Write};

use clap::Subcommand;
use serde_json::json;

use super::Trouble;
use super::moment::{exact, shown};
use super::reach::{Reach, open};
use super::resolve::check_note;
use crate::cli::exit::Exit;
use crate::domain::CallerName;
use crate::ledger::archive::{Archive, Halt};

/// List the callers, stop one, and let it go on
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    /// Stop a caller: nothing is sent for it on any gateway of the ledger, now and after restarts
    Stop(Change),
    /// Let a caller go on that was stopped
    Start(Change),
}

/// List the entries of callers, and who is stopped; with --json one object a line
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    reach: Reach,
}

/// Whose state changes, and why.
#[derive(Debug, clap::Args)]
struct Change {
    #[command(flatten)]
    reach: Reach,
    /// The caller's name
    name: String,
    /// Who wants it, and why: 1 to 500 characters; no personal data
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: String,
}

/// Runs the command.
///
/// # Errors
/// Standard output or standard error cannot be written.
pub async fn run(args: Args, out: &mut dyn Write) -> io::Result<Exit> {
    let (as_json, ended) = match args.command {
        Command::List(args) => (args.reach.json, args.run(out).await),
        Command::Stop(args) => (args.reach.json, args.run(true, out).await),
        Command::Start(args) => (args.reach.json, args.run(false, out).await),
    };
    ended.or_else(|trouble| trouble.tell(as_json, out))
}

impl List {
    async fn run(self, out: &mut dyn Write) -> Result<Exit, Trouble> {
        let remembering = self.reach.remembering()?;
        let names: Vec<_> = remembering.callers.iter().map(|(name, _)| name).collect();
        let archive = open(&remembering.settings, false).await?;
        list(&*archive, &names, self.reach.json, out).await
    }
}

pub(super) async fn list(
    archive: &dyn Archive,
    names: &[&CallerName],
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let stops = archive.standing().await?.stops;
    let mut all: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    all.extend(stops.iter().map(|stop| stop.caller.as_str()));
    all.sort_unstable();
    all.dedup();
    for name in all {
        let stop = stops.iter().find(|stop| stop.caller == name);
        let has_entry = names.iter().any(|known| known.as_str() == name);
        if as_json {
            let since = stop.map(|stop| exact(stop.since));
            let line = json!({
                "caller": name,
                "stopped": stop.is_some(),
                "since": since,
                "has_entry": has_entry,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let state = stop.map_or_else(
            || "may call".to_owned(),
            |stop| format!("stopped since {}", shown(stop.since)),
        );
        let entry = if has_entry {
            ""
        } else {
            ", and has no entry in callers"
        };
        writeln!(out, "{name:<20}  {state}{entry}")?;
    }
    Ok(Exit::Success)
}

impl Change {
    async fn run(self, stopped: bool, out: &mut dyn Write) -> Result<Exit, Trouble> {
        check_note(&self.note)?;
        let remembering = self.reach.remembering()?;
        let archive = open(&remembering.settings, false).await?;
        let stops = archive.standing().await?.stops;
        let gone = stops.iter().filter_map(|it| CallerName::parse(&it.caller));
        // Its entry may be gone meanwhile.
        let gone: Vec<_> = gone.filter(|_| !stopped).collect();
        let names = remembering.callers.iter().map(|(name, _)| name);
        let names: Vec<_> = names.chain(&gone).collect();
        let halt = Halt {
            caller: known(&names, &self.name)?,
            stopped,
            note: self.note,
        };
        change(&*archive, halt, self.reach.json, out).await
    }
}

pub(super) async fn change(
    archive: &dyn Archive,
    halt: Halt,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Trouble> {
    let (name, stopped) = (halt.caller.clone(), halt.stopped);
    let changed = archive.halt(halt).await?;
    if as_json {
        let told = json!({"caller": name.as_str(), "stopped": stopped, "changed": changed});
        writeln!(out, "{told}")?;
        return Ok(Exit::Success);
    }
    let text = match (stopped, changed) {
        (true, true) => "is stopped: nothing is sent for it from now on, on no gateway",
        (true, false) => "was stopped already",
        (false, true) => "may have verifications sent again",
        (false, false) => "was not stopped",
    };
    writeln!(out, "{name} {text}")?;
    Ok(Exit::Success)
}

/// A name that somebody has: one that nobody has would be stopped in vain.
pub(super) fn known(names: &[&CallerName], name: &str) -> Result<CallerName, Trouble> {
    let found = names.iter().find(|known| known.as_str() == name);
    found.map(|name| (*name).clone()).ok_or_else(|| {
        let text = "no entry of callers in the configuration has this name";
        let advice = "idphoto callers list shows the names; --config names the gateway's file";
        Trouble::refused("CALLER_NOT_FOUND", text, advice)
    })
}
