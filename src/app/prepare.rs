//! Is a configuration good? The one judge: `serve`, `config check` and `doctor` ask nobody else.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificates::CertificateFacts;
use super::judge::Judge;
use super::material::{self, Half, KeyRole, Material};
use super::seen::Seen;
use crate::bearer;
use crate::callers::Rule;
use crate::config::{Config, KeyDraft, Problem, Problems, Sources, Survey};
use crate::domain::{Budget, CallerName, Member, Merchant, Secret};
use crate::ledger;
use crate::rpc::Tls;
use crate::telemetry::{self, Expiry};
use crate::upi::gateway::{self, Keys};
use crate::upi::jws::SigningKey;
use crate::upi::key::{Kid, PublicKey};
use crate::upi::transport::probe::Probe;
use crate::upi::transport::{ClientIdentity, Route, RouteError};
use crate::upi::{BaseUrl, Timeouts};

/// What is known of a configuration after every file that it names was read.
pub struct Preparation {
    /// Everything that is wrong, or what the gateway starts with.
    pub outcome: Result<Prepared, Problems>,
    /// What should be looked at.
    pub warnings: Vec<Problem>,
    /// The keys of UPI's side, ours first, as far as they can be read.
    pub keys: Vec<Material>,
    /// A look at UPI, when the way there is good.
    pub probe: Option<Probe>,
    /// What the files held.
    pub seen: Seen,
}

/// A configuration that is good, with what its files hold.
pub struct Prepared {
    /// What was set.
    pub config: Config,
    /// Who answers.
    pub upstream: Upstream,
    /// TLS of the gRPC port.
    pub tls: Option<Tls>,
    /// Log and export.
    pub telemetry: telemetry::Settings,
    /// The merchant of requests that name none.
    pub merchant: Option<Merchant>,
    /// Who may call; `None` when everybody may.
    pub callers: Option<Vec<Rule>>,
    /// What bearer tokens are held to; `None` where there are none.
    pub tokens: Option<bearer::Settings>,
    /// Where orders are remembered.
    pub ledger: ledger::Settings,
    member: Member,
    timeouts: Timeouts,
    /// What the certificates among the keys say; nothing of bare public keys.
    pub certificates: Vec<CertificateFacts>,
}

/// Who answers the gateway.
pub enum Upstream {
    /// UPI.
    Upi {
        /// The way there.
        route: Box<Route>,
        /// The three roles of keys.
        keys: Box<Keys>,
    },
    /// A sandbox, with an address and keys of its own.
    Sandbox,
}

/// Reads the sources, and prepares what they say.
#[must_use]
pub fn read(sources: &Sources) -> Preparation {
    // Seen before it is read: what comes between is noticed as a change, and not missed.
    let mut seen = Seen::default();
    if let Some(path) = &sources.file {
        seen.look(path);
    }
    let mut preparation = prepare(&Survey::of(sources));
    preparation.seen.extend(seen);
    preparation
}

/// Reads and parses every file, and names every problem at once, with its key.
#[must_use]
pub fn prepare(survey: &Survey) -> Preparation {
    let mut judge = Judge::new(&survey.read);
    let mut preparation = Preparation {
        outcome: Err(Problems::of(Vec::new())),
        warnings: Vec::new(),
        keys: Vec::new(),
        probe: None,
        seen: Seen::default(),
    };
    let prepared = survey.draft().and_then(|config| {
        judge.warnings.extend(config.warnings());
        prepared(survey, config, &mut judge, &mut preparation)
    });
    preparation.outcome = match prepared {
        Some(prepared) if judge.problems.is_empty() => Ok(prepared),
        _ => Err(Problems::of(survey.read.sorted(judge.problems))),
    };
    preparation.warnings = judge.warnings;
    preparation.seen = judge.seen;
    preparation
}

fn prepared(
    survey: &Survey,
    config: &Config,
    judge: &mut Judge<'_>,
    found: &mut Preparation,
) -> Option<Prepared> {
    let tls = judge.server_tls(&config.tls);
    let tokens = judge.tokens(&config.jwt);
    let telemetry = telemetry(config, judge);
    let ledger = judge.ledger(config);
    let upstream = if survey.read.is_sandboxed() {
        Some(Upstream::Sandbox)
    } else {
        upi(survey, config, judge, found)
    };
    let rules = config.rules();
    Some(Prepared {
        upstream: upstream?,
        tls,
        tokens,
        telemetry,
        ledger,
        callers: config.callers(&rules).ok()?,
        merchant: config.merchant(&rules).ok()?,
        member: config.member(&rules).ok()?,
        timeouts: config.timeouts().ok()?,
        certificates: found.keys.iter().filter_map(CertificateFacts::of).collect(),
        config: config.clone(),
    })
}

