//! The gRPC side: HTTP/2 on a port or two, the two methods, health, reflection, and the end.
//!
//! A call passes, from the outside in: `listener` (TCP, TLS) → `connection` (HTTP/2) →
//! `boundary` (deadline, admission, panics, the log line) → `service` (the methods).
//! `status` alone decides what an error looks like.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::current::Current;
use crate::domain::{Merchant, Rules};
use crate::observe::Observer;
use crate::verify::Verifier;
use crate::verify::port::{Admission, Clock, Everyone, Tokens};

mod backlog;
mod boundary;
mod call;
mod connection;
mod control;
mod convert;
mod deadline;
mod drain;
mod farewell;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gather;
mod handshake;
mod health;
mod identity;
mod line;
mod listener;
mod pace;
mod pieces;
mod preface;
mod quota;
mod reflection;
mod refusals;
mod resent;
mod routes;
mod service;
mod share;
mod status;
mod stretch;
mod tls;
mod unread;
mod upload;

#[cfg(test)]
mod tests;

pub use crate::acceptor::Address;
pub use backlog::Depth;
pub use drain::{Load, UnderWay};
pub use health::Readiness;
pub use listener::ServerError;
pub use pace::Patience;
pub use quota::Limits;
pub use status::DOMAIN;
pub use tls::{ClientCerts, Tls, TlsError};

use drain::{Calls, Schedule};
use handshake::Failures;
use health::Phase;
use listener::{Connections, Listener};

/// Settings of the gRPC port.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one.
    pub listen: Address,
    /// Permissions of the file of a Unix socket.
    pub socket_mode: u32,
    /// Where health alone is served in plaintext; port 0 takes a free one.
    pub health_listen: Option<SocketAddr>,
    /// TLS; `None` is plaintext.
    pub tls: Option<Tls>,
    /// Whether reflection is served.
    pub reflection: bool,
    /// Largest request message, bytes, before and after decompression.
    pub max_message_bytes: usize,
    /// How much is taken in over all connections.
    pub limits: Limits,
    /// Open connections of the port of health.
    pub probes: usize,
    /// How long peers have for what must come from them.
    pub patience: Patience,
    /// NOT_SERVING is shown this long before new calls are refused; part of `drain_timeout`.
    pub drain_delay: Duration,
    /// From the signal to the hard end.
    pub drain_timeout: Duration,
    /// Validation rules.
    pub rules: Rules,
    /// The merchant of requests that name none.
    pub merchant: Option<Merchant>,
}

/// Of the port of health: probes are few and small.
const fn probing(connections: usize) -> Limits {
    Limits {
        connections,
        streams: 2048,
        request_bytes: 4 * 1024 * 1024,
        backlog: Depth {
            most: 0,
            standing: 0,
        },
        header_bytes: 64 * 1024,
    }
}

/// What the server calls.
pub struct Ports {
    /// The use case.
    pub verifier: Arc<Verifier>,
    /// Who may call.
    pub admission: Arc<dyn Admission>,
    /// Checks bearer tokens; without it they mean nothing.
    pub tokens: Option<Arc<dyn Tokens>>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Who is told of every call.
    pub observer: Arc<dyn Observer>,
}

/// A bound server; its health says NOT_SERVING until `run`.
pub struct Server {
    listener: Listener,
    probes: Option<Listener>,
    tls: Option<Current<Tls>>,
    admission: Current<dyn Admission>,
    verifier: Arc<Verifier>,
    phases: watch::Sender<Phase>,
    calls: Calls,
    drain_delay: Duration,
    drain_timeout: Duration,
}

