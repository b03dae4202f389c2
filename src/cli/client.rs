//! The commands' side of the contract: a connection, and errors read from their details.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::exit::Exit;
use crate::rpc::DOMAIN;

#[cfg(test)]
mod tests;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The dispatch and the advice where the gateway has said nothing: see docs/errors.md.
const UNKNOWN_TO_CLIENT: &str = "UNKNOWN_TO_CLIENT";
const ASK_FIRST: &str = "ASK_FIRST";

/// Where the gateway is.
#[derive(Debug, Clone, clap::Args)]
pub struct Target {
    /// Address of the gateway; https for TLS
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051")]
    pub target: String,
    /// CA certificates (PEM) to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Client certificate (PEM) for mutual TLS
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub cert_file: Option<PathBuf>,
    /// Private key (PEM) of the client certificate
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub key_file: Option<PathBuf>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A PEM file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The address or TLS settings are wrong, or nobody answers.
    #[error("cannot connect to the gateway")]
    Transport(#[from] tonic::transport::Error),
}

impl Target {
    /// Connects.
    ///
    /// # Errors
    /// A file, the address, TLS, or nobody there.
    pub async fn connect(&self) -> Result<Channel, ConnectError> {
        let mut endpoint = Endpoint::from_shared(self.target.clone())?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true);
        if self.target.starts_with("https:") {
            endpoint = endpoint.tls_config(self.tls()?)?;
        }
        Ok(endpoint.connect().await?)
    }

    fn tls(&self) -> Result<ClientTlsConfig, ConnectError> {
        let mut tls = ClientTlsConfig::new();
        tls = match &self.ca_file {
            Some(path) => tls.ca_certificate(Certificate::from_pem(read(path)?)),
            None => tls.with_native_roots(),
        };
        if let (Some(cert), Some(key)) = (&self.cert_file, &self.key_file) {
            tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?));
        }
        Ok(tls)
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, ConnectError> {
    std::fs::read(path).map_err(|cause| ConnectError::File {
        path: path.clone(),
        cause,
    })
}

/// An error of the contract, read from its details and never from its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// gRPC status code.
    pub code: Code,
    /// `ErrorReason`, without its prefix; empty when something else than the gateway
    /// answered.
    pub reason: String,
    /// Whether it was sent: `NOT_SENT`, `REFUSED`, `IN_FLIGHT`, `UNKNOWN`, `UNKNOWN_TO_CLIENT`
    /// (the gateway said nothing), or empty.
    pub dispatch: String,
    /// What to do: `SAME_ORDER`, `NEW_ORDER`, `FIX_REQUEST`, `NEVER`, `ASK_FIRST`, or empty.
    pub retry: String,
    /// Field path and rule of each violation.
    pub violations: Vec<(String, String)>,
    /// For people.
    pub message: String,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let passing = |word: &str| match info {
            None if may_have_arrived(status.code()) => word.to_owned(),
            _ => String::new(),
        };
        let metadata = |key| info.and_then(|info| info.metadata.get(key)).cloned();
        let violations = details
            .bad_request()
            .map(|bad| bad.field_violations.iter())
            .into_iter()
            .flatten()
            .map(|violation| (violation.field.clone(), violation.description.clone()))
            .collect();
        Self {
            code: status.code(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            dispatch: metadata("dispatch").unwrap_or_else(|| passing(UNKNOWN_TO_CLIENT)),
            retry: metadata("retry").unwrap_or_else(|| passing(ASK_FIRST)),
            violations,
            message: status.message().to_owned(),
        }
    }
}

/// Codes that a library or a proxy makes when a connection broke or time was over, with the
/// request perhaps at the gateway already.
fn may_have_arrived(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Unknown
            | Code::Internal
    )
}

impl Failure {
    /// The exit code of a command that ends with this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match (self.code, self.dispatch.as_str()) {
            (_, UNKNOWN_TO_CLIENT) => Exit::NoAnswer,
            (Code::InvalidArgument | Code::AlreadyExists, _) => Exit::BadData,
            (Code::NotFound, _) | (_, "IN_FLIGHT" | "UNKNOWN") => Exit::NoAnswer,
            (Code::Internal, _) => Exit::Fault,
            (Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded, _) => {
                Exit::Unavailable
            }
            _ => Exit::Failure,
        }
    }

    /// For people, in a few lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        let reason = match self.reason.as_str() {
            "" => "no word from the gateway",
            reason => reason,
        };
        let mut text = format!("{reason} ({:?}): {}", self.code, self.message);
        for (field, rule) in &self.violations {
            text.push_str(&format!("\n  {field}: {rule}"));
        }
        if !self.dispatch.is_empty() {
            text.push_str(&format!(
                "\n  dispatch {}, retry {}",
                self.dispatch, self.retry
            ));
        }
        if self.retry == ASK_FIRST {
            text.push_str("\n  anything may have happened to the order: ask by `idphoto get` before you repeat it");
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let violations: Vec<Value> = self
            .violations
            .iter()
            .map(|(field, rule)| json!({"field": field, "description": rule}))
            .collect();
        json!({
            "code": format!("{:?}", self.code),
            "reason": self.reason,
            "dispatch": self.dispatch,
            "retry": self.retry,
            "violations": violations,
            "message": self.message,
        })
    }
}
