//! The table, the instruments and the documents agree.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::super::otlp::Periodic;
use super::super::service::{Expiries, Expiry, Service, TokenSessions};
use super::Metrics;
use super::table::{ALL, markdown, prometheus_label};
use crate::domain::{
    Answer, CallerName, Category, Confidence, Dispatch, Outcome, Rejection, ResponseCode, Span,
};
use crate::observe::{BudgetLeft, CallEnd, Circuit, Event, HandshakeFailure, Resender, Stage};
use crate::pb::ErrorReason;

fn metrics() -> Metrics {
    let service = Service {
        name: "idphoto",
        max_in_flight: 7,
        expiries: Expiries::of(vec![Expiry {
            role: "signing",
            kid: "1555570302".to_owned(),
            at: OffsetDateTime::now_utc() + time::Duration::days(10),
        }]),
        token_sessions: Some(|| {
            vec![TokenSessions {
                token: "idphoto".to_owned(),
                key: "upi-signing".to_owned(),
                states: [("open", 3), ("closed", 1), ("hung", 0)],
            }]
        }),
    };
    Metrics::start(&service, Arc::default(), None::<Periodic>).unwrap()
}

fn answer(outcome: Outcome) -> Answer {
    Answer {
        outcome,
        upi_uuid: String::new(),
        answered_at: OffsetDateTime::UNIX_EPOCH,
    }
}

fn rejection(category: Category, code: &str) -> Answer {
    answer(Outcome::Rejection(Rejection {
        category,
        code: ResponseCode::parse(code).unwrap(),
        message: "canary".to_owned(),
        detail: "canary".to_owned(),
    }))
}

fn ended(code: &'static str, reason: Option<&'static str>) -> CallEnd {
    CallEnd {
        method: "idphoto.v1.IdPhotoService/VerifyIdPhoto",
        caller: reason.and_then(|_| CallerName::parse("loans")),
        code,
        reason,
        dispatch: reason.map(|_| Dispatch::NotSent),
        took: Duration::from_millis(30),
    }
}

/// Everything that can happen, once.
fn exercised() -> Metrics {
    let metrics = metrics();
    let compared = answer(Outcome::Comparison(Confidence::new(97).unwrap()));
    let unknown = rejection(Category::Other, "Zz");
    let known = rejection(Category::NotConfirmed, "70");
    let left = [BudgetLeft {
        caller: CallerName::parse("loans").unwrap(),
        span: Span::Day,
        limit: 9,
        left: 2,
    }];
    for event in [
        Event::CallBegan("idphoto.v1.IdPhotoService/VerifyIdPhoto"),
        Event::CallEnded(ended("OK", None)),
        Event::CallRefused(ended("UNAVAILABLE", Some("UPI_UNREACHABLE"))),
        Event::Resent(Resender::Proxy),
        Event::ForwardedIgnored,
        Event::KeysRead(2, OffsetDateTime::UNIX_EPOCH),
        Event::KeysUnread,
        Event::HandshakeFailed(HandshakeFailure::NotTls),
        Event::Passed(Stage::Seal, Duration::from_millis(1)),
        Event::InFlight(3),
        Event::Joined,
        Event::Replayed,
        Event::Called(Ok(&compared), Duration::from_millis(20)),
        Event::ReusedBroke(Dispatch::NotSent),
        Event::Circuit(Circuit::Open),
        Event::CircuitRefused,
        Event::Paused(true),
        Event::Budgets(&left),
        Event::Reloaded(true, OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1000)),
        Event::Reloaded(false, OffsetDateTime::UNIX_EPOCH),
        Event::Skew(-1.5),
        Event::Called(Ok(&unknown), Duration::from_millis(20)),
        Event::Called(Ok(&known), Duration::from_millis(20)),
        Event::Called(Err(Dispatch::Refused), Duration::from_millis(20)),
        Event::Unsettled(2),
        Event::LateEnd,
        Event::Swept(5),
        Event::LedgerUp(true),
        Event::Committed(12, Duration::from_micros(400)),
        Event::LedgerSize(1000, 1_048_576),
        Event::OrderEnded(Err(Dispatch::Unknown)),
        Event::OrderEnded(Ok(())),
    ] {
        metrics.count(&event);
    }
    metrics
}

#[track_caller]
fn assert_line(text: &str, line: &str) {
    assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
}

