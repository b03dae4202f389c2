//! Traces as a collector gets them, and what becomes of calls when it does not.

mod metrics;
mod trouble;
mod variables;

use std::collections::BTreeSet;
use std::time::Duration;

use idphoto::pb::VerifyIdPhotoRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tempfile::TempDir;
use tonic::Request;

use crate::collector::{Collector, Exported};
use crate::process::{Gateway, Process, client, idphoto};
use crate::requests::request;
use crate::wait::found;

const TRACE: [u8; 16] = [0x4b; 16];
const CALLER: [u8; 8] = [0x2a; 8];
const METHOD: &str = "idphoto.v1.IdPhotoService/VerifyIdPhoto";

/// As a caller with an OpenTelemetry library sends it.
fn within(
    trace: [u8; 16],
    sampled: bool,
    message: VerifyIdPhotoRequest,
) -> Request<VerifyIdPhotoRequest> {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let flags = u8::from(sampled);
    let parent = format!("00-{}-{}-{flags:02x}", hex(&trace), hex(&CALLER));
    let mut request = Request::new(message);
    let metadata = request.metadata_mut();
    metadata.insert("traceparent", parent.parse().unwrap());
    request
}

/// A sandbox in a process of its own, and a gateway in front of it.
struct Pair {
    address: String,
    _gateway: Process,
    _sandbox: Process,
    _folder: TempDir,
}

impl Pair {
    fn start(collector: &Collector, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("keys");
        let mut command = idphoto(&["sandbox", "--dir", dir.to_str().unwrap()]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
        let sandbox = Process::run(command);
        sandbox.wait_for("sandbox listening on ");
        let file = dir.join("idphoto.toml");
        let endpoint = format!("telemetry.otlp.endpoint={}", collector.endpoint);
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--config"];
        args.extend([file.to_str().unwrap(), "--set", &endpoint]);
        for setting in settings {
            args.extend(["--set", setting]);
        }
        let gateway = Process::start(&args);
        Self {
            address: gateway.wait_for("gRPC listening on "),
            _gateway: gateway,
            _sandbox: sandbox,
            _folder: folder,
        }
    }
}

fn exporting(collector: &Collector, settings: &[&str]) -> Gateway {
    let endpoint = format!("telemetry.otlp.endpoint={}", collector.endpoint);
    Gateway::start(&[&[endpoint.as_str()], settings].concat())
}

fn named<'a>(spans: &'a [Exported], name: &str) -> &'a Exported {
    let found: Vec<_> = spans.iter().filter(|it| it.span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:#?}");
    found[0]
}

