//! From the configuration and the standard variables to clients of collectors.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::uri::Scheme;
use opentelemetry_sdk::trace::{Sampler, TracerProviderBuilder};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use super::Signal;
use super::collector::Collector;
use super::variables::Variables;
use crate::marks;
use crate::telemetry::settings::Export;

/// For one message, connection and further attempts included, unless a variable says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Methods of a collector.
const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Why the export does not start.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file of a variable cannot be read.
    #[error("cannot read {}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The endpoint or the authorities of the configuration or of an OTEL_* variable.
    #[error("telemetry.otlp.* or an OTEL_EXPORTER_OTLP_* variable cannot be used")]
    Endpoint(#[from] tonic::transport::Error),
    /// A variable of the environment. Its value may be a secret.
    #[error("{name} is not {expected}")]
    Variable {
        /// The variable.
        name: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// What is exported, and how.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) config: &'a Export,
    pub(super) variables: Variables<'a>,
}

impl Settings<'_> {
    /// Our ratio, unless OTEL_TRACES_SAMPLER says something else.
    pub(super) fn sampled(self, provider: TracerProviderBuilder) -> TracerProviderBuilder {
        if self.variables.sample() {
            return provider;
        }
        let ratio = Sampler::TraceIdRatioBased(self.config.sample_ratio);
        provider.with_sampler(Sampler::ParentBased(Box::new(ratio)))
    }

    /// Where a signal goes; `None` when it goes nowhere. Connects when there is something to
    /// send.
    ///
    /// # Errors
    /// An endpoint, a variable or a file is bad.
    pub(super) fn collector(self, signal: Signal) -> Result<Option<Collector>, ExportError> {
        let variables = self.variables;
        if variables.disabled() || variables.silenced(signal) {
            return Ok(None);
        }
        let configured = self.config.endpoint.clone();
        let Some(url) = configured.or_else(|| variables.endpoint(signal)) else {
            return Ok(None);
        };
        let path = match signal {
            Signal::Traces => TRACES,
            Signal::Metrics => METRICS,
        };
        let channel = self.endpoint(url, signal)?.connect_lazy();
        let metadata = variables.metadata(signal)?;
        let timeout = variables.timeout(signal)?.unwrap_or(TIMEOUT);
        let collector = Collector::new(channel, path, metadata, timeout);
        Ok(Some(match variables.compression(signal)? {
            Some(encoding) => collector.compressed(encoding),
            None => collector,
        }))
    }

    fn endpoint(self, url: String, signal: Signal) -> Result<Endpoint, ExportError> {
        let endpoint = Endpoint::from_shared(url)?;
        let endpoint = endpoint.user_agent(concat!("idphoto/", env!("CARGO_PKG_VERSION")))?;
        // The parsed one: a scheme may be written in capitals.
        if endpoint.uri().scheme() != Some(&Scheme::HTTPS) {
            return Ok(endpoint);
        }
        let variable = self.variables.authority(signal).map(PathBuf::from);
        let tls = match (&self.config.ca_pem, variable) {
            (Some(pem), _) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            (None, Some(path)) => ClientTlsConfig::new().ca_certificate(authority(&path)?),
            (None, None) => ClientTlsConfig::new().with_native_roots(),
        };
        Ok(endpoint.tls_config(tls)?)
    }
}

fn authority(path: &Path) -> Result<Certificate, ExportError> {
    let pem = marks::read(path).map_err(|source| ExportError::Ca {
        path: path.to_owned(),
        source,
    })?;
    Ok(Certificate::from_pem(pem))
}

#[cfg(test)]
mod tests;
