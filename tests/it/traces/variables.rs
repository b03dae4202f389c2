//! The standard variables of the environment.

use std::collections::BTreeSet;
use std::process::Command;

use tonic::Status;

use crate::collector::Collector;
use crate::process::{Gateway, Process, idphoto};
use crate::requests::request;

const SERVE: [&str; 4] = ["serve", "--sandbox", "--listen", "127.0.0.1:0"];

fn serve(variables: &[(&str, &str)]) -> Command {
    let mut command = idphoto(&SERVE);
    command.envs(variables.iter().copied());
    command
}

fn gateway(variables: &[(&str, &str)]) -> Gateway {
    let process = Process::run(serve(variables));
    Gateway {
        upi: process.wait_for("sandbox listening on "),
        address: process.wait_for("gRPC listening on "),
        process,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_again_compressed_and_with_its_headers_when_a_collector_is_busy() {
    let collector = Collector::start().await;
    collector.answer([Err(Status::unavailable("busy"))]);
    let gateway = gateway(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=the%20bank"),
    ]);
    let call = super::within(super::TRACE, true, request("test"));
    gateway.client().verify_id_photo(call).await.unwrap();
    let spans = collector.trace(&super::TRACE, 8).await;
    let ids: BTreeSet<_> = spans.iter().map(|it| &it.span.span_id).collect();
    assert_eq!(ids.len(), 8);
    let metadata = collector.metadata();
    assert!(metadata.len() >= 2, "{metadata:?}");
    for metadata in metadata {
        assert_eq!(metadata.get("x-tenant").unwrap(), "the bank");
        assert_eq!(metadata.get("grpc-encoding").unwrap(), "gzip");
    }
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_ends_the_start_by_its_name() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:4317");
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://canary here"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "canary"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "canary"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/canary.pem"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/dev/null"),
        ("OTEL_TRACES_SAMPLER", "canary"),
    ] {
        let mut process = Process::run(serve(&[endpoint, (name, value)]));
        process.prints(name).await;
        assert!(!process.end().success(), "{name}");
        let printed = process.printed();
        // A file may be named, a value may be a secret.
        let told = printed.contains("canary");
        assert!(!told || name.ends_with("CERTIFICATE"), "{printed}");
    }
}
