//! Power that fails at any moment: what a process did to its files is recorded by a library that is
//! loaded before it (`power/recorder.c`), and the files are put together as a disk may have them that
//! keeps what was synced, and any part of the rest. The engine opens each of these disks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use super::*;

mod disk;

use disk::{Disk, Record};

/// Where the process that is recorded works.
const PLACE: &str = "IDPHOTO_POWER_PLACE";

/// Callers at the same time, and how many orders each of them has.
const CALLERS: u32 = 8;
const ORDERS: u32 = 7;

/// What the outside world has seen goes to this file, which the recorder sees, too.
const SEEN: &str = "seen";

/// Orders whose request left, and orders whose answer was told.
#[derive(Default, Clone)]
struct Seen {
    left: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, line: &[u8]) {
        let line = std::str::from_utf8(line).unwrap().trim_end();
        let (what, tag) = line.split_once(' ').unwrap();
        match what {
            "left" => self.left.insert(tag.to_owned()),
            _ => self.told.insert(tag.to_owned()),
        };
    }
}

/// The process whose power fails, which tests of this module start under the recorder. It ends
/// without closing anything; without them it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_victim() {
    let Some(place) = std::env::var_os(PLACE) else {
        return;
    };
    let home = Home::new();
    let settings = Settings {
        path: Path::new(&place).join("ledger.db"),
        ..home.settings()
    };
    let ledger = Arc::new(home.open_with(settings).unwrap());
    // Moves the log into the database again and again.
    let often = ledger.core.writer.write(|connection| {
        connection.pragma_update(None, "wal_autocheckpoint", 25)?;
        Ok(())
    });
    often.await.unwrap();
    let mut seen = std::fs::OpenOptions::new();
    let seen = seen.create(true).append(true);
    let seen = Arc::new(seen.open(Path::new(&place).join(SEEN)).unwrap());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (ledger, seen) = (Arc::clone(&ledger), Arc::clone(&seen));
        callers.spawn(async move {
            for number in 0..ORDERS {
                call(&ledger, &seen, &format!("{caller}x{number}")).await;
            }
        });
    }
    callers.join_all().await;
    std::process::exit(0);
}

async fn call(ledger: &SqliteLedger, mut seen: &std::fs::File, tag: &str) {
    use std::io::Write as _;

    let attempt = granted(ledger, tag, 7).await;
    seen.write_all(format!("left {tag}\n").as_bytes()).unwrap();
    ledger.settle(&attempt, answered(7)).await.unwrap();
    seen.write_all(format!("told {tag}\n").as_bytes()).unwrap();
}

/// Runs the victim under the recorder.
fn record(home: &Home) -> Vec<Record> {
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/ledger/sqlite/tests/power/recorder.c"
    );
    let library = home.path("recorder.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(compiler)
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([library.as_os_str(), source.as_ref()])
        .args(["-lpthread", "-ldl"])
        .status();
    assert!(compiled.unwrap().success());
    let place = home.path("place");
    std::fs::create_dir(&place).unwrap();
    let place = std::fs::canonicalize(place).unwrap();
    let victim = concat!(module_path!(), "::the_victim");
    let (_, victim) = victim.split_once("::").unwrap();
    let done = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", victim, "--nocapture"])
        .env("LD_PRELOAD", library)
        .env("POWER_DIR", &place)
        .env("POWER_LOG", home.path("log"))
        .env(PLACE, &place)
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let log = std::fs::read(home.path("log")).unwrap();
    Record::read_all(&log)
}

/// What was seen, and is not on a disk.
fn lost(home: &Home, disk: &Disk, files: &BTreeMap<String, Vec<u8>>, seen: &Seen) -> Vec<String> {
    let scratch = tempfile::tempdir_in(memory(home)).unwrap();
    for (name, content) in files {
        std::fs::write(scratch.path().join(name), content).unwrap();
    }
    let key = home.path("place").join("ledger.db.key");
    std::fs::copy(key, scratch.path().join("ledger.db.key")).unwrap();
    let settings = Settings {
        path: scratch.path().join("ledger.db"),
        ..home.settings()
    };
    let core = match start::gateway(settings) {
        Ok((core, _, _)) => core,
        Err(error) => return vec![format!("{disk:?}: {error}")],
    };
    drop(core);
    let connection = Connection::open(scratch.path().join("ledger.db")).unwrap();
    let state = |tag: &str| {
        connection
            .query_row(
                "SELECT state FROM orders WHERE order_id = ?1",
                [order(tag).as_str()],
                |row| row.get::<_, String>(0),
            )
            .ok()
    };
    let of = |tag: &String| (tag.clone(), state(tag));
    let left = seen
        .left
        .iter()
        .map(of)
        .filter(|(_, state)| !matches!(state.as_deref(), Some("OUTCOME_UNKNOWN" | "ANSWERED")));
    let told = seen.told.iter().map(of);
    let told = told.filter(|(_, state)| state.as_deref() != Some("ANSWERED"));
    let lost = left.chain(told);
    lost.map(|(tag, state)| format!("{disk:?}: {tag} is {state:?}"))
        .collect()
}

/// A file system in memory where there is one: thousands of files are written.
fn memory(home: &Home) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    match memory.is_dir() {
        true => memory,
        false => home.folder.path().to_owned(),
    }
}

/// Lets the power fail before and after each sync, in several ways; what was lost, and on how many
/// disks it was looked for.
fn fail_everywhere(
    home: &Home,
    records: &[Record],
    heard: impl Fn(&Record) -> bool,
) -> (Vec<String>, u32) {
    let (mut disk, mut seen) = (Disk::default(), Seen::default());
    let (mut losses, mut disks) = (Vec::new(), 0);
    for (number, record) in records.iter().enumerate() {
        let syncs = record.is_sync() && seen.left.len() > 1;
        if syncs {
            let kinds = disk.after_a_failure(number as u64);
            for files in &kinds {
                losses.extend(lost(home, &disk, files, &seen));
                disks += 1;
            }
        }
        if record.name == SEEN {
            if !record.data.is_empty() {
                seen.note(&record.data);
            }
        } else if heard(record) {
            disk.take(record);
        }
    }
    (losses, disks)
}

#[test]
fn whatever_left_is_on_every_disk_that_a_power_failure_can_leave() {
    let home = Home::new();
    let records = record(&home);
    let (losses, disks) = fail_everywhere(&home, &records, |_| true);
    assert!(disks > 100, "{disks}");
    assert!(
        losses.is_empty(),
        "{} of {disks}: {losses:#?}",
        losses.len()
    );
}

/// The test of the test: the same with a disk that says that the log is synced and forgets it.
#[test]
fn a_disk_that_forgets_what_it_synced_is_found_out() {
    let home = Home::new();
    let records = record(&home);
    let lies = |record: &Record| record.is_sync() && record.name == "ledger.db-wal";
    let (losses, _) = fail_everywhere(&home, &records, |record| !lies(record));
    assert!(!losses.is_empty());
}
