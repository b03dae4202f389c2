//! Limits of single keys, and keys that have to agree with each other.

use super::{load_with, places};

#[test]
fn a_value_beyond_its_limits_is_refused() {
    for (key, bad) in [
        (
            "server.listen",
            &["", "localhost:1", "127.0.0.1", ":1", "127.0.0.1:65536"][..],
        ),
        ("server.reflection", &["yes", "1", ""]),
        (
            "server.max_message_bytes",
            &["262143", "16777217", "-1", "1MiB", "1.5", ""],
        ),
        (
            "server.max_request_bytes",
            &["33554431", "1099511627777", "1GiB"],
        ),
        ("server.max_header_bytes", &["8191", "1048577"]),
        ("server.max_connections", &["0", "1000001"]),
        (
            "server.max_in_flight",
            &["0", "1000001", "99999999999999999999"],
        ),
        ("server.drain_delay", &["5", "", "soon", "-5s"]),
        ("server.drain_timeout", &["75", "25h"]),
        (
            "upi.base_url",
            &[
                "",
                "upi.example",
                "ftp://upi.example",
                "https://u:p@upi.example",
            ],
        ),
        (
            "upi.request_path",
            &[
                "",
                "uais",
                "/a?b=c",
                "/a b",
                "https://upi.example/a",
                "/a/../b",
            ],
        ),
        ("upi.app_id", &["", "a b", "a:b", "\u{674e}"]),
        ("upi.timeout", &["999ms", "65"]),
        ("upi.connect_timeout", &["0s", "5"]),
        ("upi.clock_window", &["0s", "300"]),
        ("upi.photo_placement", &["", "inside", "Beside"]),
        ("upi.connections", &["", "one", "Reuse"]),
        ("upi.ca_file", &[""]),
        (
            "upi.proxy",
            &[
                "",
                "direct",
                "socks5://proxy.example:1",
                "http://proxy.example/x",
            ],
        ),
        ("upi.signing.kid", &["", "a b"]),
        ("upi.verification", &["[]", "", "{}", "\"a\""]),
        ("upi.response_codes", &["", "[]", "70"]),
        ("member.iin", &["", "1234567", "123456789", "1234567 "]),
        (
            "member.name",
            &["", "01234567890123456789012345678901234567890", "\u{674e}"],
        ),
        ("validation.free_text", &["", "utf-8"]),
        ("validation.name", &["", "Han"]),
        ("validation.id_number", &["", "18"]),
        ("validation.photo_min_side", &["0", "-1", "4294967296", ""]),
        ("validation.photo_max_side", &["0", "big"]),
        ("ledger.url", &["", "memory", "sqlite:", "orders.db"]),
        ("telemetry.log_level", &["", "verbose", "INFO"]),
        ("telemetry.log_format", &["", "xml"]),
    ] {
        for value in bad {
            assert_eq!(places(load_with(&[(key, value)])), [key], "{value:?}");
        }
    }
}

#[test]
fn the_drain_delay_is_shorter_than_the_drain() {
    let equal = [
        ("server.drain_delay", "10s"),
        ("server.drain_timeout", "10s"),
    ];
    assert_eq!(places(load_with(&equal)), ["server.drain_delay"]);
    let shorter = [
        ("server.drain_delay", "9s"),
        ("server.drain_timeout", "10s"),
    ];
    assert!(load_with(&shorter).is_ok());
}

#[test]
fn a_connection_takes_less_time_than_the_call() {
    for connect in ["11s", "10s"] {
        let longer = [("upi.connect_timeout", connect), ("upi.timeout", "10s")];
        assert_eq!(places(load_with(&longer)), ["upi.connect_timeout"]);
    }
    let shorter = [("upi.connect_timeout", "9s"), ("upi.timeout", "10s")];
    assert!(load_with(&shorter).is_ok());
}

#[test]
fn the_longest_side_is_not_below_the_shortest() {
    let crossed = [
        ("validation.photo_min_side", "65"),
        ("validation.photo_max_side", "64"),
    ];
    assert_eq!(places(load_with(&crossed)), ["validation.photo_min_side"]);
    let equal = [
        ("validation.photo_min_side", "64"),
        ("validation.photo_max_side", "64"),
    ];
    assert!(load_with(&equal).is_ok());
}

#[test]
fn certificates_and_keys_come_together() {
    let cert = ("server.tls.cert_file", "a");
    let key = ("server.tls.key_file", "b");
    let client_ca = ("server.tls.client_ca_file", "c");
    assert_eq!(places(load_with(&[cert])), [key.0]);
    assert_eq!(places(load_with(&[key])), [cert.0]);
    assert_eq!(places(load_with(&[client_ca])), [cert.0, key.0]);
    assert_eq!(places(load_with(&[client_ca, cert])), [key.0]);
    assert_eq!(places(load_with(&[client_ca, key])), [cert.0]);
    assert!(load_with(&[cert, key]).unwrap().tls.cert_file.is_some());
    let cert = ("upi.client_cert_file", "a");
    let key = ("upi.client_key_file", "b");
    assert_eq!(places(load_with(&[cert])), [key.0]);
    assert_eq!(places(load_with(&[key])), [cert.0]);
    assert!(
        load_with(&[cert, key])
            .unwrap()
            .upi
            .client_cert_file
            .is_some()
    );
}

#[test]
fn a_kid_names_one_key() {
    let keys = "[{ kid = \"1\", key_file = \"a\" }, { kid = \"1\", key_file = \"b\" }]";
    assert_eq!(
        places(load_with(&[("upi.verification", keys)])),
        ["upi.verification[1].kid"]
    );
}

#[test]
fn response_codes_are_two_characters_and_leave_00_alone() {
    let codes = "{ 00 = \"OTHER\", 7 = \"OTHER\", 70 = \"other\", 71 = 5, 05 = \"OTHER\" }";
    assert_eq!(
        places(load_with(&[("upi.response_codes", codes)])),
        ["00", "7", "70", "71"].map(|code| format!("upi.response_codes.{code}"))
    );
}

#[test]
fn a_merchant_is_whole_or_absent() {
    let whole = [
        ("merchant.id", "M1"),
        ("merchant.name", "Shop"),
        ("merchant.category_code", "5999"),
    ];
    assert_eq!(load_with(&whole).unwrap().merchant.id.unwrap(), "M1");
    for missing in 0..3 {
        let mut part = whole.to_vec();
        let (path, _) = part.remove(missing);
        assert_eq!(places(load_with(&part)), [path]);
    }
}

#[test]
fn names_follow_the_alphabet_that_is_set() {
    let chinese = ("member.name", "\u{94f6}\u{884c}");
    assert_eq!(places(load_with(&[chinese])), ["member.name"]);
    let unicode = ("validation.free_text", "unicode");
    assert!(load_with(&[chinese, unicode]).is_ok());
    // An alphabet that is not known is no reason to complain of the name.
    let typo = ("validation.free_text", "unicod");
    assert_eq!(
        places(load_with(&[chinese, typo])),
        ["validation.free_text"]
    );
}
