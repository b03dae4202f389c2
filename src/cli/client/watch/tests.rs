//! Peers that close while we write, and beginnings in pieces.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::{Beginning, Watched};

/// Takes nothing; what it said before is still to be read.
struct Closed(&'static [u8]);

impl AsyncRead for Closed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buffer.put_slice(std::mem::take(&mut self.0));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Closed {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_a_peer_said_before_it_closed_is_read_when_writing_fails() {
    let (mut stream, mut beginning) = Watched::new(Closed(b"\x15\x03\x03\0\x02\x02\x74"));
    assert!(stream.write_all(b"PRI").await.is_err());
    assert!(matches!(beginning.try_recv(), Ok(Beginning::Tls)));
    let (mut stream, mut beginning) = Watched::new(Closed(b""));
    assert!(stream.write_all(b"PRI").await.is_err());
    assert!(matches!(beginning.try_recv(), Ok(Beginning::Nothing(None))));
}

#[tokio::test]
async fn a_beginning_may_come_in_pieces() {
    let (mut peer, ours) = tokio::io::duplex(64);
    let (mut stream, mut beginning) = Watched::new(ours);
    let mut heard = [0; 16];
    peer.write_all(b"\0\0\0\x04").await.unwrap();
    assert_eq!(stream.read(&mut heard).await.unwrap(), 4);
    assert!(beginning.try_recv().is_err());
    peer.write_all(b"\0").await.unwrap();
    assert_eq!(stream.read(&mut heard).await.unwrap(), 1);
    assert!(matches!(beginning.try_recv(), Ok(Beginning::Http2)));
}
