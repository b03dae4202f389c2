//! The end of a connection whose handshake failed.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a peer may take to read why it is turned away.
const MOMENT: Duration = Duration::from_secs(1);
/// What it may send meanwhile: more than HTTP/2 begins with.
const MOST: u64 = 64 * 1024;

/// Closes our half, and takes what the peer still sends until it closes its own.
///
/// A client of TLS 1.3 has done its part of the handshake before its certificate is judged, and
/// writes on. At a closed socket these bytes meet a reset; the client then knows of a broken
/// connection, and not of our alert, which says that its certificate is the matter.
pub(super) async fn linger(mut stream: TcpStream) {
    let close = async {
        stream.shutdown().await?;
        let mut rest = stream.take(MOST);
        copy(&mut rest, &mut sink()).await
    };
    // Whatever goes wrong, the connection was over before.
    let _ = timeout(MOMENT, close).await;
}
