//! How far UPI's clock is from ours.

use http::HeaderMap;
use http::header::DATE;
use time::OffsetDateTime;

/// A `Date` is cut to whole seconds (RFC 9110, section 5.6.7): on average this much is lost.
const CUT_OFF: f64 = 0.5;

/// Their clock minus ours, in seconds; `None` without a readable `Date`.
pub(super) fn of(headers: &HeaderMap, now: OffsetDateTime) -> Option<f64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let theirs = OffsetDateTime::from(httpdate::parse_http_date(date).ok()?);
    Some((theirs - now).as_seconds_f64() + CUT_OFF)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::DATE;
    use time::{Duration, OffsetDateTime};

    #[test]
    fn a_clock_that_is_behind_has_a_negative_skew() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let date = httpdate::fmt_http_date((now - Duration::minutes(10)).into());
        let headers = HeaderMap::from_iter([(DATE, date.parse().unwrap())]);
        assert_eq!(super::of(&headers, now), Some(-599.5));
    }

    #[test]
    fn what_is_no_date_tells_nothing() {
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(super::of(&HeaderMap::new(), now), None);
        let headers = HeaderMap::from_iter([(DATE, "yesterday".parse().unwrap())]);
        assert_eq!(super::of(&headers, now), None);
    }
}
