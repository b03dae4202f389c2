//! What may be opened, and what lies there then.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::ledger::FingerprintKey;
use crate::ledger::sqlite::place::network;
use crate::ledger::sqlite::schema;

fn refused(home: &Home) -> StartError {
    home.open().err().unwrap()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, answered(1)).await;
    ended(&ledger, "2", 2, Settlement::NotSent).await;
    ended(&ledger, "3", 3, Settlement::OutcomeUnknown).await;
    let before = ledger.find(&order("1")).await.unwrap();
    let journal = events(&ledger).await;
    drop(ledger);

    let ledger = home.ledger();
    assert_eq!(ledger.find(&order("1")).await.unwrap(), before);
    assert_eq!(state(&ledger, "2").await, State::NotSent);
    assert_eq!(state(&ledger, "3").await, State::OutcomeUnknown);
    assert_eq!(events(&ledger).await, journal);
    // The key is the same: the content of an order is known again.
    granted(&ledger, "2", 4).await;
}

#[tokio::test]
async fn a_file_of_times_without_callers_is_brought_up_to_date() {
    let home = Home::new();
    let ledger = home.ledger();
    ended(&ledger, "1", 1, answered(1)).await;
    let before = ledger.find(&order("1")).await.unwrap();
    drop(ledger);
    let connection = rusqlite::Connection::open(home.path("ledger.db")).unwrap();
    let older = "ALTER TABLE orders DROP COLUMN caller;
        ALTER TABLE orders DROP COLUMN charged;
        DROP TABLE budgets;
        DROP TABLE stops;
        DELETE FROM refinery_schema_history WHERE version > 1;";
    connection.execute_batch(older).unwrap();
    drop(connection);

    let ledger = home.ledger();
    assert_eq!(ledger.find(&order("1")).await.unwrap(), before);
    granted(&ledger, "2", 2).await;
}

#[tokio::test]
async fn an_orderly_end_leaves_the_database_alone() {
    let home = Home::new();
    granted(&home.ledger(), "1", 1).await;
    assert!(!home.path("ledger.db-wal").exists());
    assert!(!home.path("ledger.db-shm").exists());
}