#[track_caller]
fn assert_attributes(exported: &Exported, expected: &[(&str, &str)]) {
    let attributes = exported.attributes();
    for (name, value) in expected {
        assert_eq!(
            attributes.get(*name).map(String::as_str),
            Some(*value),
            "{name} of {exported:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_caller_through_the_gateway_to_upi() {
    let collector = Collector::start().await;
    let pair = Pair::start(&collector, &["upi.propagate_trace=true"]);
    let message = request("test");
    let order_id = message.order_id.clone();
    let call = within(TRACE, true, message);
    client(&pair.address).verify_id_photo(call).await.unwrap();
    let spans = collector.trace(&TRACE, 9).await;

    let server = named(&spans, METHOD);
    assert_eq!(server.span.parent_span_id, CALLER);
    assert_eq!(server.span.kind(), SpanKind::Server);
    assert_eq!(server.resource["service.name"], "idphoto");
    assert_eq!(
        server.resource["service.version"],
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(server.resource["service.instance.id"].len(), 36);
    assert_attributes(
        server,
        &[
            ("rpc.system.name", "grpc"),
            ("rpc.method", METHOD),
            ("rpc.response.status_code", "OK"),
            ("order_id", &order_id),
        ],
    );
    for stage in ["validate", "seal", "claim", "send", "open", "settle"] {
        let stage = named(&spans, stage);
        assert_eq!(stage.span.parent_span_id, server.span.span_id, "{stage:?}");
        assert_eq!(stage.span.kind(), SpanKind::Internal);
    }

    let post = named(&spans, "POST");
    assert_eq!(post.span.parent_span_id, named(&spans, "send").span.span_id);
    assert_eq!(post.span.kind(), SpanKind::Client);
    assert_attributes(
        post,
        &[
            ("http.request.method", "POST"),
            ("http.response.status_code", "200"),
            ("server.address", "127.0.0.1"),
        ],
    );

    let upi = named(&spans, "POST /uais/sandbox/v1/id-photo");
    assert_eq!(upi.span.parent_span_id, post.span.span_id);
    assert_eq!(upi.span.kind(), SpanKind::Server);
    assert_eq!(upi.resource["service.name"], "idphoto-sandbox");
    assert_attributes(upi, &[("http.response.status_code", "200")]);
    assert_eq!(spans.len(), 9, "{spans:#?}");
    for exported in &spans {
        let status = exported.span.status.as_ref().map(|status| status.code());
        assert!(
            matches!(status, None | Some(StatusCode::Unset)),
            "{exported:#?}"
        );
    }
    for (exported, key) in [
        (post, "http.response.status_code"),
        (post, "server.port"),
        (upi, "http.response.status_code"),
    ] {
        let found = exported.span.attributes.iter().find(|pair| pair.key == key);
        let value = found.and_then(|pair| pair.value.as_ref()?.value.as_ref());
        assert!(matches!(value, Some(Value::IntValue(_))), "{value:?}");
    }
}

/// The log has several lines of each of these calls.
#[tokio::test(flavor = "multi_thread")]
async fn no_event_of_the_log_is_in_a_span() {
    let collector = Collector::start().await;
    let gateway = exporting(&collector, &["telemetry.log_level=trace"]);
    for scenario in ["test", "sandbox:fault=reset", "sandbox:fault=unauthorized"] {
        let call = within(TRACE, true, request(scenario));
        let _ = gateway.client().verify_id_photo(call).await;
    }
    for exported in collector.trace(&TRACE, 22).await {
        let span = &exported.span;
        assert_eq!((span.events.len(), span.dropped_events_count), (0, 0));
        assert_eq!(span.links.len(), 0, "{exported:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_leave_the_trace_ends_at_our_door() {
    let collector = Collector::start().await;
    let pair = Pair::start(&collector, &[]);
    let call = within(TRACE, true, request("test"));
    client(&pair.address).verify_id_photo(call).await.unwrap();
    collector.trace(&TRACE, 8).await;
    let theirs = |it: &Exported| it.resource["service.name"] == "idphoto-sandbox";
    let upi = async || collector.spans().into_iter().find(theirs);
    let upi = found("a span of the sandbox", upi).await;
    assert_ne!(upi.span.trace_id, TRACE);
    assert_eq!(upi.span.parent_span_id, [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_tells_how_a_call_failed_and_who_is_to_blame() {
    let collector = Collector::start().await;
    let gateway = exporting(&collector, &[]);
    let mut wrong = request("test");
    wrong.photo = b"canary".as_slice().into();
    let trouble = request("sandbox:fault=unauthorized");
    let (theirs, ours) = ([1; 16], [2; 16]);
    gateway
        .client()
        .verify_id_photo(within(theirs, true, wrong))
        .await
        .unwrap_err();
    gateway
        .client()
        .verify_id_photo(within(ours, true, trouble))
        .await
        .unwrap_err();

    let spans = collector.trace(&theirs, 2).await;
    let refused = named(&spans, METHOD);
    assert_attributes(
        refused,
        &[
            ("rpc.response.status_code", "INVALID_ARGUMENT"),
            ("error.type", "INVALID_FIELD"),
            ("idphoto.reason", "INVALID_FIELD"),
            ("idphoto.dispatch", "NOT_SENT"),
        ],
    );
    let code = |exported: &Exported| exported.span.status.as_ref().map(|status| status.code());
    assert!(matches!(code(refused), None | Some(StatusCode::Unset)));

    let spans = collector.trace(&ours, 7).await;
    let failed = named(&spans, METHOD);
    assert_attributes(
        failed,
        &[
            ("rpc.response.status_code", "INTERNAL"),
            ("error.type", "UPI_REFUSED"),
            ("idphoto.dispatch", "REFUSED"),
        ],
    );
    assert_eq!(code(failed), Some(StatusCode::Error));
    let post = named(&spans, "POST");
    assert_attributes(
        post,
        &[("http.response.status_code", "401"), ("error.type", "401")],
    );
    assert_eq!(code(post), Some(StatusCode::Error));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_span_of_a_call_ends_with_the_call_and_the_order_flies_on_in_its_trace() {
    let collector = Collector::start().await;
    let gateway = exporting(&collector, &[]);
    let mut call = within(TRACE, true, request("sandbox:delay=2s"));
    call.set_timeout(Duration::from_millis(700));
    gateway.client().verify_id_photo(call).await.unwrap_err();
    let spans = collector.trace(&TRACE, 8).await;
    let server = named(&spans, METHOD);
    assert_attributes(
        server,
        &[
            ("idphoto.reason", "ANSWER_PENDING"),
            ("idphoto.dispatch", "IN_FLIGHT"),
        ],
    );
    let send = named(&spans, "send");
    assert!(send.took() >= Duration::from_secs(2), "{:?}", send.took());
    assert!(server.took() < send.took(), "{:?}", server.took());
    assert_eq!(
        named(&spans, "settle").span.parent_span_id,
        server.span.span_id
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_decision_is_kept_and_ours_is_a_share() {
    let collector = Collector::start().await;
    let gateway = exporting(&collector, &["telemetry.otlp.sample_ratio=0.0"]);
    gateway
        .client()
        .verify_id_photo(request("test"))
        .await
        .unwrap();
    let (no, yes) = ([1; 16], [2; 16]);
    gateway
        .client()
        .verify_id_photo(within(no, false, request("test")))
        .await
        .unwrap();
    gateway
        .client()
        .verify_id_photo(within(yes, true, request("test")))
        .await
        .unwrap();
    collector.trace(&yes, 8).await;
    let traces: BTreeSet<_> = collector
        .spans()
        .into_iter()
        .map(|it| it.span.trace_id)
        .collect();
    assert_eq!(traces, BTreeSet::from([yes.to_vec()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_exported_at_the_end_of_a_drain() {
    let collector = Collector::start().await;
    let mut gateway = exporting(
        &collector,
        &["server.drain_delay=0s", "server.drain_timeout=5s"],
    );
    gateway
        .client()
        .verify_id_photo(within(TRACE, true, request("test")))
        .await
        .unwrap();
    gateway.process.signal("TERM");
    assert!(gateway.process.end().success());
    assert_eq!(
        collector
            .spans()
            .iter()
            .filter(|it| it.span.trace_id == TRACE)
            .count(),
        8
    );
    assert!(!collector.metrics().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_line_leads_to_the_trace() {
    for (format, form) in [("json", "\"trace_id\":\""), ("text", "trace_id=")] {
        let collector = Collector::start().await;
        let mut gateway = exporting(
            &collector,
            &[
                &format!("telemetry.log_format={format}"),
                "server.drain_delay=0s",
            ],
        );
        gateway
            .client()
            .verify_id_photo(within(TRACE, true, request("test")))
            .await
            .unwrap();
        let spans = collector.trace(&TRACE, 8).await;
        gateway.process.signal("TERM");
        gateway.process.end();
        let printed = gateway.process.printed();
        let line = printed
            .lines()
            .find(|line| line.contains("call ended"))
            .unwrap();
        assert!(
            line.contains(&format!("{form}{}", "4b".repeat(16))),
            "{line}"
        );
        let id: String = named(&spans, METHOD)
            .span
            .span_id
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(line.contains(&id), "{line}");
        assert_eq!(line.matches("order_id").count(), 1, "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}
