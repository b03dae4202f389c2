//! TLS and mutual TLS, and the errors of their files.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::super::{Ports, Server, ServerError, TlsFiles};
use super::rig::{Rig, Setup, request, setup};
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::verify::Verifier;
use crate::verify::error::Denial;
use crate::verify::port::{Admission, Caller};

/// A certification authority.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
struct Leaf {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    fn issue(&self) -> Leaf {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { certificate, key }
    }
}

impl Leaf {
    fn identity(&self) -> Identity {
        Identity::from_pem(self.certificate.pem(), self.key.serialize_pem())
    }
}

/// The server's files, and who signed them.
pub struct Files {
    dir: TempDir,
    authority: Authority,
    tls: TlsFiles,
}

impl Files {
    pub fn new() -> Self {
        let (dir, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        let leaf = authority.issue();
        let tls = TlsFiles {
            cert_file: write(&dir, "server.pem", &leaf.certificate.pem()),
            key_file: write(&dir, "server.key", &leaf.key.serialize_pem()),
            client_ca_file: None,
        };
        Self {
            dir,
            authority,
            tls,
        }
    }

    fn with_clients_of(mut self, authority: &Authority) -> Self {
        self.tls.client_ca_file = Some(write(&self.dir, "clients.pem", &authority.pem));
        self
    }

    pub fn setup(&self) -> Setup {
        let mut setup = setup();
        setup.settings.tls = Some(self.tls.clone());
        setup
    }

    fn trusting(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.authority.pem))
            .domain_name("localhost")
    }

    async fn error(&self) -> ServerError {
        let Setup {
            upi,
            engine,
            limits,
            admission,
            clock,
            observer,
            settings,
        } = self.setup();
        let ports = Ports {
            verifier: Verifier::new(upi, engine, Arc::clone(&observer), limits),
            admission,
            clock,
            observer,
        };
        let bound = Server::bind(settings, ports).await;
        bound.err().expect("the server started")
    }
}

fn write(dir: &TempDir, name: &str, content: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

async fn verify(rig: &Rig, tls: ClientTlsConfig) -> Result<(), tonic::Status> {
    let endpoint = Endpoint::from_shared(format!("https://{}", rig.address)).unwrap();
    let channel: Channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let mut client = IdPhotoServiceClient::new(channel);
    client.verify_id_photo(request("1")).await.map(|_| ())
}

/// Remembers certificates.
#[derive(Default)]
struct Guard(Mutex<Vec<Option<Arc<[u8]>>>>);

impl Admission for Guard {
    fn admit(&self, caller: &Caller) -> Result<(), Denial> {
        self.0.lock().unwrap().push(caller.certificate.clone());
        Ok(())
    }
}

#[tokio::test]
async fn a_client_that_trusts_the_server_is_served() {
    let files = Files::new();
    let rig = files.setup().start().await;
    verify(&rig, files.trusting()).await.unwrap();
    assert!(
        rig.client().verify_id_photo(request("1")).await.is_err(),
        "plaintext was served"
    );
}

#[tokio::test]
async fn mutual_tls_admits_the_cas_clients_and_shows_their_certificate() {
    let clients = Authority::new();
    let files = Files::new().with_clients_of(&clients);
    let guard = Arc::new(Guard::default());
    let admission = Arc::clone(&guard) as Arc<dyn Admission>;
    let rig = Setup {
        admission,
        ..files.setup()
    }
    .start()
    .await;
    let known = clients.issue();
    verify(&rig, files.trusting().identity(known.identity()))
        .await
        .unwrap();
    let seen = guard.0.lock().unwrap();
    assert_eq!(seen[0].as_deref(), Some(known.certificate.der().as_ref()));
}

#[tokio::test]
async fn a_byte_order_mark_costs_no_authority() {
    let (first, second) = (Authority::new(), Authority::new());
    let mut files = Files::new();
    let bundle = format!("\u{FEFF}{}\u{FEFF}{}", first.pem, second.pem);
    files.tls.client_ca_file = Some(write(&files.dir, "clients.pem", &bundle));
    for path in [&files.tls.cert_file, &files.tls.key_file] {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, format!("\u{FEFF}{text}")).unwrap();
    }
    let rig = files.setup().start().await;
    for authority in [first, second] {
        let client = files.trusting().identity(authority.issue().identity());
        verify(&rig, client).await.unwrap();
    }
}

#[tokio::test]
async fn mutual_tls_turns_away_strangers_and_the_nameless() {
    let files = Files::new().with_clients_of(&Authority::new());
    let rig = files.setup().start().await;
    let stranger = Authority::new().issue();
    for tls in [
        files.trusting(),
        files.trusting().identity(stranger.identity()),
    ] {
        assert!(verify(&rig, tls).await.is_err());
    }
    assert_eq!(rig.upi.posts(), 0);
}

#[tokio::test]
async fn a_handshake_that_never_ends_holds_neither_others_nor_the_drain() {
    let files = Files::new();
    let mut setup = files.setup();
    setup.settings.drain_timeout = Duration::from_secs(3);
    let rig = setup.start().await;
    let silent = TcpStream::connect(rig.address).await.unwrap();
    verify(&rig, files.trusting()).await.unwrap();
    let taken = rig.drained().await;
    assert!(taken < Duration::from_secs(1), "{taken:?}");
    drop(silent);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_and_not_quoted() {
    let mut files = Files::new();
    files.tls.key_file = files.dir.path().join("absent.key");
    let error = files.error().await;
    assert!(matches!(error, ServerError::Unreadable { .. }));
    assert!(error.to_string().contains("absent.key"));

    let broken = "-----BEGIN PRIVATE KEY-----\ncanary\n";
    let mut files = Files::new();
    files.tls.key_file = write(&files.dir, "broken.key", broken);
    let error = files.error().await;
    assert!(matches!(error, ServerError::PrivateKey { .. }));
    assert!(!format!("{error:?}").contains("canary"));

    let mut files = Files::new();
    files.tls.cert_file = files.tls.key_file.clone();
    assert!(matches!(
        files.error().await,
        ServerError::Certificates { .. }
    ));

    let mut files = Files::new();
    files.tls.client_ca_file = Some(write(&files.dir, "empty.pem", ""));
    assert!(matches!(
        files.error().await,
        ServerError::Certificates { .. }
    ));
}

#[tokio::test]
async fn a_key_of_another_certificate_is_refused() {
    let mut files = Files::new();
    let other = KeyPair::generate().unwrap().serialize_pem();
    files.tls.key_file = write(&files.dir, "other.key", &other);
    assert!(matches!(files.error().await, ServerError::Identity(_)));
}

#[tokio::test]
async fn a_clients_ca_that_is_no_certificate_is_refused() {
    let mut files = Files::new();
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    files.tls.client_ca_file = Some(write(&files.dir, "nonsense.pem", nonsense));
    assert!(matches!(files.error().await, ServerError::ClientCa { .. }));
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let mut files = Files::new();
    files.tls.client_ca_file = None;
    let mut setup = files.setup();
    setup.settings.listen = address;
    let observer = setup.observer;
    let ports = Ports {
        verifier: Verifier::new(setup.upi, setup.engine, Arc::clone(&observer), setup.limits),
        admission: setup.admission,
        clock: setup.clock,
        observer,
    };
    let error = Server::bind(setup.settings, ports).await.err().unwrap();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
