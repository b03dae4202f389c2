//! `upi.signing.cert_file`, and what certificates among the keys come to.

use idphoto::app::{CertificateFacts, KeyRole, prepare};
use idphoto::config::{Sources, Survey};
use openssl::pkcs12::Pkcs12;

use crate::configured::Configured;
use crate::keys::{LONG, OURS, THEIRS, VERIFYING};
use crate::process::Process;

fn load(configured: &Configured) -> Vec<CertificateFacts> {
    let survey = Survey::of(&Sources {
        file: Some(configured.path("idphoto.toml")),
        overrides: configured.settings(),
        ..Sources::default()
    });
    let outcome = prepare(&survey).outcome;
    let prepared = outcome.map_err(|problems| problems.to_string());
    prepared.unwrap().certificates
}

#[test]
fn certificates_tell_their_role_kid_and_end() {
    let found = load(&Configured::new());
    let facts: Vec<_> = found
        .iter()
        .map(|one| (one.role, one.kid.as_str()))
        .collect();
    assert_eq!(
        facts,
        [
            (KeyRole::Signing, "1555570302"),
            (KeyRole::Verification, "1500000001"),
        ]
    );
    let left = found[0].not_after - time::OffsetDateTime::now_utc();
    assert!((399..=400).contains(&left.whole_days()), "{left}");
}

#[test]
fn an_archive_carries_the_certificate_itself() {
    let mut archive = Pkcs12::builder();
    archive.pkey(&OURS.0).cert(&OURS.certificate(7));
    let archive = archive.build2("secret").unwrap().to_der().unwrap();
    let configured = Configured::new()
        .without("cert_file")
        .with("our.p12", &archive)
        .with("passphrase", b"secret\n")
        .set_path("upi.signing.key_file", "our.p12")
        .set_path("upi.signing.passphrase_file", "passphrase");
    let found = load(&configured);
    assert_eq!(found[0].role, KeyRole::Signing);
    let warning = found[0].warning(time::OffsetDateTime::now_utc());
    assert!(warning.unwrap().contains("expires on"));
}

#[test]
fn a_certificate_of_another_key_is_a_bad_configuration() {
    let configured = Configured::new().with("our.crt", &THEIRS.certificate_pem(LONG));
    for command in [
        &["config", "check"][..],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let output = configured.run(command);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains("upi.signing.cert_file"), "{told}");
        assert!(told.contains("is the certificate of another key"), "{told}");
    }
}

#[test]
fn a_bare_public_key_is_no_certificate() {
    let configured = Configured::new().with("our.crt", &OURS.public_pem());
    let output = configured.run(&["config", "check"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("holds no certificate"), "{told}");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn an_expired_certificate_is_a_warning_and_no_more() {
    const WARNING: &str = "upi.signing: a certificate expired on 20";
    let configured = Configured::new().with("our.crt", &OURS.certificate_pem(-3));
    let output = configured.run(&["config", "check"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains(&format!("warning: {WARNING}")), "{told}");
    assert_eq!(output.status.code(), Some(0));

    let config = configured.path("idphoto.toml");
    let config = config.to_str().unwrap();
    let mut gateway = Process::start(&[
        "serve",
        "--config",
        config,
        "--listen",
        "127.0.0.1:0",
        "--set",
        "server.drain_delay=0s",
    ]);
    gateway.wait_for("gRPC listening on ");
    gateway.signal("TERM");
    assert!(gateway.end().success());
    assert!(gateway.printed().contains(WARNING), "{}", gateway.printed());
}

#[tokio::test]
async fn a_second_certificate_where_one_is_used_is_a_warning() {
    let both = [&VERIFYING, &THEIRS].map(|pair| pair.certificate_pem(LONG));
    let configured = Configured::new().with("verification.pem", &both.concat());
    let words = "the first key or certificate is used, 1 more";
    let output = configured.run(&["config", "check"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("warning: upi.verification[0].key_file"),
        "{told}"
    );
    assert!(told.contains(words), "{told}");
    assert_eq!(output.status.code(), Some(0));

    let output = configured.run(&["doctor"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains(words), "{told}");
    assert_eq!(output.status.code(), Some(0), "{told}");

    let config = configured.path("idphoto.toml");
    let config = config.to_str().unwrap();
    let gateway = Process::start(&["serve", "--config", config, "--listen", "127.0.0.1:0"]);
    gateway.wait_for("gRPC listening on ");
    gateway.prints(words).await;
}
