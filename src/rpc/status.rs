//! The error table: the only place that builds a [`Status`].
//!
//! An error is a reason, a dispatch and a few details; code, retry advice and text follow
//! from the reason. Causes are for the log and stay out of the status.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, QuotaViolation, StatusExt as _};

use crate::domain::{CallerName, OrderId, Violations};
use crate::pb::ErrorReason;
use crate::verify::FindError;
use crate::verify::error::{CallerLimit, Denial, Dispatch, NotSent, VerifyError};
use crate::verify::port::Cause;

mod table;

pub(super) use table::{code_name, reason_name, row};

use table::Row;

/// `google.rpc.ErrorInfo.domain` of every error.
pub const DOMAIN: &str = "idphoto";

/// An order in flight takes seconds, so room comes back quickly.
const OVERLOADED_DELAY: Duration = Duration::from_secs(1);
/// A database that fails over needs a few seconds.
const LEDGER_DELAY: Duration = Duration::from_secs(2);
/// A token that restarts needs a few seconds.
const SIGNING_DELAY: Duration = Duration::from_secs(2);
/// Lines and name servers take longer than that.
const UNREACHABLE_DELAY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) reason: ErrorReason,
    /// What is certain about the request to UPI; absent where the question makes no sense.
    pub(super) dispatch: Option<Dispatch>,
    pub(super) cause: Option<Cause>,
    extra: Extra,
}

/// What some rows carry besides `ErrorInfo`.
#[derive(Debug, Clone)]
enum Extra {
    Nothing,
    Fields(Vec<FieldViolation>),
    Later(Duration),
    Quota {
        caller: CallerName,
        limit: CallerLimit,
        retry_after: Duration,
    },
}

impl Failure {
    const fn new(reason: ErrorReason, dispatch: Option<Dispatch>) -> Self {
        Self {
            reason,
            dispatch,
            cause: None,
            extra: Extra::Nothing,
        }
    }

    const fn not_sent(reason: ErrorReason) -> Self {
        Self::new(reason, Some(Dispatch::NotSent))
    }

    fn because(self, cause: Cause) -> Self {
        let cause = Some(cause);
        Self { cause, ..self }
    }

    fn with(self, extra: Extra) -> Self {
        Self { extra, ..self }
    }

    /// A message over the limit, compressed or not.
    pub(super) const fn too_large() -> Self {
        Self::not_sent(ErrorReason::RequestTooLarge)
    }

    /// A message that is not the protobuf it should be, so no field can be named.
    pub(super) fn malformed() -> Self {
        Self::whole_request("the message cannot be decoded")
    }

    /// A second message: the caller would believe that it was handled, too.
    pub(super) fn not_unary() -> Self {
        Self::whole_request("the request must be one message")
    }

    pub(super) fn bad_timeout() -> Self {
        Self::whole_request("grpc-timeout must be 1 to 8 digits and one of H, M, S, m, u, n")
    }

    /// The caller's time was over before its request had arrived.
    pub(super) const fn no_time() -> Self {
        Self::not_sent(ErrorReason::DeadlineTooShort)
    }

    /// A panic in a handler, before or after the use case was called.
    pub(super) const fn panicked(dispatch: Dispatch) -> Self {
        Self::new(ErrorReason::GatewayFault, Some(dispatch))
    }

    fn whole_request(rule: &'static str) -> Self {
        let fields = vec![FieldViolation::new("", rule)];
        Self::not_sent(ErrorReason::InvalidField).with(Extra::Fields(fields))
    }

    /// The wire form. `order_id` must have passed the check: callers put all sorts of
    /// things there by mistake.
    pub(super) fn status(&self, order_id: Option<&OrderId>) -> Status {
        let row = row(self.reason);
        let mut details = ErrorDetails::new();
        details.set_error_info(
            reason_name(self.reason),
            DOMAIN,
            self.metadata(&row, order_id),
        );
        match &self.extra {
            Extra::Nothing => {}
            Extra::Fields(fields) => {
                details.set_bad_request(fields.clone());
            }
            Extra::Later(delay) => {
                details.set_retry_info(Some(*delay));
            }
            Extra::Quota {
                caller,
                limit,
                retry_after,
            } => {
                let violation = QuotaViolation::new(format!("caller:{caller}"), limit.name());
                details.set_quota_failure(vec![violation]);
                details.set_retry_info(Some(*retry_after));
            }
        }
        Status::with_error_details(row.code, row.message, details)
    }

