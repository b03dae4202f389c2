//! `upi.signing.cert_file`, and what certificates among the keys come to.

use std::path::Path;
use std::process::{Output, Stdio};

use idphoto::app::{Files, KeyRole, read_files};
use idphoto::config::{Config, Sources};
use openssl::pkcs12::Pkcs12;
use tempfile::TempDir;

use crate::keys::{LONG, OURS, THEIRS};
use crate::process::idphoto;

/// A configuration with keys, the signing key's certificate in `our.crt`.
fn configured(certificate: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("our.crt", certificate);
    write("our.key", &OURS.private_pem());
    write("upi.crt", &THEIRS.certificate_pem(LONG));
    write("upi.pub", &THEIRS.public_pem());
    let file = |name| folder.path().join(name).display().to_string();
    let text = format!(
        r#"
[upi]
base_url = "https://upi.example"
request_path = "/uais/id-photo/v1/verify"
app_id = "00520446"
verification = [{{ kid = "1", key_file = "{}" }}]
[upi.signing]
kid = "2"
key_file = "{}"
cert_file = "{}"
[upi.encryption]
kid = "3"
key_file = "{}"
[member]
iin = "01234567"
name = "Example Bank"
"#,
        file("upi.crt"),
        file("our.key"),
        file("our.crt"),
        file("upi.pub"),
    );
    write("idphoto.toml", text.as_bytes());
    folder
}

fn load(folder: &Path, overrides: &[(&str, &str)]) -> Files {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let config = Config::load(&Sources {
        file: Some(folder.join("idphoto.toml")),
        overrides: overrides.iter().map(owned).collect(),
        ..Sources::default()
    });
    read_files(&config.unwrap())
        .map_err(|problems| problems.to_string())
        .unwrap()
}

fn run(command: &[&str], folder: &TempDir) -> Output {
    let config = folder.path().join("idphoto.toml");
    let mut command = idphoto(command);
    command.arg("--config").arg(config).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn certificates_tell_their_role_kid_and_end() {
    let certificate = OURS.certificate_pem(LONG);
    let folder = configured(&certificate);
    let found = load(folder.path(), &[]).certificates;
    let facts: Vec<_> = found
        .iter()
        .map(|one| (one.role, one.kid.as_str()))
        .collect();
    assert_eq!(
        facts,
        [(KeyRole::Signing, "2"), (KeyRole::Verification, "1")]
    );
    let left = found[0].not_after - time::OffsetDateTime::now_utc();
    assert!((399..=400).contains(&left.whole_days()), "{left}");
}

#[test]
fn an_archive_carries_the_certificate_itself() {
    let folder = configured(&OURS.certificate_pem(LONG));
    let mut archive = Pkcs12::builder();
    archive.pkey(&OURS.0).cert(&OURS.certificate(7));
    let archive = archive.build2("secret").unwrap().to_der().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(file("our.p12"), archive).unwrap();
    std::fs::write(file("passphrase"), "secret\n").unwrap();
    let text = std::fs::read_to_string(file("idphoto.toml")).unwrap();
    let text: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("cert_file"))
        .collect();
    std::fs::write(file("idphoto.toml"), text.join("\n")).unwrap();
    let found = load(
        folder.path(),
        &[
            ("upi.signing.key_file", &file("our.p12")),
            ("upi.signing.passphrase_file", &file("passphrase")),
        ],
    );
    let signing = &found.certificates[0];
    assert_eq!(signing.role, KeyRole::Signing);
    let warning = signing.warning(time::OffsetDateTime::now_utc());
    assert!(warning.unwrap().contains("expires on"));
}

#[test]
fn a_certificate_of_another_key_is_a_bad_configuration() {
    let folder = configured(&THEIRS.certificate_pem(LONG));
    for command in [
        &["config", "check"][..],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let output = run(command, &folder);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{told}");
        let expected = "upi.signing.cert_file: is the certificate of another key";
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_bare_public_key_is_no_certificate() {
    let folder = configured(&OURS.public_pem());
    let output = run(&["config", "check"], &folder);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("holds no certificate"), "{told}");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn an_expired_certificate_is_a_warning_and_no_more() {
    let folder = configured(&OURS.certificate_pem(-3));
    let output = run(&["config", "check"], &folder);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("warning: upi.signing: a certificate expired on 20"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(0));
}
