//! Is a configuration good? `config check`, `serve` and `doctor` say the same of each that is
//! broken in one way, and name the key.

use std::net::TcpListener;
use std::process::Output;
use std::sync::LazyLock;
use std::thread;

use openssl::pkey::PKey;
use openssl::symm::Cipher;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use crate::configured::Configured;
use crate::keys::{LONG, OURS, Pair, THEIRS, VERIFYING};

/// EX_CONFIG.
const CONFIG: i32 = 78;

const COMMANDS: [&[&str]; 3] = [&["config", "check"], &["serve"], &["doctor"]];

/// A port that is taken: a gateway that is wrongly started ends here, with another exit code.
static TAKEN: LazyLock<TcpListener> = LazyLock::new(|| TcpListener::bind("127.0.0.1:0").unwrap());

fn run(configured: &Configured, command: &[&str]) -> (Option<i32>, String) {
    let taken = format!("server.listen={}", TAKEN.local_addr().unwrap());
    let Output {
        status,
        stdout,
        stderr,
    } = configured.run(&[command, &["--set", &taken]].concat());
    let told = [stdout, stderr].concat();
    (status.code(), String::from_utf8_lossy(&told).into_owned())
}

/// A way to break a configuration, and the key that must be named.
struct Broken {
    key: &'static str,
    spoilt: Configured,
}

/// What TLS needs: a certificate that is its own authority, and its key.
struct Tls {
    certificate: String,
    key: String,
}

