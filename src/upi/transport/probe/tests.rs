use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Cause, Failure, Probe, Route, Step};
use crate::upi::transport::{BaseUrl, Proxy, RouteError};
use crate::verify::port::SystemClock;

fn route(base_url: String) -> Route {
    Route::direct(BaseUrl::parse(&base_url).unwrap())
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
    assert_eq!(outcome.failed.unwrap().step, Step::Tcp);
    assert_eq!(outcome.reading, None);
}

#[tokio::test]
async fn what_speaks_no_tls_fails_at_tls() {
    let (url, task) = peer("hello").await;
    let url = url.replace("http:", "https:");
    let outcome = Probe::new(&route(url)).unwrap().run(&SystemClock).await;
    assert_eq!(outcome.passed, [Step::Dns, Step::Tcp]);
    assert_eq!(outcome.failed.unwrap().step, Step::Tls);
    drop(task);
}

#[test]
fn authorities_that_are_none_are_refused_before_any_connection() {
    let mut route = route("https://upi.example".to_owned());
    route.ca_pem = Some(b"no PEM".to_vec());
    let refused = Probe::new(&route).err();
    assert!(matches!(
        refused,
        Some(RouteError::CaEmpty | RouteError::Ca(_))
    ));
}

/// Takes a connection that asks nothing where there is no proxy, then one that is answered
/// with these bytes.
async fn answering(
    answer: &'static [u8],
    connections: usize,
) -> (u16, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        for _ in 1..connections {
            listener.accept().await.unwrap();
        }
        let (mut asked, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let _ = asked.read(&mut request).await.unwrap();
        asked.write_all(answer).await.unwrap();
        // Until the other side has read it.
        while asked
            .read(&mut request)
            .await
            .is_ok_and(|length| length > 0)
        {}
    });
    (port, task)
}

async fn failure(route: &Route) -> Failure {
    let outcome = Probe::new(route).unwrap().run(&SystemClock).await;
    outcome.failed.unwrap()
}

#[tokio::test]
async fn alerts_say_what_is_not_in_common() {
    let alerts: [(&[u8], _); 2] = [
        (&[21, 3, 3, 0, 2, 2, 40], Cause::NoCommonCipherSuite),
        (&[21, 3, 1, 0, 2, 2, 70], Cause::NoCommonVersion),
    ];
    for (alert, cause) in alerts {
        let (port, task) = answering(alert, 2).await;
        let failed = failure(&route(format!("https://127.0.0.1:{port}"))).await;
        assert_eq!(
            (failed.step, failed.cause),
            (Step::Tls, cause),
            "{failed:?}"
        );
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_proxy_is_told_apart_from_upi() {
    let answers: [(&[u8], _); 2] = [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Cause::ProxyAuthorization,
        ),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Cause::ProxyRefused),
    ];
    for (answer, cause) in answers {
        let (port, task) = answering(answer, 1).await;
        let mut route = route("https://upi.example".to_owned());
        route.proxy = Proxy::Url(format!("http://127.0.0.1:{port}"));
        let failed = failure(&route).await;
        assert_eq!(failed.cause, cause, "{failed:?}");
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_plaintext_question_that_the_proxy_refuses_is_no_answer_of_upi() {
    let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let (port, task) = answering(answer, 1).await;
    let mut route = route("http://upi.example".to_owned());
    route.proxy = Proxy::Url(format!("http://127.0.0.1:{port}"));
    let failed = failure(&route).await;
    assert_eq!(failed.cause, Cause::ProxyAuthorization);
    task.abort();
}

#[tokio::test]
async fn a_server_with_cbc_suites_alone_has_no_suite_in_common() {
    use openssl::ssl::{SslAcceptor, SslMethod, SslVersion};

    for suites in ["ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256"] {
        let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
        let rsa = openssl::rsa::Rsa::generate(2048).unwrap();
        let key = openssl::pkey::PKey::from_rsa(rsa).unwrap();
        acceptor.set_private_key(&key).unwrap();
        acceptor.set_certificate(&certificate(&key)).unwrap();
        acceptor
            .set_max_proto_version(Some(SslVersion::TLS1_2))
            .unwrap();
        acceptor.set_cipher_list(suites).unwrap();
        let acceptor = acceptor.build();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            drop(listener.accept().unwrap());
            let (stream, _) = listener.accept().unwrap();
            acceptor.accept(stream).is_err()
        });
        let failed = failure(&route(format!("https://127.0.0.1:{port}"))).await;
        assert_eq!(failed.cause, Cause::NoCommonCipherSuite, "{failed:?}");
        assert!(server.join().unwrap());
    }
}

fn certificate(key: &openssl::pkey::PKey<openssl::pkey::Private>) -> openssl::x509::X509 {
    use openssl::asn1::Asn1Time;
    use openssl::hash::MessageDigest;

    let mut certificate = openssl::x509::X509::builder().unwrap();
    certificate.set_pubkey(key).unwrap();
    let (begin, end) = (Asn1Time::days_from_now(0), Asn1Time::days_from_now(1));
    certificate.set_not_before(&begin.unwrap()).unwrap();
    certificate.set_not_after(&end.unwrap()).unwrap();
    certificate.sign(key, MessageDigest::sha256()).unwrap();
    certificate.build()
}