#[test]
fn every_event_is_counted_where_the_table_says() {
    let text = exercised().exposition().text().unwrap();
    for line in [
        "rpc_server_call_duration_seconds_count{caller=\"anonymous\",rpc_method=\"idphoto.v1.IdPhotoService/VerifyIdPhoto\",rpc_response_status_code=\"OK\",rpc_system_name=\"grpc\"} 1",
        "rpc_server_call_duration_seconds_count{caller=\"loans\",error_type=\"UPI_UNREACHABLE\",rpc_method=\"idphoto.v1.IdPhotoService/VerifyIdPhoto\",rpc_response_status_code=\"UNAVAILABLE\",rpc_system_name=\"grpc\"} 1",
        "idphoto_errors_total{dispatch=\"NOT_SENT\",reason=\"UPI_UNREACHABLE\"} 1",
        "idphoto_errors_total{dispatch=\"UNKNOWN\",reason=\"OUTCOME_UNKNOWN\"} 0",
        "idphoto_attempts_replayed_total{by=\"envoy\"} 1",
        "idphoto_attempts_replayed_total{by=\"grpc\"} 0",
        "idphoto_identities_ignored_total 1",
        "idphoto_handshakes_failed_total{cause=\"not_tls\"} 1",
        "idphoto_handshakes_failed_total{cause=\"no_client_certificate\"} 0",
        "idphoto_stage_duration_seconds_bucket{stage=\"seal\",le=\"0.0005\"} 0",
        "idphoto_stage_duration_seconds_bucket{stage=\"seal\",le=\"0.001\"} 1",
        "idphoto_token_sessions{key=\"upi-signing\",state=\"open\",token=\"idphoto\"} 3",
        "idphoto_token_sessions{key=\"upi-signing\",state=\"hung\",token=\"idphoto\"} 0",
        "idphoto_calls_active{rpc_method=\"idphoto.v1.IdPhotoService/VerifyIdPhoto\"} 0",
        "idphoto_orders_active 3",
        "idphoto_orders_limit 7",
        "idphoto_calls_joined_total 1",
        "idphoto_calls_replayed_total 1",
        "idphoto_upi_call_duration_seconds_count{result=\"answered\"} 3",
        "idphoto_upi_call_duration_seconds_count{result=\"refused\"} 1",
        "idphoto_upi_reused_broken_total{dispatch=\"NOT_SENT\"} 1",
        "idphoto_upi_reused_broken_total{dispatch=\"UNKNOWN\"} 0",
        "idphoto_reloads_total{result=\"good\"} 1",
        "idphoto_reloads_total{result=\"refused\"} 1",
        "idphoto_reload_refused 1",
        "idphoto_reload_last_good_seconds 1000",
        "idphoto_upi_circuit 2",
        "idphoto_upi_paused 1",
        "idphoto_budget_limit{caller=\"loans\",period=\"day\"} 9",
        "idphoto_budget_left{caller=\"loans\",period=\"day\"} 2",
        "idphoto_upi_circuit_refused_total 1",
        "idphoto_upi_clock_skew_seconds -1.5",
        "idphoto_answers_total{category=\"COMPARED\",response_code=\"00\"} 1",
        "idphoto_answers_total{category=\"OTHER\",response_code=\"other\"} 1",
        "idphoto_answers_total{category=\"NOT_CONFIRMED\",response_code=\"70\"} 1",
        "idphoto_confidence_bucket{le=\"90\"} 0",
        "idphoto_confidence_bucket{le=\"100\"} 1",
        "idphoto_orders_ended_total{dispatch=\"UNKNOWN\"} 1",
        "idphoto_orders_ended_total{dispatch=\"ANSWERED\"} 1",
        "idphoto_orders_outcome_unknown_total 1",
        "idphoto_ledger_up 1",
        "idphoto_ledger_unsettled 2",
        "idphoto_ledger_late_ends_total 1",
        "idphoto_ledger_swept_total 5",
        "idphoto_ledger_commit_changes_bucket{le=\"8\"} 0",
        "idphoto_ledger_commit_changes_bucket{le=\"16\"} 1",
        "idphoto_ledger_commit_duration_seconds_bucket{le=\"0.00025\"} 0",
        "idphoto_ledger_commit_duration_seconds_bucket{le=\"0.0005\"} 1",
        "idphoto_ledger_orders 1000",
        "idphoto_ledger_size_bytes 1048576",
        "idphoto_telemetry_lost_total{cause=\"queue_full\",signal=\"traces\"} 0",
    ] {
        assert_line(&text, line);
    }
    assert!(!text.contains("canary"), "{text}");
}

#[test]
fn the_end_of_a_certificate_comes_nearer() {
    let text = exercised().exposition().text().unwrap();
    let name = "idphoto_key_expiry_seconds{kid=\"1555570302\",role=\"signing\"} ";
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    let seconds: f64 = rest.unwrap().parse().unwrap();
    assert!((863_000.0..=864_000.0).contains(&seconds), "{seconds}");
}

/// The names and labels of an exposition, as the table would write them.
fn exposed(text: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = types.map(|line| line.split_once(' ').unwrap().0);
    names
        .filter(|name| *name != "target_info")
        .map(|name| (name.to_owned(), labels(text, name)))
        .collect()
}

fn labels(text: &str, name: &str) -> BTreeSet<String> {
    let ours = |line: &&str| {
        let rest = line.strip_prefix(name).unwrap_or("none");
        rest.starts_with(['{', ' ', '_']) && !line.starts_with('#')
    };
    let samples = text.lines().filter(ours);
    let pairs = samples.filter_map(|line| Some(line.split_once('{')?.1.rsplit_once('}')?.0));
    let names = pairs.flat_map(|pairs| {
        pairs
            .split("\",")
            .map(|pair| pair.split_once('=').unwrap().0)
    });
    names
        .filter(|name| *name != "le")
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_is_exposed_is_the_table_no_more_and_no_less() {
    let text = exercised().exposition().text().unwrap();
    let table = ALL.iter().map(|metric| {
        let labels = metric.labels.iter().map(|name| prometheus_label(name));
        (metric.prometheus_name(), labels.collect())
    });
    assert_eq!(exposed(&text), table.collect());
}

#[test]
fn every_reason_of_the_contract_begins_at_zero() {
    let text = metrics().exposition().text().unwrap();
    let reasons = (1..).map_while(|number| ErrorReason::try_from(number).ok());
    let mut known = 0;
    for reason in reasons {
        let name = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        known += 1;
        let label = format!("reason=\"{name}\"}} 0");
        assert!(text.contains(&label), "{label} in\n{text}");
    }
    assert_eq!(known, super::instruments::REASONS.len());
}

/// `make docs` sets IDPHOTO_WRITE_DOCS, and the test writes what it would have compared.
#[test]
fn docs_metrics_md_holds_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (introduction, _) = text.split_once("| OpenTelemetry |").unwrap();
    let expected = format!("{introduction}{}", markdown());
    if std::env::var_os("IDPHOTO_WRITE_DOCS").is_some() {
        std::fs::write(path, expected).unwrap();
        return;
    }
    assert!(
        text == expected,
        "docs/metrics.md is out of date: run make docs"
    );
}
