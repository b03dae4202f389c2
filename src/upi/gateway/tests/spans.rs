//! The spans of a call, and what they do not say.

use std::io;
use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::*;

/// What was written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that is traced while a request goes to `base_url`.
async fn traced(base_url: &str) -> (String, Sealed) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let gateway = gateway(base_url);
    let sealed = sealed(&gateway);
    let sent = Sealed {
        jws_sha256: sealed.jws_sha256,
        body: sealed.body.clone(),
        signature: sealed.signature.clone(),
        upi_uuid: sealed.upi_uuid.clone(),
    };
    let _ = gateway.send(sent).await;
    let written = log.0.lock().unwrap().clone();
    (String::from_utf8(written).unwrap(), sealed)
}

#[tokio::test]
async fn seal_send_and_open_are_spans_beside_each_other_and_the_post_knows_the_status() {
    let body = br#"{"confidence":"97","msgResponse":{"responseCode":"00"}}"#;
    let url = upi("200 OK", &[&signed(body, NOW)], body).await;
    let (log, sealed) = traced(&url).await;
    let send = format!(r#" send{{upi.uuid="{}"}}"#, sealed.upi_uuid);
    assert!(log.contains(" seal: "), "{log}");
    assert!(log.contains(&format!("{send}: ")), "{log}");
    assert!(log.contains(" open: "), "{log}");
    let closed = |line: &&str| line.contains(&format!("{send}:POST{{")) && line.contains(" close ");
    let post = log.lines().find(closed);
    let post = post.unwrap_or_else(|| panic!("{log}"));
    assert!(post.contains(r#"otel.kind="client""#), "{post}");
    assert!(post.contains("http.response.status_code=200"), "{post}");
}

#[tokio::test]
async fn the_status_of_a_refusal_is_in_its_span() {
    let url = upi("401 Unauthorized", &[], REFUSAL.as_bytes()).await;
    let (log, _) = traced(&url).await;
    assert!(log.contains("http.response.status_code=401"), "{log}");
}

#[tokio::test]
async fn no_span_or_event_down_to_trace_has_a_part_of_the_request() {
    let url = upi("500 Internal Server Error", &[], b"canary").await;
    let (log, sealed) = traced(&url).await;
    let person = sample::verification("7").person;
    let body = std::str::from_utf8(&sealed.body).unwrap();
    let (_, photo) = body.split_once(r#""photo":""#).unwrap();
    let (photo, _) = photo.split_once('"').unwrap();
    for secret in [
        person.name.expose(),
        person.id_number.expose(),
        photo,
        "canary",
    ] {
        assert!(!log.contains(secret), "{log}");
    }
    assert!(log.contains("send"), "{log}");
}
