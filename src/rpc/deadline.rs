//! The caller's deadline (`grpc-timeout`, gRPC over HTTP/2), which this server owns: no
//! library below it reads that header, and nothing drops a handler when time is over.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;

const HEADER: &str = "grpc-timeout";
const MAX_DIGITS: usize = 8;

/// The header is there and says nothing that the specification knows.
///
/// It is refused: a caller whose deadline cannot be read would be charged for an answer
/// that it may not wait for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// When the answer to a call must leave; `None` when the caller set no deadline.
///
/// The caller's time began before its headers came in at `arrived`, and the answer needs
/// time to travel; the margin of 5 %, at most 100 ms, is for both.
pub(super) fn reply_by(
    headers: &HeaderMap,
    arrived: Instant,
) -> Result<Option<Instant>, Malformed> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let timeout = parse(value.as_bytes()).ok_or(Malformed)?;
    // A deadline beyond what the clock can tell counts as not set.
    Ok(arrived.checked_add(timeout - margin(timeout)))
}

fn margin(timeout: Duration) -> Duration {
    (timeout / 20).min(Duration::from_millis(100))
}

/// `1*8DIGIT` and a unit.
pub(super) fn parse(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return None;
    }
    let count = digits.iter().try_fold(0, |count: u64, digit| {
        digit
            .is_ascii_digit()
            .then(|| count * 10 + u64::from(digit - b'0'))
    })?;
    match unit {
        b'H' => Some(Duration::from_secs(count * 3600)),
        b'M' => Some(Duration::from_secs(count * 60)),
        b'S' => Some(Duration::from_secs(count)),
        b'm' => Some(Duration::from_millis(count)),
        b'u' => Some(Duration::from_micros(count)),
        b'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use tokio::time::{Duration, Instant};

    use super::{Malformed, margin, parse, reply_by};

    #[test]
    fn every_unit_is_understood() {
        let cases = [
            ("2H", Duration::from_secs(7200)),
            ("3M", Duration::from_secs(180)),
            ("20S", Duration::from_secs(20)),
            ("1500m", Duration::from_millis(1500)),
            ("7u", Duration::from_micros(7)),
            ("9n", Duration::from_nanos(9)),
            ("0m", Duration::ZERO),
            ("99999999n", Duration::from_nanos(99_999_999)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let wrong = [
            "",
            "S",
            "5",
            "5s",
            "5h",
            "-5S",
            "+5S",
            "5 S",
            " 5S",
            "1.5S",
            "５S",
            "123456789S",
            "5SS",
        ];
        for text in wrong {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_margin_is_a_twentieth_and_never_more_than_100_ms() {
        assert_eq!(
            margin(Duration::from_millis(400)),
            Duration::from_millis(20)
        );
        assert_eq!(margin(Duration::from_secs(2)), Duration::from_millis(100));
        assert_eq!(margin(Duration::from_secs(20)), Duration::from_millis(100));
        assert_eq!(margin(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn the_answer_leaves_before_the_callers_time_is_over() {
        let now = Instant::now();
        let by = |value| reply_by(&headers(value), now);
        assert_eq!(by("1S"), Ok(Some(now + Duration::from_millis(950))));
        assert_eq!(by("20S"), Ok(Some(now + Duration::from_millis(19_900))));
        assert_eq!(by("soon"), Err(Malformed));
        assert_eq!(reply_by(&HeaderMap::new(), now), Ok(None));
    }

    #[test]
    fn the_longest_deadline_does_not_overflow() {
        assert!(reply_by(&headers("99999999H"), Instant::now()).is_ok());
    }

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            super::HEADER.parse().unwrap(),
            HeaderValue::from_static(value),
        )])
    }
}
