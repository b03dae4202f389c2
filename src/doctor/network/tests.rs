use time::macros::datetime;

use super::*;

/// 1994-11-06 08:49:37 UTC, as HTTP writes it.
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const THEN: OffsetDateTime = datetime!(1994-11-06 08:49:37 UTC);

/// A question that was under way for two seconds, with our clock so far behind.
fn reading(behind: i64) -> Reading {
    let answered = THEN - time::Duration::seconds(behind);
    Reading {
        date: Some(DATE.to_owned()),
        asked: answered - time::Duration::seconds(2),
        answered,
    }
}

fn compared(behind: i64) -> Finding {
    compare(&reading(behind), Duration::from_secs(300))
}

#[test]
fn clocks_that_agree_within_the_journey_are_good() {
    for behind in [0, -3, 30, -33] {
        assert_eq!(compared(behind).verdict, Verdict::Ok, "{behind}");
    }
}

#[test]
fn half_a_minute_is_a_warning_and_five_minutes_are_wrong() {
    for (behind, verdict) in [
        (31, Verdict::Warning),
        (300, Verdict::Warning),
        (301, Verdict::Wrong),
        (-303, Verdict::Warning),
        (-305, Verdict::Wrong),
    ] {
        assert_eq!(compared(behind).verdict, verdict, "{behind}");
    }
}

#[test]
fn ten_minutes_are_named_with_their_direction() {
    assert!(compared(600).text.contains("10 minutes behind"));
    assert!(compared(-603).text.contains("10 minutes ahead of"));
    assert!(compared(45).text.contains("45 seconds behind"));
}

#[test]
fn a_wider_window_of_ours_does_not_make_upi_admit_more() {
    let finding = compare(&reading(400), Duration::from_secs(3600));
    assert_eq!(finding.verdict, Verdict::Wrong);
    let narrow = compare(&reading(100), Duration::from_secs(60));
    assert_eq!(narrow.verdict, Verdict::Wrong);
}

#[test]
fn without_a_date_nothing_is_claimed() {
    for date in [None, Some("yesterday".to_owned())] {
        let reading = Reading { date, ..reading(0) };
        assert_eq!(compare(&reading, UPI_WINDOW).verdict, Verdict::Warning);
    }
}

#[test]
fn a_step_that_fails_is_unreachable_and_the_steps_before_it_are_good() {
    let outcome = Observation {
        passed: vec![Step::Dns],
        failed: Some(Failure {
            step: Step::Tcp,
            cause: Cause::Other,
            why: "refused".to_owned(),
        }),
        reading: None,
    };
    let found = judge(&outcome, UPI_WINDOW);
    let verdicts: Vec<_> = found.iter().map(|one| (one.check, one.verdict)).collect();
    assert_eq!(
        verdicts,
        [("dns", Verdict::Ok), ("tcp", Verdict::Unreachable)]
    );
    assert!(found[1].text.contains("refused"));
}

#[test]
fn causes_have_their_own_words_and_advice() {
    for (cause, words, advised) in [
        (
            Cause::NoCommonCipherSuite,
            "no common cipher suite",
            "terminates TLS",
        ),
        (
            Cause::NoCommonVersion,
            "no common version of TLS",
            "terminates TLS",
        ),
        (
            Cause::ProxyAuthorization,
            "wants a name and a password",
            "upi.proxy",
        ),
        (
            Cause::ProxyRefused,
            "the proxy does not let us through",
            "upi.proxy",
        ),
    ] {
        let outcome = Observation {
            failed: Some(Failure {
                step: Step::Tls,
                cause,
                why: "why".to_owned(),
            }),
            ..Observation::default()
        };
        let found = judge(&outcome, UPI_WINDOW);
        assert!(found[0].text.contains(words), "{}", found[0].text);
        assert!(found[0].text.ends_with(": why"), "{}", found[0].text);
        assert!(found[0].advice.contains(advised));
    }
}
