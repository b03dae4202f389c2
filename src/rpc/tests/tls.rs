//! TLS and mutual TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::super::{ClientCerts, Ports, Server, Tls};
use super::rig::{Rig, Setup, request, setup};
use crate::domain::{self, Method};
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::pem;
use crate::verify::Verifier;
use crate::verify::port::{Admission, Admitted, TurnedAway};

/// A certification authority.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Leaf {
    certificate: rcgen::Certificate,
    key: KeyPair,
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

    fn issue(&self) -> Leaf {
        self.issue_for(CertificateParams::new(vec!["localhost".to_owned()]).unwrap())
    }

    pub fn issue_for(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { certificate, key }
    }
}

impl Leaf {
    pub fn identity(&self) -> Identity {
        Identity::from_pem(self.certificate.pem(), self.key.serialize_pem())
    }
}

/// The server's files, and who signed them.
pub struct Files {
    authority: Authority,
    certificate: String,
    key: String,
    clients: Option<String>,
    pub client_certs: ClientCerts,
}

impl Files {
    pub fn new() -> Self {
        let authority = Authority::new();
        let leaf = authority.issue();
        Self {
            authority,
            certificate: leaf.certificate.pem(),
            key: leaf.key.serialize_pem(),
            clients: None,
            client_certs: ClientCerts::Required,
        }
    }

    pub fn with_clients_of(mut self, authority: &Authority) -> Self {
        self.clients = Some(authority.pem.clone());
        self
    }

    fn tls(&self) -> Tls {
        let certificates = pem::certificates(self.certificate.as_bytes()).unwrap();
        let key = pem::private_key(self.key.as_bytes()).unwrap();
        let clients = self.clients.as_ref();
        let clients = clients.map(|clients| pem::authorities(clients.as_bytes()).unwrap());
        let clients = clients.map(|roots| (roots, self.client_certs));
        Tls::new(pem::pair(certificates, key).unwrap(), clients).unwrap()
    }

    pub fn setup(&self) -> Setup {
        let mut setup = setup();
        setup.settings.tls = Some(self.tls());
        setup
    }

    /// A client of these files' authority which shows this certificate.
    async fn connect(&self, address: SocketAddr, shown: &Leaf) -> TlsStream<TcpStream> {
        let key = pem::private_key(shown.key.serialize_pem().as_bytes()).unwrap();
        let config = ClientConfig::builder_with_provider(pem::provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(pem::authorities(self.authority.pem.as_bytes()).unwrap())
            .with_client_auth_cert(vec![shown.certificate.der().clone()], key)
            .unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let name = "localhost".try_into().unwrap();
        connector.connect(name, stream).await.unwrap()
    }

    pub fn trusting(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.authority.pem))
            .domain_name("localhost")
    }
}

async fn verify(rig: &Rig, tls: ClientTlsConfig) -> Result<(), tonic::Status> {
    let endpoint = Endpoint::from_shared(format!("https://{}", rig.address)).unwrap();
    let channel: Channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let mut client = IdPhotoServiceClient::new(channel);
    client.verify_id_photo(request("1")).await.map(|_| ())
}

/// Remembers certificates.
#[derive(Default)]
struct Guard(Mutex<Vec<Vec<u8>>>);

impl Admission for Guard {
    fn identify(&self, certificate: &[u8]) -> domain::Identity {
        self.0.lock().unwrap().push(certificate.to_vec());
        domain::Identity::default()
    }

    fn admit(&self, _: &domain::Identity, _: Option<Method>) -> Result<Admitted, TurnedAway> {
        Ok(Admitted::default())
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
    assert_eq!(*seen, [known.certificate.der().to_vec()]);
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

/// In TLS 1.3 a client may write before its certificate is judged, and at a closed socket that would
/// break the connection before it reads the alert.
#[tokio::test]
async fn a_client_that_writes_on_reads_why_it_was_turned_away() {
    let files = Files::new().with_clients_of(&Authority::new());
    let rig = files.setup().start().await;
    let stranger = Authority::new().issue();
    let mut stream = files.connect(rig.address, &stranger).await;
    stream.get_ref().0.readable().await.unwrap();
    for _ in 0..20 {
        stream.write_all(&[0; 1000]).await.unwrap();
        stream.flush().await.unwrap();
        yield_now().await;
    }
    let told = stream.read(&mut [0]).await.unwrap_err().to_string();
    assert!(told.contains("fatal alert"), "{told}");
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
async fn an_address_in_use_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let mut setup = Files::new().setup();
    setup.settings.listen = address.into();
    let observer = setup.observer;
    let ports = Ports {
        verifier: Verifier::new(setup.upi, setup.engine, Arc::clone(&observer), setup.limits),
        admission: setup.admission,
        tokens: setup.tokens,
        clock: setup.clock,
        observer,
    };
    let error = Server::bind(setup.settings, ports).await.err().unwrap();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
