//! Twelve ways in which a configuration goes wrong in the field, each named by its cause.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use openssl::symm::Cipher;

use super::Diagnosis;
use crate::configured::Configured;
use crate::keys::{LONG, OURS, Pair, THEIRS, VERIFYING};

/// The command must fail over this, and name it.
fn wrong(configured: &Configured, check: &str, key: &str, words: &[&str]) {
    let diagnosis = Diagnosis::of(configured, &[]);
    diagnosis.must_say("wrong", check, key, words);
    assert_eq!(diagnosis.exit, Some(78));
}

#[test]
fn wrong_key_for_kid() {
    // One kid in two roles, with another key in each.
    let configured = Configured::new().set("upi.encryption.kid", "1555570302");
    let words = ["kid of upi.signing", "wrong key"];
    wrong(&configured, "kid", "upi.encryption.kid", &words);
}

#[test]
fn wrong_key_for_kid_in_a_list() {
    // The new kid was added, and the old file copied.
    let configured = Configured::new();
    let path = configured.path("verification.pem").display().to_string();
    let list = format!(
        "[{{ kid = \"1500000001\", key_file = \"{path}\" }}, \
         {{ kid = \"1500000009\", key_file = \"{path}\" }}]"
    );
    let diagnosis = Diagnosis::of(&configured.set("upi.verification", &list), &[]);
    let key = "upi.verification[1].key_file";
    diagnosis.must_say("warning", "kid", key, &["same key", "wrong key"]);
    assert_eq!(diagnosis.exit, Some(0));
}

#[test]
fn swapped_roles() {
    let configured = Configured::new().with("encryption.pem", &OURS.certificate_pem(LONG));
    let words = ["our own key", "upi.signing", "swapped"];
    wrong(&configured, "roles", "upi.encryption.key_file", &words);
}

#[test]
fn swapped_roles_of_private_and_public() {
    let configured = Configured::new()
        .with("our.key", &THEIRS.public_pem())
        .with("encryption.pem", &OURS.private_pem());
    let words = ["upi.encryption.key_file", "swapped"];
    wrong(&configured, "roles", "upi.signing.key_file", &words);
    let words = ["private key", "public"];
    wrong(&configured, "key file", "upi.encryption.key_file", &words);
}

#[test]
fn certificate_of_another_key() {
    let configured = Configured::new().with("our.crt", &VERIFYING.certificate_pem(LONG));
    let words = ["another key", "upi.verification[0]", "CN=Example Bank"];
    wrong(&configured, "certificate", "upi.signing.cert_file", &words);
}

#[test]
fn a_1024_bit_key() {
    let weak = Pair::new(1024);
    let configured = Configured::new()
        .with("our.key", &weak.private_pem())
        .with("our.crt", &weak.certificate_pem(LONG));
    let words = ["1024 bits", "2048"];
    wrong(&configured, "key file", "upi.signing.key_file", &words);
}

#[test]
fn expired_certificate() {
    let configured = Configured::new().with("our.crt", &OURS.certificate_pem(-3));
    wrong(
        &configured,
        "expiry",
        "upi.signing.cert_file",
        &["expired on"],
    );
    // Of UPI's, which may be listed for a while after the change, it is a warning.
    let configured = Configured::new().with("verification.pem", &VERIFYING.certificate_pem(-3));
    let diagnosis = Diagnosis::of(&configured, &[]);
    let key = "upi.verification[0].key_file";
    diagnosis.must_say("warning", "expiry", key, &["expired on"]);
    assert_eq!(diagnosis.exit, Some(0));
    // And so is the end of ours that is near.
    let configured = Configured::new().with("our.crt", &OURS.certificate_pem(7));
    let diagnosis = Diagnosis::of(&configured, &[]);
    diagnosis.must_say(
        "warning",
        "expiry",
        "upi.signing.cert_file",
        &["expires on"],
    );
}

#[test]
fn a_certificate_of_tomorrow() {
    let configured = Configured::new().with("our.crt", &OURS.certificate_from(2));
    let words = ["not valid before"];
    wrong(&configured, "expiry", "upi.signing.cert_file", &words);
    let words = ["before the beginning"];
    wrong(&configured, "clock", "upi.clock_window", &words);
}

#[test]
fn kid_with_a_space() {
    let configured = Configured::new().set("upi.signing.kid", "1555570302 ");
    wrong(&configured, "kid", "upi.signing.kid", &["space"]);
    let path = Configured::new().path("verification.pem");
    let list = format!(
        "[{{ kid = \"1500 1\", key_file = \"{}\" }}]",
        path.display()
    );
    let configured = Configured::new().set("upi.verification", &list);
    wrong(&configured, "kid", "upi.verification[0].kid", &["space"]);
}

