//! The pages, and what a peer may cost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tracing::Level;

use super::pages::Pages;
use super::{Admin, Flaw, Reload, Reloaded, Sources};
use crate::telemetry::Switch;

fn sources(metrics: Option<&'static str>, ready: &Arc<AtomicBool>) -> Sources {
    let ready = Arc::clone(ready);
    Sources {
        exposition: Arc::new(move || metrics.map(str::to_owned)),
        ready: Arc::new(move || ready.load(Ordering::Relaxed)),
        configuration: Arc::new(|| "[server]\n".to_owned()),
        reload: None,
        log: Switch::new(Level::INFO),
    }
}

fn pages() -> Pages {
    Pages::new(sources(Some("up 1\n"), &Arc::default()), true)
}

/// Status, content type or Allow, and body.
async fn ask(pages: &Pages, method: &str, path: &str, body: &str) -> (u16, String, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:9464")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap();
    let answer = pages.answer(request).await;
    let status = answer.status().as_u16();
    let header = match status {
        405 => "allow",
        _ => "content-type",
    };
    let header = answer.headers()[header].to_str().unwrap().to_owned();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, header, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn each_page_says_what_it_is() {
    let pages = pages();
    let metrics = "text/plain; version=0.0.4; charset=utf-8";
    let text = "text/plain; charset=utf-8";
    for (path, status, content_type, body) in [
        ("/metrics", 200, metrics, "up 1\n"),
        ("/live", 200, text, "live\n"),
        ("/ready", 503, text, "starting or draining\n"),
        ("/config", 200, text, "[server]\n"),
    ] {
        let expected = (status, content_type.to_owned(), body.to_owned());
        assert_eq!(ask(&pages, "GET", path, "").await, expected, "{path}");
    }
    let (status, content_type, body) = ask(&pages, "GET", "/version", "").await;
    assert_eq!((status, content_type.as_str()), (200, "application/json"));
    assert!(body.contains(env!("CARGO_PKG_VERSION")), "{body}");
}

#[tokio::test]
async fn readiness_is_that_of_the_server() {
    let ready = Arc::new(AtomicBool::new(true));
    let pages = Pages::new(sources(None, &ready), true);
    assert_eq!(ask(&pages, "GET", "/ready", "").await.0, 200);
    ready.store(false, Ordering::Relaxed);
    assert_eq!(ask(&pages, "GET", "/ready", "").await.0, 503);
    // Metrics that cannot be gathered are no empty metrics.
    assert_eq!(ask(&pages, "GET", "/metrics", "").await.0, 500);
}

#[tokio::test]
async fn nothing_else_is_served() {
    let pages = pages();
    for path in [
        "/",
        "/metrics/",
        "/Metrics",
        "/debug/pprof",
        "/config/../config",
    ] {
        assert_eq!(ask(&pages, "GET", path, "").await.0, 404, "{path}");
    }
    for path in ["/metrics", "/live", "/ready", "/version", "/config"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            let (status, allow, _) = ask(&pages, method, path, "").await;
            assert_eq!(
                (status, allow.as_str()),
                (405, "GET, HEAD"),
                "{method} {path}"
            );
        }
    }
    let (status, allow, _) = ask(&pages, "POST", "/log-level", "").await;
    assert_eq!((status, allow.as_str()), (405, "GET, HEAD, PUT"));
}

