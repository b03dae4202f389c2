//! What commands say of a port of the gateway, or of its machine, that they were not made for.

use rcgen::CertificateParams;
use serde_json::Value;
use tempfile::TempDir;

use super::{run, text, verify_to};
use crate::collector::Collector;
use crate::process::{Gateway, idphoto};
use crate::server::{Authority, tls_settings};

/// `health` fails with this reason and these words, told to people and as JSON.
#[track_caller]
pub fn health_meets(args: &[&str], reason: &str, retry: &str, words: &[&str]) {
    let told = run(&[&["health"], args].concat());
    let shown = text(&told.stderr);
    assert_eq!(told.status.code(), Some(69), "{shown}");
    assert_eq!(text(&told.stdout), "");
    assert!(shown.starts_with(&format!("{reason} (")), "{shown}");
    let told = run(&[&["health", "--json"], args].concat());
    assert_eq!(told.status.code(), Some(69));
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(json["service"], "");
    let error = &json["error"];
    assert_eq!(error["reason"], reason);
    assert_eq!(error["dispatch"], "NOT_SENT");
    assert_eq!(error["retry"], retry);
    let as_json = format!("{}\n{}", error["message"], error["advice"]);
    for word in words {
        assert!(shown.contains(word), "{word} is not in:\n{shown}");
        assert!(as_json.contains(word), "{word} is not in:\n{as_json}");
    }
}

/// A gateway with a port of TLS, and a file with the CA to trust.
struct Tls {
    gateway: Gateway,
    dir: TempDir,
}

impl Tls {
    fn start(clients: Option<&Authority>) -> Self {
        let authority = Authority::new();
        let (dir, settings) = tls_settings(&authority, clients);
        Self::of(&authority, dir, settings)
    }

    /// With a certificate of its own.
    fn with(params: CertificateParams) -> Self {
        let authority = Authority::new();
        let (dir, settings) = tls_settings(&authority, None);
        let (certificate, key) = authority.issue_as(params);
        std::fs::write(dir.path().join("cert.pem"), certificate).unwrap();
        std::fs::write(dir.path().join("key.pem"), key).unwrap();
        Self::of(&authority, dir, settings)
    }

