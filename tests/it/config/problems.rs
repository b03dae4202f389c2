//! What is refused, and what is said about it.

use idphoto::config::{Config, Origin, Sources};

use super::{File, MANDATORY, load, load_sandboxed, load_with, pairs, places};

/// What an operator may paste into a wrong place.
const CANARY: &str = "canary-passphrase-7Q";

#[test]
fn everything_mandatory_that_is_missing_is_named_at_once() {
    let expected = [
        "upi.base_url",
        "upi.request_path",
        "upi.app_id",
        "upi.verification",
        "upi.signing.kid",
        "upi.signing.key_file",
        "upi.encryption.kid",
        "upi.encryption.key_file",
        "member.iin",
        "member.name",
    ];
    assert_eq!(places(load("")), expected);
}

#[test]
fn every_bad_key_is_named_at_once_with_its_place() {
    let file = File::new(
        "[server]\nlisten = \"localhost\"\nlisen = 1\n\n[upi]\ntimeout = 65\nsigning = \"a\"\n\
         [member]\nname = 5\n",
    );
    let errors = Config::load(&Sources {
        environment: pairs(&[
            ("IDPHOTO_UPI__CLOCK_WINDOW", "1"),
            ("IDPHOTO_UPI__APPID", "x"),
        ]),
        overrides: pairs(&[("ledger.url", "orders.db"), ("nothing", "x")]),
        ..file.sources()
    })
    .unwrap_err();
    let line = |line| {
        Some(Origin::File {
            path: file.path.clone(),
            line,
        })
    };
    let environment = |name: &str| Some(Origin::Environment(name.to_owned()));
    let found: Vec<_> = errors
        .iter()
        .map(|problem| (problem.place.as_str(), problem.origin.clone()))
        .collect();
    let expected = [
        ("server.lisen", line(3)),
        ("upi.signing", line(7)),
        ("upi.appid", environment("IDPHOTO_UPI__APPID")),
        ("nothing", Some(Origin::CommandLine)),
        ("server.listen", line(2)),
        ("upi.base_url", None),
        ("upi.request_path", None),
        ("upi.app_id", None),
        ("upi.timeout", line(6)),
        ("upi.clock_window", environment("IDPHOTO_UPI__CLOCK_WINDOW")),
        ("upi.verification", None),
        ("upi.signing.kid", None),
        ("upi.signing.key_file", None),
        ("upi.encryption.kid", None),
        ("upi.encryption.key_file", None),
        ("member.iin", None),
        ("member.name", line(9)),
        ("ledger.url", Some(Origin::CommandLine)),
    ];
    assert_eq!(found, expected);
    assert_eq!(errors.to_string().lines().count(), expected.len());
}

#[test]
fn an_unknown_key_is_met_with_the_one_that_was_meant() {
    for (typo, meant) in [
        ("server.lisen", "server.listen"),
        ("sever.listen", "server.listen"),
        ("upi.signing.passphrase", "upi.signing.passphrase_file"),
        ("server.log_level", "telemetry.log_level"),
        ("upi.response_code", "upi.response_codes"),
    ] {
        let told = load_sandboxed(&[(typo, "x")]).unwrap_err().to_string();
        let expected = format!("{typo} (command line): unknown key; did you mean {meant}?");
        assert_eq!(told, expected);
    }
    let told = load_sandboxed(&[("zzz", "x")]).unwrap_err().to_string();
    assert_eq!(told, "zzz (command line): unknown key");
}

#[test]
fn an_unknown_variable_is_met_with_the_one_that_was_meant() {
    for (typo, meant) in [
        ("IDPHOTO_SERVER__LISEN", "IDPHOTO_SERVER__LISTEN"),
        ("IDPHOTO_SERVER_LISTEN", "IDPHOTO_SERVER__LISTEN"),
        ("IDPHOTO_server__listen", "IDPHOTO_SERVER__LISTEN"),
        ("IDPHOTO_UPI_SIGNING_KID", "IDPHOTO_UPI__SIGNING__KID"),
    ] {
        let sources = Sources {
            environment: pairs(&[(typo, "x")]),
            sandboxed: true,
            ..Sources::default()
        };
        let told = Config::load(&sources).unwrap_err().to_string();
        assert!(told.contains(typo), "{told}");
        assert!(told.ends_with(&format!("did you mean {meant}?")), "{told}");
    }
}

