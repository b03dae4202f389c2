//! From the configuration and the standard variables to exporters.

use std::env;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::trace::{Sampler, TracerProviderBuilder};
use tonic::transport::{Certificate, ClientTlsConfig};

use crate::config::OtlpConfig;

/// For one message, connection included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why the export does not start.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// `telemetry.otlp.ca_file` cannot be read.
    #[error("cannot read {}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An endpoint, a header or a certificate of the configuration or of an OTEL_* variable.
    #[error("telemetry.otlp.* or an OTEL_* variable cannot be used")]
    Exporter(#[from] ExporterBuildError),
}

/// What both signals share.
pub(super) struct Settings {
    endpoint: Option<String>,
    tls: Option<ClientTlsConfig>,
    ratio: f64,
}

impl Settings {
    /// `None` when nothing is to be exported.
    ///
    /// # Errors
    /// `telemetry.otlp.ca_file` cannot be read.
    pub(super) fn of(config: &OtlpConfig) -> Result<Option<Self>, ExportError> {
        if says("OTEL_SDK_DISABLED", "true") {
            return Ok(None);
        }
        let settings = Self {
            endpoint: config.endpoint.clone(),
            tls: tls(config)?,
            ratio: config.sample_ratio,
        };
        let wanted = settings.wants("TRACES") || settings.wants("METRICS");
        Ok(wanted.then_some(settings))
    }

    /// Our ratio, unless OTEL_TRACES_SAMPLER says something else.
    pub(super) fn sampled(&self, provider: TracerProviderBuilder) -> TracerProviderBuilder {
        if env::var_os("OTEL_TRACES_SAMPLER").is_some() {
            return provider;
        }
        let ratio = Sampler::TraceIdRatioBased(self.ratio);
        provider.with_sampler(Sampler::ParentBased(Box::new(ratio)))
    }

    /// # Errors
    /// An endpoint, a header or a certificate is bad.
    pub(super) fn span_exporter(&self) -> Result<Option<SpanExporter>, ExportError> {
        if !self.wants("TRACES") {
            return Ok(None);
        }
        let mut builder = SpanExporter::builder().with_tonic().with_timeout(TIMEOUT);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(tls) = &self.tls {
            builder = builder.with_tls_config(tls.clone());
        }
        Ok(Some(builder.build()?))
    }

    /// # Errors
    /// The same.
    pub(super) fn metric_exporter(&self) -> Result<Option<MetricExporter>, ExportError> {
        if !self.wants("METRICS") {
            return Ok(None);
        }
        let mut builder = MetricExporter::builder().with_tonic().with_timeout(TIMEOUT);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(tls) = &self.tls {
            builder = builder.with_tls_config(tls.clone());
        }
        Ok(Some(builder.build()?))
    }

    fn wants(&self, signal: &str) -> bool {
        let endpoint = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let set = self.endpoint.is_some()
            || endpoint("OTEL_EXPORTER_OTLP_ENDPOINT")
            || endpoint(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));
        set && !says(&format!("OTEL_{signal}_EXPORTER"), "none")
    }
}

fn says(name: &str, value: &str) -> bool {
    env::var(name).is_ok_and(|given| given.trim().eq_ignore_ascii_case(value))
}

/// All that may be used.
fn endpoints(config: &OtlpConfig) -> impl Iterator<Item = String> {
    let names = ["", "TRACES_", "METRICS_"];
    let named = names.map(|signal| env::var(format!("OTEL_EXPORTER_OTLP_{signal}ENDPOINT")).ok());
    config
        .endpoint
        .clone()
        .into_iter()
        .chain(named.into_iter().flatten())
}

fn tls(config: &OtlpConfig) -> Result<Option<ClientTlsConfig>, ExportError> {
    let Some(path) = &config.ca_file else {
        let https = endpoints(config).any(|url| url.starts_with("https:"));
        return Ok(https.then(|| ClientTlsConfig::new().with_native_roots()));
    };
    let pem = std::fs::read(path).map_err(|source| ExportError::Ca {
        path: path.clone(),
        source,
    })?;
    let authority = Certificate::from_pem(pem);
    Ok(Some(ClientTlsConfig::new().ca_certificate(authority)))
}
