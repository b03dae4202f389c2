//! What is measured. `docs/metrics.md` is written from this table, instruments are made by it, and
//! `top` reads by its names.
//!
//! No label takes a text that a caller chose: methods, codes, reasons and stages have a few
//! names each, kids come from the configuration, and response codes that are in no table
//! are `other`.

use std::fmt::Write as _;

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in OpenTelemetry.
    pub name: &'static str,
    /// Its unit (UCUM); braces hold what is counted.
    pub unit: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// The names of its attributes.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub help: &'static str,
}

/// Kinds of metrics.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Stands somewhere.
    Gauge,
    /// Counts values by these upper bounds.
    Histogram(&'static [f64]),
}

/// Up to the minute that UPI may take.
const CALL_SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0,
];
/// From a check of a request to a wait for UPI.
const STAGE_SECONDS: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0,
];
/// Changes that share one commit.
const CHANGES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const POINTS: &[f64] = &[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0];

/// An instrument of a meter as its row describes it, yet to be built.
macro_rules! described {
    ($meter:expr, $method:ident, $metric:expr) => {
        $meter
            .$method($metric.name)
            .with_unit($metric.unit)
            .with_description($metric.help)
    };
}
pub(super) use described;

macro_rules! table {
    ($($id:ident: $name:literal, $unit:literal, $kind:expr, $labels:expr, $help:literal;)*) => {
        $(#[doc = $help] pub const $id: Metric = Metric {
            name: $name, unit: $unit, kind: $kind, labels: &$labels, help: $help,
        };)*
        /// All of them.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

table! {
    CALL_DURATION: "rpc.server.call.duration", "s", Kind::Histogram(CALL_SECONDS),
        ["caller", "rpc.system.name", "rpc.method", "rpc.response.status_code", "error.type"],
        "Calls of the gateway, from their headers to the end of their handling. The caller is an entry of callers, or anonymous.";
    CALLS_ACTIVE: "idphoto.calls.active", "{call}", Kind::Gauge, ["rpc.method"],
        "Calls that are being handled.";
    CALLS_JOINED: "idphoto.calls.joined", "{call}", Kind::Counter, [],
        "Calls that waited for another call with the same order id.";
    CALLS_REPLAYED: "idphoto.calls.replayed", "{call}", Kind::Counter, [],
        "Calls that were answered from the ledger.";
    ATTEMPTS_REPLAYED: "idphoto.attempts.replayed", "{attempt}", Kind::Counter, ["by"],
        "Calls that a mesh or a client's library says it had sent before.";
    HANDSHAKES_FAILED: "idphoto.handshakes.failed", "{handshake}", Kind::Counter, ["cause"],
        "Connections to the gRPC port or the health port that failed before HTTP/2 or were cut, by cause.";
    FORWARDED_IGNORED: "idphoto.identities.ignored", "{call}", Kind::Counter, [],
        "Calls with an x-forwarded-client-cert from a peer that is not in auth.trusted_proxies, which was ignored.";
    KEYS_READ: "idphoto.jwks.reads", "{read}", Kind::Counter, ["result"],
        "How often the keys of tokens (auth.jwt) were read: good, or failed, when the last ones stay.";
    KEYS_COUNT: "idphoto.jwks.keys", "{key}", Kind::Gauge, [],
        "Keys by which tokens are verified; absent without auth.jwt, and before any were read.";
    KEYS_LAST_GOOD: "idphoto.jwks.last_good", "s", Kind::Gauge, [],
        "When the keys of tokens in force were read, in seconds since 1970.";
    ERRORS: "idphoto.errors", "{error}", Kind::Counter, ["reason", "dispatch"],
        "Errors by their reason, and by what was certain about the request to UPI.";
    STAGE_DURATION: "idphoto.stage.duration", "s", Kind::Histogram(STAGE_SECONDS), ["stage"],
        "Stages of a verification: validate, seal, claim, send, open, settle.";
    ORDERS_ACTIVE: "idphoto.orders.active", "{order}", Kind::Gauge, [],
        "Orders under way.";
    ORDERS_LIMIT: "idphoto.orders.limit", "{order}", Kind::Gauge, [],
        "Orders that may be under way at once (server.max_in_flight).";
    ORDERS_ENDED: "idphoto.orders.ended", "{order}", Kind::Counter, ["dispatch"],
        "Orders by how they ended.";
    OUTCOME_UNKNOWN: "idphoto.orders.outcome_unknown", "{order}", Kind::Counter, [],
        "Orders that were sent and got no valid answer. Each may have been charged.";
    LEDGER_UP: "idphoto.ledger.up", "", Kind::Gauge, [],
        "1 while the ledger can be written, 0 while it cannot; then no order is sent.";
    LEDGER_COMMIT_DURATION: "idphoto.ledger.commit.duration", "s", Kind::Histogram(STAGE_SECONDS), [],
        "How long it took until changes of the ledger were durable, all that were made at once.";
    LEDGER_COMMIT_CHANGES: "idphoto.ledger.commit.changes", "{change}", Kind::Histogram(CHANGES), [],
        "How many changes of the ledger were made durable at once.";
    LEDGER_UNSETTLED: "idphoto.ledger.unsettled", "{order}", Kind::Gauge, [],
        "Orders whose callers know their end, which the ledger has not taken yet. They are unknown if the process dies.";
    LEDGER_SWEPT: "idphoto.ledger.swept", "{order}", Kind::Counter, [],
        "Orders that a gateway left in flight that is gone, whose outcome is unknown now.";
    LEDGER_LATE: "idphoto.ledger.late_ends", "{order}", Kind::Counter, [],
        "Orders that had been given up as unknown, and whose end came after all.";
    LEDGER_ORDERS: "idphoto.ledger.orders", "{order}", Kind::Gauge, [],
        "Orders that the ledger has, where the engine counts them.";
    LEDGER_SIZE: "idphoto.ledger.size", "By", Kind::Gauge, [],
        "What the ledger takes on its disk, where the engine knows.";
    UPI_DURATION: "idphoto.upi.call.duration", "s", Kind::Histogram(CALL_SECONDS), ["result"],
        "Calls of UPI: answered, refused (401), not_sent or unknown.";
    REUSED_BROKEN: "idphoto.upi.reused.broken", "{order}", Kind::Counter, ["dispatch"],
        "Orders under which a connection to UPI broke that had served another order before.";
    CIRCUIT: "idphoto.upi.circuit", "", Kind::Gauge, [],
        "Whether calls go to UPI: 0 they do, 1 one does and decides for the next, 2 none does since UPI takes no connections.";
    CIRCUIT_REFUSED: "idphoto.upi.circuit.refused", "{call}", Kind::Counter, [],
        "Calls that were refused at once since UPI takes no connections. Nothing was sent for them.";
    PAUSED: "idphoto.upi.paused", "", Kind::Gauge, [],
        "1 while upi.pause is set, and no order is sent.";
    BUDGET_LIMIT: "idphoto.budget.limit", "{order}", Kind::Gauge, ["caller", "period"],
        "Verifications that may be sent for a caller in the present day or month (period), where it has a budget.";
    BUDGET_LEFT: "idphoto.budget.left", "{order}", Kind::Gauge, ["caller", "period"],
        "How many of them are left.";
    CLOCK_SKEW: "idphoto.upi.clock_skew", "s", Kind::Gauge, [],
        "UPI's clock minus ours, by the Date header of its last reply; right to half a second.";
    ANSWERS: "idphoto.answers", "{answer}", Kind::Counter, ["category", "response_code"],
        "Answers of UPI, by category and response code.";
    CONFIDENCE: "idphoto.confidence", "{point}", Kind::Histogram(POINTS), [],
        "Confidences of answers that compared, 0 to 100.";
    KEY_EXPIRY: "idphoto.key.expiry", "s", Kind::Gauge, ["role", "kid"],
        "Time until the certificate of a key ends; negative after that.";
    TOKEN_SESSIONS: "idphoto.token.sessions", "{session}", Kind::Gauge, ["token", "key", "state"],
        "Sessions of a signing key in a token (upi.signing.pkcs11): open, closed until they are needed, or hung in a call that does not return.";
    RELOADS: "idphoto.reloads", "{reload}", Kind::Counter, ["result"],
        "How often the configuration was read again while the gateway ran: good, or refused.";
    RELOAD_REFUSED: "idphoto.reload.refused", "", Kind::Gauge, [],
        "1 while the configuration that was read last is refused, and an older one is in force.";
    RELOAD_LAST_GOOD: "idphoto.reload.last_good", "s", Kind::Gauge, [],
        "When the configuration in force was read, in seconds since 1970.";
    BUILD_INFO: "idphoto.build.info", "", Kind::Gauge, ["version"],
        "Always 1; the label tells what runs.";
    TELEMETRY_LOST: "idphoto.telemetry.lost", "{item}", Kind::Counter, ["signal", "cause"],
        "Spans and collections of metrics that no collector got, and log lines that standard error did not take.";
    CPU_TIME: "process.cpu.time", "s", Kind::Counter, [],
        "Processor time of the process.";
    MEMORY: "process.memory.usage", "By", Kind::Gauge, [],
        "Resident memory of the process.";
    DESCRIPTORS: "process.open_fds", "{file_descriptor}", Kind::Gauge, [],
        "Open file descriptors of the process.";
    UPTIME: "process.uptime", "s", Kind::Gauge, [],
        "Time since the process began to serve.";
}

impl Metric {
    /// Its name in Prometheus, by the rules of OpenTelemetry's compatibility specification.
    #[must_use]
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge | Kind::Histogram(_) => "",
        };
        format!("{}{unit}{total}", prometheus_label(self.name))
    }
}

/// A label's name in Prometheus.
#[must_use]
pub fn prometheus_label(name: &str) -> String {
    name.replace('.', "_")
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// The table as Markdown: what is in `docs/metrics.md` below its introduction.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "| OpenTelemetry | Prometheus | unit | kind | labels | what it tells |\n\
         |---|---|---|---|---|---|\n",
    );
    for metric in ALL {
        let labels: Vec<_> = metric.labels.iter().map(|it| format!("`{it}`")).collect();
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {} | {} | {} |",
            metric.name,
            metric.prometheus_name(),
            metric.unit,
            metric.kind.name(),
            labels.join(", "),
            metric.help
        );
    }
    text
}
