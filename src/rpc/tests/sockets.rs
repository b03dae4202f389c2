//! A Unix socket instead of a port: who calls is a user of this machine.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::super::{Ports, Server, ServerError};
use super::callers::{BOTH, LOANS, rule, unauthenticated};
use super::rig::{Rig, Setup, eventually, request, row, setup};
use crate::acceptor::Address;
use crate::callers::{Network, Roster, Rule};
use crate::domain::Reads;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::verify::Verifier;
use crate::verify::doubles::{Upi, answer};

/// A server on a socket of its own.
struct Local {
    dir: TempDir,
    rig: Rig,
}

/// The user of this process.
fn own(dir: &Path) -> String {
    format!("uid:{}", std::fs::metadata(dir).unwrap().uid())
}

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("grpc.sock")
}

async fn open(rules: impl Fn(&str) -> Vec<Rule>, proxies: &[&str]) -> Local {
    open_with(rules, proxies, |setup| setup).await
}

async fn open_with(
    rules: impl Fn(&str) -> Vec<Rule>,
    proxies: &[&str],
    change: impl FnOnce(Setup) -> Setup,
) -> Local {
    let dir = tempfile::tempdir().unwrap();
    let proxies = proxies.iter().map(|text| Network::parse(text).unwrap());
    let mut setup = Setup {
        admission: Arc::new(Roster::new(rules(&own(dir.path())), proxies.collect())),
        ..setup()
    };
    setup.settings.listen = Address::Unix(path(&dir));
    let rig = change(setup).start().await;
    Local { dir, rig }
}

impl Local {
    fn channel(&self) -> Channel {
        let path = path(&self.dir);
        let connect = tower::service_fn(move |_: Uri| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        Endpoint::from_static("http://localhost").connect_with_connector_lazy(connect)
    }

    async fn verify(&self, forwarded: Option<&str>) -> Result<(), Status> {
        let mut request = tonic::Request::new(request("1"));
        if let Some(said) = forwarded {
            let said = said.parse().unwrap();
            request
                .metadata_mut()
                .insert("x-forwarded-client-cert", said);
        }
        let mut client = IdPhotoServiceClient::new(self.channel());
        client.verify_id_photo(request).await.map(|_| ())
    }
}

fn known(identity: &str) -> Vec<Rule> {
    vec![rule("loans", identity, BOTH, Reads::Own)]
}

#[tokio::test]
async fn the_user_of_the_other_process_is_the_caller() {
    let local = open(known, &[]).await;
    local.verify(None).await.unwrap();
    let other = open(|_| known("uid:4294967294"), &[]).await;
    let status = other.verify(None).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(other.rig.upi.posts(), 0);
    let mut health = HealthClient::new(other.channel());
    health.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_sidecar_behind_the_socket_says_who_calls_where_it_is_trusted() {
    let certified = |_: &str| known("spiffe://bank.example/loans/*");
    let said = format!("By=a;URI={LOANS}");
    let trusted = open(certified, &["unix"]).await;
    trusted.verify(Some(&said)).await.unwrap();
    let status = trusted.verify(None).await.unwrap_err();
    assert_eq!(row(&status), unauthenticated());
    for proxies in [&[][..], &["0.0.0.0/0"]] {
        let other = open(certified, proxies).await;
        let status = other.verify(Some(&said)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn a_socket_on_which_somebody_listens_is_not_taken() {
    let local = open(known, &[]).await;
    let mut setup = setup();
    setup.settings.listen = Address::Unix(path(&local.dir));
    let observer = setup.observer;
    let ports = Ports {
        verifier: Verifier::new(setup.upi, setup.engine, Arc::clone(&observer), setup.limits),
        admission: setup.admission,
        tokens: setup.tokens,
        clock: setup.clock,
        observer,
    };
    let ServerError::Bind { address, .. } =
        Server::bind(setup.settings, ports).await.err().unwrap()
    else {
        panic!("another error");
    };
    assert_eq!(address, Address::Unix(path(&local.dir)));
    local.verify(None).await.unwrap();
}

#[tokio::test]
async fn a_drain_ends_what_is_under_way_and_takes_the_file_away() {
    let upi = Upi::held(|| Ok(answer()));
    let local = open_with(known, &[], |mut setup| {
        setup.settings.drain_timeout = std::time::Duration::from_secs(60);
        Setup { upi, ..setup }
    });
    let local = local.await;
    let mut client = IdPhotoServiceClient::new(local.channel());
    let call = tokio::spawn(async move { client.verify_id_photo(request("1")).await });
    eventually(|| local.rig.upi.posts() == 1).await;
    local.rig.stop.send(()).unwrap();
    eventually(|| !path(&local.dir).exists()).await;
    local.rig.upi.release();
    call.await.unwrap().unwrap();
    local.rig.running.await.unwrap();
}

#[tokio::test]
async fn one_connection_too_many_is_closed() {
    let local = open_with(known, &[], |mut setup| {
        setup.settings.limits.connections = 0;
        setup
    });
    let local = local.await;
    let mut stream = UnixStream::connect(path(&local.dir)).await.unwrap();
    let mut byte = [0];
    assert_eq!(stream.read(&mut byte).await.unwrap(), 0);
}
