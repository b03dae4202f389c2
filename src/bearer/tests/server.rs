//! An issuer's key set behind a real port.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::super::{Fetcher, JwksUrl, Pace, Source};

/// What the server does with a request.
#[derive(Clone)]
pub enum Manner {
    /// It answers with this set.
    Keys(Vec<u8>),
    /// It answers with so many bytes, and does not say so beforehand.
    Flood(usize),
    /// It answers with so many bytes, and says so.
    Announced(usize),
    /// It never answers.
    Silent,
    /// It closes the connection.
    Dead,
    /// It answers with another status; a redirect has this place.
    Status(u16, String),
}

/// A server on loopback, until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(manner: Manner) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let manner = Arc::new(Mutex::new(manner));
        let asked = Arc::<AtomicUsize>::default();
        let (shown, counted) = (Arc::clone(&manner), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let manner = shown.lock().unwrap().clone();
                tokio::spawn(serve(stream, manner));
            }
        });
        Self {
            address,
            manner,
            asked,
            task,
        }
    }

    pub fn turn(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// How many connections there were; none is used twice.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("http://{}/jwks.json?p=1", self.address)
    }

    pub fn fetcher(&self) -> Fetcher {
        Fetcher::new(JwksUrl::parse(&self.url()).unwrap(), None).unwrap()
    }

    /// A source that is read again as soon as a token asks for it, but for this gap.
    pub fn source(&self, gap: Duration) -> Source {
        let pace = Pace {
            gap,
            wait: Duration::from_secs(20),
            ..Pace::new(Duration::from_secs(3600))
        };
        Source::Url(self.fetcher(), pace, None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, manner: Manner) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if !matches!(stream.read(&mut byte).await, Ok(1)) {
            return;
        }
        head.extend_from_slice(&byte);
    }
    assert!(head.starts_with(b"GET /jwks.json?p=1 HTTP/1.1\r\n"));
    let (head, body) = match manner {
        Manner::Dead => return,
        Manner::Silent => return std::future::pending().await,
        Manner::Keys(keys) => (format!("200 OK\r\ncontent-length: {}", keys.len()), keys),
        Manner::Flood(bytes) => ("200 OK\r\nconnection: close".to_owned(), vec![b' '; bytes]),
        Manner::Announced(bytes) => (format!("200 OK\r\ncontent-length: {bytes}"), Vec::new()),
        Manner::Status(status, place) => (
            format!("{status} X\r\nlocation: {place}\r\ncontent-length: 0"),
            Vec::new(),
        ),
    };
    // The other end may have had enough.
    let _ = stream
        .write_all(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes())
        .await;
    let _ = stream.write_all(&body).await;
    let _ = stream.read(&mut [0]).await;
}
