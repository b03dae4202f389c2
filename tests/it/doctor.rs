//! `idphoto doctor`, as an operator runs it.

mod ledger;
mod misconfigured;

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use crate::configured::Configured;
use crate::keys::OURS;
use crate::process::Process;

/// What the command found.
struct Diagnosis {
    exit: Option<i32>,
    json: Value,
    told: String,
}

impl Diagnosis {
    fn of(configured: &Configured, flags: &[&str]) -> Self {
        let command = [&["doctor", "--json"], flags].concat();
        Self::read(&configured.run(&command))
    }

    fn read(output: &Output) -> Self {
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = format!("{told}{}", String::from_utf8_lossy(&output.stderr));
        let json = serde_json::from_slice(&output.stdout);
        Self {
            exit: output.status.code(),
            json: json.unwrap_or_else(|error| panic!("{error}: {told}")),
            told,
        }
    }

    /// Whether a check of this key ended so, with all of these words.
    fn says(&self, verdict: &str, check: &str, key: &str, words: &[&str]) -> bool {
        self.json["checks"].as_array().unwrap().iter().any(|one| {
            let text = one["text"].as_str().unwrap();
            one["verdict"] == verdict
                && one["check"] == check
                && one["key"] == key
                && words.iter().all(|word| text.contains(word))
        })
    }

    fn must_say(&self, verdict: &str, check: &str, key: &str, words: &[&str]) {
        assert!(
            self.says(verdict, check, key, words),
            "no {verdict} {check} {key} {words:?} in:\n{:#}",
            self.json
        );
    }
}

/// The address of a port that nobody serves.
fn deserted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_good_configuration_passes_without_a_warning() {
    let diagnosis = Diagnosis::of(&Configured::new(), &[]);
    assert_eq!(diagnosis.exit, Some(0), "{:#}", diagnosis.json);
    assert_eq!(diagnosis.json["wrong"], 0);
    assert_eq!(diagnosis.json["warnings"], 0, "{:#}", diagnosis.json);
    for (check, key) in [
        ("kid", "upi.signing.kid"),
        ("key file", "upi.signing.key_file"),
        ("certificate", "upi.signing.cert_file"),
        ("expiry", "upi.signing.cert_file"),
        ("sample", "upi.encryption.key_file"),
        ("sample", "upi.verification[0].key_file"),
    ] {
        diagnosis.must_say("ok", check, key, &[]);
    }
}

#[test]
fn a_key_that_takes_over_is_told_of_before_and_after() {
    const KEY: &str = "upi.signing.next.not_before";
    let coming = Configured::new().followed_by("2999-01-01T00:00:00+08:00");
    let diagnosis = Diagnosis::of(&coming, &[]);
    diagnosis.must_say(
        "ok",
        "change",
        KEY,
        &["signs from 2999-01-01T00:00:00+08:00 on"],
    );
    // Its certificate has to be good then, and today's does not last so long.
    diagnosis.must_say(
        "wrong",
        "expiry",
        "upi.signing.next.cert_file",
        &["expired"],
    );
    let done = Configured::new().followed_by("2026-01-01T00:00:00Z");
    let diagnosis = Diagnosis::of(&done, &[]);
    assert_eq!(diagnosis.json["wrong"], 0, "{:#}", diagnosis.json);
    diagnosis.must_say("warning", "change", KEY, &["has signed since"]);
}

#[test]
fn a_sandboxs_configuration_passes_and_its_address_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keys = keys.to_str().unwrap();
    let sandbox = Process::start(&["sandbox", "--dir", keys]);
    let upi = sandbox.wait_for("sandbox listening on ");
    let config = format!("{keys}/idphoto.toml");
    let mut doctor = Process::start(&["doctor", "--config", &config, "--network"]);
    let told = doctor.wait_for("0 wrong, 0 to look at");
    assert!(doctor.end().success(), "{told}");
    let told = doctor.printed();
    for step in ["dns", "tcp", "http", "clock"] {
        assert!(told.contains(&format!("ok       {step}")), "{told}");
    }
    drop((sandbox, upi));
}

