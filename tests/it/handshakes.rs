//! Handshakes that fail at the port of the real binary: the metric and the log line.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Identity;

use crate::process::Gateway;
use crate::requests::request;
use crate::server::{Authority, tls_settings, trusting, verify};
use crate::wait::until;

/// A TLS record that says that 512 bytes of a ClientHello follow, and its first ones.
const BROKEN_OFF: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// A gateway and its metrics' address.
fn start(settings: &[String]) -> (Gateway, String) {
    let mut all = vec!["admin.listen=127.0.0.1:0"];
    all.extend(settings.iter().map(String::as_str));
    let (gateway, mut told) = Gateway::start_told(&all, &["admin listening on "]);
    let metrics = format!("{}/metrics", told.remove(0));
    (gateway, metrics)
}

/// Waits for this line of the metrics.
async fn counted(metrics: &str, cause: &str, number: u32) {
    let line = format!("idphoto_handshakes_failed_total{{cause=\"{cause}\"}} {number}");
    let counted = async || {
        let page = reqwest::get(metrics).await.unwrap();
        let page = page.text().await.unwrap();
        page.lines().any(|found| found == line)
    };
    until(&line, counted).await;
}

/// The lines of the log about one cause.
fn lines(gateway: &Gateway, cause: &str) -> Vec<String> {
    let field = format!("cause=\"{cause}\"");
    let printed = gateway.process.printed();
    let lines = printed.lines().filter(|line| line.contains(&field));
    lines.map(str::to_owned).collect()
}

/// The only one, once it is there.
async fn line(gateway: &Gateway, cause: &str) -> String {
    gateway.process.prints(&format!("cause=\"{cause}\"")).await;
    let mut found = lines(gateway, cause);
    assert_eq!(found.len(), 1, "{}", gateway.process.printed());
    found.remove(0)
}

async fn send(address: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_tls_tells_the_nameless_from_strangers() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (_dir, settings) = tls_settings(&authority, Some(&clients));
    let (gateway, metrics) = start(&settings);
    assert!(verify(&gateway, trusting(&authority)).await.is_err());
    counted(&metrics, "no_client_certificate", 1).await;
    let expected = "INFO handshake failed: the client sent no certificate, and \
                    server.tls.client_ca_file wants one \
                    cause=\"no_client_certificate\" port=\"server.listen\"";
    let told = line(&gateway, "no_client_certificate").await;
    assert!(told.ends_with(expected), "{told}");

    let (certificate, key) = Authority::new().issue();
    let stranger = trusting(&authority).identity(Identity::from_pem(certificate, key));
    assert!(verify(&gateway, stranger).await.is_err());
    counted(&metrics, "client_certificate_refused", 1).await;
    let (certificate, key) = clients.issue();
    let known = trusting(&authority).identity(Identity::from_pem(certificate, key));
    verify(&gateway, known).await.unwrap();
    counted(&metrics, "client_certificate_refused", 1).await;
    counted(&metrics, "no_client_certificate", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_refuses_our_certificate_is_told_of() {
    let (_dir, settings) = tls_settings(&Authority::new(), None);
    let (gateway, metrics) = start(&settings);
    let suspicious = trusting(&Authority::new());
    assert!(verify(&gateway, suspicious).await.is_err());
    counted(&metrics, "server_certificate_refused", 1).await;
    line(&gateway, "server_certificate_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plaintext_at_a_tls_port_is_named_and_none_of_its_bytes_are_logged() {
    let (_dir, settings) = tls_settings(&Authority::new(), None);
    let (gateway, metrics) = start(&settings);
    let plaintext = gateway.client().verify_id_photo(request("test")).await;
    assert!(plaintext.is_err());
    counted(&metrics, "not_tls", 1).await;
    for number in 2..30 {
        let mut stream = send(&gateway.address, b"GET /canary HTTP/1.1\r\n\r\n").await;
        // Whatever it says, it ends the connection.
        let _ = stream.read_to_end(&mut Vec::new()).await;
        counted(&metrics, "not_tls", number).await;
    }
    // One at once, and one for each ten seconds that this took.
    let told = lines(&gateway, "not_tls");
    assert!(told.len() < 10, "{told:?}");
    assert!(!gateway.process.printed().contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_is_broken_off_is_told_and_a_look_at_the_port_is_not() {
    let (_dir, settings) = tls_settings(&Authority::new(), None);
    let (gateway, metrics) = start(&settings);
    drop(TcpStream::connect(&gateway.address).await.unwrap());
    counted(&metrics, "closed", 1).await;
    assert_eq!(lines(&gateway, "closed"), [""; 0]);
    drop(send(&gateway.address, BROKEN_OFF).await);
    counted(&metrics, "closed", 2).await;
    line(&gateway, "closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_at_a_plaintext_port_is_told_with_the_port() {
    let health = ["server.health_listen=127.0.0.1:0".to_owned()];
    let (gateway, metrics) = start(&health);
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
    drop(TcpStream::connect(&gateway.address).await.unwrap());
    assert!(verify(&gateway, trusting(&Authority::new())).await.is_err());
    counted(&metrics, "tls_at_plaintext_port", 1).await;
    let told = line(&gateway, "tls_at_plaintext_port").await;
    assert!(told.ends_with("port=\"server.listen\""), "{told}");
    counted(&metrics, "closed", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_is_nobodys_failure() {
    let (_dir, settings) = tls_settings(&Authority::new(), None);
    let (mut gateway, metrics) = start(&settings);
    let silent = TcpStream::connect(&gateway.address).await.unwrap();
    let half = send(&gateway.address, BROKEN_OFF).await;
    counted(&metrics, "timeout", 0).await;
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    let printed = gateway.process.printed();
    assert!(!printed.contains("handshake failed"), "{printed}");
    drop((silent, half));
}
