//! Calls that are refused on their headers. When most are, each may cost next to nothing, or
//! those that can be served pay for it: no span, no line of its own, and an answer that is built
//! once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Response};
use tokio::time::Instant;
use tonic::body::Body;
use tracing::Level;

use super::quota::Turned;
use super::status::{Failure, code_name, reason_name, row};
use crate::observe::{CallEnd, Event, Observer};
use crate::verify::error::NotSent;

const PAUSE: Duration = Duration::from_secs(1);
const HEADERS_TOO_LARGE: &str = "the headers are larger than server.max_header_bytes";

/// Refuses, counts, and tells now and then.
pub(super) struct Refusals {
    no_room: Refusal,
    headers_too_large: Refusal,
    observer: Arc<dyn Observer>,
}

/// One way to refuse.
struct Refusal {
    failure: Failure,
    /// For the log.
    cause: Option<&'static str>,
    headers: HeaderMap,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    since: u64,
}

impl Refusals {
    pub(super) fn new(observer: Arc<dyn Observer>) -> Self {
        Self {
            no_room: Refusal::new(NotSent::Overloaded.into(), None),
            headers_too_large: Refusal::new(Failure::too_large(), Some(HEADERS_TOO_LARGE)),
            observer,
        }
    }

    pub(super) fn answer(&self, method: &'static str, turned: Turned) -> Response<Body> {
        let refusal = match turned {
            Turned::NoRoom => &self.no_room,
            Turned::HeadersTooLarge => &self.headers_too_large,
        };
        self.observer
            .record(&Event::CallRefused(refusal.end(method)));
        refusal.tell(method);
        let mut response = Response::new(Body::empty());
        response.headers_mut().clone_from(&refusal.headers);
        response
    }
}

impl Refusal {
    fn new(failure: Failure, cause: Option<&'static str>) -> Self {
        let status = failure.status(None);
        Self {
            failure,
            cause,
            headers: status.into_http::<()>().into_parts().0.headers,
            told: Mutex::default(),
        }
    }

    fn end(&self, method: &'static str) -> CallEnd {
        let reason = self.failure.reason;
        CallEnd {
            method,
            caller: None,
            code: code_name(row(reason).code),
            reason: Some(reason_name(reason)),
            dispatch: self.failure.dispatch,
            took: Duration::ZERO,
        }
    }

    fn tell(&self, method: &'static str) {
        let Some(calls) = self.untold() else {
            return;
        };
        let (failure, cause) = (&self.failure, self.cause);
        /// A level must be known when the program is compiled.
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    rpc.method = method,
                    reason = reason_name(failure.reason),
                    calls,
                    cause,
                    "refused before they were read"
                )
            };
        }
        match row(failure.reason).level {
            Level::WARN => line!(Level::WARN),
            _ => line!(Level::INFO),
        }
    }

    /// How many were refused since the last line, when it is time for one.
    fn untold(&self) -> Option<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.since += 1;
        let now = Instant::now();
        if told.last.is_some_and(|last| now < last + PAUSE) {
            return None;
        }
        told.last = Some(now);
        Some(std::mem::take(&mut told.since))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::time::advance;
    use tonic::{Code, Status};

    use super::super::tests::log::Log;
    use super::*;

    /// Remembers what was counted.
    #[derive(Default)]
    struct Counted(Mutex<Vec<CallEnd>>);

    impl Observer for Counted {
        fn record(&self, event: &Event<'_>) {
            if let Event::CallRefused(end) = event {
                self.0.lock().unwrap().push(end.clone());
            }
        }
    }

    fn refusals() -> (Refusals, Arc<Counted>) {
        let counted = Arc::<Counted>::default();
        let observer = Arc::clone(&counted);
        (Refusals::new(observer), counted)
    }

    #[tokio::test]
    async fn each_is_answered_and_counted_with_its_reason() {
        let (refusals, counted) = refusals();
        let reasons = [
            (Turned::NoRoom, Code::ResourceExhausted, "OVERLOADED"),
            (
                Turned::HeadersTooLarge,
                Code::InvalidArgument,
                "REQUEST_TOO_LARGE",
            ),
        ];
        for (turned, code, reason) in reasons {
            for _ in 0..2 {
                let answer = refusals.answer("method", turned);
                let status = Status::from_header_map(answer.headers()).unwrap();
                assert_eq!(status.code(), code);
            }
            let counted = counted.0.lock().unwrap().split_off(0);
            assert_eq!(counted.len(), 2);
            for end in counted {
                assert_eq!((end.method, end.code), ("method", code_name(code)));
                assert_eq!(end.reason, Some(reason));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_line_in_a_second_tells_how_many_there_were_of_a_reason() {
        let (log, _guard) = Log::start();
        let (refusals, _) = refusals();
        for _ in 0..2 {
            for _ in 0..3 {
                refusals.answer("a", Turned::NoRoom);
                refusals.answer("b", Turned::HeadersTooLarge);
            }
            advance(PAUSE).await;
        }
        let told = |method, level, reason, calls| json!([level, method, reason, calls]);
        let expected = [
            told("a", "WARN", "OVERLOADED", 1),
            told("b", "INFO", "REQUEST_TOO_LARGE", 1),
            told("a", "WARN", "OVERLOADED", 3),
            told("b", "INFO", "REQUEST_TOO_LARGE", 3),
        ];
        let lines = log.lines().into_iter();
        let lines = lines.map(|line| {
            json!([
                line["level"],
                line["rpc.method"],
                line["reason"],
                line["calls"]
            ])
        });
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}
