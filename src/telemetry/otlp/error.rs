//! Why the export does not start.

use std::io;
use std::path::PathBuf;

use opentelemetry_otlp::ExporterBuildError;

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