#[test]
fn an_unknown_member_of_a_key_is_named_by_its_place_in_the_list() {
    let keys = "[{ kid = \"1\", key_file = \"a\" }, { kidd = \"1\", key_file = 5 }, 7]";
    assert_eq!(
        places(load_with(&[("upi.verification", keys)])),
        [
            "upi.verification[1].kidd",
            "upi.verification[1].kid",
            "upi.verification[1].key_file",
            "upi.verification[2]",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_the_only_complaint() {
    let sources = Sources {
        file: Some("/nonexistent/idphoto.toml".into()),
        ..Sources::default()
    };
    let told = Config::load(&sources).unwrap_err().to_string();
    assert!(told.starts_with("/nonexistent/idphoto.toml: cannot be read: "));
    assert_eq!(told.lines().count(), 1);
}

#[test]
fn malformed_toml_is_told_by_line_and_column_only() {
    for (text, line, column) in [
        (
            "[server]\nlisten = canary-passphrase-7Q\n".to_owned(),
            2,
            10,
        ),
        (format!("[server]\nlisten = \"{CANARY}\n"), 2, 31),
        (format!("{CANARY}\n"), 1, 21),
        (format!("[server]\n\nlisten = 2026-99-99{CANARY}\n"), 3, 10),
        (format!("a = \"{CANARY}\"\na = \"{CANARY}\"\n"), 2, 1),
    ] {
        let errors = load(&text).unwrap_err();
        let told = errors.to_string();
        assert!(!told.contains(CANARY), "{told}");
        let problem = errors.iter().next().unwrap();
        let Some(Origin::File { line: found, .. }) = problem.origin else {
            panic!("{told}");
        };
        let expected = format!("not valid TOML at column {column} ");
        assert_eq!(found, line, "{told}");
        assert!(problem.text.starts_with(&expected), "{text}{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn no_error_repeats_a_value() {
    for key in idphoto::config::keys() {
        // A text of the canary alone is a good value for some keys; a list of it is for none.
        for value in [
            CANARY.to_owned(),
            format!("[\"{CANARY}\"]"),
            format!("{CANARY} \u{7f}"),
        ] {
            let loaded = load_with(&[(key.path(), &value)]);
            let told = loaded.err().map(|errors| errors.to_string());
            assert!(!told.unwrap_or_default().contains(CANARY), "{}", key.path());
        }
        let (head, name) = match key.path().rsplit_once('.') {
            Some((section, name)) => (format!("[{section}]\n"), name),
            None => (String::new(), key.path()),
        };
        for text in [
            format!("{head}{name} = [\"{CANARY}\"]\n"),
            format!("{head}{name}.x = \"{CANARY}\"\n"),
            format!("{head}{name}x = \"{CANARY}\"\n"),
            format!("{head}\"{CANARY} \" = 5\n"),
        ] {
            let told = load(&text).unwrap_err().to_string();
            assert!(!told.contains(CANARY), "{told}");
        }
    }
    let told = load_with(&[("upi.signing.passphrase", CANARY)])
        .unwrap_err()
        .to_string();
    assert!(!told.contains(CANARY), "{told}");
}

#[test]
fn an_error_says_what_is_expected() {
    let told = load_with(&[("server.max_message_bytes", "1")]).unwrap_err();
    assert_eq!(
        told.to_string(),
        "server.max_message_bytes (command line): expected a whole number, 262144 to 16777216"
    );
    let told = load_with(&[("ledger.url", "orders.db")]).unwrap_err();
    let expected = "expected \"memory:\", \"sqlite:\" and the path of a file, or \"postgres://";
    assert!(told.to_string().contains(expected), "{told}");
}

#[test]
fn a_section_is_a_table() {
    let told = load(&format!("ledger = 5\n{MANDATORY}")).unwrap_err();
    let told = told.to_string();
    assert!(told.starts_with("ledger ("), "{told}");
    assert!(
        told.ends_with(", line 1): expected a table: [ledger]"),
        "{told}"
    );
}

#[test]
fn every_part_of_a_list_is_named_with_its_line() {
    let file = File::new(&format!(
        "{MANDATORY}\n[server.tls]\ncert_file = \"a\"\nkey_file = \"b\"\nclient_ca_file = \"c\"\n\
         # line 20\n\
         [[callers]]\nname = \"loans\"\nidentities = [\"dns:a.example\", \"a.example\"]\n\
         [[callers]]\nname = \"cards\"\nidentity = [\"dns:b.example\"]\n\
         identities = [\n  \"dns:b.example\",\n  \"dns:a b\",\n]\n"
    ));
    let errors = file.load().unwrap_err();
    let found: Vec<_> = errors
        .iter()
        .map(|problem| match &problem.origin {
            Some(Origin::File { line, .. }) => (problem.place.as_str(), *line),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("callers[0].identities[1]", 24),
        ("callers[1].identity", 27),
        ("callers[1].identities[1]", 30),
    ];
    assert_eq!(found, expected);
}
