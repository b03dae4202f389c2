//! Calls that are refused on their headers. When most are, each may cost next to nothing, or
//! those that can be served pay for it: no span, no line of its own, and an answer that is built
//! once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Response};
use tokio::time::Instant;
use tonic::Code;
use tonic::body::Body;
use tracing::warn;

use super::status::{Failure, code_name, reason_name};
use crate::observe::{CallEnd, Event, Observer};
use crate::pb::ErrorReason;
use crate::verify::error::NotSent;

const PAUSE: Duration = Duration::from_secs(1);

/// Refuses, counts, and tells now and then.
pub(super) struct Refusals {
    headers: HeaderMap,
    observer: Arc<dyn Observer>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    since: u64,
}

impl Refusals {
    pub(super) fn new(observer: Arc<dyn Observer>) -> Self {
        let status = Failure::from(NotSent::Overloaded).status(None);
        Self {
            headers: status.into_http::<()>().into_parts().0.headers,
            observer,
            told: Mutex::default(),
        }
    }

    /// The answer to a call that was turned away since there is no room for it. Other reasons
    /// are about one call, which has its line.
    pub(super) fn turn_away(
        &self,
        method: &'static str,
        failure: &Failure,
    ) -> Option<Response<Body>> {
        if failure.reason != ErrorReason::Overloaded {
            return None;
        }
        self.observer.record(&Event::CallRefused(CallEnd {
            method,
            caller: None,
            code: code_name(Code::ResourceExhausted),
            reason: Some(reason_name(failure.reason)),
            dispatch: failure.dispatch,
            took: Duration::ZERO,
        }));
        self.tell(method);
        let mut response = Response::new(Body::empty());
        response.headers_mut().clone_from(&self.headers);
        Some(response)
    }

    fn tell(&self, method: &'static str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.since += 1;
        let now = Instant::now();
        if told.last.is_none_or(|last| now >= last + PAUSE) {
            let calls = std::mem::take(&mut told.since);
            told.last = Some(now);
            drop(told);
            warn!(
                rpc.method = method,
                reason = reason_name(ErrorReason::Overloaded),
                calls,
                "refused before they were read"
            );
        }
    }
}
