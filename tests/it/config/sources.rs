//! File, environment, command line, sandbox: which one counts.

use std::time::Duration;

use idphoto::config::{Config, Sources};
use idphoto::domain::{Category, ResponseCode};
use idphoto::upi::transport::Proxy;

use super::{File, MANDATORY, load, load_sandboxed, load_with, pairs, places};

#[test]
fn the_mandatory_keys_suffice() {
    let config = load(MANDATORY).unwrap();
    assert_eq!(config.upi.base_url.unwrap().as_str(), "https://upi.example");
    assert_eq!(config.upi.timeout, Duration::from_secs(65));
    assert_eq!(config.member.name, "Example Bank");
    assert_eq!(config.merchant.id, None);
    assert_eq!(config.tls.cert_file, None);
}

#[test]
fn the_environment_is_stronger_than_the_file_and_the_command_line_than_both() {
    let file = File::new(&format!(
        "{MANDATORY}\n[telemetry]\nlog_level = \"error\"\n[server]\ndrain_delay = \"1s\"\n\
         max_in_flight = 1\n"
    ));
    let config = Config::load(&Sources {
        environment: pairs(&[
            ("IDPHOTO_TELEMETRY__LOG_LEVEL", "warn"),
            ("IDPHOTO_SERVER__DRAIN_DELAY", "2s"),
        ]),
        overrides: pairs(&[("telemetry.log_level", "debug")]),
        ..file.sources()
    })
    .unwrap();
    assert_eq!(config.server.max_in_flight, 1);
    assert_eq!(config.server.drain_delay, Duration::from_secs(2));
    assert_eq!(config.telemetry.log_level, tracing::Level::DEBUG);
}

#[test]
fn the_last_override_of_a_key_wins() {
    let config = load_with(&[
        ("server.listen", "127.0.0.1:1"),
        ("server.listen", "127.0.0.1:2"),
    ]);
    let listen = config.unwrap().server.listen;
    assert_eq!(listen.tcp().unwrap().port(), 2);
}

#[test]
fn a_bad_value_that_is_overridden_does_no_harm() {
    let file = File::new(&format!("{MANDATORY}\n[server]\nlisten = 5\n"));
    let config = Config::load(&Sources {
        overrides: pairs(&[("server.listen", "127.0.0.1:2")]),
        ..file.sources()
    });
    let listen = config.unwrap().server.listen;
    assert_eq!(listen.tcp().unwrap().port(), 2);
}

#[test]
fn everything_can_come_from_the_environment() {
    let config = Config::load(&Sources {
        environment: pairs(&[
            ("IDPHOTO_UPI__BASE_URL", "https://upi.example/prefix/"),
            ("IDPHOTO_UPI__REQUEST_PATH", "/a"),
            ("IDPHOTO_UPI__APP_ID", "00520446"),
            ("IDPHOTO_UPI__SIGNING__KID", "1555570302"),
            ("IDPHOTO_UPI__SIGNING__KEY_FILE", "a.key"),
            ("IDPHOTO_UPI__ENCRYPTION__KID", "2"),
            ("IDPHOTO_UPI__ENCRYPTION__KEY_FILE", "b.pem"),
            (
                "IDPHOTO_UPI__VERIFICATION",
                "[{ kid = \"3\", key_file = \"c.pem\" }, { kid = \"4\", key_file = \"d.pem\" }]",
            ),
            (
                "IDPHOTO_UPI__RESPONSE_CODES",
                "{ 70 = \"OTHER\", A1 = \"NOT_PERMITTED\" }",
            ),
            ("IDPHOTO_UPI__ESCAPE_SOLIDUS", "true"),
            ("IDPHOTO_SERVER__TLS__CERT_FILE", "s.pem"),
            ("IDPHOTO_SERVER__TLS__KEY_FILE", "s.key"),
            ("IDPHOTO_SERVER__MAX_MESSAGE_BYTES", "2_000_000"),
            ("IDPHOTO_MEMBER__IIN", "01234567"),
            ("IDPHOTO_MEMBER__NAME", "Example Bank"),
            ("IDPHOTO_UPI__PROXY", "environment"),
        ]),
        ..Sources::default()
    })
    .unwrap();
    let kids: Vec<_> = config
        .upi
        .verification
        .iter()
        .flatten()
        .map(|key| key.kid.as_str())
        .collect();
    assert_eq!(kids, ["3", "4"]);
    assert_eq!(
        config.upi.base_url.unwrap().as_str(),
        "https://upi.example/prefix"
    );
    assert_eq!(config.signing.kid.unwrap().as_str(), "1555570302");
    let code = ResponseCode::parse("A1").unwrap();
    assert_eq!(config.upi.response_codes[&code], Category::NotPermitted);
    assert!(config.upi.escape_solidus);
    assert_eq!(config.upi.proxy, Proxy::Environment);
    assert_eq!(config.server.max_message_bytes, 2_000_000);
    assert_eq!(config.tls.key_file.unwrap().to_str(), Some("s.key"));
}

