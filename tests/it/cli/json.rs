//! `--json` gives JSON when a command cannot begin, too.

use std::process::Output;

use serde_json::Value;

use super::{run, text, verify_to};

#[track_caller]
fn fails(told: &Output, code: i32, reason: &str, word: &str) {
    assert_eq!(told.status.code(), Some(code), "{}", text(&told.stderr));
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    let error = &json["error"];
    assert_eq!(error["reason"], reason);
    assert_eq!(error["dispatch"], "NOT_SENT");
    assert_eq!(error["retry"], "FIX_REQUEST");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(word), "{message}");
}

#[test]
fn a_wrong_command_line() {
    for (args, word) in [
        (&["verify", "--json"][..], "--photo"),
        (&["health", "--json", "--no-such-flag"], "--no-such-flag"),
        (&["no-such-command", "--json"], "no-such-command"),
        (
            &["get", "--json", "--target", "gateway", "x"],
            "the port is missing",
        ),
        (
            &["health", "--json", "--target", "::1:50051"],
            "in brackets",
        ),
        (
            &["health", "--json", "--target", "dns:///x:1"],
            "https://HOST:PORT",
        ),
        (
            &["health", "--json", "--target", "https://x:1", "--plaintext"],
            "contradicts",
        ),
        (
            &["health", "--json", "--ca-file", "ca.pem"],
            "use https://127.0.0.1:50051",
        ),
    ] {
        let told = run(args);
        fails(&told, 64, "BAD_USAGE", word);
    }
}

#[test]
fn a_stray_part_of_a_name_is_not_repeated() {
    let told = run(&["verify", "--json", "--name", "Li", "Lei"]);
    fails(&told, 64, "BAD_USAGE", "an argument too many");
    assert!(!text(&told.stdout).contains("Lei"));
}

#[test]
fn without_json_a_wrong_target_is_told_to_people() {
    let told = run(&["health", "--target", "gateway.example"]);
    assert_eq!(told.status.code(), Some(64));
    assert_eq!(text(&told.stdout), "");
    let shown = text(&told.stderr);
    assert!(shown.contains("the port is missing: HOST:PORT"), "{shown}");
}

#[test]
fn help_stays_help() {
    let told = run(&["health", "--json", "--help"]);
    assert_eq!(told.status.code(), Some(0));
    assert!(text(&told.stdout).contains("Usage: "));
}

#[test]
fn files_that_cannot_be_read_or_used() {
    let unread = [
        "--json",
        "--target",
        "https://127.0.0.1:1",
        "--ca-file",
        "no-such-file",
    ];
    let told = run(&[&["health"], &unread[..]].concat());
    fails(&told, 74, "FILE_UNREADABLE", "no-such-file");
    let file = tempfile::NamedTempFile::new().unwrap();
    let empty = file.path().to_str().unwrap();
    let told = verify_to(
        "https://127.0.0.1:1",
        "test",
        &["--json", "--ca-file", empty],
    );
    fails(
        &told,
        65,
        "FILE_INVALID",
        "does not hold a certificate in PEM",
    );
    let told = run(&[
        &["verify", "--json", "--photo", "none.jpg"][..],
        &["--name", "李雷", "--id-number", "11010519491231002X"],
        &["--usage-scenario", "test", "--purpose", "test"],
        &[
            "--agreement-version",
            "1.0",
            "--agreement-serial",
            "20260101000001",
        ],
    ]
    .concat());
    fails(&told, 74, "FILE_UNREADABLE", "none.jpg");
    let told = run(&["keys", "inspect", "--json", "no-such-key"]);
    fails(&told, 74, "FILE_UNREADABLE", "no-such-key");
    let told = run(&["keys", "inspect", "--json", empty]);
    fails(&told, 65, "FILE_INVALID", "");
}