fn telemetry(config: &Config, judge: &mut Judge<'_>) -> telemetry::Settings {
    let otlp = &config.otlp;
    let ca = judge.authorities(("telemetry.otlp.ca_file", &otlp.ca_file));
    telemetry::Settings {
        log_level: config.telemetry.log_level,
        log_format: config.telemetry.log_format,
        export: telemetry::Export {
            endpoint: otlp.endpoint.as_ref().map(|url| url.as_str().to_owned()),
            ca_pem: ca.map(|pem| pem.to_vec()),
            sample_ratio: otlp.sample_ratio,
            metrics_interval: otlp.metrics_interval,
        },
    }
}

fn upi(
    survey: &Survey,
    config: &Config,
    judge: &mut Judge<'_>,
    found: &mut Preparation,
) -> Option<Upstream> {
    let route = route(config, judge);
    found.keys = materials(survey, config, judge);
    judge.belonging(&found.keys);
    let route = route.and_then(|route| {
        found.probe = judge.probe(&route);
        found.probe.is_some().then_some(route)
    });
    let keys = keys(&found.keys);
    Some(Upstream::Upi {
        route: Box::new(route?),
        keys: Box::new(keys?),
    })
}

/// The way to UPI; nothing when a part of it is missing or bad.
fn route(config: &Config, judge: &mut Judge<'_>) -> Option<Route> {
    let upi = &config.upi;
    let before = judge.problems.len();
    let ca = judge.authorities(("upi.ca_file", &upi.ca_file));
    let certificate = ("upi.client_cert_file", &upi.client_cert_file);
    let identity = judge.pair(certificate, ("upi.client_key_file", &upi.client_key_file));
    let identity = identity.map(|pair| ClientIdentity {
        certificate_pem: pair.certificate.to_vec(),
        key_pem: Secret::new(pair.key.to_vec()),
    });
    let base_url = upi.base_url.clone()?;
    let timeouts = config.timeouts().ok()?;
    (judge.problems.len() == before).then(|| Route {
        ca_pem: ca.map(|pem| pem.to_vec()),
        client_identity: identity,
        proxy: upi.proxy.clone(),
        ..way(config, timeouts, base_url)
    })
}

fn way(config: &Config, timeouts: Timeouts, base_url: BaseUrl) -> Route {
    Route {
        timeouts,
        connections: config.upi.connections,
        propagate_trace: config.upi.propagate_trace,
        ..Route::direct(base_url)
    }
}

impl Judge<'_> {
    fn probe(&mut self, route: &Route) -> Option<Probe> {
        let refused = |error: RouteError| {
            let (key, advice) = match error {
                RouteError::Proxy => ("upi.proxy", "write none, environment or a URL"),
                RouteError::Ca(_) | RouteError::CaEmpty => ("upi.ca_file", ""),
                RouteError::Identity(_) => ("upi.client_cert_file", ""),
                RouteError::Client(_) => (
                    "upi.base_url",
                    "check that the system has authorities when upi.ca_file is not set",
                ),
            };
            self.wrong(key, error, advice);
        };
        Probe::new(route).map_err(refused).ok()
    }
}

fn materials(survey: &Survey, config: &Config, judge: &mut Judge<'_>) -> Vec<Material> {
    let (signing, encryption) = (config.signing.clone(), config.encryption.clone());
    let ours = KeyDraft {
        kid: signing.kid,
        key_file: signing.key_file,
        passphrase_file: signing.passphrase_file,
        cert_file: signing.cert_file,
        token: config.signing_token.draft(),
    };
    let theirs = KeyDraft {
        kid: encryption.kid,
        key_file: encryption.key_file,
        ..KeyDraft::default()
    };
    let one = |role: KeyRole| format!("upi.{}", role.name());
    let mut drafts = vec![
        (KeyRole::Signing, one(KeyRole::Signing), ours),
        (KeyRole::Encryption, one(KeyRole::Encryption), theirs),
    ];
    let verification = survey.verification().into_iter().enumerate();
    drafts.extend(verification.map(|(index, draft)| {
        let role = KeyRole::Verification;
        (role, format!("{}[{index}]", one(role)), draft)
    }));
    let drafts = drafts.into_iter();
    let mut materials: Vec<_> = drafts
        .map(|(role, place, draft)| material::read(judge, role, place, draft))
        .collect();
    materials.extend(next(config, judge));
    materials
}