#[test]
fn a_later_table_replaces_an_earlier_one_as_a_whole() {
    let file = File::new(&format!(
        "{MANDATORY}\n[upi.response_codes]\n70 = \"OTHER\"\nA1 = \"OTHER\"\n"
    ));
    assert_eq!(file.load().unwrap().upi.response_codes.len(), 2);
    let config = Config::load(&Sources {
        overrides: pairs(&[("upi.response_codes", "{ 05 = \"OTHER\" }")]),
        ..file.sources()
    });
    assert_eq!(config.unwrap().upi.response_codes.len(), 1);
}

#[test]
fn keys_of_upi_can_stand_in_tables_of_their_own() {
    let text = MANDATORY.replace(
        "verification = [{ kid = \"1500000001\", key_file = \"verification.pem\" }]",
        "",
    );
    let tables = "[[upi.verification]]\nkid = \"1\"\nkey_file = \"a\"\n\
                  [[upi.verification]]\nkid = \"2\"\nkey_file = \"b\"\n";
    let config = load(&format!("{text}{tables}")).unwrap();
    assert_eq!(config.upi.verification.unwrap().len(), 2);
}

#[test]
fn names_that_are_not_ours_are_left_alone() {
    let environment = pairs(&[
        ("PATH", "/bin"),
        ("UPI__APP_ID", "x"),
        ("IDPHOTO_PORT", "tcp://10.0.0.1:50051"),
        ("IDPHOTO_SERVICE_HOST", "10.0.0.1"),
        ("IDPHOTO_PORT_50051_TCP_ADDR", "10.0.0.1"),
    ]);
    let sources = Sources {
        environment,
        sandboxed: true,
        ..Sources::default()
    };
    assert!(Config::load(&sources).is_ok());
}

#[test]
fn a_sandbox_needs_no_key_at_all() {
    let config = load_sandboxed(&[]).unwrap();
    assert_eq!(config.upi.app_id.as_str(), "SANDBOX1");
    assert_eq!(
        config.upi.request_path.as_str(),
        "/uais/sandbox/v1/id-photo"
    );
    assert_eq!(config.member.iin, "00000000");
    assert_eq!(config.member.name, "Sandbox Member");
    assert!(config.signing.kid.is_none() && config.encryption.kid.is_none());
    assert!(config.upi.verification.is_none());
}

#[test]
fn a_sandbox_takes_the_facts_that_it_has_use_for() {
    let config = load_sandboxed(&[("upi.app_id", "00520446"), ("member.iin", "01234567")]);
    let config = config.unwrap();
    assert_eq!(config.upi.app_id.as_str(), "00520446");
    assert_eq!(config.member.iin, "01234567");
    assert_eq!(config.member.name, "Sandbox Member");
}

#[test]
fn a_sandbox_refuses_what_would_make_it_look_real() {
    let given = [
        ("upi.base_url", "https://upi.example"),
        ("upi.ca_file", "a"),
        ("upi.proxy", "http://127.0.0.1:1"),
        ("upi.verification", "[{ kid = \"1\", key_file = \"a\" }]"),
        ("upi.signing.kid", "1"),
        ("upi.encryption.key_file", "a"),
    ];
    let errors = load_sandboxed(&given).unwrap_err();
    let named: Vec<_> = errors.iter().map(|problem| &problem.place).collect();
    assert_eq!(named, given.map(|(path, _)| path));
    assert!(
        errors
            .iter()
            .all(|problem| problem.text.contains("--sandbox"))
    );
}

#[test]
fn a_sandbox_checks_keys_like_any_gateway() {
    let bad = [("upi.app_id", "no spaces"), ("member.iin", "short")];
    assert_eq!(places(load_sandboxed(&bad)), ["upi.app_id", "member.iin"]);
}

#[test]
fn what_is_allowed_and_risky_is_warned_of() {
    assert_eq!(load(MANDATORY).unwrap().warnings(), []);
    for (key, value) in [
        ("upi.base_url", "http://upi.example"),
        ("server.listen", "0.0.0.0:50051"),
        ("upi.timeout", "59s"),
        ("server.drain_timeout", "69s"),
    ] {
        let warnings = load_with(&[(key, value)]).unwrap().warnings();
        assert_eq!(warnings.len(), 1, "{key}");
        let section = key.split('.').next().unwrap();
        assert!(warnings[0].place.starts_with(section), "{warnings:?}");
    }
    for loopback in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
        let config = load_with(&[("upi.base_url", loopback)]).unwrap();
        assert_eq!(config.warnings(), [], "{loopback}");
    }
}
