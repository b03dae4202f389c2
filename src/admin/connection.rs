//! What a peer may cost: one request per connection, and little time for it. A peer that is
//! slow, in asking or in reading, is cut.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::pages::Pages;

/// From the connection to the last byte of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// All headers together, in bytes, and how many there may be.
const HEADERS_SIZE: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

pub(super) async fn serve(stream: TcpStream, pages: Arc<Pages>) {
    if timeout(PATIENCE, converse(stream, pages)).await.is_err() {
        tracing::debug!("admin: a slow peer is cut");
    }
}

async fn converse(stream: TcpStream, pages: Arc<Pages>) {
    let service = service_fn(|request| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(pages.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .max_headers(MOST_HEADERS)
        .max_header_size(HEADERS_SIZE)
        .max_buf_size(HEADERS_SIZE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "admin: a connection failed");
    }
}
