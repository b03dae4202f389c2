//! `telemetry.otlp.*`: the export to an OpenTelemetry collector.

use std::path::PathBuf;
use std::time::Duration;

use super::super::field::Field;
use super::super::kind::{DURATION, Kind, PATH, RATIO};
use super::super::reader::Reader;
use super::super::upi::BASE_URL;
use crate::upi::BaseUrl;

/// `telemetry.otlp.*`
#[derive(Debug, Clone, PartialEq)]
pub struct OtlpConfig {
    /// The collector's gRPC endpoint. `None` leaves it to the environment's OTEL_* variables;
    /// without those nothing is exported.
    pub endpoint: Option<String>,
    /// The only authorities that the collector's certificate may come from, PEM.
    pub ca_file: Option<PathBuf>,
    /// The share of traces begun here that is exported, 0 to 1; default 1.
    pub sample_ratio: f64,
    /// How often metrics are exported, at least 1 s; default 60 s.
    pub metrics_interval: Duration,
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            ca_file: None,
            sample_ratio: 1.0,
            metrics_interval: Duration::from_secs(60),
        }
    }
}

const URL: Kind<BaseUrl> = Kind {
    expected: || {
        "an http or https URL without user name, query and fragment, such as \
         \"http://127.0.0.1:4317\""
            .to_owned()
    },
    ..BASE_URL
};

pub static ENDPOINT: Field<BaseUrl> = Field::new("telemetry.otlp.endpoint", URL, |config| {
    BaseUrl::parse(config.telemetry.otlp.endpoint.as_ref()?).ok()
})
.about(
    "Where traces and metrics go: an OpenTelemetry collector that speaks OTLP over gRPC. \
     Without it the environment's OTEL_EXPORTER_OTLP_ENDPOINT counts, and without that \
     nothing is exported.",
);

pub static CA_FILE: Field<PathBuf> = Field::new("telemetry.otlp.ca_file", PATH, |config| {
    config.telemetry.otlp.ca_file.clone()
})
.about("The only authorities that the collector's certificate may come from, PEM.");

pub static SAMPLE_RATIO: Field<f64> = Field::new("telemetry.otlp.sample_ratio", RATIO, |config| {
    Some(config.telemetry.otlp.sample_ratio)
})
.default(|| 1.0)
.about(
    "The share of traces that is exported, of those that begin here. Where the caller has \
     decided already, its decision counts.",
);

pub static METRICS_INTERVAL: Field<Duration> =
    Field::new("telemetry.otlp.metrics_interval", DURATION, |config| {
        Some(config.telemetry.otlp.metrics_interval)
    })
    .default(|| Duration::from_secs(60))
    .rule(
        |interval| *interval >= Duration::from_secs(1),
        "at least 1s",
    )
    .about("How often metrics are exported.");

pub fn read(reader: &mut Reader) -> Option<OtlpConfig> {
    let endpoint = reader.get(&ENDPOINT);
    let endpoint = endpoint.map(|url| url.as_str().to_owned());
    let ca_file = reader.get(&CA_FILE);
    let sample_ratio = reader.get(&SAMPLE_RATIO);
    let metrics_interval = reader.get(&METRICS_INTERVAL);
    Some(OtlpConfig {
        endpoint,
        ca_file,
        sample_ratio: sample_ratio?,
        metrics_interval: metrics_interval?,
    })
}
