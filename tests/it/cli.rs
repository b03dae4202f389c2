//! The commands, as an operator or a script runs them.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::data;
use crate::process::{Gateway, Process, idphoto};
use crate::requests::order_id;

mod json;
mod met;
mod pages;
mod strangers;

fn run(args: &[&str]) -> Output {
    idphoto(args).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn verify(gateway: &Gateway, scenario: &str, more: &[&str]) -> Output {
    verify_at(&gateway.address, scenario, more)
}

/// `idphoto verify` with a customer on standard input.
fn verify_at(address: &str, scenario: &str, more: &[&str]) -> Output {
    verify_to(&format!("http://{address}"), scenario, more)
}

fn verify_to(target: &str, scenario: &str, more: &[&str]) -> Output {
    let photo = data::path("photos/face-256.jpg");
    let mut child = idphoto(&["verify", "--target", target, "--customer-file", "-"])
        .args(["--photo", photo.to_str().unwrap()])
        .args(["--usage-scenario", scenario, "--purpose", "test"])
        .args(["--agreement-version", "terms 1"])
        .args(["--agreement-serial", "20260101000001"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let customer = r#"{"name": "李雷", "id_number": "11010519491231002X"}"#;
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(customer.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn the_demo_tells_what_went_over_the_wire_and_succeeds() {
    let output = run(&["demo"]);
    let told = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{told}{}",
        text(&output.stderr)
    );
    for expected in [
        "confidence 97 of 100",
        "code 70 (NOT_CONFIRMED)",
        "customer.name:",
        "customer.id_number:",
        "photo:",
        "sent     nothing",
        "ANSWER_PENDING",
        "confidence 88 of 100",
        r#""alg":"RS256""#,
        r#""UPI-REQPATH":"#,
        r#""alg":"RSA1_5""#,
    ] {
        assert!(told.contains(expected), "{expected} is not in:\n{told}");
    }
    for secret in ["李雷", "Li Lei", "11010519491231002X"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn verify_prints_an_answer_and_succeeds() {
    let gateway = Gateway::start(&[]);
    let output = verify(&gateway, "sandbox:confidence=42", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("confidence 42 of 100"));
    assert!(text(&output.stderr).starts_with("order "));
}

#[test]
fn verify_prints_json_for_programs() {
    let gateway = Gateway::start(&[]);
    let id = order_id();
    let output = verify(&gateway, "sandbox:code=70", &["--json", "--order-id", &id]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["order_id"], id.as_str());
    assert_eq!(json["rejection"]["category"], "NOT_CONFIRMED");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn verify_ends_with_3_below_the_wanted_confidence_and_on_a_rejection() {
    let gateway = Gateway::start(&[]);
    for (scenario, wanted, code) in [
        ("sandbox:confidence=42", "42", 0),
        ("sandbox:confidence=42", "43", 3),
        ("sandbox:code=70", "0", 3),
        ("sandbox:fault=no-signature", "0", 75),
    ] {
        let output = verify(&gateway, scenario, &["--min-confidence", wanted]);
        assert_eq!(output.status.code(), Some(code), "{scenario} {wanted}");
        let answered = !output.stdout.is_empty();
        assert_eq!(answered, code != 75, "{scenario} {wanted}");
    }
    let output = verify(&gateway, "test", &["--min-confidence", "101"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn verify_fails_without_an_answer_and_says_what_to_do() {
    let gateway = Gateway::start(&[]);
    let output = verify(&gateway, "sandbox:fault=no-signature", &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["error"]["reason"], "OUTCOME_UNKNOWN");
    assert_eq!(json["error"]["retry"], "NEW_ORDER");
    assert_eq!(output.status.code(), Some(75));
}

#[test]
fn verify_names_the_bad_field() {
    let gateway = Gateway::start(&[]);
    let output = verify(&gateway, "test", &["--order-id", "too short"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("order_id:"));
}

#[test]
fn verify_waits_for_an_answer_that_outlasts_a_call() {
    let gateway = Gateway::start(&[]);
    let output = verify(
        &gateway,
        "sandbox:delay=2s,confidence=5",
        &["--timeout", "1s"],
    );
    // One second for the whole wait is not enough, and the order is told for later.
    assert_eq!(output.status.code(), Some(75));
    let stderr = text(&output.stderr);
    let id = stderr.lines().next().unwrap().trim_start_matches("order ");
    let output = verify(
        &gateway,
        "sandbox:delay=2s,confidence=5",
        &["--order-id", id],
    );
    assert!(text(&output.stdout).contains("confidence 5 of 100"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn get_shows_an_order_and_fails_for_an_unknown_one() {
    let gateway = Gateway::start(&[]);
    let target = format!("http://{}", gateway.address);
    let id = order_id();
    verify(&gateway, "sandbox:confidence=42", &["--order-id", &id]);
    let output = run(&["get", "--target", &target, &id, "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["state"], "ANSWERED");
    assert_eq!(json["result"]["comparison"]["confidence"], 42);
    assert_eq!(output.status.code(), Some(0));
    let output = run(&["get", "--target", &target, &order_id()]);
    assert_eq!(output.status.code(), Some(75));
    assert!(text(&output.stderr).contains("VERIFICATION_NOT_FOUND"));
}

#[test]
fn a_connection_that_breaks_in_mid_call_leaves_the_order_to_be_asked_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let breaks = std::thread::spawn(move || {
        let (mut caller, _) = listener.accept().unwrap();
        // Until it has seen SETTINGS, the command hands nothing over.
        caller.write_all(b"\0\0\0\x04\0\0\0\0\0").unwrap();
        // More than a preface and settings: the request is on its way.
        caller.read_exact(&mut [0; 1000]).unwrap();
    });
    let output = verify_at(&address, "test", &["--json"]);
    breaks.join().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["error"]["reason"], "");
    assert_eq!(json["error"]["dispatch"], "UNKNOWN_TO_CLIENT");
    assert_eq!(json["error"]["retry"], "ASK_FIRST");
    assert_eq!(output.status.code(), Some(75));
}

#[test]
fn health_follows_the_gateway() {
    let gateway = Gateway::start(&[]);
    let target = format!("http://{}", gateway.address);
    let serving = run(&["health", "--target", &target]);
    assert_eq!(serving.status.code(), Some(0));
    assert_eq!(text(&serving.stdout), "SERVING\n");
    drop(gateway);
    let gone = run(&["health", "--target", &target]);
    assert_eq!(gone.status.code(), Some(69));
}

#[test]
fn bad_usage_ends_with_64_and_help_with_0() {
    for args in [&["serve", "--no-such-flag"][..], &["no-such-command"], &[]] {
        assert_eq!(run(args).status.code(), Some(64), "{args:?}");
    }
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    assert_eq!(run(&["--version"]).status.code(), Some(0));
}

#[test]
fn bad_configuration_ends_with_78_before_a_port_is_bound() {
    let output = run(&["serve", "--set", "server.lisen=127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(text(&output.stdout), "");
    let told = text(&output.stderr);
    assert!(told.contains("server.listen"), "{told}");
    assert!(told.contains("upi.base_url"), "{told}");
}

#[test]
fn the_commands_reach_a_gateway_on_a_unix_socket() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("grpc.sock");
    let target = format!("unix:{}", path.display());
    let listen = format!("server.listen={target}");
    let settings = [
        "serve",
        "--sandbox",
        "--set",
        &listen,
        "--set",
        "server.socket_mode=0600",
    ];
    let mut gateway = Process::start(&settings);
    assert_eq!(gateway.wait_for("gRPC listening on "), target);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let serving = run(&["health", "--target", &target]);
    assert_eq!(text(&serving.stdout), "SERVING\n");
    assert_eq!(verify_to(&target, "test", &[]).status.code(), Some(0));
    // It is taken, and stays so until its process is gone.
    let taken = run(&settings);
    assert_eq!(taken.status.code(), Some(1));
    let told = text(&taken.stderr);
    assert!(
        told.contains("another process listens there") && told.contains(&target),
        "{told}"
    );
    gateway.signal("KILL");
    gateway.end();
    assert!(path.exists());
    assert_eq!(
        run(&["health", "--target", &target]).status.code(),
        Some(69)
    );
    let mut next = Process::start(&settings);
    next.wait_for("gRPC listening on ");
    assert_eq!(run(&["health", "--target", &target]).status.code(), Some(0));
    next.signal("TERM");
    next.end();
    assert!(!path.exists());
}

#[test]
fn a_port_that_is_taken_ends_with_an_error() {
    let gateway = Gateway::start(&[]);
    let output = run(&["serve", "--sandbox", "--listen", &gateway.address]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_sandbox_of_its_own_serves_a_gateway_by_the_configuration_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keys = keys.to_str().unwrap();
    let sandbox = Process::start(&["sandbox", "--dir", keys]);
    let upi = sandbox.wait_for("sandbox listening on ");
    let config = format!("{keys}/idphoto.toml");
    let serve = ["serve", "--config", &config, "--listen", "127.0.0.1:0"];
    let process = Process::start(&serve);
    let address = process.wait_for("gRPC listening on ");
    let gateway = Gateway {
        process,
        address,
        upi,
    };
    let output = verify(&gateway, "sandbox:confidence=42", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    // With UPI gone nothing is sent, and the command says so.
    drop(sandbox);
    let output = verify(&gateway, "sandbox:confidence=42", &["--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["error"]["reason"], "UPI_UNREACHABLE");
    assert_eq!(json["error"]["dispatch"], "NOT_SENT");
    assert_eq!(output.status.code(), Some(69));
}

#[test]
fn a_sandbox_refuses_to_listen_beyond_loopback_unasked() {
    let output = run(&["sandbox", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--allow-non-loopback"));
}

#[test]
fn sigterm_ends_an_idle_gateway_at_once_and_cleanly() {
    let mut gateway = Gateway::start(&["server.drain_delay=0s"]);
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
}
