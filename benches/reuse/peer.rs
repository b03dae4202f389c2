//! UPI's side: answers each whole request, and perhaps closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::way;

const ANSWER: &[u8] = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}";

pub struct Peer {
    pub url: String,
    /// Of its certificate, PEM.
    pub authority: Option<Vec<u8>>,
    whole: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<()>>,
}

impl Peer {
    pub fn start(far: &Runtime, close: Option<Duration>, round_trip: Duration, tls: bool) -> Self {
        let (acceptor, authority) = if tls { certified() } else { (None, None) };
        let whole = Arc::new(AtomicUsize::new(0));
        let (listener, port) = listen(far);
        let mut tasks = vec![far.spawn(accept(listener, acceptor, close, Arc::clone(&whole)))];
        let mut door = port;
        if !round_trip.is_zero() {
            let (listener, outer) = listen(far);
            tasks.push(far.spawn(way::lead(listener, port, round_trip)));
            door = outer;
        }
        let scheme = if tls { "https" } else { "http" };
        Self {
            url: format!("{scheme}://localhost:{door}"),
            authority,
            whole,
            tasks,
        }
    }

    /// How many requests it has had whole.
    pub fn whole(&self) -> usize {
        self.whole.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn listen(far: &Runtime) -> (TcpListener, u16) {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let _inside = far.enter();
    let port = listener.local_addr().unwrap().port();
    (TcpListener::from_std(listener).unwrap(), port)
}

fn certified() -> (Option<TlsAcceptor>, Option<Vec<u8>>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    (Some(acceptor), Some(cert.pem().into_bytes()))
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    close: Option<Duration>,
    whole: Arc<AtomicUsize>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (tls, whole) = (tls.clone(), Arc::clone(&whole));
        tokio::spawn(async move {
            match tls {
                None => serve(stream, close, &whole).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, close, &whole).await;
                    }
                }
            }
        });
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    close: Option<Duration>,
    whole: &AtomicUsize,
) {
    while request(&mut stream).await.is_some() {
        whole.fetch_add(1, Ordering::SeqCst);
        if stream.write_all(ANSWER).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if let Some(close) = close {
            if !close.is_zero() {
                sleep(close).await;
            }
            return;
        }
    }
}

/// Reads a request whole.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<()> {
    let mut bytes = Vec::with_capacity(256 * 1024);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let (_, length) = head.split_once("content-length: ")?;
    let length: usize = length.split("\r\n").next()?.parse().ok()?;
    while bytes.len() < end + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    Some(())
}
