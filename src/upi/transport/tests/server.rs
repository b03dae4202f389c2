//! A peer that reads requests whole, counts them, and then does as it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What follows a request.
#[derive(Clone)]
pub(super) enum Act {
    /// These bytes; the connection stays open.
    Reply(Vec<u8>),
    /// These bytes, and the connection is closed.
    Close(Vec<u8>),
    /// These bytes, and the connection is reset.
    Reset(Vec<u8>),
    /// These bytes, and nothing more for ever.
    Hang(Vec<u8>),
}

/// A listening peer; ends when it is dropped.
pub(super) struct Server {
    pub(super) port: u16,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Vec<u8>>>,
}

impl Server {
    /// Answers the first request by the first act, and so on; the last act repeats.
    pub(super) async fn start(acts: Vec<Act>) -> Self {
        Self::listen(acts, None).await
    }

    /// The same behind TLS.
    pub(super) async fn start_tls(acts: Vec<Act>, tls: TlsAcceptor) -> Self {
        Self::listen(acts, Some(tls)).await
    }

    async fn listen(acts: Vec<Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(accept(listener, acts, tls, Arc::clone(&seen)));
        Self { port, seen, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn https_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Every request that arrived whole.
    pub(super) fn requests(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.seen.requests.lock().unwrap()
    }

    pub(super) fn posts(&self) -> usize {
        let requests = self.requests();
        assert!(requests.iter().all(|request| request.starts_with(b"POST ")));
        requests.len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, acts: Vec<Act>, tls: Option<TlsAcceptor>, seen: Arc<Seen>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (acts, tls, seen) = (acts.clone(), tls.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            reset_on_drop(&stream, &acts);
            match tls {
                None => serve(stream, &acts, &seen).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, &acts, &seen).await;
                    }
                }
            }
        });
    }
}

fn reset_on_drop(stream: &TcpStream, acts: &[Act]) {
    if acts.iter().any(|act| matches!(act, Act::Reset(_))) {
        stream.set_zero_linger().unwrap();
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, acts: &[Act], seen: &Seen) {
    while let Some(request) = read_request(&mut stream).await {
        let index = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request);
            requests.len() - 1
        };
        let act = acts.get(index).or(acts.last()).unwrap();
        let (Act::Reply(bytes) | Act::Close(bytes) | Act::Reset(bytes) | Act::Hang(bytes)) = act;
        // The peer may have closed long before all is written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        match act {
            Act::Reply(_) => {}
            Act::Close(_) => {
                let _ = stream.shutdown().await;
                return;
            }
            Act::Reset(_) => return,
            Act::Hang(_) => std::future::pending().await,
        }
    }
}

/// A request with its body, or `None` when the connection ends before it is whole.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = find(&request, b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    };
    let lower = String::from_utf8_lossy(&request[..head]).to_lowercase();
    let (_, length) = lower.split_once("content-length: ")?;
    let length: usize = length.split("\r\n").next()?.parse().ok()?;
    while request.len() < head + length {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A complete reply with status, headers and body.
pub(super) fn reply(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The reply that a test wants when nothing is wrong.
pub(super) fn ok() -> Vec<u8> {
    reply("200 OK", &["UPI-JWS: signed"], b"{}")
}
