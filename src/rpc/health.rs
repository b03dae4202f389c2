//! `grpc.health.v1.Health`: whether calls are accepted, whether the process lives, how UPI was
//! last seen, and whether the ledger can be written.
//!
//! tonic-health's own service reports `""` as SERVING from its first moment, refuses a
//! Watch of an unknown name, and keeps a drain from ending while a Watch is open.

use std::pin::Pin;

use futures_util::stream::{self, Stream};
use tokio::sync::watch;
use tonic::server::NamedService;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::status;
use crate::pb::id_photo_service_server::IdPhotoServiceServer;
use crate::verify::Upstream;

/// The service whose readiness is asked for; `""` means the same.
const SERVICE: &str = <IdPhotoServiceServer<()> as NamedService>::NAME;
const LIVE: &str = "live";
/// UPI answered when it was last called.
const UPI: &str = "upi";
/// An order can be claimed.
const LEDGER: &str = "ledger";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Bound, not serving yet.
    Starting,
    Serving,
    /// No new calls should come.
    Draining,
    /// Whoever still watches is sent home.
    Ended,
}

/// Whether calls are accepted, for those who do not ask by gRPC.
#[derive(Debug, Clone)]
pub struct Readiness {
    phase: watch::Receiver<Phase>,
    ledger_up: watch::Receiver<bool>,
}

impl Readiness {
    pub(super) const fn new(
        phase: watch::Receiver<Phase>,
        ledger_up: watch::Receiver<bool>,
    ) -> Self {
        Self { phase, ledger_up }
    }

    /// Whether calls are accepted now: what health says of `""`.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        *self.phase.borrow() == Phase::Serving && *self.ledger_up.borrow()
    }
}

#[derive(Clone)]
pub(super) struct Reporter {
    readiness: Readiness,
    upstream: watch::Receiver<Upstream>,
}

impl Reporter {
    pub(super) const fn new(readiness: Readiness, upstream: watch::Receiver<Upstream>) -> Self {
        Self {
            readiness,
            upstream,
        }
    }

    /// `None` for a name that nobody has.
    fn status(&self, name: &str) -> Option<ServingStatus> {
        match name {
            "" | SERVICE => Some(serving(self.readiness.is_serving())),
            LEDGER => Some(serving(*self.readiness.ledger_up.borrow())),
            LIVE => Some(ServingStatus::Serving),
            UPI => Some(match *self.upstream.borrow() {
                Upstream::Unknown => ServingStatus::Unknown,
                Upstream::Up => ServingStatus::Serving,
                Upstream::Down => ServingStatus::NotServing,
            }),
            _ => None,
        }
    }

    /// Waits for any change; `None` when the watch is over.
    async fn change(&mut self) -> Option<()> {
        let Readiness { phase, ledger_up } = &mut self.readiness;
        if *phase.borrow_and_update() == Phase::Ended {
            return None;
        }
        let upstream = &mut self.upstream;
        tokio::select! {
            changed = phase.changed() => changed.ok(),
            changed = upstream.changed() => changed.ok(),
            changed = ledger_up.changed() => changed.ok(),
        }
    }
}

#[tonic::async_trait]
impl Health for Reporter {
    type WatchStream =
        Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send + 'static>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let found = self.status(&request.into_inner().service);
        let status = found.ok_or_else(status::unknown_service)?;
        Ok(Response::new(message(status)))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let watch = Watch {
            reporter: self.clone(),
            name: request.into_inner().service,
            last: None,
        };
        Ok(Response::new(Box::pin(stream::unfold(watch, next))))
    }
}

struct Watch {
    reporter: Reporter,
    name: String,
    last: Option<ServingStatus>,
}

/// The next status that differs from the last one told.
async fn next(mut watch: Watch) -> Option<(Result<HealthCheckResponse, Status>, Watch)> {
    loop {
        let found = watch.reporter.status(&watch.name);
        let status = found.unwrap_or(ServingStatus::ServiceUnknown);
        if watch.last != Some(status) {
            watch.last = Some(status);
            return Some((Ok(message(status)), watch));
        }
        watch.reporter.change().await?;
    }
}

const fn serving(yes: bool) -> ServingStatus {
    if yes {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

fn message(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}