    fn metadata(&self, row: &Row, order_id: Option<&OrderId>) -> HashMap<String, String> {
        [
            ("dispatch", self.dispatch.map(Dispatch::name)),
            ("retry", row.retry),
            ("order_id", order_id.map(OrderId::as_str)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
        .collect()
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        let dispatch = Some(error.dispatch());
        let (reason, cause) = match error {
            VerifyError::NotSent(error) => return error.into(),
            VerifyError::Pending => (ErrorReason::AnswerPending, None),
            VerifyError::Refused(cause) => (ErrorReason::UpiRefused, Some(cause)),
            VerifyError::OutcomeUnknown(cause) => (ErrorReason::OutcomeUnknown, Some(cause)),
            VerifyError::Fault { cause, .. } => (ErrorReason::GatewayFault, Some(cause)),
        };
        let failure = Self::new(reason, dispatch);
        Self { cause, ..failure }
    }
}

impl From<NotSent> for Failure {
    fn from(error: NotSent) -> Self {
        match error {
            NotSent::Invalid(violations) => violations.into(),
            NotSent::Denied(denial) => denial.into(),
            NotSent::OrderIdReused => Self::not_sent(ErrorReason::OrderIdReused),
            NotSent::Draining => Self::not_sent(ErrorReason::Draining),
            NotSent::DeadlineTooShort => Self::no_time(),
            NotSent::Overloaded => {
                Self::not_sent(ErrorReason::Overloaded).with(Extra::Later(OVERLOADED_DELAY))
            }
            NotSent::OverRate(delay) => {
                Self::not_sent(ErrorReason::Overloaded).with(Extra::Later(delay))
            }
            NotSent::LedgerUnavailable(cause) => Self::not_sent(ErrorReason::LedgerUnavailable)
                .with(Extra::Later(LEDGER_DELAY))
                .because(cause),
            NotSent::CannotSign(cause) => Self::not_sent(ErrorReason::SigningUnavailable)
                .with(Extra::Later(SIGNING_DELAY))
                .because(cause),
            NotSent::Unreachable(cause) => Self::not_sent(ErrorReason::UpiUnreachable)
                .with(Extra::Later(UNREACHABLE_DELAY))
                .because(cause),
        }
    }
}

impl From<Violations> for Failure {
    fn from(violations: Violations) -> Self {
        let fields = violations
            .iter()
            .map(|violation| FieldViolation::new(violation.field, violation.description.as_ref()))
            .collect();
        Self::not_sent(ErrorReason::InvalidField).with(Extra::Fields(fields))
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Unauthenticated => Self::not_sent(ErrorReason::Unauthenticated),
            Denial::BadToken(flaw) => {
                Self::not_sent(ErrorReason::Unauthenticated).because(Arc::new(flaw))
            }
            Denial::PermissionDenied(forbidden) => {
                Self::not_sent(ErrorReason::PermissionDenied).because(Arc::new(forbidden))
            }
            Denial::QuotaExceeded {
                caller,
                limit,
                retry_after,
            } => Self::not_sent(ErrorReason::QuotaExceeded).with(Extra::Quota {
                caller,
                limit,
                retry_after,
            }),
        }
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound => Self::new(ErrorReason::VerificationNotFound, None),
            FindError::LedgerUnavailable(cause) => NotSent::LedgerUnavailable(cause).into(),
        }
    }
}

/// Health knows no such name. It is not one of our methods, so there are no details.
pub(super) fn unknown_service() -> Status {
    Status::not_found("unknown service")
}
