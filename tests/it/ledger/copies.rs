//! Second files: backups, copies, damage, and what retention leaves.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Estate;
use crate::process::{Gateway, idphoto};
use crate::requests::request;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_gateway_is_whole_and_nobody_elses() {
    let estate = Estate::start().await;
    let backup = estate.path("backup.db");
    let path = backup.to_str().unwrap();
    let told = estate.run(&["backup", path]).ended(0);
    assert!(told.out.contains("sqlite:"), "{}", told.out);
    assert_eq!(
        backup.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!estate.path("backup.db.part").exists());
    let check = estate.run_on("backup.db", &["check", "--json"]).ended(0);
    assert_eq!(check.json()["whole"], true);
    let entries = |name| estate.run_on(name, &["export"]).ended(0).out;
    assert_eq!(entries("backup.db"), entries("ledger.db"));
    let again = estate.run(&["backup", path, "--json"]).ended(65);
    assert_eq!(again.json()["error"]["reason"], "FILE_EXISTS");
}

/// Sorted: a copy takes one order after the other, so its entries have numbers of their own.
fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_waits_for_the_gateways_end_and_then_takes_everything() {
    let mut estate = Estate::start().await;
    let to = estate.url("copy.db");
    let told = estate.run(&["copy", &to, "--json"]).ended(65);
    assert_eq!(told.json()["error"]["reason"], "LEDGER_IN_USE");
    assert!(!estate.path("copy.db").exists());
    estate.stop();
    let told = estate.run(&["copy", &to, "--json"]).ended(0).json();
    assert_eq!((&told["orders"], &told["new"]), (&3.into(), &3.into()));
    let told = estate.run(&["copy", &to, "--json"]).ended(0).json();
    assert_eq!((&told["orders"], &told["new"]), (&3.into(), &0.into()));
    for command in [&["list", "--json"][..], &["export"]] {
        let copied = estate.run_on("copy.db", command).ended(0).out;
        assert_eq!(lines(&copied), lines(&estate.run(command).ended(0).out));
    }
    estate.run_on("copy.db", &["check"]).ended(0);
    let itself = estate.url("ledger.db");
    estate.run(&["copy", &itself]).ended(64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_a_copy_answers_from_it() {
    let mut estate = Estate::start().await;
    estate.stop();
    estate.run(&["copy", &estate.url("copy.db")]).ended(0);
    // Without its key nobody can tell whether a request is the same.
    std::fs::copy(estate.path("ledger.db.key"), estate.path("copy.db.key")).unwrap();
    let gateway = Gateway::start(&[&format!("ledger.url={}", estate.url("copy.db"))]);
    let mut again = request("test");
    again.order_id.clone_from(&estate.orders[0]);
    let answer = gateway.client().verify_id_photo(again).await.unwrap();
    assert!(answer.into_inner().replayed);
    assert_eq!(gateway.posts(&estate.orders[0]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_told_from_one_that_cannot_be_read() {
    let mut estate = Estate::start().await;
    estate.stop();
    // Whoever closes it last moves its log into the file.
    estate.run(&["stats"]).ended(0);
    let path = estate.path("ledger.db");
    let file = OpenOptions::new().write(true).open(path).unwrap();
    // Everything behind the first page, which says what the file is.
    let length = file.metadata().unwrap().len();
    let torn = vec![0xa5; usize::try_from(length).unwrap() - 4096];
    file.write_all_at(&torn, 4096).unwrap();
    drop(file);
    let told = estate.run(&["check", "--json"]).ended(65);
    let json = told.json();
    let said = json["whole"] == false || json["error"]["reason"] == "LEDGER_DAMAGED";
    assert!(said, "{json}");
    let told = estate.run(&["export"]).ended(65);
    assert!(told.err.contains("LEDGER_DAMAGED"), "{}", told.err);
    std::fs::write(
        estate.path("other.db"),
        "no database at all, and long enough for a header\n".repeat(100),
    )
    .unwrap();
    let told = estate.run_on("other.db", &["stats"]).ended(65);
    assert!(told.err.contains("LEDGER_DAMAGED"), "{}", told.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_keeps_what_is_young_and_says_when_nothing_is_to_go() {
    let estate = Estate::start().await;
    let told = estate.run(&["purge", "--json"]).ended(65);
    assert_eq!(told.json()["error"]["reason"], "KEPT_FOREVER");
    let told = estate.run(&["purge", "--keep", "1d", "--json"]).ended(0);
    assert_eq!(told.json()["purged"], 0);
    estate.run(&["purge", "--keep", "soon"]).ended(78);
    assert_eq!(estate.run(&["stats", "--json"]).json()["entries"], 6);
}

/// As if everything had happened ten days ago.
fn age(estate: &Estate) {
    let connection = rusqlite::Connection::open(estate.path("ledger.db")).unwrap();
    let ten_days: i64 = 10 * 24 * 3600 * 1_000_000;
    for statement in [
        "UPDATE orders SET updated_at = updated_at - ?1",
        "UPDATE journal SET at = at - ?1",
    ] {
        connection.execute(statement, [ten_days]).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_leaves_what_keeps_an_order_from_being_sent_again() {
    let estate = Estate::start().await;
    age(&estate);
    let told = estate.run(&["purge", "--keep", "9d", "--json"]).ended(0);
    assert_eq!(told.json()["purged"], 3);
    let stats = estate.run(&["stats", "--json"]).json();
    assert_eq!(
        (&stats["entries"], &stats["orders"]["ANSWERED"]),
        (&3.into(), &2.into())
    );
    let shown = estate
        .run(&["show", &estate.orders[0], "--json"])
        .ended(0)
        .json();
    assert_eq!(
        (&shown["code"], &shown["consent"]),
        (&"00".into(), &Value::Null)
    );
    assert_eq!(shown["journal"][0]["event"], "PURGED");
    estate.run(&["check"]).ended(0);
    let summary = estate.run(&["export", "--summary", "--json"]).ended(0);
    assert_eq!(summary.lines().len(), 3);
    let gateway = estate.gateway.as_ref().unwrap();
    let posts = gateway.posts(&estate.orders[0]).await;
    let mut again = request("test");
    again.order_id.clone_from(&estate.orders[0]);
    let answer = gateway.client().verify_id_photo(again).await.unwrap();
    assert!(answer.into_inner().replayed);
    assert_eq!(gateway.posts(&estate.orders[0]).await, posts);
}

/// A pipe that nobody reads holds up the command, and not its end; one that is closed is no fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_by_a_signal_and_without_a_reader() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/ledger.db", home.path().display());
    let gateway = Gateway::start(&[&format!("ledger.url={url}")]);
    // More than a pipe holds.
    let calls = (0..150).map(|_| async {
        let verified = gateway.client().verify_id_photo(request("test")).await;
        verified.unwrap();
    });
    futures_util::future::join_all(calls).await;
    let export = || {
        let mut command = idphoto(&["ledger", "export", "--sandbox", "--url", &url]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut unread = export();
    let mut first = [0];
    unread
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut first)
        .unwrap();
    let pid = unread.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(unread.wait().unwrap().code(), Some(130));

    let mut closed = export();
    drop(closed.stdout.take());
    let output = closed.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
