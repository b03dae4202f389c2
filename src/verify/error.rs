//! The errors of the use case, by phase: what is certain about the request to UPI.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

mod token;

use crate::domain::{CallerName, Identity, Span, Violations};

pub use crate::domain::Dispatch;
pub use token::TokenFlaw;

/// Why something failed, for the log and for nobody else. Never holds personal data.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a verification has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VerifyError {
    /// Before sending: nothing left the gateway.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// UPI refused our signature and processed nothing.
    #[error("UPI refused the gateway's signature")]
    Refused(#[source] Cause),
    /// Sent; the caller's time is over before the answer came.
    #[error("the answer is still awaited")]
    Pending,
    /// Sent, and no valid answer came.
    #[error("the outcome is unknown")]
    OutcomeUnknown(#[source] Cause),
    /// A bug, after which the order stands as `dispatch` says.
    #[error("fault of the gateway")]
    Fault {
        /// How far the order came.
        dispatch: Dispatch,
        /// For the log.
        #[source]
        cause: Cause,
    },
}

/// Why nothing was sent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotSent {
    /// The request breaks rules.
    #[error("invalid request: {0}")]
    Invalid(Violations),
    /// The order id was used for other content.
    #[error("the order id was used for other content")]
    OrderIdReused,
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// As many calls in flight as are allowed.
    #[error("no room for another call")]
    Overloaded,
    /// More orders than `upi.max_rate` lets through, where callers have no names; when there is room
    /// for one.
    #[error("no more orders for UPI at this rate")]
    OverRate(Duration),
    /// Shutting down.
    #[error("shutting down")]
    Draining,
    /// The intent could not be recorded.
    #[error("the ledger is unavailable")]
    LedgerUnavailable(#[source] Cause),
    /// What keeps our key does not sign.
    #[error("the gateway cannot sign")]
    CannotSign(#[source] Cause),
    /// No connection to UPI could be made, or none that took a whole request.
    #[error("UPI is unreachable")]
    Unreachable(#[source] Cause),
    /// The caller has less time left than a call is worth.
    #[error("the deadline is too short")]
    DeadlineTooShort,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Not known.
    #[error("the caller is not known")]
    Unauthenticated,
    /// Not known, since its token proves nothing.
    #[error("the caller's token is refused")]
    BadToken(#[source] TokenFlaw),
    /// Known, and not allowed.
    #[error("the caller is not allowed")]
    PermissionDenied(#[source] Forbidden),
    /// Rate or budget used up.
    #[error("the caller's quota is used up")]
    QuotaExceeded {
        /// Whose it is.
        caller: CallerName,
        /// Which of its limits was reached.
        limit: CallerLimit,
        /// When a new attempt makes sense.
        retry_after: Duration,
    },
}

/// A limit of one caller, by the key of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerLimit {
    /// `max_in_flight`: under way at once.
    MaxInFlight,
    /// `rate`: begun over time.
    Rate,
    /// Its share of `upi.max_rate`: sent over time.
    UpiRate,
    /// Its budget: sent in a day or a month.
    Budget(Span),
}

impl CallerLimit {
    /// The key, as the error's details have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxInFlight => "max_in_flight",
            Self::Rate => "rate",
            Self::UpiRate => "upi.max_rate",
            Self::Budget(span) => span.key(),
        }
    }
}

/// What a caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Its identity, which an authority of the operator's vouches for, has no rule.
    #[error("no caller has the identity {0}")]
    Unknown(Identity),
    /// Several rules know it by one of its names each.
    #[error("several callers have the identity {0}")]
    Ambiguous(Identity),
    /// `methods` of its rule lacks this one.
    #[error("its callers entry does not list the method")]
    Method,
    /// An operator stopped it.
    #[error("an operator stopped the caller (idphoto callers start lets it go on)")]
    Stopped,
    /// `merchants` of its rule lacks that of the request.
    #[error("its callers entry does not list the merchant of the request")]
    Merchant,
}

impl NotSent {
    /// A limit is reached: of a caller, or of all where they have no names.
    #[must_use]
    pub fn over(limit: CallerLimit, caller: Option<&CallerName>, retry_after: Duration) -> Self {
        match caller.cloned() {
            Some(caller) => Self::Denied(Denial::QuotaExceeded {
                caller,
                limit,
                retry_after,
            }),
            None => Self::OverRate(retry_after),
        }
    }
}

impl VerifyError {
    /// What is certain about the request to UPI.
    #[must_use]
    pub const fn dispatch(&self) -> Dispatch {
        match self {
            Self::NotSent(_) => Dispatch::NotSent,
            Self::Refused(_) => Dispatch::Refused,
            Self::Pending => Dispatch::InFlight,
            Self::OutcomeUnknown(_) => Dispatch::Unknown,
            Self::Fault { dispatch, .. } => *dispatch,
        }
    }
}