impl Tls {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

const NONSENSE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const DAMAGED: &str = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";

/// With files of TLS in all places, all good; no port of it is ever bound.
fn with_tls() -> Configured {
    let tls = Tls::new();
    let (certificate, key) = (tls.certificate.as_bytes(), tls.key.as_bytes());
    Configured::new()
        .with("tls.pem", certificate)
        .with("tls.key", key)
        .set_path("server.tls.cert_file", "tls.pem")
        .set_path("server.tls.key_file", "tls.key")
        .set_path("server.tls.client_ca_file", "tls.pem")
        .set_path("upi.ca_file", "tls.pem")
        .set_path("upi.client_cert_file", "tls.pem")
        .set_path("upi.client_key_file", "tls.key")
        .set_path("telemetry.otlp.ca_file", "tls.pem")
}

fn broken(key: &'static str, spoilt: Configured) -> Broken {
    Broken { key, spoilt }
}

/// With a key that takes the place of ours.
fn succeeded() -> Configured {
    Configured::new().followed_by("2999-01-01T00:00:00+08:00")
}

/// Who may call: what an entry may not say.
fn callers() -> Vec<Broken> {
    let with = |key, entries: &str| broken(key, with_tls().set("callers", entries));
    let good = r#"{ name = "a", identities = ["dns:a.example"] }"#;
    let also = |rest: &str| format!("[{good}, {{ {rest} }}]");
    let all = [
        ("callers", "[]".to_owned()),
        (
            "callers[0].name",
            r#"[{ identities = ["dns:a.example"] }]"#.to_owned(),
        ),
        (
            "callers[1].name",
            also(r#"name = "anonymous", identities = ["dns:b.example"]"#),
        ),
        (
            "callers[1].name",
            also(r#"name = "a", identities = ["dns:b.example"]"#),
        ),
        ("callers[1].identities", also(r#"name = "b""#)),
        (
            "callers[1].identities",
            also(r#"name = "b", identities = []"#),
        ),
        (
            "callers[1].identities[0]",
            also(r#"name = "b", identities = ["b.example"]"#),
        ),
        (
            "callers[1].identities[0]",
            also(r#"name = "b", identities = ["dns:a.example"]"#),
        ),
        (
            "callers[1].method",
            also(r#"name = "b", identities = ["dns:b.example"], method = []"#),
        ),
        (
            "callers[1].methods[0]",
            also(r#"name = "b", identities = ["dns:b.example"], methods = ["Verify"]"#),
        ),
        (
            "callers[1].reads",
            also(r#"name = "b", identities = ["dns:b.example"], reads = "some""#),
        ),
        (
            "callers[1].max_in_flight",
            also(r#"name = "b", identities = ["dns:b.example"], max_in_flight = 0"#),
        ),
        (
            "callers[1].daily_budget",
            also(r#"name = "b", identities = ["dns:b.example"], daily_budget = 0"#),
        ),
        (
            "callers[1].monthly_budget",
            also(r#"name = "b", identities = ["dns:b.example"], monthly_budget = "9""#),
        ),
        (
            "callers[1].burst",
            also(r#"name = "b", identities = ["dns:b.example"], burst = 5"#),
        ),
        (
            "callers[1].merchants[0].category_code",
            also(
                r#"name = "b", identities = ["dns:b.example"],
                merchants = [{ id = "1", name = "x", category_code = "12" }]"#,
            ),
        ),
    ];
    let mut all: Vec<_> = all
        .iter()
        .map(|(key, entries)| with(key, entries))
        .collect();
    let plaintext = Configured::new().set("callers", &format!("[{good}]"));
    all.push(broken("server.tls.client_ca_file", plaintext));
    let proxies = |networks| Configured::new().set("auth.trusted_proxies", networks);
    all.push(broken("callers", proxies(r#"["127.0.0.0/8"]"#)));
    let slip = proxies(r#"["127.0.0.0/8", "10.1.0.1/16"]"#);
    all.push(broken("auth.trusted_proxies[1]", slip));
    all.extend(bearer_tokens());
    let optional = with_tls().set("server.tls.client_certs", "optional");
    all.push(broken("server.tls.client_certs", optional));
    all
}

/// What tokens are held to.
fn bearer_tokens() -> Vec<Broken> {
    let [issuer, audience] = ["auth.jwt.issuer", "auth.jwt.audience"];
    let [file, url, ca] = [
        "auth.jwt.jwks_file",
        "auth.jwt.jwks_url",
        "auth.jwt.ca_file",
    ];
    let known = r#"[{ name = "a", identities = ["jwt:a"] }]"#;
    let bare = || Configured::new().set("callers", known);
    let good = || bare().set(issuer, "https://a.example").set(audience, "b");
    let read = |json: &[u8]| good().with("jwks.json", json).set_path(file, "jwks.json");
    let private = br#"{"keys":[{"kty":"OKP","kid":"a","crv":"Ed25519","x":"A","d":"A"}]}"#;
    let https = "https://a.example/jwks.json";
    let socket = || Configured::new().set("server.listen", "unix:/run/a.sock");
    vec![
        broken("server.listen", bare().set("server.listen", "unix:a.sock")),
        broken(
            "server.tls.cert_file",
            with_tls()
                .set("callers", known)
                .set("server.listen", "unix:/run/a.sock"),
        ),
        broken(
            "server.socket_mode",
            socket().set("server.socket_mode", "660x"),
        ),
        broken("callers", good().without_setting("callers").set(url, https)),
        broken(issuer, bare().set(audience, "b").set(url, https)),
        broken(issuer, good().set(issuer, "").set(url, https)),
        broken(audience, bare().set(issuer, "a").set(url, https)),
        broken(url, good()),
        broken(url, good().set(url, "http://a.example/jwks.json")),
        broken(file, read(b"{}").set(url, https)),
        broken(file, read(b"{}")),
        broken(file, read(b"{\"keys\":[]}")),
        broken(file, read(private)),
        broken(file, good().set(file, "/nowhere/jwks.json")),
        broken(url, read(b"{}").set(ca, "/nowhere/ca.pem")),
        broken(ca, good().set(url, https).set(ca, "/nowhere/ca.pem")),
        broken(
            "auth.jwt.refresh_interval",
            good()
                .set(url, https)
                .set("auth.jwt.refresh_interval", "1s"),
        ),
        broken(
            "callers[0].identities[0]",
            Configured::new().set("callers", r#"[{ name = "a", identities = ["jwt:a*"] }]"#),
        ),
    ]
}

/// Values, and keys that do not agree.
fn values() -> Vec<Broken> {
    let set = |key, value: &str| broken(key, Configured::new().set(key, value));
    let mut all = vec![
        set("server.listen", "localhost"),
        set("server.max_message_bytes", "1"),
        set("server.max_in_flight", "0"),
        set("server.reflection", "yes"),
        set("server.drain_delay", "5"),
        set("server.drain_delay", "75s"),
        set("server.lisen", "127.0.0.1:0"),
        set("admin.listen", "9464"),
        set("upi.base_url", "upi.example"),
        set("upi.base_url", "https://user@upi.example"),
        set("upi.base_url", "https://upi.example:99999"),
        set("upi.base_url", "https://upi.example?x"),
        set(
            "upi.base_url",
            "https://upi.example/uais/id-photo/v1/verify",
        ),
        set("upi.request_path", "uais"),
        set("upi.request_path", "/a/../b"),
        set("upi.request_path", "/a?b"),
        set("upi.app_id", "0052 0446"),
        set("upi.timeout", "999ms"),
        set("upi.connect_timeout", "65s"),
        set("upi.connect_timeout", "0s"),
        set("upi.connect_timeout", "66s"),
        set("upi.clock_window", "0s"),
        set("upi.proxy", "socks5://proxy.example"),
        set("upi.response_codes", "[]"),
        set("upi.signing.kid", "4a:1b:00"),
        set("upi.encryption.kid", ""),
        set("member.iin", "1234567"),
        set("member.name", "\u{674e}"),
        set("validation.photo_min_side", "9000"),
        set("ledger.url", "sqlite:"),
        set("ledger.url", "orders.db"),
        set("ledger.url", "mysql://ledger.example/idphoto"),
        set(
            "ledger.url",
            "postgres://idphoto:secret@ledger.example/idphoto",
        ),
        set(
            "ledger.url",
            "postgres://ledger.example/idphoto?password=secret",
        ),
        set("ledger.timeout", "99ms"),
        set("ledger.keep", "0d"),
        set("ledger.keep", "1h"),
        set("ledger.connections", "0"),
        set("telemetry.log_level", "verbose"),
        set("telemetry.otlp.endpoint", "collector:4317"),
        set("telemetry.otlp.sample_ratio", "1.5"),
        set("telemetry.otlp.metrics_interval", "999ms"),
    ];
    all.push(broken(
        "merchant.name",
        Configured::new().set("merchant.id", "M1"),
    ));
    let codes = Configured::new().set("upi.response_codes", "{ 00 = \"OTHER\" }");
    all.push(broken("upi.response_codes.00", codes));
    let kid = Configured::new().set("upi.verification", "[{ kid = \"a b\", key_file = \"x\" }]");
    all.push(broken("upi.verification[0].kid", kid));
    all.extend(callers());
    let twice = "[{ kid = \"1\", key_file = \"a\" }, { kid = \"1\", key_file = \"b\" }]";
    let twice = Configured::new().set("upi.verification", twice);
    all.push(broken("upi.verification[1].kid", twice));
    let next =
        |section: &'static str, key, value: &str| broken(section, succeeded().set(key, value));
    all.extend([
        next("upi.signing.next.kid", "upi.signing.next.kid", "1555570302"),
        next(
            "upi.signing.next.not_before",
            "upi.signing.next.not_before",
            "2026-12-01",
        ),
        next(
            "upi.signing.next.not_before",
            "upi.signing.next.not_before",
            "tomorrow",
        ),
        broken(
            "upi.signing.next.kid",
            succeeded().without_setting("upi.signing.next.kid"),
        ),
        broken(
            "upi.signing.next.not_before",
            succeeded().without_setting("upi.signing.next.not_before"),
        ),
        broken(
            "upi.signing.next.key_file",
            succeeded().set_path("upi.signing.next.key_file", "encryption.pem"),
        ),
    ]);
    for key in ["server.tls.cert_file", "upi.client_cert_file"] {
        let other = key.replace("cert", "key");
        let alone = with_tls().without_setting(key);
        assert!(alone.settings().iter().any(|(key, _)| *key == other));
        all.push(broken(key, alone));
    }
    for (key, line) in [
        ("upi.app_id", "app_id"),
        ("member.iin", "iin"),
        ("upi.verification", "verification"),
    ] {
        all.push(broken(key, Configured::new().without(line)));
    }
    all
}

/// Keys of UPI's side.
fn keys() -> Vec<Broken> {
    let encrypted = || {
        let cipher = Cipher::aes_256_cbc();
        let pem = OURS
            .0
            .private_key_to_pem_pkcs8_passphrase(cipher, b"secret");
        Configured::new().with("our.key", &pem.unwrap())
    };
    let curve = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1);
    let curve = openssl::ec::EcKey::generate(&curve.unwrap()).unwrap();
    let curve = PKey::from_ec_key(curve).unwrap().private_key_to_pem_pkcs8();
    let (signing, encryption) = ("upi.signing.key_file", "upi.encryption.key_file");
    let passphrase = "upi.signing.passphrase_file";
    let certificate = "upi.signing.cert_file";
    let verification = "upi.verification[0].key_file";
    let with = |name: &str, bytes: &[u8]| Configured::new().with(name, bytes);
    let phrase = |bytes: &[u8]| {
        encrypted()
            .with("phrase", bytes)
            .set_path(passphrase, "phrase")
    };
    vec![
        broken(signing, with("our.key", b"")),
        broken(signing, with("our.key", b"hello")),
        broken(signing, with("our.key", &OURS.certificate_pem(LONG))),
        broken(signing, with("our.key", &Pair::new(1024).private_pem())),
        broken(signing, with("our.key", &curve.unwrap())),
        broken(signing, Configured::new().set(signing, "/nowhere/our.key")),
        broken(passphrase, encrypted()),
        broken(passphrase, phrase(b"another")),
        broken(passphrase, phrase(b"")),
        broken(passphrase, phrase(b"\xC3\x28")),
        broken(passphrase, encrypted().set(passphrase, "/nowhere/phrase")),
        broken(certificate, with("our.crt", &THEIRS.certificate_pem(LONG))),
        broken(certificate, with("our.crt", &OURS.public_pem())),
        broken(
            certificate,
            Configured::new().set(certificate, "/nowhere/our.crt"),
        ),
        broken(encryption, with("encryption.pem", &THEIRS.private_pem())),
        broken(encryption, with("encryption.pem", NONSENSE.as_bytes())),
        broken(
            verification,
            with("verification.pem", b"-----BEGIN PKCS7-----"),
        ),
        broken(
            verification,
            with("verification.pem", &VERIFYING.private_pem()),
        ),
    ]
}

/// Files of TLS.
fn tls() -> Vec<Broken> {
    let other = Tls::new();
    let file = |key, content: &str| {
        broken(
            key,
            with_tls()
                .with("bad", content.as_bytes())
                .set_path(key, "bad"),
        )
    };
    let mut all = vec![
        file("server.tls.key_file", &other.key),
        file("upi.client_key_file", &other.key),
    ];
    let certificates = [
        "server.tls.cert_file",
        "server.tls.client_ca_file",
        "upi.ca_file",
        "upi.client_cert_file",
        "telemetry.otlp.ca_file",
    ];
    for key in certificates {
        all.push(broken(key, with_tls().set(key, "/nowhere/tls.pem")));
        all.push(broken(key, with_tls().set(key, "/dev/zero")));
        for content in ["", NONSENSE, DAMAGED, &other.key] {
            all.push(file(key, content));
        }
    }
    for key in ["server.tls.key_file", "upi.client_key_file"] {
        all.push(broken(key, with_tls().set(key, "/nowhere/tls.key")));
        for content in ["", &other.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA"] {
            all.push(file(key, content));
        }
    }
    all
}

/// Files and keys of the ledger.
fn ledger() -> Vec<Broken> {
    const URL: &str = "postgres://idphoto@ledger.example/idphoto";
    let (keys, ca) = ("ledger.fingerprint_key_files", "ledger.ca_file");
    let listed = |configured: Configured, path: &str| configured.set(keys, &format!("[{path:?}]"));
    let key_file = |content: &[u8]| {
        let configured = Configured::new().with("digest.key", content);
        let path = configured.path("digest.key").display().to_string();
        listed(configured, &path)
    };
    let password = "ledger.password_file";
    let spoilt = Configured::new().with("spoilt", b"\xC3\x28");
    let nonsense = Configured::new().with("ca.pem", NONSENSE.as_bytes());
    vec![
        broken(keys, Configured::new().set("ledger.url", URL)),
        broken(keys, listed(Configured::new(), "/nowhere/digest.key")),
        broken(keys, key_file(b"")),
        broken(keys, key_file("0".repeat(63).as_bytes())),
        broken(keys, key_file("g".repeat(64).as_bytes())),
        broken(
            password,
            Configured::new().set(password, "/nowhere/password"),
        ),
        broken(password, spoilt.set_path(password, "spoilt")),
        broken(ca, Configured::new().set(ca, "/nowhere/ca.pem")),
        broken(
            "ledger.budget_time_zone",
            Configured::new().set("ledger.budget_time_zone", "Mars/Olympus"),
        ),
        broken("upi.pause", Configured::new().set("upi.pause", "perhaps")),
        broken(ca, nonsense.set_path(ca, "ca.pem")),
    ]
}

/// Keys in tokens. The token goes when all was judged.
#[cfg(feature = "pkcs11")]
fn tokens(token: &crate::hsm::token::Token) -> Vec<Broken> {
    const SECTION: &str = "upi.signing.pkcs11";
    let module = crate::hsm::token::module().unwrap();
    let good = |label: &str| {
        let settings = token.settings("upi.signing", &module, label);
        let configured = Configured::new().without_signing_key();
        let configured = configured.with_environment(token.environment());
        settings
            .iter()
            .fold(configured, |it, (key, value)| it.set(key, value))
    };
    let with = |key: &'static str, value: &str| {
        broken(key, good("ours").without_setting(key).set(key, value))
    };
    let label = "upi.signing.pkcs11.label";
    let pin = "upi.signing.pkcs11.pin_file";
    let pinned = |bytes: &[u8]| {
        let configured = good("ours").without_setting(pin).with("pin", bytes);
        broken(pin, configured.set_path(pin, "pin"))
    };
    let mut all = vec![
        with("upi.signing.pkcs11.module", "/nowhere/module.so"),
        with("upi.signing.pkcs11.module", "/dev/null"),
        with("upi.signing.pkcs11.token", "another"),
        with("upi.signing.pkcs11.token", "twice"),
        with("upi.signing.pkcs11.sessions", "0"),
        with("upi.signing.pkcs11.timeout", "1ms"),
        with("upi.signing.pkcs11.id", "1"),
        with(pin, "/nowhere/pin"),
        pinned(b""),
        pinned(b"4321"),
        pinned(b"\xC3\x28"),
        broken(label, good("nobody")),
        broken(label, good("several")),
        broken(label, good("weak")),
        broken(label, good("ours").set("upi.signing.pkcs11.id", "ff")),
        // The certificate is that of another key.
        broken("upi.signing.cert_file", good("theirs")),
        broken(
            "upi.signing.key_file",
            good("ours").set_path("upi.signing.key_file", "our.key"),
        ),
        broken(
            "upi.signing.next.key_file",
            succeeded().set("upi.signing.next.pkcs11.label", "x"),
        ),
    ];
    for name in ["module", "token", "label", "pin_file"] {
        let key = [
            "upi.signing.pkcs11.module",
            "upi.signing.pkcs11.token",
            label,
            pin,
        ];
        let key = key.into_iter().find(|key| key.ends_with(name)).unwrap();
        all.push(broken(key, good("ours").without_setting(key)));
        assert!(key.starts_with(SECTION));
    }
    for command in COMMANDS {
        let (code, told) = run(&good("ours"), command);
        assert!(matches!(code, Some(0 | 1)), "{command:?}: {told}");
    }
    all
}

#[cfg(feature = "pkcs11")]
#[test]
fn every_broken_token_has_one_verdict_and_its_key_is_named() {
    let Some(token) = crate::hsm::token::Token::new() else {
        return;
    };
    token.add("twice");
    token.add("twice");
    let (ours, theirs) = (OURS.private_pem(), THEIRS.private_pem());
    let token = token
        .with("ours", "01", &ours)
        .with("theirs", "02", &theirs)
        .with("several", "03", &Pair::new(2048).private_pem())
        .with("several", "04", &Pair::new(2048).private_pem())
        .with("weak", "05", &Pair::new(1024).private_pem());
    let wrong: Vec<_> = tokens(&token).iter().flat_map(judge).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Beside the verdict, the key must be named: a line of its own, before any colon of the text.
fn judge(broken: &Broken) -> Vec<String> {
    let Broken { key, spoilt } = broken;
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let (code, told) = run(spoilt, command);
        let names = |line: &str| {
            let line = line.trim_start_matches("WRONG").trim_start();
            let head = line.split_once(": ").map_or(line, |(head, _)| head);
            head.split([' ', ':']).any(|word| word == *key)
        };
        if code != Some(CONFIG) || !told.lines().any(names) {
            let command = command.join(" ");
            let set = spoilt.settings();
            wrong.push(format!("{command}, {key}, {set:?}: {code:?}\n{told}"));
        }
    }
    wrong
}

#[test]
fn every_broken_configuration_has_one_verdict_and_its_key_is_named() {
    let all: Vec<_> = [values(), keys(), tls(), ledger()]
        .into_iter()
        .flatten()
        .collect();
    assert!(all.len() >= 90, "{}", all.len());
    let (one, other) = all.split_at(all.len() / 2);
    let judged = |part: &[Broken]| part.iter().flat_map(judge).collect::<Vec<_>>();
    let wrong = thread::scope(|scope| {
        let other = scope.spawn(|| judged(other));
        [judged(one), other.join().unwrap()].concat()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn everything_that_is_wrong_is_named_at_once_in_keys_and_files() {
    let spoilt = with_tls()
        .set("server.listen", "localhost")
        .set("upi.connect_timeout", "65s")
        .set("upi.ca_file", "/nowhere/ca.pem")
        .set("server.tls.key_file", "/nowhere/tls.key")
        .with("our.key", b"")
        .with("encryption.pem", b"");
    let keys = [
        "server.listen",
        "server.tls.key_file",
        "upi.connect_timeout",
        "upi.ca_file",
        "upi.signing.key_file",
        "upi.encryption.key_file",
    ];
    for command in COMMANDS {
        let (code, told) = run(&spoilt, command);
        let mut rest = told.as_str();
        for key in keys {
            let found = rest.split_once(key);
            (_, rest) = found.unwrap_or_else(|| panic!("{command:?} {key}: {told}"));
        }
        assert!(!told.contains("/nowhere"), "{told}");
        assert_eq!(code, Some(CONFIG), "{told}");
    }
}

#[test]
fn what_one_command_takes_the_others_take() {
    for good in [Configured::new(), with_tls(), with_marks()] {
        for command in COMMANDS {
            let (code, told) = run(&good, command);
            let good = if command == ["serve"] {
                Some(1)
            } else {
                Some(0)
            };
            assert_eq!(code, good, "{command:?}: {told}");
            assert!(code == Some(0) || told.contains("server.listen"), "{told}");
        }
    }
}

/// With byte order marks where Windows puts them.
fn with_marks() -> Configured {
    let (tls, other) = (Tls::new(), Tls::new());
    let mark = |text: &str| format!("\u{FEFF}{text}").into_bytes();
    let both = format!("{}\u{FEFF}{}", tls.certificate, other.certificate);
    with_tls()
        .with("tls.pem", &mark(&tls.certificate))
        .with("tls.key", &mark(&tls.key))
        .with("both.pem", &mark(&both))
        .set_path("server.tls.client_ca_file", "both.pem")
}
