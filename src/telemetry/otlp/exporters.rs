//! From the configuration and the standard variables to exporters.

use std::path::PathBuf;

use http::uri::{Scheme, Uri};
use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::trace::{Sampler, TracerProviderBuilder};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tonic::transport::{Certificate, ClientTlsConfig};

use super::variables::{ExportError, Variables};
use crate::marks;
use crate::telemetry::losses::Signal;
use crate::telemetry::settings::Export;

#[derive(Clone, Copy)]
pub(super) struct Exporters<'a> {
    pub(super) config: &'a Export,
    pub(super) variables: Variables<'a>,
}

impl Exporters<'_> {
    /// Our ratio, unless OTEL_TRACES_SAMPLER says something else.
    pub(super) fn sampled(
        self,
        provider: TracerProviderBuilder,
    ) -> Result<TracerProviderBuilder, ExportError> {
        if self.variables.sampler()? {
            return Ok(provider);
        }
        let ratio = Sampler::TraceIdRatioBased(self.config.sample_ratio);
        Ok(provider.with_sampler(Sampler::ParentBased(Box::new(ratio))))
    }

    /// Tells an exporter where its signal goes; `None` when it goes nowhere. The exporter reads
    /// the other variables itself.
    pub(super) fn aim<B>(self, signal: Signal, exporter: B) -> Result<Option<B>, ExportError>
    where
        B: WithExportConfig + WithTonicConfig,
    {
        let variables = self.variables;
        if variables.disabled() || variables.silenced(signal) {
            return Ok(None);
        }
        let configured = self.config.endpoint.clone();
        let configured = configured.map(|url| ("telemetry.otlp.endpoint".to_owned(), url));
        let Some((name, url)) = configured.or_else(|| variables.endpoint(signal)) else {
            return Ok(None);
        };
        variables.check(signal)?;
        let expected = "the URL of a collector";
        let bad = |_| ExportError::Variable { name, expected };
        let parsed: Uri = url.parse().map_err(bad)?;
        let exporter = exporter.with_endpoint(url);
        // The parsed one: a scheme may be written in capitals.
        Ok(Some(if parsed.scheme() == Some(&Scheme::HTTPS) {
            exporter.with_tls_config(self.tls(signal)?)
        } else {
            exporter
        }))
    }

    /// The exporters read no authorities from the environment
    /// (open-telemetry/opentelemetry-rust, issue 774).
    fn tls(self, signal: Signal) -> Result<ClientTlsConfig, ExportError> {
        let tls = ClientTlsConfig::new();
        if let Some(pem) = &self.config.ca_pem {
            return Ok(tls.ca_certificate(Certificate::from_pem(pem)));
        }
        Ok(match self.variables.authority(signal) {
            Some((name, path)) => tls.ca_certificate(authority(name, path)?),
            None => tls.with_native_roots(),
        })
    }
}

fn authority(name: String, path: PathBuf) -> Result<Certificate, ExportError> {
    let pem = match marks::read(&path) {
        Ok(pem) => pem,
        Err(source) => return Err(ExportError::Ca { name, path, source }),
    };
    let mut certificates = CertificateDer::pem_slice_iter(&pem).peekable();
    if certificates.peek().is_none() || certificates.any(|one| one.is_err()) {
        let expected = "a file with certificates in PEM";
        return Err(ExportError::Variable { name, expected });
    }
    Ok(Certificate::from_pem(pem))
}

#[cfg(test)]
mod tests;
