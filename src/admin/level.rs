//! `/log-level`: what is logged now, and a change for a time.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use tracing::Level;

use super::answer::{Answer, JSON, is_json, respond, say};
use crate::telemetry::{LEVELS, Standing, Switch};

/// A change has two short members (bytes).
const MAX_BODY: usize = 4 * 1024;

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn show(standing: &Standing) -> Answer {
    let until = standing.until.and_then(|until| until.format(&Rfc3339).ok());
    let shown = Shown {
        level: name(standing.level),
        configured: name(standing.configured),
        until,
    };
    match serde_json::to_string(&shown) {
        Ok(json) => respond(StatusCode::OK, JSON, json + "\n"),
        // Three texts can always be written.
        Err(_) => say(StatusCode::INTERNAL_SERVER_ERROR, "no answer can be made"),
    }
}

pub(super) async fn change<B>(log: &Switch, request: Request<B>) -> Answer
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    // A web page cannot send this type to another host without asking it first.
    if !is_json(request.headers()) {
        let text = "the content type is application/json";
        return say(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    }
    let body = match Limited::new(request.into_body(), MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return say(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
        }
        Err(_) => return say(StatusCode::BAD_REQUEST, "the body did not come whole"),
    };
    match Change::read(&body) {
        Some(change) => show(&log.set(change.level, change.period)),
        None => say(
            StatusCode::BAD_REQUEST,
            "expected {\"level\": \"debug\", \"for\": \"10m\"}: error, warn, info, debug or trace, \
             for 1s to 24h",
        ),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Change {
    level: Level,
    period: Duration,
}

/// The answer, its members in this order.
#[derive(Serialize)]
struct Shown {
    level: &'static str,
    configured: &'static str,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    level: &'a str,
    r#for: &'a str,
}

impl Change {
    fn read(body: &[u8]) -> Option<Self> {
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let period = humantime::parse_duration(body.r#for).ok()?;
        (SHORTEST..=LONGEST).contains(&period).then_some(())?;
        let level = level(body.level)?;
        Some(Self { level, period })
    }
}

fn level(name: &str) -> Option<Level> {
    let mut levels = LEVELS.into_iter();
    levels.find_map(|(known, level)| (known == name).then_some(level))
}

fn name(level: Level) -> &'static str {
    let mut levels = LEVELS.into_iter();
    let named = levels.find(|(_, known)| *known == level);
    named.map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{Change, Level};

    #[test]
    fn a_level_and_its_time_are_both_needed() {
        let read = |text: &str| Change::read(text.as_bytes());
        let change = read(r#"{"level":"debug","for":"1m 30s"}"#).unwrap();
        assert_eq!((change.level, change.period.as_secs()), (Level::DEBUG, 90));
        assert!(read(r#"{"level":"trace","for":"24h"}"#).is_some());
        for bad in [
            "",
            "{}",
            r#"{"level":"debug"}"#,
            r#"{"for":"10m"}"#,
            r#"{"level":"debug","for":"10"}"#,
            r#"{"level":"debug","for":10}"#,
            r#"{"level":"debug","for":"0s"}"#,
            r#"{"level":"debug","for":"999ms"}"#,
            r#"{"level":"debug","for":"24h 1s"}"#,
            r#"{"level":"debug","for":"99999999999999999999h"}"#,
            r#"{"level":"off","for":"10m"}"#,
            r#"{"level":"DEBUG","for":"10m"}"#,
            r#"{"level":"debug","for":"10m","more":1}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