impl Server {
    /// Binds.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(settings: Settings, ports: Ports) -> Result<Self, ServerError> {
        let tls = settings.tls.clone().map(|tls| Current::new(Arc::new(tls)));
        let (phases, calls) = (watch::Sender::new(Phase::Starting), Calls::default());
        let verifier = Arc::clone(&ports.verifier);
        let observer = Arc::clone(&ports.observer);
        let probes = match settings.health_listen {
            Some(address) => {
                let routes =
                    routes::probes(&phases, &verifier, settings.patience, Arc::clone(&observer));
                let failures = Failures::new("server.health_listen", Arc::clone(&observer));
                let way = (settings.patience, verifier.sealing());
                let everyone = Current::new(Arc::new(Everyone) as Arc<dyn Admission>);
                let (tls, limits) = (None, probing(settings.probes));
                let at = (address.into(), settings.socket_mode);
                let listener = Listener::bind(at, tls, routes, failures, way, limits, everyone);
                Some(listener.await?)
            }
            None => None,
        };
        let failures = Failures::new("server.listen", observer);
        let admission = Current::new(Arc::clone(&ports.admission));
        let routes = routes::all(&settings, ports, admission.clone(), &phases, &calls)?;
        let at = (settings.listen, settings.socket_mode);
        let (way, limits) = ((settings.patience, verifier.sealing()), settings.limits);
        let (shown, asked) = (tls.clone(), admission.clone());
        let listener = Listener::bind(at, shown, routes, failures, way, limits, asked);
        Ok(Self {
            listener: listener.await?,
            probes,
            tls,
            admission,
            verifier,
            phases,
            calls,
            drain_delay: settings.drain_delay,
            drain_timeout: settings.drain_timeout,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> Address {
        self.listener.local_addr()
    }

    /// Where health alone is served.
    #[must_use]
    pub fn health_addr(&self) -> Option<SocketAddr> {
        self.probes.as_ref()?.local_addr().tcp()
    }

    /// TLS of the connections to come, while open ones go on with what they have; `None` where they
    /// are plaintext.
    #[must_use]
    pub fn tls(&self) -> Option<Current<Tls>> {
        self.tls.clone()
    }

    /// Who may call: asked anew for each call.
    #[must_use]
    pub fn admission(&self) -> Current<dyn Admission> {
        self.admission.clone()
    }

    /// What is under way, now and later.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        UnderWay::new(self.calls.clone(), Arc::clone(&self.verifier))
    }

    /// Whether it accepts calls, now and later.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.phases.subscribe(), self.verifier.ledger_up())
    }

    /// Serves until `shutdown` resolves, then drains; back within `drain_timeout` + 1 s.
    ///
    /// A drain shows NOT_SERVING at once and goes on serving for `drain_delay`, so that
    /// whoever routes calls can catch up. Then new orders are refused, and those in flight
    /// have the rest of `drain_timeout` to end. Health has its own port until all is over.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut probes = self.probes.take();
        let (connections, begun) = tokio::select! {
            served = self.serve(shutdown) => served,
            never = answer(probes.as_mut()) => match never {},
        };
        let probing = probes.map(Listener::close);
        tokio::join!(connections.end(drain::LAST_WORDS), async {
            if let Some(probing) = probing {
                probing.end(drain::LAST_WORDS).await;
            }
        });
        tracing::info!("drained in {:.1} s", begun.elapsed().as_secs_f64());
    }

    /// The life of the gRPC port: the connections that are left, which may say their last
    /// words, and when the drain began.
    async fn serve(mut self, shutdown: impl Future<Output = ()> + Send) -> (Connections, Instant) {
        self.phases.send_replace(Phase::Serving);
        self.listener.accept_until(shutdown).await;

        let begun = Instant::now();
        let schedule = Schedule::from_now(self.drain_delay, self.drain_timeout);
        self.phases.send_replace(Phase::Draining);
        let under_way = self.under_way();
        let connections = tokio::select! {
            // Even a drain that is over at once says that it was one.
            biased;
            never = drain::narrate(&under_way, schedule) => match never {},
            connections = self.drain(&under_way, schedule) => connections,
        };
        (connections, begun)
    }

    async fn drain(mut self, under_way: &UnderWay, schedule: Schedule) -> Connections {
        self.listener.accept_until(schedule.delay()).await;
        self.verifier.drain();
        let connections = self.listener.close();
        drain::finish(under_way, schedule).await;
        self.phases.send_replace(Phase::Ended);
        connections
    }
}

/// Answers probes for as long as it is polled.
async fn answer(probes: Option<&mut Listener>) -> Infallible {
    if let Some(probes) = probes {
        probes.accept_until(pending()).await;
    }
    pending().await
}
