//! The port of the real binary: its end, its TLS, and peers that mean it no good.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use idphoto::pb::id_photo_service_client::IdPhotoServiceClient;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::process::Gateway;
use crate::requests::{expected, request, row};
use crate::wait::{PATIENCE, found};

const SERVICE: &str = "idphoto.v1.IdPhotoService";

fn channel(address: &str) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect_lazy()
}

/// An open Watch, after its first message.
async fn watch(gateway: &Gateway, service: &str) -> Streaming<HealthCheckResponse> {
    let mut client = HealthClient::new(channel(&gateway.address));
    let service = service.to_owned();
    let watching = client.watch(HealthCheckRequest { service }).await;
    let mut statuses = watching.unwrap().into_inner();
    assert_eq!(next(&mut statuses).await, Some(ServingStatus::Serving));
    statuses
}

async fn next(statuses: &mut Streaming<HealthCheckResponse>) -> Option<ServingStatus> {
    statuses.message().await.unwrap().map(|told| told.status())
}

/// Waits for the end of the process; how long that took.
fn ended(gateway: &mut Gateway, begun: Instant) -> Duration {
    assert!(gateway.process.end().success());
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_not_serving_from_the_first_moment_of_a_drain() {
    let mut gateway = Gateway::start(&["server.drain_delay=5s", "server.drain_timeout=10m"]);
    let mut watches = [watch(&gateway, "").await, watch(&gateway, SERVICE).await];
    let mut client = gateway.client();
    client.verify_id_photo(request("test")).await.unwrap();
    let begun = Instant::now();
    gateway.process.signal("TERM");
    for statuses in &mut watches {
        assert_eq!(next(statuses).await, Some(ServingStatus::NotServing));
    }
    // Whoever has not noticed yet is still served, which shows that the delay is not over.
    client.verify_id_photo(request("test")).await.unwrap();
    for statuses in &mut watches {
        assert_eq!(next(statuses).await, None);
    }
    let taken = ended(&mut gateway, begun);
    assert!(taken >= Duration::from_secs(5), "{taken:?}");
    assert!(taken < PATIENCE, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signals_end_an_idle_server_at_once() {
    for signal in ["TERM", "INT"] {
        let mut gateway = Gateway::start(&["server.drain_delay=0s", "server.drain_timeout=10m"]);
        gateway
            .client()
            .verify_id_photo(request("test"))
            .await
            .unwrap();
        let begun = Instant::now();
        gateway.process.signal(signal);
        let taken = ended(&mut gateway, begun);
        assert!(taken < PATIENCE, "{signal}: {taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_is_hard_and_callers_are_told_the_truth() {
    let mut gateway = Gateway::start(&["server.drain_delay=0s", "server.drain_timeout=2s"]);
    let _statuses = watch(&gateway, "").await;
    let _silent = TcpStream::connect(&gateway.address).await.unwrap();
    let slow = request("sandbox:delay=10m");
    let order_id = slow.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(slow).await });
    gateway.sent(&order_id).await;
    let begun = Instant::now();
    gateway.process.signal("TERM");
    let taken = ended(&mut gateway, begun);
    assert!(taken >= Duration::from_secs(2), "{taken:?}");
    assert!(taken < PATIENCE, "{taken:?}");
    let status = call.await.unwrap().unwrap_err();
    let unknown = expected(Code::Unknown, "OUTCOME_UNKNOWN", "UNKNOWN", "NEW_ORDER");
    assert_eq!(row(&status), unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_flight_is_answered_during_a_drain() {
    let mut gateway = Gateway::start(&["server.drain_delay=0s", "server.drain_timeout=10m"]);
    let slow = request("sandbox:delay=2s,confidence=42");
    let order_id = slow.order_id.clone();
    let mut client = gateway.client();
    let call = tokio::spawn(async move { client.verify_id_photo(slow).await });
    gateway.sent(&order_id).await;
    let begun = Instant::now();
    gateway.process.signal("TERM");
    assert!(call.await.unwrap().unwrap().into_inner().outcome.is_some());
    let taken = ended(&mut gateway, begun);
    assert!(taken < PATIENCE, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_cost_no_memory() {
    let gateway = Gateway::start(&[]);
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
    let before = gateway.process.peak_memory();
    let mut bomb = request("test");
    bomb.photo = vec![0; 64 * 1024 * 1024].into();
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = gateway.client().send_compressed(encoding);
        let status = client.verify_id_photo(bomb.clone()).await.unwrap_err();
        let refused = expected(
            Code::InvalidArgument,
            "REQUEST_TOO_LARGE",
            "NOT_SENT",
            "FIX_REQUEST",
        );
        assert_eq!(row(&status), refused, "{encoding:?}");
    }
    let grown = gateway.process.peak_memory() - before;
    assert!(grown < 24 * 1024, "{grown} KiB");
}

/// User and system time of a process, in clock ticks (of 10 ms everywhere).
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_free_file_descriptors_waits_and_recovers() {
    let gateway = Gateway::start(&[]);
    let pid = gateway.process.id();
    limit_open_files(pid, 48);
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(&gateway.address).await.unwrap());
    }
    let told = async |count| {
        let enough = async || Some(failures(&gateway)).filter(|times| times.len() >= count);
        found("no connection can be accepted", enough).await
    };
    told(1).await;
    let (begun, before) = (Instant::now(), ticks(pid));
    for times in told(4).await.windows(2) {
        let pause = times[1].duration_since(times[0]).unwrap();
        assert!(pause >= Duration::from_millis(490), "{pause:?}");
    }
    let (spent, taken) = (ticks(pid) - before, begun.elapsed());
    let most = taken.as_millis() / 10 / 4;
    assert!(
        u128::from(spent) < most,
        "{spent} ticks in {taken:?} of waiting"
    );
    drop(crowd);
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
}

/// When no connection could be accepted.
fn failures(gateway: &Gateway) -> Vec<SystemTime> {
    let printed = gateway.process.printed();
    let lines = printed.lines();
    let failed = lines.filter(|line| line.contains("no connection can be accepted"));
    let time = |line: &str| humantime::parse_rfc3339(line.split(' ').next().unwrap()).unwrap();
    failed.map(time).collect()
}

/// Changes the limit of a running process, so that it starts with all it needs.
fn limit_open_files(pid: u32, most: u32) {
    let limited = std::process::Command::new("prlimit")
        .args([
            "--pid",
            &pid.to_string(),
            &format!("--nofile={most}:{most}"),
        ])
        .status();
    assert!(limited.unwrap().success());
}

/// An authority, and a file for its certificate.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// Certificate and key for `localhost`, in PEM.
    pub fn issue(&self) -> (String, String) {
        self.issue_as(CertificateParams::new(vec!["localhost".to_owned()]).unwrap())
    }

    /// The same with these names and dates.
    pub fn issue_as(&self, params: CertificateParams) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

fn write(dir: &Path, name: &str, content: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A directory with the server's files, and the settings that name them.
pub fn tls_settings(authority: &Authority, clients: Option<&Authority>) -> (TempDir, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.issue();
    let mut files = vec![
        ("cert_file", write(dir.path(), "cert.pem", &certificate)),
        ("key_file", write(dir.path(), "key.pem", &key)),
    ];
    if let Some(clients) = clients {
        let path = write(dir.path(), "clients.pem", &clients.pem);
        files.push(("client_ca_file", path));
    }
    let settings = files
        .iter()
        .map(|(key, path)| format!("server.tls.{key}={}", path.display()))
        .collect();
    (dir, settings)
}

fn start(settings: &[String]) -> Gateway {
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    Gateway::start(&settings)
}

pub async fn verify(gateway: &Gateway, tls: ClientTlsConfig) -> Result<(), tonic::Status> {
    let mut client = client(&gateway.address, tls);
    client.verify_id_photo(request("test")).await.map(|_| ())
}

/// A client over TLS that connects when it is first used.
pub fn client(address: &str, tls: ClientTlsConfig) -> IdPhotoServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap();
    let channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    IdPhotoServiceClient::new(channel)
}

/// What a client needs that trusts this authority.
pub fn trusting(authority: &Authority) -> ClientTlsConfig {
    ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&authority.pem))
        .domain_name("localhost")
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_served_from_the_files_of_the_settings() {
    let authority = Authority::new();
    let (_dir, settings) = tls_settings(&authority, None);
    let gateway = start(&settings);
    verify(&gateway, trusting(&authority)).await.unwrap();
    assert!(verify(&gateway, trusting(&Authority::new())).await.is_err());
    let plaintext = gateway.client().verify_id_photo(request("test")).await;
    assert!(plaintext.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_tls_admits_the_clients_of_its_ca_only() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (_dir, settings) = tls_settings(&authority, Some(&clients));
    let gateway = start(&settings);
    let as_client = |(certificate, key): (String, String)| {
        trusting(&authority).identity(Identity::from_pem(certificate, key))
    };
    verify(&gateway, as_client(clients.issue())).await.unwrap();
    let stranger = as_client(Authority::new().issue());
    assert!(verify(&gateway, stranger).await.is_err());
    assert!(verify(&gateway, trusting(&authority)).await.is_err());
}
