//! A look at UPI opens a connection as a call does, and sends nothing.

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::server::{Act, Server, ok};
use super::tls::{Authority, acceptor, trusting};
use super::*;

/// A port that takes one connection, and tells what it was sent in clear.
async fn port(tls: Option<tokio_rustls::TlsAcceptor>) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        match tls {
            Some(tls) => all(tls.accept(stream).await.unwrap()).await,
            None => all(stream).await,
        }
    });
    (port, heard)
}

async fn all(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut heard = Vec::new();
    // A peer that goes without TLS's goodbye is an error, and what it sent is there all the same.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

#[tokio::test]
async fn a_look_sends_nothing_and_closes_what_it_opened() {
    let (port, heard) = port(None).await;
    let transport = transport(&settings(&format!("http://127.0.0.1:{port}")));
    transport.look().await.unwrap();
    assert_eq!(heard.await.unwrap(), b"");
    assert_eq!(transport.connections(), 0);
}

#[tokio::test]
async fn a_look_takes_the_handshake_of_tls_and_sends_nothing_after_it() {
    let authority = Authority::new();
    let (port, heard) = port(Some(acceptor(&authority, None))).await;
    let route = trusting(&authority, &format!("https://localhost:{port}"));
    transport(&route).look().await.unwrap();
    assert_eq!(heard.await.unwrap(), b"");
}

#[tokio::test]
async fn a_look_fails_as_a_call_would() {
    let closed = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let refused = transport(&settings(&format!("http://127.0.0.1:{closed}")));
    assert!(refused.look().await.is_err());
    let authority = Authority::new();
    let (port, heard) = port(Some(acceptor(&authority, None))).await;
    let route = trusting(&Authority::new(), &format!("https://localhost:{port}"));
    assert!(transport(&route).look().await.is_err());
    assert!(heard.await.is_err(), "the handshake was finished");
}

#[tokio::test]
async fn connections_of_calls_are_counted() {
    let server = Server::start(vec![Act::Reply(ok())]).await;
    let transport = transport(&settings(&server.url()));
    for _ in 0..3 {
        post(&transport).await.unwrap();
    }
    assert_eq!(transport.connections(), server.connections() as u64);
    assert_eq!(server.connections(), 1);
}
