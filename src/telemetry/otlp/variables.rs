//! The OTEL_* variables of the environment, as far as they are heard.
//!
//! opentelemetry.io/docs/specs/otel: "OpenTelemetry Environment Variable Specification" and
//! "OpenTelemetry Protocol Exporter". An empty variable is as good as none.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;

use super::Signal;
use super::settings::ExportError;

/// The environment, and in tests a list.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    /// Nothing is to be exported at all.
    pub(super) fn disabled(self) -> bool {
        self.says("OTEL_SDK_DISABLED", "true")
    }

    /// This signal is not to be exported.
    pub(super) fn silenced(self, signal: Signal) -> bool {
        self.says(&format!("OTEL_{}_EXPORTER", name(signal)), "none")
    }

    /// Somebody else than the configuration says which traces are sampled.
    pub(super) fn sample(self) -> bool {
        self.get("OTEL_TRACES_SAMPLER").is_some()
    }

    /// A URL. Without a scheme in the variable it is https, unless OTEL_EXPORTER_OTLP_INSECURE
    /// says otherwise.
    pub(super) fn endpoint(self, signal: Signal) -> Option<String> {
        let (_, endpoint) = self.exporter(signal, "ENDPOINT")?;
        if endpoint.contains("://") {
            return Some(endpoint);
        }
        let insecure = self.exporter(signal, "INSECURE");
        let plain = insecure.is_some_and(|(_, value)| is(&value, "true"));
        Some(format!(
            "{}://{endpoint}",
            if plain { "http" } else { "https" }
        ))
    }

    /// The path of a file in PEM.
    pub(super) fn authority(self, signal: Signal) -> Option<String> {
        Some(self.exporter(signal, "CERTIFICATE")?.1)
    }

    /// # Errors
    /// It is no number of milliseconds.
    pub(super) fn timeout(self, signal: Signal) -> Result<Option<Duration>, ExportError> {
        let Some((name, value)) = self.exporter(signal, "TIMEOUT") else {
            return Ok(None);
        };
        let milliseconds = value.trim().parse();
        let milliseconds = milliseconds.map_err(|_| ExportError::Variable {
            name,
            expected: "a number of milliseconds",
        })?;
        Ok(Some(Duration::from_millis(milliseconds)))
    }

    /// # Errors
    /// It is a compression that we do not have.
    pub(super) fn compression(
        self,
        signal: Signal,
    ) -> Result<Option<CompressionEncoding>, ExportError> {
        match self.exporter(signal, "COMPRESSION") {
            None => Ok(None),
            Some((_, value)) if is(&value, "none") => Ok(None),
            Some((_, value)) if is(&value, "gzip") => Ok(Some(CompressionEncoding::Gzip)),
            Some((_, value)) if is(&value, "zstd") => Ok(Some(CompressionEncoding::Zstd)),
            Some((name, _)) => Err(ExportError::Variable {
                name,
                expected: "gzip, zstd or none",
            }),
        }
    }

    /// `name=value,name=value`, values percent-encoded (W3C Baggage). They can be secrets.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn metadata(self, signal: Signal) -> Result<MetadataMap, ExportError> {
        let Some((name, list)) = self.exporter(signal, "HEADERS") else {
            return Ok(MetadataMap::new());
        };
        let pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
        let headers = pairs.map(header).collect::<Option<_>>();
        let headers = headers.ok_or(ExportError::Variable {
            name,
            expected: "a list of name=value",
        })?;
        Ok(MetadataMap::from_headers(headers))
    }

    /// The variable of this signal, or the one of all signals.
    fn exporter(self, signal: Signal, what: &str) -> Option<(String, String)> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", name(signal));
        let shared = format!("OTEL_EXPORTER_OTLP_{what}");
        [own, shared]
            .into_iter()
            .find_map(|name| Some((name.clone(), self.get(&name)?)))
    }

    fn says(self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|given| is(&given, value))
    }

    fn get(self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }
}

const fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "TRACES",
        Signal::Metrics => "METRICS",
    }
}

fn is(given: &str, value: &str) -> bool {
    given.trim().eq_ignore_ascii_case(value)
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let mut value = HeaderValue::from_bytes(&percent_decoded(value.trim())?).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        // A sign would be taken, too.
        let digits = code.bytes().all(|byte| byte.is_ascii_hexdigit());
        bytes.push(digits.then(|| u8::from_str_radix(code, 16).ok())??);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
