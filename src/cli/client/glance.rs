//! A second look at a peer that closed without a word: a new connection, on which it is
//! asked in other tongues. Nothing of a request is on it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConnection;

use super::address::Address;
use super::reach;
use super::refused::Why;
use super::trust::Trust;
use super::watch::Beginning;

/// Whoever is slower than this stays unnamed.
const LIMIT: Duration = Duration::from_secs(2);
const HTTP1: &[u8] = b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// The preface of HTTP/2 and empty SETTINGS.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Was asked for HTTP/2 in plaintext.
pub(super) async fn at_plaintext(at: &Address) -> Option<Why> {
    match say(at, HTTP1).await {
        Beginning::Http1 { https: false } => return Some(Why::WebServer),
        Beginning::Http1 { https: true } | Beginning::Tls => return Some(Why::TlsExpected),
        _ => {}
    }
    match say(at, &hello(at)?).await {
        Beginning::Tls => Some(Why::TlsExpected),
        _ => None,
    }
}

/// Was asked for TLS.
pub(super) async fn at_tls(at: &Address) -> Option<Why> {
    match say(at, HTTP2).await {
        Beginning::Http2 => return Some(Why::PlaintextExpected),
        Beginning::Http1 { https: false } => return Some(Why::WebServer),
        _ => {}
    }
    match say(at, HTTP1).await {
        Beginning::Http1 { https: false } => Some(Why::WebServer),
        _ => None,
    }
}

async fn say(at: &Address, words: &[u8]) -> Beginning {
    let mut answer = Vec::new();
    let exchange = async {
        let mut stream = reach::tcp(at).await.ok()?;
        stream.write_all(words).await.ok()?;
        while !enough(&answer) && stream.read_buf(&mut answer).await.ok()? > 0 {}
        Some(())
    };
    // What came before a failure counts.
    let _ = timeout(LIMIT, exchange).await;
    Beginning::of(&answer)
}

const fn enough(answer: &[u8]) -> bool {
    answer.len() >= 5
}

/// The first flight of a client of TLS.
fn hello(at: &Address) -> Option<Vec<u8>> {
    let trust = Trust::of_nobody()?;
    let name = reach::server_name(at).ok()?;
    let mut client = ClientConnection::new(trust, name).ok()?;
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).ok()?;
    Some(bytes)
}
