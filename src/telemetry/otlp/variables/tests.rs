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
    with(set, |variables| Some(variables.endpoint(signal)?.1))
}

/// What is wrong with a variable of the environment.
fn wrong(name: &str, value: &str) -> Option<String> {
    let checked = with(&[(name, value)], |v| v.check(Signal::Traces));
    checked.err().map(|error| error.to_string())
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
fn a_bad_header_is_an_error_that_does_not_quote_it() {
    let good = "authorization=Basic%20dXNlcg==, x-tenant = bank,";
    assert_eq!(wrong(HEADERS, good), None);
    for list in [
        "secret",
        "na me=secret",
        "a=secret%2",
        "a=secret%zz",
        "a=secret%+1",
        "a=%0a",
    ] {
        let text = "OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value";
        assert_eq!(wrong(HEADERS, list).as_deref(), Some(text), "{list}");
    }
}

#[test]
fn a_timeout_is_in_milliseconds() {
    let name = "OTEL_EXPORTER_OTLP_TIMEOUT";
    assert_eq!(wrong(name, "2500"), None);
    let text = format!("{name} is not a number of milliseconds");
    assert_eq!(wrong(name, "2s"), Some(text));
}

#[test]
fn a_compression_is_one_that_we_have() {
    let name = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION";
    for good in ["gzip", "Zstd", "none"] {
        assert_eq!(wrong(name, good), None, "{good}");
    }
    let text = format!("{name} is not gzip, zstd or none");
    assert_eq!(wrong(name, "brotli"), Some(text));
}

#[test]
fn a_sampler_is_one_that_we_have_and_its_argument_a_ratio() {
    let sampler = |name, argument| {
        let set = [
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", argument),
        ];
        with(&set, |v| v.sampler()).map_err(|error| error.to_string())
    };
    assert_eq!(sampler("", "x"), Ok(false));
    assert_eq!(sampler("parentbased_traceidratio", "0.5"), Ok(true));
    assert_eq!(sampler("always_on", ""), Ok(true));
    let error = sampler("xray", "").unwrap_err();
    assert!(
        error.starts_with("OTEL_TRACES_SAMPLER is not always_on, "),
        "{error}"
    );
    let error = sampler("traceidratio", "1.5").unwrap_err();
    assert_eq!(error, "OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1");
}
