//! Connections that end under a request: when that proves that UPI has not got it whole.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::server::{Act, Server, ok, reply};
use super::*;
use crate::domain::Dispatch;
use crate::observe::{Event, Observer};

/// Hears of connections that broke.
#[derive(Default)]
struct Ear(Mutex<Vec<Dispatch>>);

impl Observer for Ear {
    fn record(&self, event: &Event<'_>) {
        if let Event::ReusedBroke(end) = event {
            self.0.lock().unwrap().push(*end);
        }
    }
}

/// A peer that answers the first request of a connection, and takes so many bytes of the second;
/// after a while it goes. Counts the second requests that it got whole.
struct Leaving {
    url: String,
    whole: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
struct Farewell {
    /// What it takes of the next request.
    bytes: usize,
    /// How long it waits before it goes.
    wait: Duration,
    reset: bool,
}

impl Leaving {
    async fn start(farewell: Farewell, length: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let whole = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&whole);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(leave(stream, farewell, length, Arc::clone(&count)));
            }
        });
        Self { url, whole }
    }
}

async fn leave(mut stream: TcpStream, farewell: Farewell, length: usize, whole: Arc<AtomicUsize>) {
    if read(&mut stream, length, usize::MAX).await {
        stream.write_all(&ok()).await.unwrap();
        if read(&mut stream, length, farewell.bytes).await {
            whole.fetch_add(1, Ordering::SeqCst);
        }
        // Sleeps: a peer of its own pace.
        sleep(farewell.wait).await;
        if farewell.reset {
            let _ = stream.set_zero_linger();
        }
    }
}

/// Whether a whole request came, of which no more than `most` bytes of the body are read.
async fn read(stream: &mut TcpStream, length: usize, most: usize) -> bool {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let body = head.map_or(0, |head| bytes.len() - head - 4);
        if head.is_some() && (body >= length || body >= most) {
            return body >= length;
        }
        if !matches!(stream.read_buf(&mut bytes).await, Ok(read) if read > 0) {
            return false;
        }
    }
}

async fn send(transport: &Transport, length: usize) -> Result<Reply, PostError> {
    let body = Bytes::from(vec![b'7'; length]);
    transport.post("header..signature", body).await
}

/// What a second request ends as, whether the peer got it whole, and what was heard of it.
async fn second(farewell: Farewell, length: usize) -> (&'static str, usize, Vec<Dispatch>) {
    let peer = Leaving::start(farewell, length).await;
    let ear = Arc::new(Ear::default());
    let heard: Arc<dyn Observer> = ear.clone();
    let transport = Transport::new(settings(&peer.url), &path(), heard).unwrap();
    assert_eq!(kind(send(&transport, length).await), "a reply");
    let ended = kind(send(&transport, length).await);
    let ends = ear.0.lock().unwrap().clone();
    (ended, peer.whole.load(Ordering::SeqCst), ends)
}

#[tokio::test]
async fn a_peer_that_goes_at_the_next_request_has_not_got_it() {
    for length in [17_000, 200_000] {
        for reset in [false, true] {
            let farewell = Farewell {
                bytes: 0,
                wait: Duration::ZERO,
                reset,
            };
            proven(farewell, length).await;
        }
    }
}

/// A busy machine may let the time pass for which the last piece is held back, and then there is
/// no proof; but not again and again.
async fn proven(farewell: Farewell, length: usize) {
    for _ in 0..100 {
        let (ended, whole, ends) = second(farewell, length).await;
        assert_eq!(whole, 0);
        match ended {
            "not whole" => return assert_eq!(ends, [Dispatch::NotSent]),
            _ => assert_eq!((ended, &ends[..]), ("cut off", &[Dispatch::Unknown][..])),
        }
    }
    panic!("never proven: {length}, reset: {}", farewell.reset);
}

