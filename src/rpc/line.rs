//! The one log line of a call, written when its handling ends, however it ends.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tonic::Code;
use tracing::{Level, Span};

use super::call::{Call, Facts};
use super::drain::InProgress;
use super::status::{code_name, reason_name, row};
use crate::domain::{CallerName, OrderId};
use crate::observe::{CallEnd, Event, Observer};
use crate::pb::ErrorReason;
use crate::verify::error::Dispatch;

/// What to check when UPI answers 401, which comes without a reason; most likely first.
const REFUSED_HINT: &str = "UPI gives no reason; check in this order: the signing key belongs to \
    upi.signing.kid; the clock is right; upi.app_id and upi.request_path are as UPI has them; \
    nothing on the way changes the body. `idphoto doctor --network` looks into it";

/// A line to be written. When it is dropped unwritten, the caller left in the middle: its
/// handler was dropped.
pub(super) struct Line {
    pub(super) method: &'static str,
    /// When the call's headers came in.
    pub(super) arrived: Instant,
    pub(super) call: Call,
    pub(super) written: bool,
    pub(super) span: Span,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) _in_progress: InProgress,
}

impl Line {
    pub(super) fn close(mut self, code: Code) {
        let facts = self.call.facts().clone();
        if facts.lost {
            return;
        }
        self.written = true;
        let failure = facts.failure.as_ref();
        let dispatch = failure.and_then(|failure| failure.dispatch);
        let reason = failure.map(|failure| failure.reason);
        self.write(&facts, code, reason, dispatch, "call ended");
    }

    fn write(
        &self,
        facts: &Facts,
        code: Code,
        reason: Option<ErrorReason>,
        dispatch: Option<Dispatch>,
        message: &'static str,
    ) {
        /// A level must be known when the program is compiled.
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    rpc.method = self.method,
                    caller = facts.asker.name().map(CallerName::as_str),
                    order_id = facts.order_id.as_ref().map(OrderId::as_str),
                    code = code_name(code),
                    reason = reason.map(reason_name),
                    dispatch = dispatch.map(Dispatch::name),
                    duration_ms = milliseconds(self.arrived.elapsed()),
                    replayed = facts.replayed,
                    cause = cause(facts),
                    hint = reason.and_then(hint),
                    "{message}"
                )
            };
        }
        match reason.map_or(Level::INFO, |reason| row(reason).level) {
            Level::ERROR => line!(Level::ERROR),
            Level::WARN => line!(Level::WARN),
            _ => line!(Level::INFO),
        }
        let ended = Event::CallEnded(CallEnd {
            method: self.method,
            caller: facts.asker.name().cloned(),
            code: code_name(code),
            reason: reason.map(reason_name),
            dispatch,
            took: self.arrived.elapsed(),
        });
        self.span.in_scope(|| self.observer.record(&ended));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.written {
            let facts = self.call.facts().clone();
            let dispatch = facts.dispatch(Dispatch::InFlight);
            self.write(&facts, Code::Cancelled, None, Some(dispatch), "caller left");
        }
    }
}

/// With three decimals: a replay takes less than one.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn hint(reason: ErrorReason) -> Option<&'static str> {
    (reason == ErrorReason::UpiRefused).then_some(REFUSED_HINT)
}

fn cause(facts: &Facts) -> Option<String> {
    let first = facts.failure.as_ref()?.cause.as_ref()?;
    let mut text = first.to_string();
    let mut next = first.source();
    while let Some(error) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {error}");
        next = error.source();
    }
    Some(text)
}