/// The key that takes the place of ours, where there is one.
fn next(config: &Config, judge: &mut Judge<'_>) -> Option<Material> {
    let next = config.next_signing.clone();
    let not_before = next.not_before?;
    let draft = KeyDraft {
        kid: next.kid,
        key_file: next.key_file,
        passphrase_file: next.passphrase_file,
        cert_file: next.cert_file,
        token: config.next_signing_token.draft(),
    };
    let place = format!("upi.{}.next", KeyRole::Signing.name());
    let material = material::read(judge, KeyRole::Signing, place, draft);
    Some(Material {
        not_before: Some(not_before),
        ..material
    })
}

/// The three roles; nothing when a key of them is missing or bad.
fn keys(materials: &[Material]) -> Option<Keys> {
    let private = |material: &Material| -> Option<(Kid, SigningKey)> {
        match material.half.as_ref()? {
            Half::Private(key) => Some((material.kid.clone()?, key.clone())),
            Half::Public(_) => None,
        }
    };
    let public = |material: &Material| -> Option<(Kid, PublicKey)> {
        match material.half.as_ref()? {
            Half::Public(key) => Some((material.kid.clone()?, key.clone())),
            Half::Private(_) => None,
        }
    };
    let (signing, rest) = materials.split_first()?;
    let (encryption, rest) = rest.split_first()?;
    let (next, verification): (Vec<_>, Vec<_>) =
        rest.iter().partition(|key| key.not_before.is_some());
    let next = match next.first() {
        Some(key) => Some((key.not_before?, private(key)?)),
        None => None,
    };
    Some(Keys {
        signing: private(signing)?,
        next_signing: next,
        encryption: public(encryption)?,
        verification: verification
            .into_iter()
            .map(public)
            .collect::<Option<_>>()?,
    })
}

/// What is to be said of a key that signs from a moment on.
pub fn change(not_before: OffsetDateTime, now: OffsetDateTime) -> Option<String> {
    let at = not_before.format(&Rfc3339).ok()?;
    Some(if not_before > now {
        format!("signs from {at} on")
    } else {
        format!("has signed since {at}; it can be moved to upi.signing")
    })
}

impl Prepared {
    /// The callers whose verifications are counted.
    #[must_use]
    pub fn budgets(&self) -> Vec<(CallerName, Budget)> {
        let rules = self.callers.iter().flatten().map(|rule| &rule.rights);
        let counted = rules.filter(|rights| rights.budget.is_set());
        counted
            .map(|rights| (rights.name.clone(), rights.budget))
            .collect()
    }

    /// The way to a sandbox that plays UPI.
    #[must_use]
    pub fn sandbox_route(&self, base_url: BaseUrl) -> Route {
        way(&self.config, self.timeouts, base_url)
    }

    /// How long a call to UPI may take.
    pub(super) const fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// On whose behalf UPI is asked.
    pub(super) const fn member(&self) -> &Member {
        &self.member
    }

    /// When certificates of keys end, for the metrics.
    #[must_use]
    pub fn expiries(&self) -> Vec<Expiry> {
        let expiry = |certificate: &CertificateFacts| Expiry {
            role: certificate.role.name(),
            kid: certificate.kid.as_str().to_owned(),
            at: certificate.not_after,
        };
        self.certificates.iter().map(expiry).collect()
    }

    /// What is to be said of the signing key that takes the place of ours.
    #[must_use]
    pub fn change(&self, now: OffsetDateTime) -> Option<String> {
        let change = change(self.config.next_signing.not_before?, now)?;
        Some(format!("upi.signing.next: {change}"))
    }

    /// Certificates that have ended, or soon will, one sentence each.
    pub fn expiring(&self, now: OffsetDateTime) -> impl Iterator<Item = String> {
        let certificates = self.certificates.iter();
        certificates.filter_map(move |certificate| certificate.warning(now))
    }

    /// UPI's side, reached on this way.
    #[must_use]
    pub fn gateway(&self, route: Route) -> gateway::Settings {
        let upi = &self.config.upi;
        gateway::Settings {
            route,
            request_path: upi.request_path.clone(),
            app_id: upi.app_id.clone(),
            photo_placement: upi.photo_placement,
            escape_solidus: upi.escape_solidus,
            clock_window: upi.clock_window,
            response_codes: upi.response_codes.clone(),
            member: self.member.clone(),
        }
    }
}
