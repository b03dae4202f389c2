//! How often the log tells, on a paused clock, and what errors are taken for.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use super::super::tests::log::Log;
use super::{Failures, TLS_HANDSHAKE, cause};
use crate::observe::HandshakeFailure::{
    ClientCertificateRefused, Closed, NoClientCertificate, NoCommonProtocol, NotTls, Other,
    ServerCertificateRefused, Timeout,
};
use crate::observe::{Event, HandshakeFailure, Observer};

/// Remembers failures.
#[derive(Default)]
struct Counter(Mutex<Vec<HandshakeFailure>>);

impl Observer for Counter {
    fn record(&self, event: &Event<'_>) {
        if let Event::HandshakeFailed(cause) = event {
            self.0.lock().unwrap().push(*cause);
        }
    }
}

fn failures() -> (Arc<Counter>, Arc<Failures>) {
    let counter = Arc::new(Counter::default());
    let observer = Arc::clone(&counter) as Arc<dyn Observer>;
    (counter, Failures::new("server.listen", observer))
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_counted_as_a_whole_and_told_in_two_lines() {
    let (log, _guard) = Log::start();
    let (counter, failures) = failures();
    for _ in 0..1000 {
        failures.record(NotTls);
    }
    assert_eq!(log.lines().len(), 1);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(counter.0.lock().unwrap().len(), 1000);
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["level"], "INFO");
    assert_eq!(lines[0]["cause"], "not_tls");
    assert_eq!(lines[0]["port"], "server.listen");
    assert_eq!(lines[1]["more"], 999);
}

#[tokio::test(start_paused = true)]
async fn a_steady_stream_is_one_line_in_ten_seconds() {
    let (log, _guard) = Log::start();
    let (_, failures) = failures();
    for _ in 0..1000 {
        failures.record(Timeout);
        sleep(Duration::from_millis(100)).await;
    }
    let lines = log.lines();
    assert!((10..=11).contains(&lines.len()), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn one_cause_does_not_hide_another_and_a_pause_makes_the_next_one_news() {
    let (log, _guard) = Log::start();
    let (_, failures) = failures();
    failures.record(NotTls);
    failures.record(Closed);
    assert_eq!(log.lines().len(), 2);
    sleep(Duration::from_secs(11)).await;
    failures.record(NotTls);
    assert_eq!(log.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_counted_and_not_told() {
    let (log, _guard) = Log::start();
    let (counter, failures) = failures();
    failures.count_silent();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(*counter.0.lock().unwrap(), [Closed]);
    assert_eq!(log.text(), "");
}

#[test]
fn errors_are_told_apart() {
    let tls = |error: Error| io::Error::new(io::ErrorKind::InvalidData, error);
    let alert = |alert| tls(Error::AlertReceived(alert));
    for (error, expected) in [
        (tls(Error::NoCertificatesPresented), NoClientCertificate),
        (
            tls(Error::InvalidCertificate(CertificateError::Expired)),
            ClientCertificateRefused,
        ),
        (alert(AlertDescription::UnknownCA), ServerCertificateRefused),
        (
            alert(AlertDescription::BadCertificate),
            ServerCertificateRefused,
        ),
        (alert(AlertDescription::ProtocolVersion), NoCommonProtocol),
        (tls(Error::NoApplicationProtocol), NoCommonProtocol),
        (alert(AlertDescription::UserCanceled), Closed),
        (alert(AlertDescription::DecodeError), Other),
        (tls(Error::DecryptError), Other),
        (io::ErrorKind::UnexpectedEof.into(), Closed),
        (io::ErrorKind::ConnectionReset.into(), Closed),
        (io::ErrorKind::OutOfMemory.into(), Other),
    ] {
        assert_eq!(cause(TLS_HANDSHAKE, &error), expected, "{error:?}");
    }
}

#[test]
fn what_does_not_begin_as_tls_is_none_however_it_ends() {
    let error = io::ErrorKind::UnexpectedEof.into();
    for first in [b'P', b'G', 0, 23] {
        assert_eq!(cause(first, &error), NotTls);
    }
}
