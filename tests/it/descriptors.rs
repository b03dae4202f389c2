//! The limit of file descriptors.

use std::process::Command;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::{Process, client};
use crate::requests::request;

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(60);

/// Of the process; the connections of a test are more.
const LIMIT: u32 = 200;
const CROWD: usize = 300;

/// `idphoto` under these limits of the shell.
fn limited(soft: u32, hard: u32, settings: &[&str]) -> Process {
    let program = env!("CARGO_BIN_EXE_idphoto");
    let serve = "serve --sandbox --listen 127.0.0.1:0";
    let script = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" {serve} \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, program]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.env("IDPHOTO_ADMIN__LISTEN", "none");
    Process::run(command)
}

/// A gateway with all its ports and few descriptors.
struct Small {
    _process: Process,
    admin: String,
    health: String,
    grpc: String,
}

impl Small {
    fn start() -> Self {
        let settings = [
            "admin.listen=127.0.0.1:0",
            "server.health_listen=127.0.0.1:0",
        ];
        let process = limited(LIMIT, LIMIT, &settings);
        Self {
            admin: process.wait_for("admin listening on http://"),
            health: process.wait_for("health listening on "),
            grpc: process.wait_for("gRPC listening on "),
            _process: process,
        }
    }

    async fn probes_are_answered(&self) {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.health)).unwrap();
        let mut health = HealthClient::new(endpoint.connect_lazy());
        let answer = timeout(LONG, health.check(HealthCheckRequest::default())).await;
        let answer = answer.expect("health is silent").unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }

    async fn metrics_are_read(&self) {
        let page = reqwest::get(format!("http://{}/metrics", self.admin));
        let page = timeout(LONG, page).await.expect("admin is silent").unwrap();
        assert!(page.status().is_success());
    }
}

/// Connections that begin to speak and stay, whether they are wanted or not.
async fn crowd(address: &str) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..CROWD {
        let mut connection = TcpStream::connect(address).await.unwrap();
        // One that is turned away is closed at once.
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        let _ = connection.write_all(preface).await;
        connections.push(connection);
    }
    connections
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let gateway = limited(64, 300, &[]);
    gateway.wait_for("gRPC listening on ");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gateway.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let numbers: Vec<_> = line.unwrap().split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers, ["300", "300"]);
}

#[tokio::test]
async fn what_a_small_limit_leaves_is_said_in_the_log() {
    let gateway = limited(64, 300, &[]);
    gateway
        .prints("leaves room for 150 connections of callers")
        .await;
    gateway.prints("orders on their way to UPI").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_callers_port_starves_nobody() {
    let gateway = Small::start();
    let mut client = client(&gateway.grpc);
    client.verify_id_photo(request("account")).await.unwrap();
    let _crowd = crowd(&gateway.grpc).await;
    gateway.probes_are_answered().await;
    gateway.metrics_are_read().await;
    client.verify_id_photo(request("account")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_health_port_starves_no_caller_and_no_operator() {
    let gateway = Small::start();
    let _callers = crowd(&gateway.grpc).await;
    let _crowd = crowd(&gateway.health).await;
    gateway.metrics_are_read().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_the_admin_port_starves_no_probe_and_no_caller() {
    let gateway = Small::start();
    let _crowd = crowd(&gateway.admin).await;
    gateway.probes_are_answered().await;
    let mut client = client(&gateway.grpc);
    client.verify_id_photo(request("account")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_wait_starve_neither_probes_nor_operators() {
    let gateway = Small::start();
    let client = client(&gateway.grpc);
    client
        .clone()
        .verify_id_photo(request("account"))
        .await
        .unwrap();
    let _callers = crowd(&gateway.grpc).await;
    let calls: Vec<_> = (0..CROWD)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.verify_id_photo(request("sandbox:delay=3s")).await })
        })
        .collect();
    gateway.probes_are_answered().await;
    gateway.metrics_are_read().await;
    for call in calls {
        let end = timeout(LONG, call).await.expect("no answer").unwrap();
        // Never that UPI cannot be reached.
        let overloaded = |status: tonic::Status| status.code() == Code::ResourceExhausted;
        assert!(end.is_ok() || end.is_err_and(overloaded));
    }
}
