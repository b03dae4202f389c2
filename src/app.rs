//! The composition root: from a configuration to a running gateway.

use std::future::pending;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::time::Instant;

mod bearer;
mod certificates;
mod descriptors;
mod judge;
mod keeper;
mod material;
mod odd;
mod prepare;
mod read;
mod reload;
mod remembering;
mod seen;
mod token;

pub use certificates::CertificateFacts;
pub use descriptors::Room;
pub use material::{Half, KeyRole, Material};
pub use prepare::{Preparation, Prepared, Upstream, change, prepare, read};
pub use read::{NotText, to_passphrase};
pub use reload::{Reason, Reloader, Report};
pub use remembering::{Remembering, remember};
pub use seen::Seen;
pub use token::{end_token_calls, token_sessions};

use keeper::Keeper;
use reload::Parts;

use crate::admin::{self, Admin, AdminError};
use crate::bearer::Checker;
use crate::callers::Roster;
use crate::config::{Config, ServerConfig, Sources};
use crate::ledger::{self, OpenError, Opened};
use crate::observe::Observer;
use crate::rpc::{self, Address, Ports, Server, ServerError, UnderWay};
use crate::telemetry::Telemetry;
use crate::upi::gateway::{Keys, SetupError, UpiGateway};
use crate::upi::transport::Route;
use crate::verify::port::{Admission, Clock, SystemClock, Tokens};
use crate::verify::{Limits, SharedRate, Verifier};

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
    keeper: Keeper,
    verifier: Arc<Verifier>,
    upi: Arc<UpiGateway>,
    roster: Arc<Roster>,
    tokens: Option<Arc<Checker>>,
    reloader: Option<Arc<Reloader>>,
    drain_timeout: Duration,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// UPI's side cannot be set up.
    #[error("UPI's side cannot be set up")]
    Upi(#[from] SetupError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] OpenError),
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
        prepared: &Prepared,
        room: Room,
        route: Route,
        keys: &Keys,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, AppError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        room.warn(&prepared.config.server);
        let gateway = Arc::new(UpiGateway::new(
            prepared.gateway(route),
            keys,
            Arc::clone(&clock),
            Arc::clone(&observer),
        )?);
        let Opened { ledger, archive } = ledger::open(&prepared.ledger, &clock, &observer).await?;
        let tokens = prepared.tokens.clone().map(|settings| {
            let checker = Checker::new(settings, Arc::clone(&clock), Arc::clone(&observer));
            Arc::new(checker)
        });
        let limits = Limits {
            max_in_flight: room.orders,
            least_time: LEAST_TIME,
            ledger: prepared.ledger.timeout,
            breaker_failures: prepared.config.upi.breaker_failures,
        };
        let upi = Arc::clone(&gateway);
        let verifier = Verifier::new(gateway, ledger, Arc::clone(&observer), limits);
        verifier.limit(rate(&prepared.config));
        verifier.set_paused(prepared.config.upi.pause);
        verifier.watch_budgets(prepared.budgets());
        let mut keeper = Keeper::start(&verifier, archive, prepared.config.ledger.keep);
        if let Some(tokens) = &tokens {
            tokens.begin().await;
            keeper.renew(tokens);
        }
        let roster = Arc::new(roster(prepared));
        let ports = Ports {
            verifier: Arc::clone(&verifier),
            admission: Arc::clone(&roster) as Arc<dyn Admission>,
            tokens: tokens.clone().map(|tokens| tokens as Arc<dyn Tokens>),
            clock,
            observer,
        };
        let server = Server::bind(rpc_settings(prepared, room), ports).await?;
        Ok(Self {
            server,
            admin: None,
            room,
            keeper,
            verifier,
            upi,
            roster,
            tokens,
            reloader: None,
            drain_timeout: prepared.config.server.drain_timeout,
        })
    }

    /// Lets a new configuration of these sources take the place of this one, which was prepared when
    /// the files held what was `seen`. Called within a runtime.
    #[must_use]
    pub fn reloading(
        mut self,
        prepared: &Prepared,
        (sources, seen): (Sources, Seen),
        telemetry: &Telemetry,
    ) -> Self {
        let parts = Parts {
            verifier: Arc::clone(&self.verifier),
            upi: (!sources.sandboxed).then(|| Arc::clone(&self.upi)),
            tls: self.server.tls(),
            admission: self.server.admission(),
            roster: Arc::clone(&self.roster),
            tokens: self.tokens.clone(),
            log: telemetry.level(),
            expiries: telemetry.expiries(),
            observer: telemetry.observer(),
        };
        let reloader = Reloader::new(sources, prepared, seen, parts);
        let every = prepared.config.server.reload_interval;
        if !every.is_zero() {
            self.keeper.watch(&reloader, every);
        }
        self.reloader = Some(reloader);
        self
    }

    /// What reads the configuration again, if anything does.
    #[must_use]
    pub fn reloader(&self) -> Option<Arc<Reloader>> {
        self.reloader.clone()
    }

    /// Opens the admin port, too, unless the configuration wants none.
    ///
    /// # Errors
    /// It cannot be listened on.
    pub async fn with_admin(
        mut self,
        prepared: &Prepared,
        telemetry: &Telemetry,
    ) -> Result<Self, AppError> {
        let Some(listen) = prepared.config.admin.listen.0 else {
            return Ok(self);
        };
        let readiness = self.server.readiness();
        let exposition = telemetry.exposition();
        let sources = admin::Sources {
            exposition: Arc::new(move || exposition.text()),
            ready: Arc::new(move || readiness.is_serving()),
            configuration: self.shown(prepared),
            reload: self.reloader().map(reload::by_request),
            log: telemetry.level(),
        };
        self.admin = Some(Admin::bind(listen, self.room.admin, sources).await?);
        Ok(self)
    }

    fn shown(&self, prepared: &Prepared) -> admin::Configuration {
        let fixed = prepared.config.print();
        match self.reloader() {
            Some(reloader) => Arc::new(move || reloader.report().page()),
            None => Arc::new(move || fixed.clone()),
        }
    }

    /// Where gRPC is served.
    #[must_use]
    pub fn local_addr(&self) -> Address {
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

/// The rate towards UPI, with a share for each caller.
fn rate(config: &Config) -> SharedRate {
    let Some(most) = config.upi.max_rate.and_then(NonZeroU32::new) else {
        return SharedRate::default();
    };
    let callers = config.callers.callers.iter().flatten();
    let priorities: Vec<_> = callers.map(|it| (it.name.clone(), it.priority)).collect();
    SharedRate::new(most, &priorities)
}

fn roster(prepared: &Prepared) -> Roster {
    let proxies = prepared.config.auth.trusted_proxies.clone();
    match prepared.callers.clone() {
        Some(rules) => Roster::new(rules, proxies.unwrap_or_default()),
        None => Roster::open(),
    }
}

/// Never ends by itself.
async fn administer(admin: Option<Admin>) {
    match admin {
        Some(admin) => admin.run().await,
        None => pending().await,
    }
}

/// Streams that only watch health come beside those that wait for UPI.
const STREAMS_PER_ORDER: usize = 4;
const LEAST_STREAMS: usize = 16 * 1024;

/// A few that wait cost nothing, however few may be sent.
const LEAST_BACKLOG: usize = 64;

/// For each processor: what it seals in a third of a second.
const STANDING: usize = 256;

fn limits(server: &ServerConfig, room: Room) -> rpc::Limits {
    let streams = server.max_in_flight.saturating_mul(STREAMS_PER_ORDER);
    rpc::Limits {
        connections: room.callers,
        streams: streams.max(LEAST_STREAMS),
        request_bytes: server.max_request_bytes,
        backlog: backlog(server),
        header_bytes: server.max_header_bytes,
    }
}

fn backlog(server: &ServerConfig) -> rpc::Depth {
    // Four fifths of it for a connection alone: half of what may be under way.
    let most = (server.max_in_flight / 8 * 5).max(LEAST_BACKLOG);
    let processors = available_parallelism().map_or(1, usize::from);
    rpc::Depth {
        most,
        standing: (STANDING * processors).min(most),
    }
}

fn rpc_settings(prepared: &Prepared, room: Room) -> rpc::Settings {
    let server = &prepared.config.server;
    rpc::Settings {
        listen: server.listen.clone(),
        socket_mode: server.socket_mode.0,
        health_listen: server.health_listen,
        tls: prepared.tls.clone(),
        reflection: server.reflection,
        max_message_bytes: server.max_message_bytes,
        limits: limits(server, room),
        probes: room.probes,
        patience: rpc::Patience::default(),
        drain_delay: server.drain_delay,
        drain_timeout: server.drain_timeout,
        rules: prepared.config.rules(),
        merchant: prepared.merchant.clone(),
    }
}
