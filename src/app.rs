//! The composition root: from a configuration to a running gateway.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

mod certificates;
mod descriptors;
mod files;

pub use certificates::{CertificateFacts, KeyRole};
pub use descriptors::Room;
pub use files::{FileProblems, Files, NotText, ReadError, read_file, read_files, to_passphrase};

use crate::admin::{self, Admin, AdminError};
use crate::config::Config;
use crate::ledger::MemoryLedger;
use crate::rpc::{self, Ports, Server, ServerError, UnderWay};
use crate::telemetry::Telemetry;
use crate::upi::BaseUrl;
use crate::upi::gateway::{self, Keys, SetupError, UpiGateway};
use crate::upi::transport::Route;
use crate::verify::observer::Observer;
use crate::verify::port::{Clock, Everyone, SystemClock};
use crate::verify::{Limits, Verifier};

/// A caller with less time than this left cannot get an answer from UPI.
const LEAST_TIME: Duration = Duration::from_millis(200);

/// For the last export, however little of the drain's time is left; the second that a drain
/// may overrun is for this, too.
const SHORT_FLUSH: Duration = Duration::from_millis(150);
/// Nobody waits longer for a collector that does not answer.
const LONG_FLUSH: Duration = Duration::from_secs(5);

/// A gateway whose ports are bound and whose keys are good.
pub struct App {
    server: Server,
    admin: Option<Admin>,
    room: Room,
    drain_timeout: Duration,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// UPI's side cannot be set up.
    #[error("UPI's side cannot be set up")]
    Upi(#[from] SetupError),
    /// The operating system gave no random bytes for the ledger's key.
    #[error("the ledger cannot be opened")]
    Ledger(#[from] getrandom::Error),
    /// The gRPC port cannot be opened.
    #[error("the gRPC port cannot be opened")]
    Server(#[from] ServerError),
    /// The admin port cannot be opened.
    #[error("the admin port cannot be opened")]
    Admin(#[from] AdminError),
}

impl App {
    /// Opens everything; whatever was opened is closed again when a later part fails.
    ///
    /// # Errors
    /// The first part that cannot be opened.
    pub async fn open(
        config: &Config,
        room: Room,
        upi: gateway::Settings,
        keys: &Keys,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, AppError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        room.warn(config);
        let gateway = Arc::new(UpiGateway::new(
            upi,
            keys,
            Arc::clone(&clock),
            Arc::clone(&observer),
        )?);
        let ledger = Arc::new(MemoryLedger::new(Arc::clone(&clock))?);
        let limits = Limits {
            max_in_flight: room.orders,
            least_time: LEAST_TIME,
        };
        let ports = Ports {
            verifier: Verifier::new(gateway, ledger, Arc::clone(&observer), limits),
            admission: Arc::new(Everyone),
            clock,
            observer,
        };
        let server = Server::bind(rpc_settings(config, room), ports).await?;
        Ok(Self {
            server,
            admin: None,
            room,
            drain_timeout: config.server.drain_timeout,
        })
    }

    /// Opens the admin port, too, unless the configuration wants none.
    ///
    /// # Errors
    /// It cannot be listened on.
    pub async fn with_admin(
        mut self,
        config: &Config,
        telemetry: &Telemetry,
    ) -> Result<Self, AppError> {
        let Some(listen) = config.admin.listen else {
            return Ok(self);
        };
        let readiness = self.server.readiness();
        let exposition = telemetry.exposition();
        let sources = admin::Sources {
            exposition: Arc::new(move || exposition.text()),
            ready: Arc::new(move || readiness.is_serving()),
            configuration: config.print(),
            log: telemetry.level(),
        };
        self.admin = Some(Admin::bind(listen, self.room.admin, sources).await?);
        Ok(self)
    }

    /// Where gRPC is served.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Where health alone is served.
    #[must_use]
    pub fn health_addr(&self) -> Option<SocketAddr> {
        self.server.health_addr()
    }

    /// Where the admin port is.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::local_addr)
    }

    /// What is under way, now and later.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        self.server.under_way()
    }

    /// Serves until `shutdown` resolves, then drains and exports the last telemetry, all
    /// within `server.drain_timeout` and a second. The admin port answers to the end.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send, telemetry: Telemetry) {
        let mut end = Instant::now();
        let noticed = async {
            shutdown.await;
            end = Instant::now() + self.drain_timeout;
        };
        let admin = administer(self.admin);
        tokio::pin!(admin);
        tokio::select! {
            () = self.server.run(noticed) => {}
            () = &mut admin => {}
        }
        let rest = end.saturating_duration_since(Instant::now());
        tokio::select! {
            () = telemetry.finish(rest.clamp(SHORT_FLUSH, LONG_FLUSH)) => {}
            () = admin => {}
        }
    }

    /// The same for a gateway that nobody watches.
    pub async fn run_unwatched(self, shutdown: impl Future<Output = ()> + Send) {
        self.server.run(shutdown).await;
    }
}

/// Never ends by itself.
async fn administer(admin: Option<Admin>) {
    match admin {
        Some(admin) => admin.run().await,
        None => pending().await,
    }
}

/// UPI's side as configured, with what its files hold.
#[must_use]
pub fn upi_settings(config: &Config, files: Files) -> (gateway::Settings, Keys) {
    let upi = &config.upi;
    let route = Route {
        ca_pem: files.ca_pem,
        client_identity: files.client_identity,
        proxy: upi.proxy.clone(),
        ..route(config, upi.base_url.clone())
    };
    (gateway_settings(config, route), files.keys)
}

/// The way to UPI, or to a sandbox that plays it.
#[must_use]
pub fn route(config: &Config, base_url: BaseUrl) -> Route {
    Route {
        timeouts: config.upi.timeouts,
        connections: config.upi.connections,
        propagate_trace: config.upi.propagate_trace,
        ..Route::direct(base_url)
    }
}

/// The gateway's side as configured.
#[must_use]
pub fn gateway_settings(config: &Config, route: Route) -> gateway::Settings {
    let upi = &config.upi;
    gateway::Settings {
        route,
        request_path: upi.request_path.clone(),
        app_id: upi.app_id.clone(),
        photo_placement: upi.photo_placement,
        escape_solidus: upi.escape_solidus,
        clock_window: upi.clock_window,
        response_codes: upi.response_codes.clone(),
        member: config.member.clone(),
    }
}

/// Streams that only watch health come beside those that wait for UPI.
const STREAMS_PER_ORDER: usize = 4;
const LEAST_STREAMS: usize = 16 * 1024;

/// A few that wait cost nothing, however few may be sent.
const LEAST_BACKLOG: usize = 64;

fn limits(config: &Config, room: Room) -> rpc::Limits {
    let server = &config.server;
    let streams = server.max_in_flight.saturating_mul(STREAMS_PER_ORDER);
    rpc::Limits {
        connections: room.callers,
        streams: streams.max(LEAST_STREAMS),
        request_bytes: server.max_request_bytes,
        // Four fifths of it for a connection alone: half of what may be under way.
        backlog: (server.max_in_flight / 8 * 5).max(LEAST_BACKLOG),
        header_bytes: server.max_header_bytes,
    }
}

fn rpc_settings(config: &Config, room: Room) -> rpc::Settings {
    rpc::Settings {
        listen: config.server.listen,
        health_listen: config.server.health_listen,
        tls: config.server.tls.clone(),
        reflection: config.server.reflection,
        max_message_bytes: config.server.max_message_bytes,
        limits: limits(config, room),
        probes: room.probes,
        patience: rpc::Patience::default(),
        drain_delay: config.server.drain_delay,
        drain_timeout: config.server.drain_timeout,
        rules: config.validation.clone(),
        merchant: config.merchant.clone(),
    }
}
