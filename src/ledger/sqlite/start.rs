//! From a path to an open file.

use std::sync::Arc;

use rusqlite::Connection;
use tracing::warn;

use super::Settings;
use super::book::Book;
use super::connection;
use super::core::Core;
use super::error::StartError;
use super::inspect::{Findings, inspect};
use super::key;
use super::lock::Lock;
use super::place::{Place, io};
use super::reader::Reader;
use super::recovery::recover;
use super::schema;
use super::writer::{Desk, Writer};
use crate::ledger::fingerprint::Fingerprinter;
use crate::ledger::journal::hex;
use crate::observe::Event;

/// Opens the file for the only gateway on it.
pub(super) fn gateway(settings: Settings) -> Result<(Core, Reader, Fingerprinter), StartError> {
    let place = Place::find(&settings.path)?;
    let lock = Lock::take(&place)?;
    place.make()?;
    let mut connection = connect(&place, &settings)?;
    schema::migrate(&mut connection, &place.file)?;
    let findings = Findings::none();
    let inspection = inspect(&place, findings.clone())?;
    let has_orders = has_orders(&connection).map_err(sqlite(&place))?;
    let fingerprinter = key::fingerprinter(&place, settings.keys.clone(), has_orders)?;
    let book = Arc::new(book(&settings)?);
    give_up_left(&mut connection, &settings, &book).map_err(sqlite(&place))?;
    let reader = reader(&place, &settings, &book)?;
    let mut core = core((place, settings, book), connection, findings)?;
    core._inspection = Some(inspection);
    core._lock = Some(lock);
    Ok((core, reader, fingerprinter))
}

/// Opens the file beside a gateway. Only `migrated` makes or changes what is there.
pub(super) fn operator(settings: Settings, migrated: bool) -> Result<Core, StartError> {
    let place = Place::find(&settings.path)?;
    let connection = if migrated {
        // Not under a gateway that works with the older schema.
        let _lock = Lock::take(&place)?;
        place.make()?;
        let mut connection = connect(&place, &settings)?;
        schema::migrate(&mut connection, &place.file)?;
        connection
    } else {
        current(&place, &settings)?
    };
    let book = Arc::new(book(&settings)?);
    core((place, settings, book), connection, Findings::none())
}

fn current(place: &Place, settings: &Settings) -> Result<Connection, StartError> {
    if !place.file.exists() {
        return Err(StartError::Older(place.file.clone()));
    }
    let connection = connect(place, settings)?;
    schema::judge(&connection, &place.file)?;
    let version = schema::version(&connection).map_err(sqlite(place))?;
    match version == schema::known() {
        true => Ok(connection),
        false => Err(StartError::Older(place.file.clone())),
    }
}

pub(super) fn book(settings: &Settings) -> Result<Book, StartError> {
    let mut owner = [0; 8];
    getrandom::fill(&mut owner)?;
    Ok(Book {
        member: settings.member.clone(),
        owner: hex(&owner),
        calendar: settings.calendar.clone(),
        keep_texts: settings.keep_texts,
        clock: Arc::clone(&settings.clock),
    })
}

fn connect(place: &Place, settings: &Settings) -> Result<Connection, StartError> {
    connection::open(&place.file, settings.timeout).map_err(sqlite(place))
}

fn give_up_left(
    connection: &mut Connection,
    settings: &Settings,
    book: &Book,
) -> rusqlite::Result<()> {
    let orders = recover(connection, book)?;
    if orders > 0 {
        warn!(
            orders,
            "orders were left in flight by a gateway that is gone; their outcome is unknown"
        );
        settings.observer.record(&Event::Swept(orders));
    }
    Ok(())
}

fn reader(place: &Place, settings: &Settings, book: &Arc<Book>) -> Result<Reader, StartError> {
    let way = (place.file.clone(), settings.timeout);
    let connection = connection::open_to_read(&place.file, settings.timeout);
    let connection = connection.map_err(sqlite(place))?;
    let reader = Reader::start(way, connection, Arc::clone(book));
    reader.map_err(|error| io(&place.file, error))
}

fn core(
    (place, settings, book): (Place, Settings, Arc<Book>),
    connection: Connection,
    findings: Findings,
) -> Result<Core, StartError> {
    let identity = place.identity().map_err(|error| io(&place.file, error))?;
    let desk = Desk {
        file: place.file.clone(),
        wait: settings.timeout,
        observer: Arc::clone(&settings.observer),
        damaged: findings.damaged,
        workers: settings.workers,
    };
    let writer = Writer::start(desk, connection).map_err(|error| io(&place.file, error))?;
    Ok(Core {
        writer,
        book,
        place,
        identity,
        wait: settings.timeout,
        observer: settings.observer,
        orders: findings.orders,
        _inspection: None,
        _lock: None,
    })
}

fn has_orders(connection: &Connection) -> rusqlite::Result<bool> {
    let any = "SELECT EXISTS (SELECT 1 FROM orders)";
    connection.query_row(any, [], |row| row.get(0))
}

fn sqlite(place: &Place) -> impl FnOnce(rusqlite::Error) -> StartError {
    let path = place.file.clone();
    |error| StartError::Sqlite(path, error)
}
