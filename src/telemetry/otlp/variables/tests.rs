use std::time::Duration;

use tonic::codec::CompressionEncoding;

use super::super::Signal;
use super::Variables;

/// What a test asks an environment in which these are set.
fn with<T>(set: &[(&str, &str)], ask: impl FnOnce(Variables<'_>) -> T) -> T {
    ask(Variables(&|name| {
        let found = set.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| (*value).to_owned())
    }))
}

fn endpoint(set: &[(&str, &str)], signal: Signal) -> Option<String> {
    with(set, |variables| variables.endpoint(signal))
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

#[test]
fn the_variable_of_a_signal_is_stronger_than_the_one_of_all() {
    let set = [
        (ENDPOINT, "http://all"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces"),
    ];
    let traces = endpoint(&set, Signal::Traces);
    assert_eq!(traces.as_deref(), Some("http://traces"));
    let metrics = endpoint(&set, Signal::Metrics);
    assert_eq!(metrics.as_deref(), Some("http://all"));
}

#[test]
fn an_empty_variable_is_none() {
    assert_eq!(endpoint(&[(ENDPOINT, "")], Signal::Traces), None);
    let set = [
        (ENDPOINT, "http://all"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""),
    ];
    let traces = endpoint(&set, Signal::Traces);
    assert_eq!(traces.as_deref(), Some("http://all"));
}

#[test]
fn an_endpoint_without_a_scheme_is_secure_unless_it_is_said_not_to_be() {
    let secure = endpoint(&[(ENDPOINT, "host:4317")], Signal::Traces);
    assert_eq!(secure.as_deref(), Some("https://host:4317"));
    let set = [
        (ENDPOINT, "host:4317"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "TRUE"),
    ];
    let plain = endpoint(&set, Signal::Traces);
    assert_eq!(plain.as_deref(), Some("http://host:4317"));
}

#[test]
fn one_signal_or_everything_can_be_silenced() {
    let set = [("OTEL_METRICS_EXPORTER", "none")];
    assert!(with(&set, |v| v.silenced(Signal::Metrics)));
    assert!(!with(&set, |v| v.silenced(Signal::Traces)));
    let disabled = |value| with(&[("OTEL_SDK_DISABLED", value)], |v| v.disabled());
    assert!(disabled("True"));
    assert!(!disabled("false"));
}

#[test]
fn headers_are_percent_decoded_and_their_values_kept_secret() {
    let set = [(HEADERS, "authorization=Basic%20dXNlcg==, x-tenant = bank,")];
    let metadata = with(&set, |v| v.metadata(Signal::Traces)).unwrap();
    assert_eq!(metadata.get("authorization").unwrap(), "Basic dXNlcg==");
    assert_eq!(metadata.get("x-tenant").unwrap(), "bank");
    assert_eq!(metadata.len(), 2);
    assert!(!format!("{metadata:?}").contains("bank"));
}

#[test]
fn a_bad_header_is_an_error_that_does_not_quote_it() {
    for list in [
        "secret",
        "na me=secret",
        "a=secret%2",
        "a=secret%zz",
        "a=secret%+1",
        "a=%0a",
    ] {
        let metadata = with(&[(HEADERS, list)], |v| v.metadata(Signal::Traces));
        let error = metadata.unwrap_err();
        let text = "OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value";
        assert_eq!(error.to_string(), text, "{list}");
    }
}

#[test]
fn a_timeout_is_in_milliseconds() {
    let name = "OTEL_EXPORTER_OTLP_TIMEOUT";
    let timeout = |value| with(&[(name, value)], |v| v.timeout(Signal::Metrics));
    let limit = timeout("2500").unwrap();
    assert_eq!(limit, Some(Duration::from_millis(2500)));
    let error = timeout("2s").unwrap_err().to_string();
    assert_eq!(error, format!("{name} is not a number of milliseconds"));
}

#[test]
fn messages_are_compressed_where_a_variable_says_so() {
    let name = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION";
    let compression = |value| with(&[(name, value)], |v| v.compression(Signal::Traces));
    assert_eq!(
        compression("gzip").unwrap(),
        Some(CompressionEncoding::Gzip)
    );
    assert_eq!(
        compression("zstd").unwrap(),
        Some(CompressionEncoding::Zstd)
    );
    assert_eq!(compression("none").unwrap(), None);
    let error = compression("brotli").unwrap_err().to_string();
    assert_eq!(error, format!("{name} is not gzip, zstd or none"));
}