    fn of(authority: &Authority, dir: TempDir, settings: Vec<String>) -> Self {
        std::fs::write(dir.path().join("ca.pem"), &authority.pem).unwrap();
        let settings: Vec<_> = settings.iter().map(String::as_str).collect();
        let gateway = Gateway::start(&settings);
        Self { gateway, dir }
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn port(&self) -> &str {
        self.gateway.address.rsplit_once(':').unwrap().1
    }

    /// By the name that its certificate has.
    fn target(&self) -> String {
        format!("https://localhost:{}", self.port())
    }
}

fn localhost() -> CertificateParams {
    CertificateParams::new(vec!["localhost".to_owned()]).unwrap()
}

#[test]
fn a_bare_host_and_port_mean_tls_and_plaintext_only_on_demand() {
    let tls = Tls::start(None);
    let bare = format!("localhost:{}", tls.port());
    let served = run(&[
        "health",
        "--target",
        &bare,
        "--ca-file",
        &tls.file("ca.pem"),
    ]);
    assert_eq!(
        text(&served.stdout),
        "SERVING\n",
        "{}",
        text(&served.stderr)
    );
    let plaintext = Gateway::start(&[]);
    let served = run(&["health", "--plaintext", "--target", &plaintext.address]);
    assert_eq!(
        text(&served.stdout),
        "SERVING\n",
        "{}",
        text(&served.stderr)
    );
    assert_eq!(served.status.code(), Some(0));
}

#[test]
fn the_systems_own_cas_are_trusted_without_a_file() {
    let tls = Tls::start(None);
    let served = idphoto(&["health", "--target", &tls.target()])
        .env("SSL_CERT_FILE", tls.file("ca.pem"))
        .output();
    assert_eq!(text(&served.unwrap().stdout), "SERVING\n");
}

#[test]
fn plaintext_at_a_tls_port() {
    let tls = Tls::start(None);
    let at = &tls.gateway.address;
    let target = format!("http://{at}");
    let words = [
        &format!("{at} speaks TLS"),
        &*format!("--target https://{at}"),
    ];
    health_meets(
        &["--target", &target],
        "TLS_EXPECTED",
        "FIX_REQUEST",
        &words,
    );
    let bare = ["--target", at, "--plaintext"];
    health_meets(&bare, "TLS_EXPECTED", "FIX_REQUEST", &words);
}

#[test]
fn tls_at_a_plaintext_port() {
    let gateway = Gateway::start(&[]);
    let at = &gateway.address;
    let words = [&*format!("--target http://{at} or --plaintext")];
    for target in [format!("https://{at}"), at.clone()] {
        let args = ["--target", &target];
        health_meets(&args, "PLAINTEXT_EXPECTED", "FIX_REQUEST", &words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_without_a_certificate_at_a_port_that_asks_for_one_sends_nothing() {
    let tls = Tls::start(Some(&Authority::new()));
    let order_id = crate::requests::order_id();
    let ca = tls.file("ca.pem");
    let args = ["--ca-file", &*ca, "--order-id", &order_id];
    let told = verify_to(&tls.target(), "test", &args);
    let shown = text(&told.stderr);
    for word in [
        "CLIENT_CERTIFICATE_REQUIRED",
        "asks for a client certificate",
        "dispatch NOT_SENT, retry FIX_REQUEST",
        "--cert-file and --key-file",
    ] {
        assert!(shown.contains(word), "{shown}");
    }
    assert_eq!(told.status.code(), Some(69));
    let told = verify_to(&tls.target(), "test", &[&args[..], &["--json"]].concat());
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(json["order_id"], *order_id);
    assert_eq!(json["error"]["reason"], "CLIENT_CERTIFICATE_REQUIRED");
    assert_eq!(json["error"]["dispatch"], "NOT_SENT");
    assert_eq!(told.status.code(), Some(69));
    assert_eq!(tls.gateway.posts(&order_id).await, 0);
}

#[test]
fn a_client_certificate_is_shown_and_one_of_another_ca_refused() {
    let clients = Authority::new();
    let tls = Tls::start(Some(&clients));
    for (name, authority) in [("good", &clients), ("bad", &Authority::new())] {
        let (certificate, key) = authority.issue();
        std::fs::write(tls.file(&format!("{name}.pem")), certificate).unwrap();
        std::fs::write(tls.file(&format!("{name}.key")), key).unwrap();
    }
    let [ca, good, good_key] = ["ca.pem", "good.pem", "good.key"].map(|name| tls.file(name));
    let [bad, bad_key] = ["bad.pem", "bad.key"].map(|name| tls.file(name));
    let target = tls.target();
    let args = ["--target", &*target, "--ca-file", &ca];
    let pair = ["--cert-file", &*good, "--key-file", &good_key];
    let served = run(&[&["health"], &args[..], &pair].concat());
    assert_eq!(
        text(&served.stdout),
        "SERVING\n",
        "{}",
        text(&served.stderr)
    );
    let pair = ["--cert-file", &*bad, "--key-file", &bad_key];
    let words = [
        "refuses this client certificate",
        "server.tls.client_ca_file",
    ];
    let reason = "CLIENT_CERTIFICATE_REFUSED";
    health_meets(&[args, pair].concat(), reason, "FIX_REQUEST", &words);
    // The key of another certificate never leaves this machine.
    let pair = ["--cert-file", &*good, "--key-file", &bad_key];
    let told = run(&[&["health"], &args[..], &pair].concat());
    assert_eq!(told.status.code(), Some(65));
    assert!(text(&told.stderr).contains("bad.key is no usable key of"));
}

#[test]
fn a_certificate_of_another_ca() {
    let tls = Tls::start(None);
    let target = tls.target();
    let reason = "CERTIFICATE_NOT_TRUSTED";
    let words = ["from a CA that is not trusted here", "by --ca-file"];
    health_meets(&["--target", &target], reason, "FIX_REQUEST", &words);
    let other = tls.file("other.pem");
    std::fs::write(&other, &Authority::new().pem).unwrap();
    let words = ["--ca-file must hold the CA"];
    let args = ["--target", &target, "--ca-file", &other];
    health_meets(&args, reason, "FIX_REQUEST", &words);
}

#[test]
fn a_certificate_for_another_name() {
    let tls = Tls::start(None);
    let target = format!("https://{}", tls.gateway.address);
    let words = ["is for localhost, not for 127.0.0.1"];
    let args = ["--target", &target, "--ca-file", &tls.file("ca.pem")];
    health_meets(&args, "CERTIFICATE_NAME_MISMATCH", "FIX_REQUEST", &words);
}

#[test]
fn a_certificate_that_is_over_and_one_that_has_not_begun() {
    let mut over = localhost();
    over.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut early = localhost();
    early.not_before = rcgen::date_time_ymd(2100, 1, 1);
    for (params, reason, word) in [
        (over, "CERTIFICATE_EXPIRED", "has expired"),
        (early, "CERTIFICATE_NOT_YET_VALID", "is not valid yet"),
    ] {
        let tls = Tls::with(params);
        let target = tls.target();
        let args = ["--target", &target, "--ca-file", &tls.file("ca.pem")];
        health_meets(&args, reason, "FIX_REQUEST", &[word, "clock"]);
    }
}

#[test]
fn the_ports_of_admin_and_health_are_no_gateways() {
    let settings = [
        "admin.listen=127.0.0.1:0",
        "server.health_listen=127.0.0.1:0",
    ];
    let lines = ["admin listening on ", "health listening on "];
    let (_gateway, told) = Gateway::start_told(&settings, &lines);
    let [admin, health] = &told[..] else { panic!() };
    let words = ["a web server (HTTP/1)", "server.listen; admin.listen"];
    let by_tls = admin.replace("http://", "https://");
    for target in [admin, &by_tls] {
        let args = ["--target", target];
        health_meets(&args, "NOT_A_GATEWAY", "FIX_REQUEST", &words);
    }
    let target = format!("http://{health}");
    for told in [
        verify_to(&target, "test", &["--json"]),
        run(&[
            "get",
            "--json",
            "--target",
            &target,
            &crate::requests::order_id(),
        ]),
    ] {
        assert_eq!(told.status.code(), Some(69));
        let json: Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(json["error"]["code"], "Unimplemented");
        assert_eq!(json["error"]["reason"], "NOT_A_GATEWAY");
        let advice = json["error"]["advice"].as_str().unwrap();
        assert!(advice.contains("server.health_listen"), "{advice}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_grpc_server_is_no_gateway() {
    let collector = Collector::start().await;
    let target = collector.endpoint.clone();
    let meets = move || {
        let words = ["does not know this method", "another gRPC server"];
        let args = ["--target", &target];
        health_meets(&args, "NOT_A_GATEWAY", "FIX_REQUEST", &words);
    };
    tokio::task::spawn_blocking(meets).await.unwrap();
}
