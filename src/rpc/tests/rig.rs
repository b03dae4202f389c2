//! The server under test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::super::{self as rpc, Patience, Ports, Server, Settings};
use crate::domain::{Rules, sample};
use crate::observe::{Nobody, Observer};
use crate::pb;
use crate::pb::id_photo_service_client::IdPhotoServiceClient;
use crate::verify::doubles::{Engine, Upi, answer};
use crate::verify::port::{Admission, Clock, Everyone, Gateway, SystemClock, Tokens};
use crate::verify::{Limits, Verifier};

/// What a test can change before the server starts.
pub struct Setup {
    pub upi: Arc<Upi>,
    pub engine: Arc<Engine>,
    pub limits: Limits,
    pub admission: Arc<dyn Admission>,
    pub tokens: Option<Arc<dyn Tokens>>,
    pub observer: Arc<dyn Observer>,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
}

/// A server that answers everything with confidence 97, and drains in half a second.
pub fn setup() -> Setup {
    Setup {
        upi: Upi::prompt(|| Ok(answer())),
        engine: Engine::failing(&[]),
        limits: Limits {
            max_in_flight: 8,
            least_time: Duration::from_millis(1),
            ledger: Duration::from_secs(5),
            breaker_failures: 0,
        },
        admission: Arc::new(Everyone),
        tokens: None,
        observer: Arc::new(Nobody),
        clock: Arc::new(SystemClock),
        settings: Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)).into(),
            socket_mode: 0o660,
            health_listen: None,
            tls: None,
            reflection: true,
            max_message_bytes: 1024 * 1024,
            limits: rpc::Limits {
                connections: 4096,
                streams: 16 * 1024,
                request_bytes: 1024 * 1024 * 1024,
                backlog: rpc::Depth {
                    most: 4096,
                    standing: 4096,
                },
                header_bytes: 64 * 1024,
            },
            probes: 256,
            patience: Patience::default(),
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_millis(500),
            rules: Rules::default(),
            merchant: None,
        },
    }
}

impl Setup {
    pub async fn start(self) -> Rig {
        let gateway = Arc::clone(&self.upi) as Arc<dyn Gateway>;
        let verifier = Verifier::new(
            gateway,
            self.engine,
            Arc::clone(&self.observer),
            self.limits,
        );
        let ports = Ports {
            verifier: Arc::clone(&verifier),
            admission: self.admission,
            tokens: self.tokens,
            clock: self.clock,
            observer: self.observer,
        };
        let server = Server::bind(self.settings, ports).await.unwrap();
        let at = server.local_addr();
        // Of a Unix socket, where no test asks for a port, it is nobody's.
        let address = at.tcp().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            // A dropped sender stops the server, too.
            let _ = stopped.await;
        }));
        Rig {
            address,
            upi: self.upi,
            verifier,
            stop,
            running,
        }
    }
}

/// A running server.
pub struct Rig {
    pub address: SocketAddr,
    pub upi: Arc<Upi>,
    pub verifier: Arc<Verifier>,
    pub stop: oneshot::Sender<()>,
    pub running: JoinHandle<()>,
}

impl Rig {
    /// A connection of its own.
    pub fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect_lazy()
    }

    pub fn client(&self) -> IdPhotoServiceClient<Channel> {
        IdPhotoServiceClient::new(self.channel())
    }

    /// One call on a connection of its own, that must fail.
    pub async fn failure(
        &self,
        request: impl tonic::IntoRequest<pb::VerifyIdPhotoRequest>,
    ) -> Status {
        self.client().verify_id_photo(request).await.unwrap_err()
    }

    /// Stops the server; how long that took.
    pub async fn drained(self) -> Duration {
        let begun = std::time::Instant::now();
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
        begun.elapsed()
    }
}

/// The sample request on the wire.
pub fn request(tag: &str) -> pb::VerifyIdPhotoRequest {
    let draft = sample::draft(tag);
    pb::VerifyIdPhotoRequest {
        order_id: draft.order_id,
        customer: Some(pb::Customer {
            name: draft.name.expose().clone(),
            id_number: draft.id_number.expose().clone(),
        }),
        photo: draft.photo,
        consent: Some(pb::Consent {
            usage_scenario: draft.consent.usage_scenario,
            purpose: draft.consent.purpose,
            agreement_version: draft.consent.agreement_version,
            agreement_serial: draft.consent.agreement_serial,
        }),
        merchant: None,
        validate_only: false,
    }
}

/// The same with a deadline.
pub fn timed(tag: &str, timeout: Duration) -> tonic::Request<pb::VerifyIdPhotoRequest> {
    let mut request = tonic::Request::new(request(tag));
    request.set_timeout(timeout);
    request
}

pub fn get(tag: &str) -> pb::GetVerificationRequest {
    pb::GetVerificationRequest {
        order_id: sample::draft(tag).order_id,
    }
}

/// Code, reason, dispatch and retry; the last three are empty when they are absent.
pub fn row(status: &Status) -> (Code, String, String, String) {
    let info = status.get_details_error_info();
    let metadata = |key: &str| {
        let value = info.as_ref().and_then(|info| info.metadata.get(key));
        value.cloned().unwrap_or_default()
    };
    let (dispatch, retry) = (metadata("dispatch"), metadata("retry"));
    let reason = info.as_ref().map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_default(), dispatch, retry)
}

/// The order id that an error names.
pub fn named_order(status: &Status) -> Option<String> {
    let info = status.get_details_error_info().unwrap();
    info.metadata.get("order_id").cloned()
}

/// An expected [`row`].
pub fn told(
    code: Code,
    reason: &str,
    dispatch: &str,
    retry: &str,
) -> (Code, String, String, String) {
    (code, reason.into(), dispatch.into(), retry.into())
}

/// Lets a condition become true; a test that waits longer has failed.
pub async fn eventually(mut condition: impl FnMut() -> bool) {
    let mut pauses = tokio::time::interval(Duration::from_millis(5));
    let look = async {
        while !condition() {
            pauses.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look)
        .await
        .expect("it never happened");
}
