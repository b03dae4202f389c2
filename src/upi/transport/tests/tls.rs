//! TLS: whom the client trusts, who it is, and what a failed handshake proves.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::server::{Act, Server, ok};
use super::*;
use crate::domain::Secret;
use crate::observe::Nobody;
use crate::upi::transport::probe::{Observation, Probe, Step};
use crate::upi::transport::{ClientIdentity, RouteError};
use crate::verify::port::SystemClock;

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    fn issue(&self, name: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued { certificate, key }
    }

    fn pem(&self) -> Vec<u8> {
        self.certificate.pem().into_bytes()
    }
}

impl Issued {
    fn identity(&self) -> ClientIdentity {
        ClientIdentity {
            certificate_pem: self.certificate.pem().into_bytes(),
            key_pem: Secret::new(self.key.serialize_pem().into_bytes()),
        }
    }

    fn chain(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        (vec![self.certificate.der().clone()], key)
    }
}

/// A server of `authority` for `localhost`, which asks for a client certificate of `clients`.
pub(super) fn acceptor(authority: &Authority, clients: Option<&Authority>) -> TlsAcceptor {
    let (chain, key) = authority.issue("localhost").chain();
    let builder = ServerConfig::builder();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
}

async fn server(authority: &Authority, clients: Option<&Authority>) -> Server {
    Server::start_tls(vec![Act::Reply(ok())], acceptor(authority, clients)).await
}

pub(super) fn trusting(authority: &Authority, url: &str) -> Route {
    Route {
        ca_pem: Some(authority.pem()),
        ..settings(url)
    }
}

#[tokio::test]
async fn a_server_of_the_configured_authority_is_trusted() {
    let authority = Authority::new();
    let server = server(&authority, None).await;
    let result = post_to(&trusting(&authority, &server.https_url())).await;
    assert_eq!(kind(result), "a reply");
    assert_eq!(server.posts(), 1);
}

#[tokio::test]
async fn a_server_of_another_authority_proves_that_nothing_was_sent() {
    let server = server(&Authority::new(), None).await;
    let result = post_to(&trusting(&Authority::new(), &server.https_url())).await;
    assert_eq!(kind(result), "no connection");
    assert_eq!(server.posts(), 0);
}

#[tokio::test]
async fn a_server_with_another_name_proves_that_nothing_was_sent() {
    let authority = Authority::new();
    let server = server(&authority, None).await;
    let url = format!("https://127.0.0.1:{}", server.port);
    assert_eq!(
        kind(post_to(&trusting(&authority, &url)).await),
        "no connection"
    );
    assert_eq!(server.posts(), 0);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let plain = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(plain).await.unwrap();
        stream
    });
    let result = post_to(&trusting(&Authority::new(), &url)).await;
    assert_eq!(kind(result), "no connection");
    task.await.unwrap();
}

#[tokio::test]
async fn a_server_silent_in_the_handshake_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let settings = Route {
        ca_pem: Some(Authority::new().pem()),
        ..impatient(&url)
    };
    assert_eq!(kind(post_to(&settings).await), "no connection");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = server(&authority, Some(&clients)).await;
    let settings = Route {
        client_identity: Some(clients.issue("client.example").identity()),
        ..trusting(&authority, &server.https_url())
    };
    assert_eq!(kind(post_to(&settings).await), "a reply");
    assert_eq!(server.posts(), 1);
}

/// In TLS 1.3 the client is done before the server has judged the client's certificate, so
/// the request may be on its way by then; the refusal may come before its last piece is asked for.
#[tokio::test]
async fn a_client_certificate_refused_after_the_handshake_is_judged_by_the_last_piece() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = server(&authority, Some(&clients)).await;
    let result = post_to(&trusting(&authority, &server.https_url())).await;
    assert!(["cut off", "not whole"].contains(&kind(result)));
    assert_eq!(server.posts(), 0);
}

fn refused(settings: &Route) -> RouteError {
    match Transport::new(settings.clone(), &path(), Arc::new(Nobody)) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

#[test]
fn a_bundle_without_certificates_is_refused() {
    let settings = Route {
        ca_pem: Some(b"no certificate".to_vec()),
        ..settings("https://localhost")
    };
    assert!(matches!(refused(&settings), RouteError::CaEmpty));
}

#[test]
fn a_bundle_of_damaged_certificates_is_refused() {
    let damaged = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let settings = Route {
        ca_pem: Some(damaged.into()),
        ..settings("https://localhost")
    };
    assert!(matches!(refused(&settings), RouteError::Ca(_)));
}

#[test]
fn a_client_key_that_does_not_fit_its_certificate_is_refused() {
    let authority = Authority::new();
    let (one, other) = (authority.issue("a"), authority.issue("b"));
    let settings = Route {
        client_identity: Some(ClientIdentity {
            key_pem: other.identity().key_pem,
            ..one.identity()
        }),
        ..trusting(&authority, "https://localhost")
    };
    assert!(matches!(refused(&settings), RouteError::Client(_)));
}

#[test]
fn a_client_identity_without_a_key_is_refused() {
    let authority = Authority::new();
    let settings = Route {
        client_identity: Some(ClientIdentity {
            key_pem: Secret::new(Vec::new()),
            ..authority.issue("a").identity()
        }),
        ..trusting(&authority, "https://localhost")
    };
    assert!(matches!(refused(&settings), RouteError::Identity(_)));
}

/// One answer to `HEAD /` behind TLS, after a connection that asks nothing; its URL.
async fn probed(tls: TlsAcceptor) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let _looked_at = listener.accept().await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        if let Ok(mut stream) = tls.accept(stream).await {
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap_or(0);
            assert!(request[..length].starts_with(b"HEAD / "));
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    });
    format!("https://localhost:{port}")
}

async fn probe(authority: &Authority, url: String) -> Observation {
    let route = trusting(authority, &url);
    Probe::new(&route).unwrap().run(&SystemClock).await
}

#[tokio::test]
async fn a_probe_takes_every_step_to_a_server_of_the_configured_authority() {
    let authority = Authority::new();
    let url = probed(acceptor(&authority, None)).await;
    let outcome = probe(&authority, url).await;
    assert_eq!(outcome.failed, None);
    let steps = [Step::Dns, Step::Tcp, Step::Tls, Step::Http];
    assert_eq!(outcome.passed, steps);
    assert_eq!(outcome.reading.unwrap().date, None);
}

#[tokio::test]
async fn a_probe_says_that_the_authority_is_another() {
    let url = probed(acceptor(&Authority::new(), None)).await;
    let failed = probe(&Authority::new(), url).await.failed.unwrap();
    let (step, why) = (failed.step, failed.why);
    assert_eq!(step, Step::Tls);
    assert!(why.contains("certificate"), "{why}");
}
