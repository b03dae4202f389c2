//! Which proxy is asked. The environment of a process cannot be changed safely while it runs
//! threads, so each case runs in a process of its own: this test again, told so by a variable.

use std::process::Command;
use std::sync::Arc;

use super::server::{Act, Server, ok};
use super::*;
use crate::observe::Nobody;
use crate::upi::transport::RouteError;

const CASE: &str = "IDPHOTO_TEST_PROXY";
const TEST: &str =
    "upi::transport::tests::proxies::proxies_of_the_environment_are_used_if_configured_only";

#[tokio::test]
async fn proxies_of_the_environment_are_used_if_configured_only() {
    match std::env::var(CASE).as_deref() {
        Ok("none") => post_with(Proxy::None).await,
        Ok("environment") => post_with(Proxy::Environment).await,
        _ => {
            assert_eq!(posts_to_the_proxy("none").await, 0);
            assert_eq!(posts_to_the_proxy("environment").await, 1);
        }
    }
}

async fn post_with(proxy: Proxy) {
    let server = Server::start(vec![Act::Reply(ok())]).await;
    let settings = Route {
        proxy,
        ..settings(&server.url())
    };
    assert_eq!(kind(post_to(&settings).await), "a reply");
}

async fn posts_to_the_proxy(case: &str) -> usize {
    let proxy = Server::start(vec![Act::Reply(ok())]).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([TEST, "--exact"]).env(CASE, case);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        child.env(name, proxy.url());
    }
    child.env_remove("no_proxy").env_remove("NO_PROXY");
    let ran = tokio::task::spawn_blocking(move || child.output()).await;
    let output = ran.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
    proxy.posts()
}

#[tokio::test]
async fn a_configured_proxy_is_used() {
    let proxy = Server::start(vec![Act::Reply(ok())]).await;
    let settings = Route {
        proxy: Proxy::Url(proxy.url()),
        ..settings("http://nonexistent.invalid")
    };
    assert_eq!(kind(post_to(&settings).await), "a reply");
    assert!(proxy.requests()[0].starts_with(b"POST http://nonexistent.invalid/"));
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_proves_that_nothing_was_sent() {
    let refusal = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
    let proxy = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let address = proxy.local_addr().unwrap();
    let task = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = proxy.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        stream.write_all(refusal).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let settings = Route {
        proxy: Proxy::Url(format!("http://{address}")),
        ..settings("https://nonexistent.invalid")
    };
    assert_eq!(kind(post_to(&settings).await), "no connection");
    let request = task.await.unwrap();
    assert!(
        request.starts_with("CONNECT nonexistent.invalid:443 "),
        "{request}"
    );
    assert!(!request.to_lowercase().contains("upi-jws"), "{request}");
}

#[test]
fn a_proxy_that_is_no_url_is_refused_without_a_word_of_it() {
    let settings = Route {
        proxy: Proxy::Url("socks5://user:canary@:x".to_owned()),
        ..settings("http://127.0.0.1")
    };
    let Err(error) = Transport::new(settings.clone(), &path(), Arc::new(Nobody)) else {
        panic!("accepted");
    };
    assert!(matches!(error, RouteError::Proxy));
    assert!(!format!("{error:?} {:?}", settings.proxy).contains("canary"));
}
