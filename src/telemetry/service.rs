//! Who is seen.

use std::env;
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};

/// The process that is seen.
#[derive(Debug, Clone, Default)]
pub struct Service {
    /// `service.name`, unless OTEL_SERVICE_NAME says otherwise.
    pub name: &'static str,
    /// `server.max_in_flight`.
    pub max_in_flight: usize,
    /// When certificates of keys end.
    pub expiries: Expiries,
    /// Tells the sessions of keys in tokens.
    pub token_sessions: Option<fn() -> Vec<TokenSessions>>,
}

/// How the sessions of a key in a token stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSessions {
    /// The token's label.
    pub token: String,
    /// The key's.
    pub key: String,
    /// How many are in each state, by its name.
    pub states: [(&'static str, usize); 3],
}

/// When certificates of keys end. Its clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Expiries(Arc<RwLock<Vec<Expiry>>>);

impl Expiries {
    /// Of these keys.
    #[must_use]
    pub fn of(expiries: Vec<Expiry>) -> Self {
        Self(Arc::new(RwLock::new(expiries)))
    }

    /// Of other keys from now on.
    pub fn set(&self, expiries: Vec<Expiry>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = expiries;
    }

    pub(super) fn all(&self) -> Vec<Expiry> {
        let expiries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        expiries.clone()
    }
}

/// The end of a certificate.
#[derive(Debug, Clone)]
pub struct Expiry {
    /// What its key is for: `signing`, `encryption` or `verification`.
    pub role: &'static str,
    /// The key's id.
    pub kid: String,
    /// When the certificate ends.
    pub at: time::OffsetDateTime,
}

/// The attributes of the process: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are stronger
/// than what we know ourselves.
pub(super) fn resource(service: &'static str) -> Resource {
    let named = env::var("OTEL_SERVICE_NAME").ok();
    let ours = [
        KeyValue::new("service.name", service),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", instance()),
    ];
    Resource::builder_empty()
        .with_attributes(ours)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()))
        .with_attributes(named.map(|name| KeyValue::new("service.name", name)))
        .build()
}

/// Another one at each start, so that counters of two processes are never mixed.
fn instance() -> String {
    let mut bytes = [0; 16];
    // Without randomness there is no TLS and no order id either; a name is not worth an end.
    let _ = getrandom::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}
