//! TLS to a server whose certificate is of an authority of ours.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::server::{Database, Server, open};
use crate::ledger::{Location, OpenError, Settings};

struct Authority {
    pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem().into_bytes();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }
}

/// Makes the server speak TLS with a certificate for `127.0.0.1`.
async fn certified(server: &Server, authority: &Authority) {
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let admin = server.client("postgres").await;
    // It writes them itself: they have to belong to its user.
    for (name, pem) in [("crt", certificate.pem()), ("key", key.serialize_pem())] {
        let copy = format!(
            "COPY (SELECT string_to_table('{}', E'\\n')) \
             TO PROGRAM 'umask 077; cat > server.{name}'",
            pem.trim_end()
        );
        admin.batch_execute(&copy).await.unwrap();
    }
    admin
        .batch_execute("ALTER SYSTEM SET ssl = on")
        .await
        .unwrap();
    server.control(&["restart", "--mode=fast"]).await;
}

async fn is_taken(settings: &Settings) -> bool {
    match open(settings).await {
        Ok(_) => true,
        Err(OpenError::Engine(_)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn only_a_certificate_of_the_authority_and_for_the_host_is_taken() {
    let Some(server) = Server::own() else { return };
    let (authority, other) = (Authority::new(), Authority::new());
    certified(&server, &authority).await;
    let database = Database::on(server).await.unwrap();
    let mut settings = database.settings();
    settings.postgres.tls = true;
    for (pem, taken) in [(authority.pem.clone(), true), (other.pem, false)] {
        settings.postgres.ca_pem = Some(pem);
        assert_eq!(is_taken(&settings).await, taken);
    }
    settings.postgres.ca_pem = None;
    assert!(!is_taken(&settings).await, "the system's authorities");
    settings.postgres.ca_pem = Some(authority.pem);
    if let Location::Postgres(url) = &mut settings.location {
        *url = url.replace("127.0.0.1", "localhost");
    }
    assert!(!is_taken(&settings).await, "another name");
}
