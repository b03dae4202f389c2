//! The OTEL_* variables of the environment, as far as the exporters do not read them or read over
//! what is wrong: they ignore a value that they cannot use
//! (open-telemetry/opentelemetry-rust, issue 774), and here it ends the start.
//!
//! opentelemetry.io/docs/specs/otel: "OpenTelemetry Environment Variable Specification" and
//! "OpenTelemetry Protocol Exporter". An empty variable is as good as none.

use std::path::PathBuf;
use std::{env, io};

use http::{HeaderName, HeaderValue};
use opentelemetry_otlp::ExporterBuildError;

use crate::telemetry::losses::Signal;

/// Why the export does not start.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file of a variable cannot be read.
    #[error("{name}: cannot read {}", path.display())]
    Ca {
        /// The variable.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The endpoint or the authorities of the configuration or of an OTEL_* variable.
    #[error("telemetry.otlp.* or an OTEL_EXPORTER_OTLP_* variable cannot be used")]
    Exporter(#[from] ExporterBuildError),
    /// A variable of the environment, or a key. Its value may be a secret.
    #[error("{name} is not {expected}")]
    Variable {
        /// The variable.
        name: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// A variable of this process. What is no text is bad rather than absent.
pub(super) fn of_process(name: &str) -> Option<String> {
    Some(env::var_os(name)?.to_string_lossy().into_owned())
}

/// The environment, and in tests a list.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    pub(super) fn disabled(self) -> bool {
        self.says("OTEL_SDK_DISABLED", "true")
    }

    pub(super) fn silenced(self, signal: Signal) -> bool {
        self.says(&format!("OTEL_{}_EXPORTER", name(signal)), "none")
    }

    /// Whether somebody else than the configuration says which traces are sampled.
    pub(super) fn sampler(self) -> Result<bool, ExportError> {
        let named = |name: &str| Some((name.to_owned(), self.get(name)?));
        let sampler = named("OTEL_TRACES_SAMPLER");
        let set = sampler.is_some();
        let argument = named("OTEL_TRACES_SAMPLER_ARG").filter(|_| set);
        judge(sampler, is_sampler, SAMPLERS)?;
        judge(argument, is_ratio, "a number from 0 to 1")?;
        Ok(set)
    }

    /// A variable, and the URL of it. Without a scheme in the variable it is https, unless OTEL_EXPORTER_OTLP_INSECURE
    /// says otherwise.
    pub(super) fn endpoint(self, signal: Signal) -> Option<(String, String)> {
        let (name, endpoint) = self.exporter(signal, "ENDPOINT")?;
        if endpoint.contains("://") {
            return Some((name, endpoint));
        }
        let insecure = self.exporter(signal, "INSECURE");
        let plain = insecure.is_some_and(|(_, value)| is(&value, "true"));
        let scheme = if plain { "http" } else { "https" };
        Some((name, format!("{scheme}://{endpoint}")))
    }

    /// A variable, and the path of a file in PEM in it.
    pub(super) fn authority(self, signal: Signal) -> Option<(String, PathBuf)> {
        let (name, path) = self.exporter(signal, "CERTIFICATE")?;
        Some((name, path.into()))
    }

    /// What the exporter of a signal reads itself can be used.
    pub(super) fn check(self, signal: Signal) -> Result<(), ExportError> {
        let rules: [Rule; 3] = [
            ("TIMEOUT", is_number, "a number of milliseconds"),
            ("COMPRESSION", is_compression, "gzip, zstd or none"),
            ("HEADERS", are_headers, "a list of name=value"),
        ];
        for (what, is_good, expected) in rules {
            judge(self.exporter(signal, what), is_good, expected)?;
        }
        Ok(())
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

/// A variable, what is good in it, and that in words.
type Rule = (&'static str, fn(&str) -> bool, &'static str);

fn judge(
    set: Option<(String, String)>,
    is_good: fn(&str) -> bool,
    expected: &'static str,
) -> Result<(), ExportError> {
    match set {
        Some((name, value)) if !is_good(&value) => Err(ExportError::Variable { name, expected }),
        _ => Ok(()),
    }
}

const SAMPLERS: &str = "always_on, always_off, traceidratio, parentbased_always_on, \
                        parentbased_always_off or parentbased_traceidratio";

fn is_sampler(value: &str) -> bool {
    let own = value.strip_prefix("parentbased_").unwrap_or(value);
    ["always_on", "always_off", "traceidratio"].contains(&own)
}

fn is_ratio(value: &str) -> bool {
    value
        .parse()
        .is_ok_and(|ratio: f64| (0.0..=1.0).contains(&ratio))
}

fn is_number(value: &str) -> bool {
    value.parse::<u64>().is_ok()
}

fn is_compression(value: &str) -> bool {
    ["gzip", "zstd", "none"].iter().any(|one| is(value, one))
}

/// `name=value,name=value`, values percent-encoded (W3C Baggage). They can be secrets.
fn are_headers(list: &str) -> bool {
    let mut pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
    pairs.all(|pair| is_header(pair).is_some())
}

fn is_header(pair: &str) -> Option<()> {
    let (name, value) = pair.split_once('=')?;
    name.trim().parse::<HeaderName>().ok()?;
    HeaderValue::from_bytes(&percent_decoded(value.trim())?).ok()?;
    Some(())
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
