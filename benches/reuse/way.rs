//! A long way: passes everything on, half a round trip later.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Takes connections, and goes on to `port`.
pub async fn lead(listener: TcpListener, port: u16, round_trip: Duration) {
    loop {
        let (near, _) = listener.accept().await.unwrap();
        near.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            // The kernel has made the connection at once: TCP's round trip is made up for.
            sleep(round_trip).await;
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            far.set_nodelay(true).unwrap();
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            tokio::spawn(carry(near_in, far_out, round_trip / 2));
            carry(far_in, near_out, round_trip / 2).await;
        });
    }
}

/// One direction, until its end; the end takes the same time.
async fn carry(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let mut bytes = Vec::with_capacity(64 * 1024);
            let read = from.read_buf(&mut bytes).await.unwrap_or(0);
            if sender.send((Instant::now() + delay, bytes)).is_err() || read == 0 {
                return;
            }
        }
    });
    while let Some((at, bytes)) = receiver.recv().await {
        sleep_until(at).await;
        if bytes.is_empty() || to.write_all(&bytes).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
