//! What doctor says of a ledger.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::Diagnosis;
use crate::configured::Configured;
use crate::process::Gateway;

/// With a ledger that a gateway made and left; without orders.
fn settled() -> Configured {
    let configured = Configured::new();
    let url = format!(
        "ledger.url=sqlite:{}",
        configured.path("ledger.db").display()
    );
    let mut gateway = Gateway::start(&[&url, "server.drain_delay=0s"]);
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    configured
}

#[test]
fn a_ledger_that_is_not_there_yet_is_none_the_worse() {
    let configured = Configured::new();
    let diagnosis = Diagnosis::of(&configured, &[]);
    assert_eq!(diagnosis.exit, Some(0), "{:#}", diagnosis.json);
    diagnosis.must_say("ok", "ledger", "ledger.url", &["no file is there yet"]);
    diagnosis.must_say("ok", "ledger", "ledger.url", &["MiB are free"]);
    assert!(!configured.path("ledger.db").exists());
}

#[test]
fn a_good_ledger_is_told_by_its_schema() {
    let configured = settled();
    let diagnosis = Diagnosis::of(&configured, &[]);
    assert_eq!(diagnosis.exit, Some(0), "{:#}", diagnosis.json);
    diagnosis.must_say("ok", "ledger", "ledger.url", &["schema has version 4"]);
}

#[test]
fn a_ledger_that_forgets_others_can_read_or_is_in_use_is_said_to_be_so() {
    let configured = Configured::new().set("ledger.url", "memory:");
    let diagnosis = Diagnosis::of(&configured, &[]);
    assert_eq!(diagnosis.exit, Some(0), "{:#}", diagnosis.json);
    diagnosis.must_say("warning", "ledger", "ledger.url", &["forgets all orders"]);

    let configured = settled();
    for name in ["ledger.db", "ledger.db.key"] {
        let everybody = Permissions::from_mode(0o644);
        std::fs::set_permissions(configured.path(name), everybody).unwrap();
    }
    let url = format!(
        "ledger.url=sqlite:{}",
        configured.path("ledger.db").display()
    );
    let _gateway = Gateway::start(&[&url]);
    let diagnosis = Diagnosis::of(&configured, &[]);
    let others = ["others than its owner can read"];
    diagnosis.must_say("warning", "ledger", "ledger.url", &others);
    diagnosis.must_say("warning", "ledger", "ledger.fingerprint_key_files", &others);
    diagnosis.must_say("ok", "ledger", "ledger.url", &["a gateway has it open"]);
}

#[test]
fn a_ledger_on_which_no_gateway_starts_is_wrong() {
    let garbage = "no database, and long enough for the header of one\n".repeat(100);
    let damaged = Configured::new().with("ledger.db", garbage.as_bytes());
    let diagnosis = Diagnosis::of(&damaged, &[]);
    assert_eq!(diagnosis.exit, Some(78), "{:#}", diagnosis.json);
    diagnosis.must_say("wrong", "ledger", "ledger.url", &["damaged"]);
    assert!(!diagnosis.told.contains("ledger.db"), "{}", diagnosis.told);

    let astray = Configured::new().set("ledger.url", "sqlite:/no/such/folder/ledger.db");
    let diagnosis = Diagnosis::of(&astray, &[]);
    diagnosis.must_say("wrong", "ledger", "ledger.url", &["directory"]);
    assert!(!diagnosis.told.contains("no/such"), "{}", diagnosis.told);
}

/// Without `--network` nobody is asked.
#[test]
fn postgresql_is_looked_at_only_when_the_network_may_be() {
    let key = "ab".repeat(32);
    let configured = Configured::new()
        .with("fingerprint.key", key.as_bytes())
        .set("ledger.url", "postgres://idphoto@127.0.0.1:1/idphoto")
        .set("ledger.tls", "false")
        .set("ledger.timeout", "1s");
    let path = configured.path("fingerprint.key").display().to_string();
    let configured = configured.set("ledger.fingerprint_key_files", &format!("[\"{path}\"]"));
    let diagnosis = Diagnosis::of(&configured, &[]);
    assert_eq!(diagnosis.exit, Some(0), "{:#}", diagnosis.json);
    diagnosis.must_say("ok", "ledger", "ledger.url", &["--network"]);
    let diagnosis = Diagnosis::of(&configured, &["--network"]);
    diagnosis.must_say("unreachable", "ledger", "ledger.url", &["no connection"]);
}