#[test]
fn a_serial_number_as_kid() {
    for serial in ["12345678", "305419896"] {
        let configured = Configured::new().set("upi.signing.kid", serial);
        let diagnosis = Diagnosis::of(&configured, &[]);
        diagnosis.must_say("warning", "kid", "upi.signing.kid", &["serial number"]);
        assert_eq!(diagnosis.exit, Some(0), "{serial}");
    }
}

#[test]
fn path_with_the_host_in_it() {
    for path in [
        "https://upi.example/uais/id-photo/v1/verify",
        "//upi.example/uais/id-photo/v1/verify",
        "upi.example/uais/id-photo/v1/verify",
    ] {
        let configured = Configured::new().set("upi.request_path", path);
        wrong(&configured, "path", "upi.request_path", &["host"]);
    }
    let url = "https://upi.example/uais/id-photo/v1/verify";
    let configured = Configured::new().set("upi.base_url", url);
    wrong(&configured, "address", "upi.base_url", &["twice"]);
}

#[test]
fn path_with_a_query() {
    let path = "/uais/id-photo/v1/verify?version=1";
    let configured = Configured::new().set("upi.request_path", path);
    wrong(&configured, "path", "upi.request_path", &["query"]);
}

/// The address of a server whose clock is so far ahead; it answers a few connections, the
/// first of which asks nothing.
fn with_clock_ahead(ahead: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(4) {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap_or(0);
            if length == 0 {
                continue;
            }
            assert!(request.starts_with(b"HEAD / HTTP/1.1\r\n"));
            let date = httpdate::fmt_http_date(SystemTime::now() + ahead);
            let answer = format!("HTTP/1.1 404 Not Found\r\ndate: {date}\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn clock_off_by_ten_minutes() {
    let url = with_clock_ahead(Duration::from_secs(600));
    let configured = Configured::new().set("upi.base_url", &url);
    let diagnosis = Diagnosis::of(&configured, &["--network"]);
    let words = ["10 minutes", "behind UPI's"];
    diagnosis.must_say("wrong", "clock", "upi.clock_window", &words);
    assert_eq!(diagnosis.exit, Some(78));
}

#[test]
fn clock_off_by_a_minute() {
    let url = with_clock_ahead(Duration::from_secs(60));
    let configured = Configured::new().set("upi.base_url", &url);
    let diagnosis = Diagnosis::of(&configured, &["--network"]);
    diagnosis.must_say("warning", "clock", "upi.clock_window", &["seconds behind"]);
    assert_eq!(diagnosis.exit, Some(0));
}

#[test]
fn base64_with_line_breaks() {
    // The gateway reads it, so it is named and no more.
    let der = OURS.0.private_key_to_pkcs8().unwrap();
    let text = openssl::base64::encode_block(&der);
    let lines: Vec<_> = text.as_bytes().chunks(64).collect();
    let configured = Configured::new().with("our.key", &lines.join(&b'\n'));
    let diagnosis = Diagnosis::of(&configured, &[]);
    let key = "upi.signing.key_file";
    diagnosis.must_say("warning", "key file", key, &["base64 with line breaks"]);
    diagnosis.must_say("ok", "sample", key, &["signed"]);
    assert_eq!(diagnosis.exit, Some(0));
    // With the two characters \n instead it is unreadable.
    let configured = Configured::new().with("our.key", &lines.join(&b"\\n"[..]));
    wrong(
        &configured,
        "key file",
        key,
        &["two characters", "line breaks"],
    );
}

fn encrypted() -> Vec<u8> {
    let cipher = Cipher::aes_256_cbc();
    let key = &OURS.0;
    key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret")
        .unwrap()
}

#[test]
fn encrypted_key_without_passphrase() {
    let configured = Configured::new().with("our.key", &encrypted());
    let words = ["encrypted", "no passphrase"];
    wrong(
        &configured,
        "passphrase",
        "upi.signing.passphrase_file",
        &words,
    );
}

#[test]
fn encrypted_key_with_a_wrong_passphrase() {
    let configured = Configured::new()
        .with("our.key", &encrypted())
        .with("phrase", b"another")
        .set_path("upi.signing.passphrase_file", "phrase");
    wrong(
        &configured,
        "passphrase",
        "upi.signing.passphrase_file",
        &["does not open"],
    );
    let configured = configured.with("phrase", b"secret\n");
    let diagnosis = Diagnosis::of(&configured, &[]);
    diagnosis.must_say(
        "ok",
        "passphrase",
        "upi.signing.passphrase_file",
        &["opens"],
    );
    assert_eq!(diagnosis.exit, Some(0));
}

#[test]
fn public_key_where_a_private_one_belongs() {
    let configured = Configured::new().with("our.key", &OURS.certificate_pem(LONG));
    let words = ["no private key", "X.509 certificate PEM"];
    wrong(&configured, "key file", "upi.signing.key_file", &words);
}
