//! What there is to say of a file before a gateway works with it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Access, access, statvfs};

use super::archive::lists;
use super::error::{StartError, blocking};
use super::lock::Lock;
use super::place::{OTHERS, Place};
use super::{Settings, connection, schema, start};
use crate::ledger::remark::{Remark, URL};
use crate::ledger::settings;
use crate::observe::{Nobody, Observer};
use crate::verify::port::Clock;

/// Below this there is no room for long: about a million orders.
const LITTLE: u64 = 1 << 30;

const KEYS: &str = "ledger.fingerprint_key_files";

/// Looks at the file, what lies beside it, and its disk.
pub(in crate::ledger) async fn examine(
    path: &Path,
    settings: &settings::Settings,
    (clock, keyed): (&Arc<dyn Clock>, bool),
) -> Vec<Remark> {
    let nobody: Arc<dyn Observer> = Arc::new(Nobody);
    let file = Settings::of(path, settings, (clock, &nobody));
    let found = blocking(move || Ok::<_, StartError>(look(&file, keyed))).await;
    found.unwrap_or_else(|error| vec![refused(&error)])
}

fn look(settings: &Settings, keyed: bool) -> Vec<Remark> {
    let place = match Place::find(&settings.path) {
        Ok(place) => place,
        Err(error) => return vec![refused(&error)],
    };
    let mut remarks = vec![room(&place)];
    remarks.extend(unwritable(&place));
    if !place.file.exists() {
        remarks.push(Remark::good("no file is there yet: the gateway makes it"));
        return remarks;
    }
    match content(&place, settings, keyed) {
        Ok(found) => remarks.extend(found),
        Err(error) => remarks.push(refused(&error)),
    }
    for (suffix, key) in [("", URL), (".key", KEYS)] {
        remarks.extend(exposed(&place.beside(suffix), key));
    }
    remarks
}

/// The schema, who has it open, and whether its key is there.
fn content(place: &Place, settings: &Settings, keyed: bool) -> Result<Vec<Remark>, StartError> {
    let sqlite = |error| StartError::Sqlite(place.file.clone(), error);
    let connection = connection::open_to_read(&place.file, settings.timeout).map_err(sqlite)?;
    schema::judge(&connection, &place.file)?;
    let version = schema::version(&connection).map_err(sqlite)?;
    let mut remarks = vec![match version == schema::known() {
        true => Remark::good(format!("the schema has version {version}")),
        false => Remark::good("the schema is an older one: the gateway brings it up to date"),
    }];
    if version != schema::known() {
        return Ok(remarks);
    }
    let in_use = matches!(Lock::take(place), Err(StartError::Locked(_)));
    if in_use {
        remarks.push(Remark::good("a gateway has it open"));
    }
    let book = start::book(settings)?;
    let orders = lists::by_state(&connection, &book).map_err(sqlite)?;
    let orders: u64 = orders.iter().map(|(_, orders)| orders).sum();
    let keyed = keyed || place.beside(".key").exists();
    if orders > 0 && !keyed {
        let text =
            "the key beside the file is missing, and there are orders: the gateway does not start";
        let advice = "put back the .key file that belongs to this ledger, or name it here";
        let remark = Remark::wrong(text, advice);
        remarks.push(Remark {
            key: KEYS,
            ..remark
        });
    }
    Ok(remarks)
}

/// Free bytes of the disk.
fn room(place: &Place) -> Remark {
    let Ok(disk) = statvfs(&place.directory) else {
        return Remark::doubt("the free space of its disk cannot be told", "");
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB are free on its disk", free >> 20);
    match free < LITTLE {
        true => Remark::doubt(
            text,
            "make room: without it no order can be claimed, and none is sent",
        ),
        false => Remark::good(text),
    }
}

/// SQLite makes files beside the database.
fn unwritable(place: &Place) -> Option<Remark> {
    let folder = access(&place.directory, Access::WRITE_OK | Access::EXEC_OK);
    let file = match place.file.exists() {
        true => access(&place.file, Access::WRITE_OK | Access::READ_OK),
        false => Ok(()),
    };
    let text = match (folder, file) {
        (Ok(()), Ok(())) => return None,
        (Err(_), _) => "this user cannot write to the directory of the file",
        (Ok(()), Err(_)) => "this user cannot write to the file",
    };
    Some(Remark::wrong(
        text,
        "give the gateway's user the file and its directory",
    ))
}

fn exposed(path: &Path, key: &'static str) -> Option<Remark> {
    let mode = fs::metadata(path).ok()?.mode();
    (mode & OTHERS != 0).then(|| {
        let what = match key {
            KEYS => "the key beside the file",
            _ => "the file",
        };
        let text = format!("others than its owner can read or write {what}");
        Remark {
            key,
            ..Remark::doubt(text, "chmod go= FILE")
        }
    })
}

/// Without the path, which is a value of the configuration.
fn refused(error: &StartError) -> Remark {
    let (text, advice) = match error {
        StartError::NoDirectory(_) => (
            "the directory of the file is not there".to_owned(),
            "make it",
        ),
        StartError::NoFile(_) => ("names something else than a file".to_owned(), "name a file"),
        StartError::Network { kind, .. } => (
            format!("the file is on a network file system ({kind}), on which SQLite loses data"),
            "use a local disk, or PostgreSQL",
        ),
        StartError::Newer { found, known, .. } => (
            format!("the schema has version {found}, and this program knows {known}"),
            "run the newer program",
        ),
        StartError::Foreign(_) => (
            "the file is a database of another program".to_owned(),
            "name another file",
        ),
        error if super::tells_damage(error) || is_damage(error) => (
            "the file is damaged, or no database".to_owned(),
            "idphoto ledger check tells more; docs/operations.md, Backup",
        ),
        StartError::Io(_, error) => (format!("cannot be looked at: {error}"), ""),
        StartError::Sqlite(_, error) => {
            let code = error.sqlite_error().map(ToString::to_string);
            (
                format!("cannot be opened: {}", code.unwrap_or_default()),
                "",
            )
        }
        _ => ("cannot be looked at".to_owned(), ""),
    };
    Remark::wrong(text, advice)
}

fn is_damage(error: &StartError) -> bool {
    matches!(error, StartError::Sqlite(_, error) if super::tells_damage(error))
}
