//! A second file with the same orders, while the first one is worked with.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection;
use super::error::{StartError, blocking};
use super::place::{Place, create_new, io};
use super::schema;

/// Pages that are copied before their number is told: a few megabytes.
const STEP: i32 = 1000;

/// Writes what stands in the file now to a new one, for its owner alone.
pub(in crate::ledger) async fn back_up(
    from: PathBuf,
    to: PathBuf,
    wait: Duration,
    told: Box<dyn Fn(u64, u64) + Send>,
) -> Result<(), StartError> {
    blocking(move || {
        let from = Place::find(&from)?;
        if !from.file.exists() {
            return Err(StartError::Older(from.file));
        }
        let to = Place::find(&to)?;
        create_new(&to.file).map_err(|error| io(&to.file, error))?;
        copy(&from, &to, wait, &*told)?;
        to.sync_directory()
    })
    .await
}

fn copy(
    from: &Place,
    to: &Place,
    wait: Duration,
    told: &dyn Fn(u64, u64),
) -> Result<(), StartError> {
    let of_source = |error| StartError::Sqlite(from.file.clone(), error);
    let of_target = |error| StartError::Sqlite(to.file.clone(), error);
    let source = connection::open_to_read(&from.file, wait).map_err(of_source)?;
    schema::judge(&source, &from.file)?;
    // All steps see the same moment, whatever the gateway writes between them.
    source.execute_batch("BEGIN").map_err(of_source)?;
    schema::version(&source).map_err(of_source)?;
    let mut target = Connection::open(&to.file).map_err(of_target)?;
    let backup = Backup::new(&source, &mut target).map_err(of_target)?;
    loop {
        let step = backup.step(STEP).map_err(of_target)?;
        let progress = backup.progress();
        let (all, left) = (progress.pagecount.max(0), progress.remaining.max(0));
        told(
            (all - left).unsigned_abs().into(),
            all.unsigned_abs().into(),
        );
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else knows of the new file, and readers of a log are never locked out.
            _ => return Err(StartError::Locked(from.file.clone())),
        }
    }
}
