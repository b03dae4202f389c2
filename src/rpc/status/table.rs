//! What follows from a reason, and the names of things on the wire and in the log.

use tonic::Code;
use tracing::Level;

use crate::pb::ErrorReason;

pub(in crate::rpc) struct Row {
    pub(in crate::rpc) code: Code,
    pub(in crate::rpc) retry: Option<&'static str>,
    /// How much it should disturb whoever runs the gateway.
    pub(in crate::rpc) level: Level,
    pub(in crate::rpc) message: &'static str,
}

const SAME_ORDER: Option<&str> = Some("SAME_ORDER");
const NEW_ORDER: Option<&str> = Some("NEW_ORDER");
const FIX_REQUEST: Option<&str> = Some("FIX_REQUEST");
const NEVER: Option<&str> = Some("NEVER");

const ERROR: Level = Level::ERROR;
const WARN: Level = Level::WARN;
const INFO: Level = Level::INFO;

#[rustfmt::skip] // A table reads better with one row a line.
pub(in crate::rpc) const fn row(reason: ErrorReason) -> Row {
    use ErrorReason as R;
    let (code, retry, level, message) = match reason {
        R::InvalidField => (Code::InvalidArgument, FIX_REQUEST, INFO, "the request is invalid"),
        R::RequestTooLarge => (Code::InvalidArgument, FIX_REQUEST, INFO, "the request is too large"),
        R::OrderIdReused => (Code::AlreadyExists, FIX_REQUEST, INFO, "the order id was used for other content"),
        R::Unauthenticated => (Code::Unauthenticated, FIX_REQUEST, INFO, "the caller is not known"),
        R::PermissionDenied => (Code::PermissionDenied, FIX_REQUEST, INFO, "the caller is not allowed"),
        R::QuotaExceeded => (Code::ResourceExhausted, SAME_ORDER, INFO, "the caller's quota is used up"),
        R::Overloaded => (Code::ResourceExhausted, SAME_ORDER, WARN, "no room for another call"),
        R::Draining => (Code::Unavailable, SAME_ORDER, INFO, "the gateway is shutting down"),
        R::LedgerUnavailable => (Code::Unavailable, SAME_ORDER, ERROR, "the ledger is unavailable"),
        R::SigningUnavailable => (Code::Unavailable, SAME_ORDER, ERROR, "the gateway cannot sign"),
        R::UpiUnreachable => (Code::Unavailable, SAME_ORDER, WARN, "UPI cannot be reached"),
        R::DeadlineTooShort => (Code::DeadlineExceeded, SAME_ORDER, INFO, "too little time is left to ask UPI"),
        R::UpiRefused => (Code::Internal, SAME_ORDER, WARN, "UPI refused the gateway's signature"),
        R::AnswerPending => (Code::DeadlineExceeded, SAME_ORDER, INFO, "UPI's answer is still awaited"),
        R::OutcomeUnknown => (Code::Unknown, NEW_ORDER, WARN, "the request was sent, and no valid answer came"),
        R::VerificationNotFound => (Code::NotFound, None, INFO, "no order with this id is known"),
        R::GatewayFault | R::Unspecified => (Code::Internal, NEVER, ERROR, "fault of the gateway"),
    };
    Row { code, retry, level, message }
}

/// The name of a reason on the wire: its enum value without the prefix.
pub(in crate::rpc) fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The name of a code as the gRPC specification writes it.
pub(in crate::rpc) const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
