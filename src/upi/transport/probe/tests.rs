use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Probe, Route, Step};
use crate::upi::gateway::{Proxy, SetupError};
use crate::verify::port::SystemClock;

fn route(base_url: String) -> Route {
    Route {
        base_url,
        connect_timeout: Duration::from_secs(5),
        ca_pem: None,
        client_identity: None,
        proxy: Proxy::None,
    }
}

/// Answers one request, after a first connection that asks nothing, and tells what came.
async fn peer(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (probed, _) = listener.accept().await.unwrap();
        let (mut asked, _) = listener.accept().await.unwrap();
        drop(probed);
        let mut request = vec![0; 4096];
        let length = asked.read(&mut request).await.unwrap();
        asked.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (url, task)
}

#[tokio::test]
async fn it_asks_for_the_root_by_head_and_brings_the_date() {
    let answer = "HTTP/1.1 404 Not Found\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                  content-length: 9\r\nconnection: close\r\n\r\n";
    let (url, task) = peer(answer).await;
    let probe = Probe::new(&route(format!("{url}/prefix"))).unwrap();
    let outcome = probe.run(&SystemClock).await;
    assert_eq!(outcome.failed, None);
    assert_eq!(outcome.passed, [Step::Dns, Step::Tcp, Step::Http]);
    let date = outcome.reading.unwrap().date;
    assert_eq!(date.as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert!(task.await.unwrap().starts_with("HEAD / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_port_that_nobody_serves_fails_at_tcp() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = Probe::new(&route(url)).unwrap().run(&SystemClock).await;
    assert_eq!(outcome.passed, [Step::Dns]);
    assert_eq!(outcome.failed.unwrap().0, Step::Tcp);
    assert_eq!(outcome.reading, None);
}

#[tokio::test]
async fn what_speaks_no_tls_fails_at_tls() {
    let (url, task) = peer("hello").await;
    let url = url.replace("http:", "https:");
    let outcome = Probe::new(&route(url)).unwrap().run(&SystemClock).await;
    assert_eq!(outcome.passed, [Step::Dns, Step::Tcp]);
    assert_eq!(outcome.failed.unwrap().0, Step::Tls);
    drop(task);
}

#[test]
fn authorities_that_are_none_are_refused_before_any_connection() {
    let mut route = route("https://upi.example".to_owned());
    route.ca_pem = Some(b"no PEM".to_vec());
    let refused = Probe::new(&route).err();
    assert!(matches!(
        refused,
        Some(SetupError::CaEmpty | SetupError::Ca(_))
    ));
}
