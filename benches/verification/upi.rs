//! UPI's side for next to nothing: it says again what a real sandbox has answered. A signature
//! covers no order, so one answer fits all for as long as its time stamp is fresh.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// Well within `upi.clock_window`.
const FRESH: Duration = Duration::from_secs(60);
const YEAR: Duration = Duration::from_hours(365 * 24);

pub struct Upi {
    pub url: String,
    millis: Arc<AtomicU64>,
}

struct Recorded {
    sandbox: String,
    answer: Mutex<Option<(Instant, Arc<[u8]>)>>,
}

impl Upi {
    pub async fn start(sandbox: &str) -> Self {
        Self::answering(Recorded {
            sandbox: sandbox.trim_start_matches("http://").to_owned(),
            answer: Mutex::new(None),
        })
        .await
    }

    /// Says the same for ever, whatever it is asked.
    pub async fn parrot() -> Self {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n{:600}", "");
        let always = Instant::now() + YEAR;
        Self::answering(Recorded {
            sandbox: String::new(),
            answer: Mutex::new(Some((always, answer.into_bytes().into()))),
        })
        .await
    }

    async fn answering(recorded: Recorded) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (millis, recorded) = (Arc::new(AtomicU64::new(0)), Arc::new(recorded));
        let takes = Arc::clone(&millis);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                tokio::spawn(serve(stream, Arc::clone(&recorded), Arc::clone(&takes)));
            }
        });
        Self { url, millis }
    }

    /// From now on.
    pub fn takes(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.millis.store(millis, Ordering::Relaxed);
    }
}

async fn serve(mut stream: TcpStream, recorded: Arc<Recorded>, millis: Arc<AtomicU64>) {
    let mut message = Vec::new();
    while read(&mut stream, &mut message).await.is_some() {
        let answer = recorded.answer(&message).await;
        // It may take long, and there are thousands.
        message = Vec::new();
        sleep(Duration::from_millis(millis.load(Ordering::Relaxed))).await;
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

impl Recorded {
    async fn answer(&self, request: &[u8]) -> Arc<[u8]> {
        let mut answer = self.answer.lock().await;
        match &*answer {
            Some((at, answer)) if at.elapsed() < FRESH => Arc::clone(answer),
            _ => {
                let fresh: Arc<[u8]> = self.ask(request).await.into();
                *answer = Some((Instant::now(), Arc::clone(&fresh)));
                fresh
            }
        }
    }

    async fn ask(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.sandbox).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        read(&mut stream, &mut answer).await.unwrap();
        answer
    }
}

/// One message of HTTP/1.1, whole.
async fn read(stream: &mut TcpStream, message: &mut Vec<u8>) -> Option<()> {
    message.clear();
    let end = loop {
        (stream.read_buf(message).await.ok()? > 0).then_some(())?;
        if let Some(at) = message.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&message[..end]).to_lowercase();
    let (_, length) = head.split_once("content-length: ")?;
    let length: usize = length.split("\r\n").next()?.parse().ok()?;
    message.reserve((end + length).saturating_sub(message.len()));
    while message.len() < end + length {
        (stream.read_buf(message).await.ok()? > 0).then_some(())?;
    }
    Some(())
}
