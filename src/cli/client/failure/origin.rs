//! Where failures come from: the gateway, a stranger in its place, or the command itself.

use std::error::Error;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{ASK_FIRST, Failure, UNKNOWN_TO_CLIENT};
use crate::cli::client::{ConnectError, NO_ANSWER, NOT_A_GATEWAY};
use crate::cli::exit::Exit;
use crate::cli::input::InputError;
use crate::rpc::DOMAIN;

/// The dispatch and the advice of what never left this command.
const NOT_SENT: &str = "NOT_SENT";
const SAME_ORDER: &str = "SAME_ORDER";
const FIX_REQUEST: &str = "FIX_REQUEST";

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|info| info.domain == DOMAIN);
        let Some(info) = info else {
            return Self::of_stranger(&status);
        };
        let metadata = |key| info.metadata.get(key).cloned().unwrap_or_default();
        let violations = details
            .bad_request()
            .map(|bad| bad.field_violations.iter())
            .into_iter()
            .flatten()
            .map(|violation| (violation.field.clone(), violation.description.clone()))
            .collect();
        let quota = details
            .quota_failure()
            .map(|quota| quota.violations.iter())
            .into_iter()
            .flatten()
            .map(|violation| (violation.subject.clone(), violation.description.clone()))
            .collect();
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            dispatch: metadata("dispatch"),
            retry: metadata("retry"),
            violations,
            quota,
            message: status.message().to_owned(),
            advice: String::new(),
            exit: None,
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let (code, reason, exit) = match &error {
            ConnectError::Contradiction(_) | ConnectError::NoTls(_) => {
                return Self::usage(error.to_string());
            }
            ConnectError::File { .. } => (Code::FailedPrecondition, "FILE_UNREADABLE", Exit::Files),
            ConnectError::Content { .. } | ConnectError::Pair { .. } => {
                (Code::FailedPrecondition, "FILE_INVALID", Exit::BadData)
            }
            ConnectError::Tls(_) => (Code::Internal, "TLS_FAILED", Exit::Failure),
            ConnectError::Refused(refused) => {
                (Code::Unavailable, refused.why.reason(), Exit::Unavailable)
            }
        };
        let mut failure = Self::own(code, reason, chain(&error), exit);
        if let ConnectError::Refused(refused) = &error {
            failure.advice = refused.advice();
            if refused.why.may_pass() {
                failure.retry = SAME_ORDER.to_owned();
            }
        }
        failure
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let (code, reason, exit) = match &error {
            InputError::File { .. } => (Code::FailedPrecondition, "FILE_UNREADABLE", Exit::Files),
            InputError::Customer | InputError::Passphrase(_) | InputError::Key(_) => {
                (Code::FailedPrecondition, "FILE_INVALID", Exit::BadData)
            }
            InputError::Mint(_) => (Code::Internal, "NO_RANDOMNESS", Exit::Failure),
        };
        Self::own(code, reason, chain(&error), exit)
    }
}

impl Failure {
    #[must_use]
    pub fn usage(message: String) -> Self {
        Self::own(Code::InvalidArgument, "BAD_USAGE", message, Exit::Usage)
    }

    /// Of a command that is about the ledger, and sends nothing to anybody.
    #[must_use]
    pub fn of_ledger(
        code: Code,
        reason: &str,
        message: String,
        advice: String,
        exit: Exit,
    ) -> Self {
        Self {
            dispatch: String::new(),
            retry: String::new(),
            advice,
            ..Self::own(code, reason, message, exit)
        }
    }

    /// Nobody answered within a limit of the command's own.
    #[must_use]
    pub fn no_answer(message: &str) -> Self {
        let (code, message) = (Code::DeadlineExceeded, message.to_owned());
        Self {
            retry: SAME_ORDER.to_owned(),
            ..Self::own(code, NO_ANSWER, message, Exit::Unavailable)
        }
    }

    /// Of a call that sends nothing to UPI.
    #[must_use]
    pub fn of_health(status: Status) -> Self {
        let mut failure = Self::from(status);
        let passing = failure.retry == ASK_FIRST;
        NOT_SENT.clone_into(&mut failure.dispatch);
        if passing { SAME_ORDER } else { FIX_REQUEST }.clone_into(&mut failure.retry);
        if passing {
            failure.advice.clear();
        }
        failure.exit = Some(Exit::Unavailable);
        failure
    }

    /// Of the command itself: nothing was sent.
    fn own(code: Code, reason: &str, message: String, exit: Exit) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            dispatch: NOT_SENT.to_owned(),
            retry: FIX_REQUEST.to_owned(),
            violations: Vec::new(),
            quota: Vec::new(),
            message,
            advice: String::new(),
            exit: Some(exit),
        }
    }

    /// A status that a library, a proxy or another server made.
    fn of_stranger(status: &Status) -> Self {
        let code = status.code();
        let [dispatch, retry, reason, advice] = match code {
            Code::Unimplemented => [
                "",
                "",
                NOT_A_GATEWAY,
                "another gRPC server is there, or the gateway's health port (server.health_listen): use the port of server.listen",
            ],
            _ if may_have_arrived(code) => [
                UNKNOWN_TO_CLIENT,
                ASK_FIRST,
                "",
                "anything may have happened to the order: ask by `idphoto get` before you repeat it",
            ],
            _ => [""; 4],
        }
        .map(str::to_owned);
        Self {
            code,
            reason,
            dispatch,
            retry,
            violations: Vec::new(),
            quota: Vec::new(),
            message: match code {
                Code::Unimplemented => "the gRPC server there does not know this method".to_owned(),
                _ => chain_of(status.message(), status.source()),
            },
            advice,
            exit: (code == Code::Unimplemented).then_some(Exit::Unavailable),
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

fn chain(error: &dyn Error) -> String {
    chain_of(&error.to_string(), error.source())
}

/// A text and its causes, but for those that the text tells already.
fn chain_of(text: &str, mut cause: Option<&(dyn Error + 'static)>) -> String {
    let mut line = text.to_owned();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(&format!(": {text}"));
        }
        cause = error.source();
    }
    line
}