#[test]
fn for_people_a_check_is_one_line_with_what_to_do() {
    let configured = Configured::new().set("upi.signing.kid", "1555 570302");
    let output = configured.run(&["doctor"]);
    let told = String::from_utf8_lossy(&output.stdout);
    let line = told.lines().find(|line| line.starts_with("WRONG"));
    let line = line.unwrap_or_else(|| panic!("{told}"));
    for part in [
        "kid",
        "upi.signing.kid:",
        "space",
        " - write UPI's certificate id",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(told.ends_with(" checks\n"), "{told}");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn every_cause_is_named_at_once() {
    let configured = Configured::new()
        .set("upi.signing.kid", "a b")
        .set("upi.request_path", "/x?y")
        .set("server.lisen", "1")
        .with("encryption.pem", b"");
    let diagnosis = Diagnosis::of(&configured, &[]);
    diagnosis.must_say("wrong", "kid", "upi.signing.kid", &["space"]);
    diagnosis.must_say("wrong", "path", "upi.request_path", &["query"]);
    diagnosis.must_say("wrong", "configuration", "server.lisen", &["server.listen"]);
    diagnosis.must_say("wrong", "key file", "upi.encryption.key_file", &["empty"]);
    assert_eq!(diagnosis.json["wrong"], 4, "{:#}", diagnosis.json);
}

#[test]
fn an_unreachable_gateway_alone_ends_with_69() {
    let configured = Configured::new().set("upi.base_url", &deserted());
    let diagnosis = Diagnosis::of(&configured, &["--network"]);
    diagnosis.must_say("unreachable", "tcp", "upi.base_url", &["connection"]);
    assert_eq!(diagnosis.exit, Some(69));
    // With something wrong beside it that comes first.
    let configured = configured.set("upi.signing.kid", "a b");
    assert_eq!(Diagnosis::of(&configured, &["--network"]).exit, Some(78));
    // And without the flag nobody looks.
    let configured = configured.set("upi.signing.kid", "1555570302");
    assert_eq!(Diagnosis::of(&configured, &[]).exit, Some(0));
}

#[test]
fn a_missing_file_and_one_that_everybody_reads_are_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let configured = Configured::new();
    std::fs::remove_file(configured.path("encryption.pem")).unwrap();
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(configured.path("our.key"), mode).unwrap();
    let diagnosis = Diagnosis::of(&configured, &[]);
    let key = "upi.encryption.key_file";
    diagnosis.must_say("wrong", "key file", key, &["cannot be read"]);
    diagnosis.must_say(
        "warning",
        "permissions",
        "upi.signing.key_file",
        &["private key"],
    );
}

#[test]
fn no_value_is_repeated_wherever_a_secret_was_pasted() {
    const SECRETS: [&str; 2] = ["correct-horse-Battery9", "11010519491231002X"];
    const PLACES: [&str; 10] = [
        "upi.signing.kid",
        "upi.signing.key_file",
        "upi.signing.passphrase_file",
        "upi.signing.cert_file",
        "upi.encryption.kid",
        "upi.encryption.key_file",
        "upi.request_path",
        "upi.app_id",
        "upi.base_url",
        "upi.proxy",
    ];
    for secret in SECRETS {
        let mut all = Configured::new();
        for place in PLACES {
            all = all.set(place, secret);
        }
        let list = format!("[{{ kid = \"{secret}\", key_file = \"{secret}\" }}]");
        let all = all.set("upi.verification", &list);
        let alone = Configured::new().set("upi.signing.kid", secret);
        let path = Configured::new().set("upi.request_path", &format!("/{secret} x"));
        let phrase = Configured::new()
            .with("phrase", secret.as_bytes())
            .set_path("upi.signing.passphrase_file", "phrase");
        let url = format!("http://user:{secret}@127.0.0.1:1");
        let proxy = Configured::new().set("upi.proxy", &url);
        let phrase_as_key = Configured::new().with("our.key", secret.as_bytes());
        for configured in [all, alone, path, phrase, proxy, phrase_as_key] {
            for flags in [
                &["doctor"][..],
                &["doctor", "--json"],
                &["doctor", "--network"],
            ] {
                let output = configured.run(flags);
                let told = [output.stdout, output.stderr].concat();
                let told = String::from_utf8_lossy(&told);
                assert!(!told.is_empty() && !told.contains(secret), "{told}");
            }
        }
    }
}

#[test]
fn no_key_is_printed() {
    let diagnosis = Diagnosis::of(&Configured::new(), &[]);
    let pem = String::from_utf8(OURS.private_pem()).unwrap();
    for line in pem.lines() {
        assert!(!diagnosis.told.contains(line), "{line}");
    }
}

#[test]
fn keys_of_tokens_are_looked_at_where_they_are() {
    let tokens = Configured::new()
        .set("callers", r#"[{ name = "a", identities = ["jwt:a"] }]"#)
        .set("auth.jwt.issuer", "a")
        .set("auth.jwt.audience", "b");
    let url = format!("auth.jwt.jwks_url={}/jwks.json", deserted());
    let (key, value) = url.split_once('=').unwrap();
    let tokens = tokens.set(key, value);
    let diagnosis = Diagnosis::of(&tokens, &[]);
    assert!(!diagnosis.says("unreachable", "tokens", key, &[]));
    let diagnosis = Diagnosis::of(&tokens, &["--network"]);
    diagnosis.must_say("unreachable", "tokens", key, &["no answer"]);
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{x}"}}]}}"#);
    let file = tokens
        .without_setting(key)
        .with("jwks.json", set.as_bytes())
        .set_path("auth.jwt.jwks_file", "jwks.json");
    let diagnosis = Diagnosis::of(&file, &[]);
    diagnosis.must_say("ok", "tokens", "auth.jwt.jwks_file", &["has 1 key"]);
}

#[test]
fn identities_that_nobody_can_prove_are_named() {
    let proxies = |identities: &str| {
        let callers = format!(r#"[{{ name = "a", identities = [{identities}] }}]"#);
        Configured::new()
            .set("auth.trusted_proxies", r#"["127.0.0.1"]"#)
            .set("callers", &callers)
    };
    let diagnosis = Diagnosis::of(&proxies(r#""dns:a.example", "jwt:a""#), &[]);
    let key = "callers[0].identities[1]";
    diagnosis.must_say("warning", "configuration", key, &["auth.jwt is not set"]);
    assert_eq!(diagnosis.json["warnings"], 1, "{:#}", diagnosis.json);
}
