//! A new configuration without a restart: all of it, or nothing.
//!
//! [`prepare`](super::prepare) judges it as at a start. When it is good, the next connection has its
//! TLS, the next order its way to UPI with keys and all, and the log its level; what is under way
//! goes on with what it has. When it is bad, everything stays as it is, and says so: in the log, in
//! the metrics and on the admin port.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Mutex as Turn;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use super::prepare::Prepared;
use super::seen::Seen;
use crate::admin;
use crate::bearer::Checker;
use crate::callers::Roster;
use crate::config::{Config, Problem, Problems, Sources};
use crate::current::Current;
use crate::observe::{Event, Observer};
use crate::rpc::Tls;
use crate::telemetry::{Expiries, Switch};
use crate::upi::gateway::UpiGateway;
use crate::verify::Verifier;
use crate::verify::port::{Admission, Clock as _, Gateway, SystemClock};

mod judged;
mod reach;
mod report;

pub use report::Report;

use judged::{Made, Side};

/// Files are not looked at more often, whatever `server.reload_interval` says.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Why the configuration is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// SIGHUP.
    Signal,
    /// `POST /reload`.
    Request,
    /// A file has changed.
    Files,
}

impl Reason {
    const fn name(self) -> &'static str {
        match self {
            Self::Signal => "SIGHUP",
            Self::Request => "POST /reload",
            Self::Files => "changed files",
        }
    }
}

/// What a new configuration changes in a gateway that runs.
pub(super) struct Parts {
    pub(super) verifier: Arc<Verifier>,
    /// `None` in front of a sandbox, whose keys and address are no configuration.
    pub(super) upi: Option<Arc<UpiGateway>>,
    /// `None` where the port is plaintext.
    pub(super) tls: Option<Current<Tls>>,
    pub(super) admission: Current<dyn Admission>,
    /// Who may call, as it was turned last.
    pub(super) roster: Arc<Roster>,
    /// `None` where there are no tokens.
    pub(super) tokens: Option<Arc<Checker>>,
    pub(super) log: Switch,
    pub(super) expiries: Expiries,
    pub(super) observer: Arc<dyn Observer>,
}

/// Reads the configuration again. One at a time does.
pub struct Reloader {
    sources: Sources,
    running: Turn<Running>,
    report: Mutex<Report>,
    observer: Arc<dyn Observer>,
}

struct Running {
    parts: Parts,
    /// `None` in front of a sandbox, whose keys and address are no configuration.
    side: Option<Side>,
    /// What is in force: keys that need a restart have the values of the start.
    config: Config,
    /// What the files held when they were judged last, be it good or bad.
    seen: Seen,
}

impl Reloader {
    pub(super) fn new(
        sources: Sources,
        prepared: &Prepared,
        seen: Seen,
        parts: Parts,
    ) -> Arc<Self> {
        let side = parts.upi.clone().map(|upi| Side {
            upi,
            timeouts: prepared.timeouts(),
            member: prepared.member().clone(),
        });
        Arc::new(Self {
            sources,
            report: Mutex::new(Report::good(&prepared.config, Vec::new())),
            observer: Arc::clone(&parts.observer),
            running: Turn::new(Running {
                parts,
                side,
                config: prepared.config.clone(),
                seen,
            }),
        })
    }

    /// Reads, judges, and takes it or leaves it.
    pub async fn reload(&self, reason: Reason) -> Report {
        let mut running = self.running.lock().await;
        let (sources, side) = (self.sources.clone(), running.side.clone());
        let judging = spawn_blocking(move || judged::judge(&sources, side.as_ref()));
        let taken = match judging.await {
            Ok(judged) => {
                running.seen = judged.seen;
                judged.outcome.map(|made| running.take(made))
            }
            // A panic of the judge, whose text is nowhere.
            Err(_) => Err(Problems::one("configuration", "it cannot be judged: a bug")),
        };
        let mut report = self.report();
        match taken {
            Ok(left_out) => *report = Report::good(&running.config, left_out),
            Err(problems) => report.refuse(&problems),
        }
        drop(running);
        tell(reason, &report);
        let now = OffsetDateTime::now_utc();
        self.observer
            .record(&Event::Reloaded(report.is_good(), now));
        report.clone()
    }