#[tokio::test]
async fn a_second_gateway_is_refused_until_the_first_one_ends() {
    let home = Home::new();
    let ledger = home.ledger();
    let error = refused(&home);
    assert!(matches!(error, StartError::Locked(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("ledger.db is held by another gateway"),
        "{text}"
    );
    // By another path to the same file, too.
    let link = home.path("link.db");
    std::os::unix::fs::symlink(home.path("ledger.db"), &link).unwrap();
    let settings = Settings {
        path: link,
        ..home.settings()
    };
    let error = home.open_with(settings).err().unwrap();
    assert!(matches!(error, StartError::Locked(_)), "{error:?}");
    drop(ledger);
    home.ledger();
}

#[tokio::test]
async fn nobody_but_the_owner_can_read_any_of_its_files() {
    let home = Home::new();
    let ledger = home.ledger();
    granted(&ledger, "1", 1).await;
    let mut names = Vec::new();
    for file in std::fs::read_dir(home.folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort_unstable();
    let expected = ["", "-shm", "-wal", ".key", ".lock"].map(|it| format!("ledger.db{it}"));
    assert_eq!(names, expected);
}

#[test]
fn a_newer_schema_is_refused_and_named() {
    let home = Home::new();
    drop(home.ledger());
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'x', '2026-01-01T00:00:00Z', '1')";
    home.raw().execute(newer, []).unwrap();
    let error = refused(&home);
    assert!(matches!(error, StartError::Newer { .. }), "{error:?}");
    let known = schema::known();
    let told = format!("has schema 99, and this program knows {known}: run the newer program");
    assert!(error.to_string().ends_with(&told), "{error}");
}

/// As version 1 left it, with one order that was answered and one whose gateway died.
#[tokio::test]
async fn a_file_of_version_1_is_brought_up_to_date_with_all_its_orders() {
    let home = Home::new();
    let mut file = home.raw();
    schema::version_1(&mut file);
    let answered_row = ("1", "ANSWERED", Some("00"), Some(97), Some(0));
    let left = ("2", "SENDING", None, None, None);
    for (tag, state, code, confidence, at) in [answered_row, left] {
        file.execute(
            "INSERT INTO orders VALUES ('00520446', ?1, ?2, 1, 'dead', ?3, 'ab', '0000000000000000', ?4,
                'a', 'b', 'c', 'd', 1, 1, ?5, ?6, NULL, NULL, NULL, ?7, 0)",
            rusqlite::params![order(tag).as_str(), state, "0".repeat(32), "0".repeat(64), code, confidence, at],
        )
        .unwrap();
    }
    drop(file);
    let keys = vec![FingerprintKey::parse(&[b'0'; 64]).unwrap()];
    let ledger = home
        .open_with(Settings {
            keys,
            ..home.settings()
        })
        .unwrap();
    assert_eq!(state(&ledger, "1").await, answered(0).into());
    assert_eq!(state(&ledger, "2").await, State::OutcomeUnknown);
    granted(&ledger, "3", 3).await;
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let home = Home::new();
    home.raw().execute("CREATE TABLE theirs (x)", []).unwrap();
    let error = refused(&home);
    assert!(matches!(error, StartError::Foreign(_)), "{error:?}");
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = home.raw().query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = Home::new();
    std::fs::write(home.path("ledger.db"), "what is this? ".repeat(1000)).unwrap();
    let error = refused(&home);
    assert!(matches!(error, StartError::Sqlite(..)), "{error:?}");
}

/// Spoils the pointers to the cells of an index's page, behind its header.
fn damage(home: &Home) {
    let page = "SELECT rootpage FROM sqlite_schema WHERE name = 'journal_of_order'";
    let page: u32 = home.raw().query_row(page, [], |row| row.get(0)).unwrap();
    let mut file = std::fs::read(home.path("ledger.db")).unwrap();
    file[(page as usize - 1) * 4096 + 8..][..16].fill(0xFF);
    std::fs::write(home.path("ledger.db"), file).unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let home = Home::new();
    ended(&home.ledger(), "1", 1, answered(1)).await;
    damage(&home);
    let error = refused(&home);
    assert!(matches!(error, StartError::Damaged(..)), "{error:?}");
}

#[tokio::test]
async fn a_large_file_is_looked_at_beside_the_calls_and_not_written_once_damage_is_found() {
    let home = Home::new();
    drop(home.ledger());
    let large = "INSERT INTO journal (at, member, order_id, event, entry)
        VALUES (1, '', '', 'CLAIMED', printf('%.*c', 5000000, 'x'))";
    home.raw().execute(large, []).unwrap();
    let ledger = home.ledger();
    ledger.beat().await.unwrap();
    drop(ledger);
    damage(&home);
    let ledger = home.ledger();
    let found = async {
        while ledger.beat().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, found).await.unwrap();
    let claimed = ledger.claim(claim(&ledger, "1", 1)).await;
    assert!(matches!(claimed, Err(LedgerError::Engine(_))));
}

#[test]
fn the_directory_has_to_be_there() {
    let home = Home::new();
    let settings = Settings {
        path: home.path("nowhere/ledger.db"),
        ..home.settings()
    };
    let error = home.open_with(settings).err().unwrap();
    assert!(matches!(error, StartError::NoDirectory(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("nowhere is no directory: make it")
    );
}

#[tokio::test]
async fn a_lost_key_is_not_replaced_once_there_are_orders() {
    let home = Home::new();
    drop(home.ledger());
    let key = home.path("ledger.db.key");
    std::fs::remove_file(&key).unwrap();
    let ledger = home.ledger();
    assert!(key.exists());
    granted(&ledger, "1", 1).await;
    drop(ledger);

    std::fs::remove_file(&key).unwrap();
    let error = refused(&home);
    assert!(matches!(error, StartError::NoKey(_)), "{error:?}");
    assert!(error.to_string().contains("ledger.db.key is missing"));
    assert!(!key.exists());
    let settings = Settings {
        keys: vec![FingerprintKey::random().unwrap()],
        ..home.settings()
    };
    home.open_with(settings).unwrap();
}

#[test]
fn a_key_file_with_something_else_is_refused() {
    let home = Home::new();
    std::fs::write(home.path("ledger.db.key"), "0123").unwrap();
    let error = refused(&home);
    assert!(matches!(error, StartError::BadKey(_)), "{error:?}");
}

#[test]
fn a_start_that_died_while_it_made_a_key_does_no_harm() {
    let home = Home::new();
    std::fs::write(home.path("ledger.db.key.new"), "01").unwrap();
    home.ledger();
    assert!(!home.path("ledger.db.key.new").exists());
}

#[test]
fn network_file_systems_are_told_by_their_numbers() {
    assert_eq!(network(0x6969), Some("NFS"));
    assert_eq!(network(0xFE53_4D42), Some("SMB"));
    // The number of CIFS is negative where the type is signed.
    assert_eq!(network(0xFFFF_FFFF_FF53_4D42), Some("CIFS"));
    for local in [0xEF53, 0x0102_1994, 0x9123_683E, 0x5846_5342, 0x6573_5546] {
        assert_eq!(network(local), None, "{local:x}");
    }
}

#[tokio::test]
async fn operators_look_beside_a_gateway_and_make_nothing() {
    let home = Home::new();
    let error = start::operator(home.settings(), false).err().unwrap();
    assert!(matches!(error, StartError::Older(_)), "{error:?}");
    assert!(!home.path("ledger.db").exists());
    let ledger = home.ledger();
    granted(&ledger, "1", 1).await;
    let operator = start::operator(home.settings(), false).unwrap();
    assert_eq!(operator.stats().await.unwrap().entries, 1);
    drop(operator);
    assert_eq!(state(&ledger, "1").await, State::Sending);
    let error = start::operator(home.settings(), true).err().unwrap();
    assert!(matches!(error, StartError::Locked(_)), "{error:?}");
}

#[tokio::test]
async fn an_operator_migrates_an_empty_place() {
    let home = Home::new();
    let operator = start::operator(home.settings(), true).unwrap();
    assert_eq!(operator.stats().await.unwrap().schema, 4);
    drop(operator);
    home.ledger();
}
