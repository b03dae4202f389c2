//! What is written about keys, and what is printed of them.

use std::path::Path;

use idphoto::config::{Key, keys};
use toml::{Table, Value};

use super::{MANDATORY, load, load_sandboxed, load_with, places};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The example with the keys that are commented out brought in.
fn example_in_full() -> String {
    let uncommented = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) || rest.starts_with("[[") => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    read("idphoto.example.toml")
        .lines()
        .map(uncommented)
        .collect()
}

/// Without the keys of tokens, which contradict those of files.
fn in_files(text: &str) -> String {
    let mut in_token = false;
    let kept = text.lines().filter(|line| {
        if line.starts_with('[') {
            in_token = line.ends_with(".pkcs11]");
        }
        let kept = ["sessions", "timeout", "[", "#"];
        !in_token || kept.iter().any(|kept| line.starts_with(kept))
    });
    kept.collect::<Vec<_>>().join("\n")
}

fn is_setting(line: &str) -> bool {
    let name = line.split_once(" = ").map_or("", |(name, _)| name);
    let letter = |character: char| character.is_ascii_lowercase() || character == '_';
    !name.is_empty() && name.chars().all(letter)
}

/// All keys of a file that are values to us, with their values.
fn settings(text: &str) -> Vec<(String, Value)> {
    fn walk(path: &str, table: &Table, found: &mut Vec<(String, Value)>) {
        for (name, value) in table {
            let path = format!("{path}{name}");
            match value {
                Value::Table(table) if path != "upi.response_codes" => {
                    walk(&format!("{path}."), table, found);
                }
                _ => found.push((path, value.clone())),
            }
        }
    }
    let mut found = Vec::new();
    walk("", &text.parse().unwrap(), &mut found);
    found
}

fn paths(settings: &[(String, Value)]) -> Vec<&str> {
    let mut paths: Vec<_> = settings.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    paths
}

fn sorted(keys: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut paths: Vec<_> = keys.collect();
    paths.sort_unstable();
    paths
}

#[test]
fn the_example_holds_every_key_and_no_other() {
    let settings = settings(&example_in_full());
    assert_eq!(paths(&settings), sorted(keys().map(Key::path)));
}

#[test]
fn the_example_sets_the_keys_with_a_default_to_it_and_no_other() {
    let settings = settings(&read("idphoto.example.toml"));
    let with_default = keys().filter(|key| key.default().is_some());
    assert_eq!(paths(&settings), sorted(with_default.map(Key::path)));
    for (path, value) in settings {
        let key = keys().find(|key| key.path() == path).unwrap();
        let default: Table = format!("it = {}", key.default().unwrap()).parse().unwrap();
        assert_eq!(default["it"], value, "{path}");
    }
}

#[test]
fn the_example_lacks_what_is_mandatory_and_says_so() {
    let required = keys().filter(|key| key.is_required());
    let required: Vec<_> = required.map(Key::path).collect();
    assert_eq!(places(load(&read("idphoto.example.toml"))), required);
}

#[test]
fn the_example_with_the_mandatory_keys_is_the_default_configuration() {
    let overrides = settings(MANDATORY);
    let overrides: Vec<_> = overrides
        .iter()
        .map(|(path, value)| match value {
            Value::String(text) => (path.clone(), text.clone()),
            _ => (
                path.clone(),
                "[{ kid = \"1500000001\", key_file = \"verification.pem\" }]".to_owned(),
            ),
        })
        .collect();
    let example = super::File::new(&read("idphoto.example.toml"));
    let from_example = idphoto::config::Config::load(&idphoto::config::Sources {
        overrides,
        ..example.sources()
    });
    assert_eq!(
        from_example.unwrap().print(),
        load(MANDATORY).unwrap().print()
    );
}

#[test]
fn the_example_in_full_is_a_good_configuration_and_prints_as_it_is() {
    let text = in_files(&example_in_full());
    let printed = load(&text).unwrap().print();
    assert_eq!(settings(&printed), settings(&text));
}