    /// What is in force, and what was said of the configuration when it was read last.
    pub fn report(&self) -> MutexGuard<'_, Report> {
        // Nothing panics while it is held.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the files now and then, and reloads when one has changed and then stays as it is for
    /// an interval: certificate and key are two files, and are not written at once. Never ends.
    pub(super) async fn watch(self: Arc<Self>, every: Duration) {
        let mut times = interval(every.max(SHORTEST_INTERVAL));
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changed = None;
        loop {
            times.tick().await;
            let judged = self.running.lock().await.seen.clone();
            let looking = judged.clone();
            let Ok(now) = spawn_blocking(move || looking.again()).await else {
                continue;
            };
            if now == judged {
                changed = None;
            } else if changed.as_ref() == Some(&now) {
                changed = None;
                self.reload(Reason::Files).await;
            } else {
                changed = Some(now);
            }
        }
    }
}

impl Running {
    /// Takes a configuration, of which nothing can fail any more; the keys that differ and need a
    /// restart.
    fn take(&mut self, made: Made) -> Vec<&'static str> {
        let prepared = made.prepared;
        let sandboxed = self.side.is_none();
        let config = reach::in_force(&self.config, &prepared.config, sandboxed);
        if let (Some(side), Some(upi)) = (&mut self.side, made.upi) {
            self.parts
                .verifier
                .renew(Arc::clone(&upi) as Arc<dyn Gateway>);
            side.upi = upi;
        }
        if let (Some(switch), Some(tls)) = (&self.parts.tls, &prepared.tls) {
            switch.turn(Arc::new(tls.clone()));
        }
        // Otherwise the rules of before stay, and so do their budgets.
        if config.callers.callers == prepared.config.callers.callers {
            self.take_callers(&prepared);
        }
        self.parts.verifier.limit(super::rate(&config));
        self.parts.verifier.set_paused(config.upi.pause);
        if let (Some(checker), Some(tokens)) = (&self.parts.tokens, &prepared.tokens) {
            checker.renew(&tokens.source);
        }
        self.parts.log.configure(config.telemetry.log_level);
        self.parts.expiries.set(prepared.expiries());
        for warning in made.warnings.iter().map(ToString::to_string) {
            warn!("{warning}");
        }
        for warning in prepared.expiring(SystemClock.now()) {
            warn!("{warning}");
        }
        if let Some(change) = prepared.change(SystemClock.now()) {
            info!("{change}");
        }
        self.config = config;
        self.config.differing(&prepared.config)
    }

    fn take_callers(&mut self, prepared: &Prepared) {
        let Some(rules) = prepared.callers.clone() else {
            return;
        };
        let proxies = prepared.config.auth.trusted_proxies.clone();
        let roster = self
            .parts
            .roster
            .renewed(rules, proxies.unwrap_or_default());
        self.parts.roster = Arc::new(roster);
        let roster = Arc::clone(&self.parts.roster) as Arc<dyn Admission>;
        self.parts.admission.turn(roster);
        self.parts.verifier.watch_budgets(prepared.budgets());
    }
}

fn tell(reason: Reason, report: &Report) {
    let reason = reason.name();
    if report.is_good() {
        info!(
            reason,
            "reloaded: the configuration and its files are in force"
        );
    } else {
        error!(
            reason,
            "the new configuration is refused, and the old one stays in force"
        );
    }
    for problem in report.problems() {
        error!("{problem}");
    }
    if !report.left_out().is_empty() {
        let keys = report.left_out().join(", ");
        warn!("changed, but needs a restart: {keys}");
    }
}

/// For the admin port.
pub(super) fn by_request(reloader: Arc<Reloader>) -> admin::Reload {
    Arc::new(move || {
        let reloader = Arc::clone(&reloader);
        Box::pin(async move { told(&reloader.reload(Reason::Request).await) })
    })
}

fn told(report: &Report) -> admin::Reloaded {
    let flaw = |problem: &Problem| admin::Flaw {
        key: problem.place.clone(),
        text: problem.text.clone(),
        advice: problem.advice,
    };
    admin::Reloaded {
        reloaded: report.is_good(),
        problems: report.problems().iter().map(flaw).collect(),
        needs_restart: report.left_out().to_vec(),
    }
}