#[tokio::test(start_paused = true)]
async fn the_log_level_is_shown_and_changed() {
    let pages = pages();
    let show = async || ask(&pages, "GET", "/log-level", "").await.2;
    let configured = "{\"level\":\"info\",\"configured\":\"info\",\"until\":null}\n";
    assert_eq!(show().await, configured);
    let change = r#"{"level":"debug","for":"10m"}"#;
    let (status, _, told) = ask(&pages, "PUT", "/log-level", change).await;
    assert_eq!(status, 200);
    assert!(told.contains("\"level\":\"debug\""), "{told}");
    assert!(told.contains("\"until\":\"20"), "{told}");
    assert_eq!(show().await, told);
    let (status, ..) = ask(&pages, "PUT", "/log-level", r#"{"level":"trace"}"#).await;
    assert_eq!(status, 400);
    let long = format!("{change}{}", " ".repeat(4096));
    assert_eq!(ask(&pages, "PUT", "/log-level", &long).await.0, 413);
    assert_eq!(show().await, told);
    tokio::time::sleep(std::time::Duration::from_secs(601)).await;
    assert_eq!(show().await, configured);
}

#[tokio::test]
async fn what_a_web_page_could_send_is_refused() {
    let pages = pages();
    let request = |host: &str, content_type: &str| {
        Request::put("/log-level")
            .header("host", host)
            .header("content-type", content_type)
            .body(Full::new(Bytes::from_static(
                br#"{"level":"trace","for":"1h"}"#,
            )))
            .unwrap()
    };
    for (host, content_type, status) in [
        ("evil.example", "application/json", StatusCode::FORBIDDEN),
        (
            "127.0.0.1",
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        ("localhost", "application/json", StatusCode::OK),
    ] {
        let answer = pages.answer(request(host, content_type)).await;
        assert_eq!(answer.status(), status, "{host} {content_type}");
    }
    // Beyond loopback the port has whatever names its operator gave it.
    let open = Pages::new(sources(None, &Arc::default()), false);
    let answer = open
        .answer(request("gateway.example", "application/json"))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
}

async fn served() -> SocketAddr {
    let sources = sources(Some("up 1\n"), &Arc::default());
    let admin = Admin::bind(([127, 0, 0, 1], 0).into(), 64, sources)
        .await
        .unwrap();
    let address = admin.local_addr();
    tokio::spawn(admin.run());
    address
}

/// Everything until the server closes.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset ends the answer as well as a close.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn head_has_no_body_and_each_connection_ends() {
    let address = served().await;
    let head = exchange(address, "HEAD /metrics HTTP/1.1\r\nhost: [::1]\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("content-length: 5"), "{head}");
    let answer = exchange(address, "GET /live HTTP/1.1\r\nhost: [::1]\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\nlive\n"), "{answer}");
}

#[tokio::test]
async fn many_or_large_headers_are_refused() {
    let address = served().await;
    let many = "x: y\r\n".repeat(100);
    let large = format!("x: {}\r\n", "y".repeat(20_000));
    for headers in [many, large] {
        let request = format!("GET /live HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let answer = exchange(address, &request).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_peer_is_cut() {
    let address = served().await;
    let begun = tokio::time::Instant::now();
    for unfinished in [
        "",
        "GET /live HTTP/1.1\r\nhost: localh",
        "PUT /log-level HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 20\r\n\r\n{",
    ] {
        assert_eq!(exchange(address, unfinished).await, "");
    }
    assert!(begun.elapsed().as_secs() <= 31, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_silent_peers_is_served_in_turns_and_holds_nobody_up_for_long() {
    let address = served().await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        // Blocks, so that the clock stands still meanwhile.
        crowd.push(std::net::TcpStream::connect(address).unwrap());
    }
    let begun = tokio::time::Instant::now();
    let answer = exchange(address, "GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The first 64 are cut after ten seconds.
    let waited = begun.elapsed().as_secs();
    assert!((9..=11).contains(&waited), "{waited} s");
}

#[tokio::test]
async fn a_reload_is_asked_for_and_tells_what_came_of_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let reload: Reload = Arc::new(move || {
        let reloaded = counted.fetch_add(1, Ordering::Relaxed) == 0;
        let flaw = Flaw {
            key: "server.tls.key_file".to_owned(),
            text: "is not a key for the certificate beside it".to_owned(),
            advice: "",
        };
        let problems = if reloaded { Vec::new() } else { vec![flaw] };
        let needs_restart = vec!["server.listen"];
        Box::pin(async move {
            Reloaded {
                reloaded,
                problems,
                needs_restart,
            }
        })
    });
    let sources = Sources {
        reload: Some(reload),
        ..sources(None, &Arc::default())
    };
    let pages = Pages::new(sources, true);
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let (status, allow, _) = ask(&pages, method, "/reload", "").await;
        assert_eq!((status, allow.as_str()), (405, "POST"), "{method}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let good = ask(&pages, "POST", "/reload", "").await;
    let told = "{\"reloaded\":true,\"problems\":[],\"needs_restart\":[\"server.listen\"]}\n";
    assert_eq!((good.0, good.2.as_str()), (200, told));
    let (status, content_type, told) = ask(&pages, "POST", "/reload", "").await;
    assert_eq!((status, content_type.as_str()), (422, "application/json"));
    assert!(told.contains("\"key\":\"server.tls.key_file\""), "{told}");
}

#[tokio::test]
async fn without_a_way_to_reload_there_is_no_such_page() {
    assert_eq!(ask(&pages(), "POST", "/reload", "").await.0, 404);
}
