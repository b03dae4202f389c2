//! What commands say of servers that are nobody's gateway.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use openssl::pkey::PKey;
use openssl::ssl::{AlpnError, SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use serde_json::Value;

use super::met::health_meets;
use super::{run, text, verify_to};
use crate::server::Authority;

/// The first byte of a client of TLS.
const HELLO: u8 = 0x16;
/// A fatal alert: handshake_failure.
const ALERT: &[u8] = b"\x15\x03\x03\0\x02\x02\x28";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// Gives its answer to the first bytes of each connection, closes it, and ends with the test.
struct Stranger {
    address: String,
    met: Arc<AtomicUsize>,
}

impl Stranger {
    fn start(answers: impl Fn(&[u8]) -> &'static [u8] + Send + 'static) -> Self {
        Self::serve(move |mut stream| {
            let mut said = [0; 1024];
            let length = stream.read(&mut said).unwrap_or(0);
            let _ = stream.write_all(answers(&said[..length]));
        })
    }

    fn serve(converse: impl Fn(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let met = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&met);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                converse(stream.unwrap());
            }
        });
        Self { address, met }
    }

    #[track_caller]
    fn is_met(&self, scheme: &str, reason: &str, retry: &str, words: &[&str]) {
        let target = format!("{scheme}://{}", self.address);
        health_meets(&["--target", &target], reason, retry, words);
        assert!(self.met.load(Ordering::SeqCst) >= 2);
    }
}

#[test]
fn a_web_server() {
    let server = Stranger::start(|_| b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    for scheme in ["http", "https"] {
        let words = ["a web server (HTTP/1)"];
        server.is_met(scheme, "NOT_A_GATEWAY", "FIX_REQUEST", &words);
    }
}

#[test]
fn a_web_server_that_says_that_it_wants_https() {
    let server = Stranger::start(|_| {
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    });
    server.is_met("http", "TLS_EXPECTED", "FIX_REQUEST", &["speaks TLS"]);
}

#[test]
fn a_port_of_tls_that_cuts_plaintext_without_a_word() {
    let server = Stranger::start(|said| match said {
        [HELLO, ..] => ALERT,
        _ => b"",
    });
    server.is_met("http", "TLS_EXPECTED", "FIX_REQUEST", &["speaks TLS"]);
}

#[test]
fn a_port_of_plaintext_that_cuts_tls_without_a_word() {
    let server = Stranger::start(|said| match said {
        [HELLO, ..] => b"",
        _ => SETTINGS,
    });
    server.is_met(
        "https",
        "PLAINTEXT_EXPECTED",
        "FIX_REQUEST",
        &["--plaintext"],
    );
}

#[test]
fn something_that_is_not_http() {
    let server = Stranger::start(|_| b"SSH-2.0-OpenSSH_9.9\r\n");
    let words = ["does not speak HTTP/2"];
    server.is_met("http", "NOT_A_GATEWAY", "FIX_REQUEST", &words);
}

#[test]
fn a_port_that_closes_at_once() {
    let server = Stranger::serve(drop);
    for scheme in ["http", "https"] {
        let words = ["closed the connection without a word"];
        server.is_met(scheme, "CONNECTION_CLOSED", "SAME_ORDER", &words);
    }
}

#[test]
fn a_port_that_takes_connections_and_says_nothing() {
    let kept = Mutex::new(Vec::new());
    let server = Stranger::serve(move |stream| kept.lock().unwrap().push(stream));
    for scheme in ["http", "https"] {
        let words = ["says nothing"];
        server.is_met(scheme, "NO_ANSWER", "SAME_ORDER", &words);
    }
}

#[test]
fn nobody_listening() {
    // Bound and not listening: nobody else gets this port meanwhile.
    let reserved = tokio::net::TcpSocket::new_v4().unwrap();
    reserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = reserved.local_addr().unwrap().to_string();
    let target = format!("http://{at}");
    let words = [&*format!("nobody listens at {at}"), "server.listen"];
    let args = ["--target", &target];
    health_meets(&args, "CONNECTION_REFUSED", "SAME_ORDER", &words);
    let told = verify_to(&target, "test", &[]);
    assert_eq!(told.status.code(), Some(69));
    let shown = text(&told.stderr);
    assert!(
        shown.contains("dispatch NOT_SENT, retry SAME_ORDER"),
        "{shown}"
    );
    let order_id = crate::requests::order_id();
    for told in [
        verify_to(&target, "test", &["--json", "--order-id", &order_id]),
        run(&["get", "--json", "--target", &target, &order_id]),
    ] {
        assert_eq!(told.status.code(), Some(69));
        let json: Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(json["order_id"], *order_id);
        assert_eq!(json["error"]["code"], "Unavailable");
        assert_eq!(json["error"]["reason"], "CONNECTION_REFUSED");
        assert_eq!(json["error"]["dispatch"], "NOT_SENT");
        assert_eq!(json["error"]["retry"], "SAME_ORDER");
    }
}

#[test]
fn a_name_that_has_no_address() {
    // Longer than DNS has them, so nobody beyond this machine is asked.
    let name = "x".repeat(64);
    let target = format!("http://{name}:50051");
    let words = [&*format!("no address is known for the name {name}")];
    let args = ["--target", &target];
    health_meets(&args, "NAME_NOT_FOUND", "SAME_ORDER", &words);
}

/// OpenSSL asks for a client certificate and gets none.
fn openssl(authority: &Authority, version: SslVersion) -> Stranger {
    let (certificate, key) = authority.issue();
    let mut tls = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    let certificate = X509::from_pem(certificate.as_bytes()).unwrap();
    tls.set_certificate(&certificate).unwrap();
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    tls.set_private_key(&key).unwrap();
    tls.set_min_proto_version(Some(version)).unwrap();
    tls.set_max_proto_version(Some(version)).unwrap();
    tls.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    tls.set_alpn_select_callback(|_, offered| {
        openssl::ssl::select_next_proto(b"\x02h2", offered).ok_or(AlpnError::ALERT_FATAL)
    });
    let tls = tls.build();
    Stranger::serve(move |stream| assert!(tls.accept(stream).is_err()))
}

#[test]
fn another_tls_that_asks_for_a_client_certificate() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, &authority.pem).unwrap();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let server = openssl(&authority, version);
        let (_, port) = server.address.rsplit_once(':').unwrap();
        let target = format!("localhost:{port}");
        let args = ["--target", &target, "--ca-file", ca.to_str().unwrap()];
        let words = [
            "asks for a client certificate",
            "--cert-file and --key-file",
        ];
        let reason = "CLIENT_CERTIFICATE_REQUIRED";
        health_meets(&args, reason, "FIX_REQUEST", &words);
    }
}
