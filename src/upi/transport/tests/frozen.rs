//! A process that stands still while its answer arrives: the only thread that works sleeps.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::server::reply;
use super::*;

/// A peer on a thread of its own, which does not stand still. It tells when the request is
/// there, and is told when to answer, or to say nothing for ever.
struct Peer {
    url: String,
    asked: Receiver<()>,
    answer: Sender<Vec<u8>>,
}

impl Peer {
    fn listen() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (ask, asked) = mpsc::channel();
        let (answer, told) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut piece) = (0, [0; 64 * 1024]);
            while request < 200_000 {
                request += stream.read(&mut piece).unwrap();
            }
            ask.send(()).unwrap();
            stream.write_all(&told.recv().unwrap()).unwrap();
            // Until the other side leaves.
            while stream.read(&mut piece).is_ok_and(|read| read > 0) {}
        });
        Self { url, asked, answer }
    }
}

/// Posts, and stands still from before the answer until the time is over.
async fn frozen(answer: Vec<u8>) -> &'static str {
    let peer = Peer::listen();
    let settings = impatient(&peer.url);
    let standstill = settings.timeouts.whole() + Duration::from_millis(300);
    let posting = tokio::spawn(async move { post_to(&settings).await });
    let asked = tokio::task::spawn_blocking(move || peer.asked.recv().is_ok());
    assert!(asked.await.unwrap());
    let standing = tokio::spawn(async move {
        peer.answer.send(answer).unwrap();
        // Sleeps: to stand still is what is tested.
        thread::sleep(standstill);
    });
    standing.await.unwrap();
    kind(posting.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_answer_that_arrived_while_the_process_stood_still_is_read() {
    // Longer than what is read at once.
    let answer = reply("200 OK", &["upi-jws: signed"], &[b' '; 60_000]);
    assert_eq!(frozen(answer).await, "a reply");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn without_an_answer_the_time_is_over() {
    assert_eq!(frozen(Vec::new()).await, "timed out");
}
