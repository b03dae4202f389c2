//! `idphoto ledger backup`: a copy of a SQLite ledger, while its gateway runs.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::Trouble;
use super::progress::{LastWords, Progress};
use super::reach::Reach;
use crate::cli::exit::Exit;
use crate::ledger::Location;
use crate::ledger::operate::back_up;

/// Copy a SQLite ledger to a new file, while its gateway runs; read docs before you go back to one
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) reach: Reach,
    /// The new file
    path: PathBuf,
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> Result<Exit, Trouble> {
    let settings = args.reach.remembering()?.settings;
    if matches!(settings.location, Location::Postgres(_)) {
        return Err(Trouble::refused(
            "NOT_FOR_POSTGRESQL",
            "a PostgreSQL ledger is backed up by PostgreSQL's own means",
            "pg_basebackup with an archive of the WAL forgets the least; docs/operations.md tells more",
        ));
    }
    if args.path.exists() {
        let text = format!("{} is there already", args.path.display());
        return Err(Trouble::refused("FILE_EXISTS", text, "name a new file"));
    }
    let partial = partial(&args.path);
    let last = LastWords {
        text: "there is no backup",
        unfinished: Some(partial.clone()),
    };
    let progress = Progress::start("pages", Some(0), last);
    let bar = progress.bar();
    let told = Box::new(move |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    back_up(&settings, partial.clone(), told).await?;
    drop(progress);
    std::fs::rename(&partial, &args.path)
        .map_err(|error| Trouble::file(&error, "the backup is in the folder, ending in .part"))?;
    let path = args.path.display().to_string();
    if args.reach.json {
        writeln!(out, "{}", json!({ "path": path }))?;
    } else {
        writeln!(
            out,
            "written: {path}\n\
             To look at it: idphoto ledger check --url sqlite:{path}\n\
             Keep the ledger's .key file elsewhere, too: without it no gateway starts on the backup.\n\
             Orders that are claimed from now on are not in it: whoever goes back to it may send them again."
        )?;
    }
    Ok(Exit::Success)
}

/// What is not whole has another name.
fn partial(path: &std::path::Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
