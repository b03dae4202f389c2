//! UPI's gateway as it looks from here, and its clock beside ours.

use std::time::Duration;

use time::OffsetDateTime;

use super::finding::{Finding, Verdict};
use crate::app::Preparation;
use crate::config::Survey;
use crate::upi::transport::probe::{Cause, Failure, Observation, Reading, Step};
use crate::verify::port::Clock;

#[cfg(test)]
mod tests;

const BASE_URL: &str = "upi.base_url";
const CLOCK: &str = "clock";
const WINDOW: &str = "upi.clock_window";

/// What UPI itself admits, whatever our own window is (its general requirements).
const UPI_WINDOW: Duration = Duration::from_secs(300);

/// A difference that a time service would not leave.
const DRIFT: Duration = Duration::from_secs(30);

/// `Date` leaves out parts of a second.
const RESOLUTION: time::Duration = time::Duration::SECOND;

/// Resolves, connects and asks `HEAD /` once; nothing of the API's path, and no POST.
pub async fn examine(survey: &Survey, prepared: &Preparation, clock: &dyn Clock) -> Vec<Finding> {
    let (Some(probe), Some(config)) = (&prepared.probe, survey.draft()) else {
        let text = "cannot be looked at before the configuration of the way there is fixed";
        let advice = "fix it and run this again";
        return vec![Finding::warning("network", BASE_URL, text, advice)];
    };
    judge(&probe.run(clock).await, config.upi.clock_window)
}

fn judge(outcome: &Observation, window: Duration) -> Vec<Finding> {
    let passed = outcome.passed.iter();
    let mut findings: Vec<_> = passed
        .map(|step| {
            let [name, good, ..] = told(*step);
            Finding::ok(name, BASE_URL, good)
        })
        .collect();
    if let Some(Failure { step, cause, why }) = &outcome.failed {
        let [name, _, bad, advice] = told(*step);
        let (bad, advice) = words(*cause).unwrap_or((bad, advice));
        let text = format!("{bad}: {why}");
        let verdict = Verdict::Unreachable;
        findings.push(Finding::new(verdict, name, BASE_URL, text, advice));
    }
    let reading = outcome.reading.as_ref();
    findings.extend(reading.map(|reading| compare(reading, window)));
    findings
}

fn compare(reading: &Reading, window: Duration) -> Finding {
    const ADVICE: &str = "set the clock of this machine, and run a time service";
    let Some(skew) = skew(reading) else {
        let text = "UPI's answer carries no legible Date, so the clocks are not compared";
        return Finding::warning(CLOCK, WINDOW, text, "compare the clock with a time service");
    };
    let direction = if skew.is_negative() {
        "ahead of"
    } else {
        "behind"
    };
    let off = skew.unsigned_abs();
    let text = format!("the clock is {} {direction} UPI's", spell(off));
    if off > window.min(UPI_WINDOW) {
        let text = format!("{text}: UPI refuses every signature");
        Finding::wrong(CLOCK, WINDOW, text, ADVICE)
    } else if off > DRIFT {
        Finding::warning(CLOCK, WINDOW, text, ADVICE)
    } else {
        Finding::ok(CLOCK, WINDOW, "the clock agrees with UPI's")
    }
}

/// Their clock minus ours: the least difference that the way there and back leaves.
fn skew(reading: &Reading) -> Option<time::Duration> {
    let date = httpdate::parse_http_date(reading.date.as_deref()?).ok()?;
    let theirs = OffsetDateTime::from(date);
    let least = theirs - reading.answered;
    let most = theirs + RESOLUTION - reading.asked;
    Some(if least.is_positive() {
        least
    } else {
        most.min(time::Duration::ZERO)
    })
}

/// In seconds up to two minutes, then in minutes.
fn spell(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    match duration.as_secs() {
        seconds if seconds < 2 * MINUTE => format!("{seconds} seconds"),
        seconds => format!("{} minutes", (seconds + MINUTE / 2) / MINUTE),
    }
}

/// What a step is called, what its success and its failure mean, and what to do then.
const fn told(step: Step) -> [&'static str; 4] {
    match step {
        Step::Dns => [
            "dns",
            "the host has an address",
            "the host has no address",
            "check the host's name and this machine's name service",
        ],
        Step::Tcp => [
            "tcp",
            "the port takes connections",
            "the port takes no connection",
            "check host, port and firewall, and whether UPI admits this address",
        ],
        Step::Tls => [
            "tls",
            "the handshake succeeds",
            "TLS does not come about",
            "check upi.ca_file, the client certificate, and the host's name",
        ],
        Step::Http => [
            "http",
            "an answer comes",
            "no HTTP answer comes",
            "check host, port and upi.proxy, and whether UPI asks for a client certificate",
        ],
    }
}

/// What happened and what to do, where more is known than the step.
const fn words(cause: Cause) -> Option<(&'static str, &'static str)> {
    match cause {
        Cause::NoCommonCipherSuite => Some((
            "no common cipher suite, or UPI's side wants a client certificate that it does not get",
            "set upi.client_cert_file if UPI asks for one; the gateway has no RSA key exchange and no \
             CBC suites: where UPI has nothing else, put a proxy between that terminates TLS",
        )),
        Cause::NoCommonVersion => Some((
            "no common version of TLS",
            "the gateway speaks TLS 1.2 and 1.3: ask UPI for one of them, or put a proxy between \
             that terminates TLS",
        )),
        Cause::ProxyAuthorization => Some((
            "the forward proxy wants a name and a password, or others (407)",
            "put them into upi.proxy, as http://NAME:PASSWORD@HOST:PORT",
        )),
        Cause::ProxyRefused => Some((
            "the proxy does not let us through to UPI, or does not reach it (such as 403 or 502)",
            "ask for UPI's host and port to be allowed there, look at its log, and check upi.proxy",
        )),
        Cause::Other => None,
    }
}
