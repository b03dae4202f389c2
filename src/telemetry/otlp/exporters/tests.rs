use std::path::PathBuf;

use opentelemetry_otlp::{MetricExporter, SpanExporter};

use super::super::Signal;
use super::super::variables::Variables;
use super::{ExportError, Exporters};
use crate::telemetry::settings::Export;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

fn configured(endpoint: &str) -> Export {
    Export {
        endpoint: Some(endpoint.to_owned()),
        ..Export::default()
    }
}

/// Whether traces and metrics are exported.
fn exported(config: &Export, set: &[(&str, &str)]) -> Result<[bool; 2], ExportError> {
    let variables = |name: &str| {
        let found = set.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let settings = Exporters {
        config,
        variables: Variables(&variables),
    };
    let traces = settings.aim(Signal::Traces, SpanExporter::builder().with_tonic())?;
    let metrics = settings.aim(Signal::Metrics, MetricExporter::builder().with_tonic())?;
    Ok([traces.is_some(), metrics.is_some()])
}

#[tokio::test]
async fn nothing_is_exported_until_somebody_says_where_to() {
    let nowhere = Export::default();
    assert_eq!(exported(&nowhere, &[]).unwrap(), [false, false]);
    let all = [(ENDPOINT, "http://127.0.0.1:4317")];
    assert_eq!(exported(&nowhere, &all).unwrap(), [true, true]);
    let one = [(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "http://127.0.0.1:4317",
    )];
    assert_eq!(exported(&nowhere, &one).unwrap(), [false, true]);
    let here = configured("http://127.0.0.1:4317");
    assert_eq!(exported(&here, &[]).unwrap(), [true, true]);
}

#[tokio::test]
async fn the_environment_can_silence_what_the_configuration_exports() {
    let here = configured("http://127.0.0.1:4317");
    let traces = [("OTEL_TRACES_EXPORTER", "none")];
    assert_eq!(exported(&here, &traces).unwrap(), [false, true]);
    let all = [("OTEL_SDK_DISABLED", "true")];
    assert_eq!(exported(&here, &all).unwrap(), [false, false]);
}

#[tokio::test]
async fn an_endpoint_of_the_configuration_hides_a_bad_one_of_the_environment() {
    let bad = [(ENDPOINT, "http://not a host")];
    let here = configured("http://127.0.0.1:4317");
    assert_eq!(exported(&here, &bad).unwrap(), [true, true]);
    let error = exported(&Export::default(), &bad).unwrap_err();
    let text = "OTEL_EXPORTER_OTLP_ENDPOINT is not the URL of a collector";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn authorities_that_cannot_be_read_end_the_start() {
    let path = PathBuf::from("/nowhere/ca.pem");
    let here = configured("HTTPS://127.0.0.1:4317");
    let variable = [("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem")];
    let error = exported(&here, &variable).unwrap_err();
    assert!(matches!(error, ExportError::Ca { path: named, .. } if named == path));
}

#[tokio::test]
async fn variables_that_make_no_sense_end_the_start() {
    let here = configured("http://127.0.0.1:4317");
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "canary"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "canary"),
    ] {
        let error = exported(&here, &[(name, value)]).unwrap_err();
        assert!(error.to_string().starts_with(name), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