/// It reads all but the last byte: what decides is whether that byte was handed over.
#[tokio::test]
async fn a_peer_that_has_all_but_one_byte_and_waits_may_have_got_that_too() {
    for length in [17_000, 200_000] {
        let farewell = Farewell {
            bytes: length - 1,
            wait: Duration::from_millis(300),
            reset: true,
        };
        let (ended, _, ends) = second(farewell, length).await;
        assert_eq!(ended, "cut off", "{length}");
        assert_eq!(ends, [Dispatch::Unknown]);
    }
}

#[tokio::test]
async fn who_has_got_everything_is_never_said_to_have_got_nothing() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: u64| {
        // Xorshift, with its seed above.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut proofs = 0;
    for round in 0..120 {
        let length = [1, 2, 16, 17, 18, 600, 17_000, 200_000][random(8) as usize];
        let taken = random(length as u64 + 1) as usize;
        let farewell = Farewell {
            bytes: [0, taken, length - 1, length][random(4) as usize],
            wait: Duration::from_micros(random(25_000)),
            reset: random(2) == 0,
        };
        let (ended, whole, _) = second(farewell, length).await;
        assert!(whole == 0 || ended == "cut off", "round {round}: {ended}");
        proofs += usize::from(ended == "not whole");
    }
    assert!(proofs > 0, "no proof was tried");
}

#[tokio::test]
async fn a_peer_that_stops_reading_has_not_got_all_when_time_is_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let settings = impatient(&format!("http://{}", listener.local_addr().unwrap()));
    // More than the kernel's buffers take.
    let ended = send(&transport(&settings), 64 * 1024 * 1024).await;
    assert_eq!(kind(ended), "not whole");
}

/// Some servers say goodbye to an idle connection by a 408, which a request may meet.
#[tokio::test]
async fn a_refusal_that_came_before_the_whole_request_did_not_get_it() {
    let goodbye = reply("408 Request Timeout", &["connection: close"], b"");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(read(&mut stream, 17_000, usize::MAX).await);
        stream.write_all(&ok()).await.unwrap();
        read(&mut stream, 17_000, 0).await;
        stream.write_all(&goodbye).await.unwrap();
        read(&mut stream, 17_000, usize::MAX).await;
    });
    let transport = transport(&settings(&url));
    assert_eq!(kind(send(&transport, 17_000).await), "a reply");
    assert_eq!(kind(send(&transport, 17_000).await), "not whole");
}

#[tokio::test]
async fn a_connection_of_its_own_for_each_call() {
    let server = Server::start(vec![Act::Reply(ok())]).await;
    let transport = transport(&Route {
        connections: Connections::OnePerCall,
        ..settings(&server.url())
    });
    for _ in 0..3 {
        assert_eq!(kind(post(&transport).await), "a reply");
    }
    assert_eq!((server.posts(), server.connections()), (3, 3));
    let closing = |request: &Vec<u8>| {
        let text = String::from_utf8_lossy(request).to_lowercase();
        text.contains("\r\nconnection: close\r\n")
    };
    assert!(server.requests().iter().all(closing));
}

#[tokio::test]
async fn an_announced_time_is_honoured_less_a_margin() {
    let brief = reply("200 OK", &["Keep-Alive: timeout=2"], b"{}");
    let server = Server::start(vec![Act::Reply(brief)]).await;
    let transport = transport(&settings(&server.url()));
    for connections in [1, 2] {
        // The first of them ends the client whose connections waited for longer.
        for _ in 0..2 {
            assert_eq!(kind(post(&transport).await), "a reply");
        }
        assert_eq!(server.connections(), connections + 1);
        assert_eq!(transport.pool.idle(), Duration::from_secs(1));
        // Sleeps: the pool's clock is the system's.
        sleep(Duration::from_millis(1100)).await;
    }
}

#[tokio::test]
async fn a_longer_time_than_ours_changes_nothing() {
    let long = reply("200 OK", &["Keep-Alive: timeout=60"], b"{}");
    let server = Server::start(vec![Act::Reply(long)]).await;
    let transport = transport(&settings(&server.url()));
    for _ in 0..2 {
        assert_eq!(kind(post(&transport).await), "a reply");
    }
    assert_eq!(server.connections(), 1);
}
