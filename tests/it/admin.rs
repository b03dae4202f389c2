//! The admin port and the health port of the real binary.

use std::process::Stdio;

use reqwest::{Client, Method};
use tokio::net::TcpListener;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::privacy;
use crate::process::{Gateway, idphoto};
use crate::requests::request;
use crate::server::{Authority, tls_settings};
use crate::wait::until;

/// Every page.
const PAGES: [&str; 6] = [
    "/metrics",
    "/live",
    "/ready",
    "/version",
    "/config",
    "/log-level",
];

/// A gateway with an admin port, and the port's URL.
pub fn start(settings: &[&str]) -> (Gateway, String) {
    let settings = [&["admin.listen=127.0.0.1:0"], settings].concat();
    let (gateway, mut told) = Gateway::start_told(&settings, &["admin listening on "]);
    (gateway, told.remove(0))
}

/// Status and body.
async fn ask(method: Method, url: &str, host: Option<&str>, json: Option<&str>) -> (u16, String) {
    let mut request = Client::new().request(method, url);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    if let Some(json) = json {
        request = request
            .header("content-type", "application/json")
            .body(json.to_owned());
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn get(url: &str) -> (u16, String) {
    ask(Method::GET, url, None, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_is_served_and_nothing_else() {
    let (gateway, admin) = start(&[]);
    for page in PAGES {
        let (status, body) = get(&format!("{admin}{page}")).await;
        assert_eq!(status, 200, "{page}: {body}");
        let (status, _) = ask(Method::POST, &format!("{admin}{page}"), None, None).await;
        assert_eq!(status, 405, "{page}");
    }
    let (_, version) = get(&format!("{admin}/version")).await;
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    assert_eq!(get(&format!("{admin}/")).await.0, 404);
    assert_eq!(get(&format!("{admin}/orders")).await.0, 404);
    let told = gateway.process.printed();
    assert!(!told.contains("admin.listen is not on loopback"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_gets_nothing() {
    let (_gateway, admin) = start(&[]);
    let change = Some(r#"{"level":"trace","for":"1h"}"#);
    for page in PAGES {
        let url = format!("{admin}{page}");
        let (status, _) = ask(Method::GET, &url, Some("evil.example"), None).await;
        assert_eq!(status, 403, "{page}");
        let (status, _) = ask(Method::GET, &url, Some("localhost"), None).await;
        assert_eq!(status, 200, "{page}");
    }
    let url = format!("{admin}/log-level");
    let (status, _) = ask(Method::PUT, &url, Some("evil.example:9464"), change).await;
    assert_eq!(status, 403);
    assert!(get(&url).await.1.contains("\"until\":null"));
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_ends_when_a_drain_begins_and_the_port_lives_on() {
    let (mut gateway, admin) = start(&["server.drain_delay=100ms", "server.drain_timeout=10m"]);
    let slow = request("sandbox:delay=5s");
    let order_id = slow.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(slow).await });
    gateway.sent(&order_id).await;
    let ready = format!("{admin}/ready");
    assert_eq!(get(&ready).await.0, 200);
    gateway.process.signal("TERM");
    until("not ready", async || get(&ready).await.0 == 503).await;
    // Past the delay, while an order is under way, operators still see everything.
    let refused = async || {
        gateway
            .client()
            .verify_id_photo(request("test"))
            .await
            .is_err()
    };
    until("new orders are refused", refused).await;
    assert_eq!(get(&ready).await.0, 503);
    assert_eq!(get(&format!("{admin}/live")).await.0, 200);
    assert_eq!(get(&format!("{admin}/metrics")).await.0, 200);
    call.await.unwrap().unwrap();
    assert!(gateway.process.end().success());
    assert!(Client::new().get(&ready).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keys = keys.to_str().unwrap();
    let sandbox = crate::process::Process::start(&["sandbox", "--dir", keys]);
    sandbox.wait_for("sandbox listening on ");
    let process = crate::process::Process::start(&[
        "serve",
        "--config",
        &format!("{keys}/idphoto.toml"),
        "--listen",
        "127.0.0.1:0",
        "--set",
        "admin.listen=127.0.0.1:0",
        "--set",
        "upi.proxy=http://canary-user:canary-password@127.0.0.1:1",
    ]);
    let admin = process.wait_for("admin listening on ");
    let (_, configuration) = get(&format!("{admin}/config")).await;
    assert!(
        configuration.contains("proxy = \"http://***@127.0.0.1:1\""),
        "{configuration}"
    );
    for page in PAGES {
        let (_, text) = get(&format!("{admin}{page}")).await;
        assert!(!text.contains("canary"), "{text}");
        assert!(!text.contains("PRIVATE"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_level_changes_for_a_time_and_goes_back() {
    let (mut gateway, admin) = start(&["telemetry.log_level=warn"]);
    let url = format!("{admin}/log-level");
    let lines = |gateway: &Gateway| gateway.process.printed().matches("call ended").count();
    let mut client = gateway.client();
    let mut call = async || client.verify_id_photo(request("test")).await;
    call().await.unwrap();
    assert_eq!(lines(&gateway), 0);
    let change = Some(r#"{"level":"info","for":"2s"}"#);
    let (status, told) = ask(Method::PUT, &url, None, change).await;
    assert_eq!(status, 200);
    assert!(told.contains("\"level\":\"info\""), "{told}");
    call().await.unwrap();
    gateway.process.prints("call ended").await;
    let back = "{\"level\":\"warn\",\"configured\":\"warn\",\"until\":null}\n";
    until("it went back", async || get(&url).await.1 == back).await;
    call().await.unwrap();
    let bad = Some(r#"{"level":"info","for":"25h"}"#);
    assert_eq!(ask(Method::PUT, &url, None, bad).await.0, 400);
    gateway.process.signal("TERM");
    gateway.process.end();
    assert_eq!(lines(&gateway), 1);
}

#[test]
fn the_log_has_no_colours_and_says_nothing_twice() {
    let mut gateway = Gateway::start(&["server.drain_delay=0s"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut client = runtime.block_on(async { gateway.client() });
    runtime
        .block_on(client.verify_id_photo(request("test")))
        .unwrap();
    gateway.process.signal("TERM");
    gateway.process.end();
    let printed = gateway.process.printed();
    let line = printed.lines().find(|line| line.contains("call ended"));
    let line = line.unwrap();
    assert!(!printed.contains('\x1b'), "{printed}");
    assert_eq!(line.matches("rpc.method").count(), 1, "{line}");
    assert_eq!(line.matches("order_id").count(), 1, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_admin_port_ends_the_start_and_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let setting = format!("admin.listen={}", taken.local_addr().unwrap());
    let output = idphoto(&["serve", "--sandbox", "--listen", "127.0.0.1:0"])
        .args(["--set", &setting])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("admin.listen"), "{told}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!told.contains("gRPC listening"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_beyond_loopback_is_warned_of() {
    let gateway = Gateway::start(&["admin.listen=0.0.0.0:0"]);
    gateway.process.prints("admin.listen: is not on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_whom_a_call_was_about() {
    let (gateway, admin) = start(&["telemetry.log_level=trace"]);
    for request in privacy::requests_of_a_canary() {
        // Each ends in its own way; here only the pages count.
        let _ = gateway.client().verify_id_photo(request).await;
    }
    for page in PAGES {
        let (_, text) = get(&format!("{admin}{page}")).await;
        for trace in privacy::traces() {
            assert!(!text.contains(&trace), "{trace} is on {page}");
        }
    }
}

async fn next(statuses: &mut tonic::Streaming<HealthCheckResponse>) -> Option<ServingStatus> {
    statuses.message().await.unwrap().map(|told| told.status())
}

#[tokio::test(flavor = "multi_thread")]
async fn health_has_a_plaintext_port_of_its_own_whatever_the_main_one_asks_for() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (_dir, mut settings) = tls_settings(&authority, Some(&clients));
    settings.extend(
        [
            "server.health_listen=127.0.0.1:0",
            "server.drain_delay=1s",
            "server.drain_timeout=10s",
        ]
        .map(str::to_owned),
    );
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    let (mut gateway, told) = Gateway::start_told(&settings, &["health listening on "]);
    let target = format!("http://{}", told[0]);
    for (service, printed) in [("", "SERVING\n"), ("upi", "UNKNOWN\n")] {
        let output = idphoto(&["health", "--target", &target, "--service", service])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed);
    }
    // The service itself is not there.
    let mut stranger = crate::process::client(&told[0]);
    let refused = stranger.verify_id_photo(request("test")).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);

    let endpoint = tonic::transport::Endpoint::from_shared(target).unwrap();
    let mut health = HealthClient::new(endpoint.connect_lazy());
    let service = String::new();
    let watching = health.watch(HealthCheckRequest { service }).await;
    let mut statuses = watching.unwrap().into_inner();
    assert_eq!(next(&mut statuses).await, Some(ServingStatus::Serving));
    gateway.process.signal("TERM");
    assert_eq!(next(&mut statuses).await, Some(ServingStatus::NotServing));
    let live = HealthCheckRequest {
        service: "live".to_owned(),
    };
    let alive = health.check(live).await.unwrap().into_inner();
    assert_eq!(alive.status(), ServingStatus::Serving);
    assert_eq!(next(&mut statuses).await, None);
    assert!(gateway.process.end().success());
}