/// Every key with another value than its default.
const CHANGED: &str = r#"
[[callers]]
name = "loans"
identities = ["spiffe://bank.example/loans/*", "dns:loans.example"]
methods = ["VerifyIdPhoto"]
reads = "all"
merchants = [{ id = "1", name = "2", category_code = "3333" }]
max_in_flight = 9
rate = 8
burst = 7
priority = 6
daily_budget = 6
monthly_budget = 60
[server]
listen = "[::1]:1"
socket_mode = "0600"
health_listen = "[::1]:2"
reflection = false
max_message_bytes = 300000
max_request_bytes = 40000000
max_header_bytes = 20000
max_connections = 9
max_in_flight = 7
drain_delay = "1500ms"
drain_timeout = "100s"
reload_interval = "7s"
[server.tls]
cert_file = "a \"quoted\" \\ path"
key_file = "b"
client_ca_file = "c"
client_certs = "optional"
[auth]
trusted_proxies = ["10.1.0.0/16", "fd00::/8", "unix"]
[auth.jwt]
issuer = "a"
audience = "b"
jwks_file = "c"
jwks_url = "https://login.example/jwks"
ca_file = "d"
refresh_interval = "11s"
[admin]
listen = "none"
[upi]
base_url = "http://127.0.0.1:1/prefix"
request_path = "/x"
app_id = "app"
timeout = "61s"
connect_timeout = "4s"
breaker_failures = 7
max_rate = 8
pause = true
photo_placement = "encrypted"
escape_solidus = true
clock_window = "299s"
ca_file = "d"
client_cert_file = "e"
client_key_file = "f"
proxy = "environment"
connections = "one_per_call"
propagate_trace = true
verification = [{ kid = "1", key_file = "g" }, { kid = "2", key_file = "h" }]
response_codes = { 70 = "OTHER", A1 = "NOT_CONFIRMED", B2 = "SOURCE_UNAVAILABLE" }
[upi.signing]
kid = "3"
key_file = "i"
passphrase_file = "j"
cert_file = "l"
[upi.signing.pkcs11]
sessions = 3
timeout = "1500ms"
[upi.signing.next]
not_before = "2026-12-01T02:00:00+08:00"
kid = "5"
key_file = "m"
passphrase_file = "n"
cert_file = "o"
[upi.signing.next.pkcs11]
sessions = 5
timeout = "2500ms"
[upi.encryption]
kid = "4"
key_file = "k"
[member]
iin = "12345678"
name = "李"
[merchant]
id = "1"
name = "2"
category_code = "3333"
[validation]
free_text = "unicode"
name = "any"
id_number = "lax"
photo_min_side = 33
photo_max_side = 8191
[ledger]
url = "postgres://idphoto@ledger.example/idphoto"
timeout = "4s"
fingerprint_key_files = ["n", "o"]
keep = "400d"
keep_texts = false
budget_time_zone = "Europe/Berlin"
password_file = "p"
ca_file = "q"
tls = false
connections = 15
[telemetry]
log_level = "trace"
log_format = "json"
[telemetry.otlp]
endpoint = "https://collector.example:4317"
ca_file = "m"
sample_ratio = 0.05
metrics_interval = "15s"
"#;

/// The same with our keys in tokens: they are there or in files.
fn changed_to_tokens() -> String {
    let token = |id: &str| {
        format!(
            "module = \"m\"\ntoken = \"t\"\nlabel = \"l\"\nid = \"{id}\"\npin_file = \"p\"\nsessions"
        )
    };
    CHANGED
        .replace("key_file = \"i\"\npassphrase_file = \"j\"\n", "")
        .replace("key_file = \"m\"\npassphrase_file = \"n\"\n", "")
        .replace("sessions = 3", &format!("{} = 3", token("0a01")))
        .replace("sessions = 5", &format!("{} = 5", token("ff")))
}

#[test]
fn every_key_takes_effect_and_is_printed_as_it_was_given() {
    let texts = [CHANGED.to_owned(), changed_to_tokens()];
    let mut all: Vec<_> = texts.iter().flat_map(|text| settings(text)).collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all.dedup_by(|(one, _), (other, _)| one == other);
    assert_eq!(paths(&all), sorted(keys().map(Key::path)));
    for text in texts {
        let printed = load(&text).unwrap().print();
        assert_eq!(settings(&printed), settings(&text));
        assert_eq!(load(&printed).unwrap().print(), printed);
    }
}

#[test]
fn a_printed_configuration_names_the_keys_that_are_not_set() {
    let printed = format!("\n{}", load_sandboxed(&[]).unwrap().print());
    for key in keys() {
        let name = key.path().rsplit('.').next().unwrap();
        let named = printed.contains(&format!("\n{name} = "))
            || printed.contains(&format!("\n# {name} is not set\n"));
        assert!(named, "{}", key.path());
    }
    assert!(printed.contains("# passphrase_file is not set"));
}

#[test]
fn a_proxys_password_is_not_shown() {
    let proxy = "http://user:canary-password@proxy.example:3128";
    let config = load_with(&[("upi.proxy", proxy)]).unwrap();
    let printed = config.print();
    assert!(
        printed.contains("proxy = \"http://***@proxy.example:3128\""),
        "{printed}"
    );
    for told in [
        printed,
        format!("{config:?}"),
        format!("{:?}", config.warnings()),
    ] {
        assert!(
            !told.contains("canary-password") && !told.contains("user"),
            "{told}"
        );
    }
}

#[test]
fn each_key_is_described() {
    for key in keys() {
        assert!(key.about().ends_with('.'), "{}", key.path());
        assert!(!key.expected().is_empty(), "{}", key.path());
    }
}

fn row(key: &Key) -> String {
    let default = match (key.default(), key.is_required()) {
        (Some(default), _) => format!("`{default}`"),
        (None, true) => "mandatory".to_owned(),
        (None, false) => "not set".to_owned(),
    };
    let (path, expected, about) = (key.path(), key.expected(), key.about());
    format!("| `{path}` | {default} | {expected} | {about} |")
}

#[test]
fn the_page_on_configuration_holds_the_reference_of_every_key() {
    let page = read("docs/configuration.md");
    let expected: Vec<_> = keys().map(row).collect();
    let found: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(
        found,
        expected,
        "the table should be:\n{}",
        expected.join("\n")
    );
}
