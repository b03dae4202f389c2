//! Whether a peer has begun to speak HTTP/2: its preface, which ends with the head of a
//! SETTINGS frame (RFC 9113, section 3.4).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The fixed text, and the head of a frame.
const PREFACE: usize = 24 + 9;

/// Passes everything on, and counts the first bytes that come.
pub(super) struct Listened<I> {
    io: I,
    heard: Heard,
}

/// How much has come. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<AtomicUsize>);

impl Heard {
    /// Whether the preface has come as a whole.
    pub(super) fn is_whole(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= PREFACE
    }
}

impl<I> Listened<I> {
    pub(super) fn new(io: I) -> (Self, Heard) {
        let heard = Heard::default();
        let listened = Self {
            io,
            heard: heard.clone(),
        };
        (listened, heard)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Listened<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if !self.heard.is_whole() {
            let came = buffer.filled().len() - before;
            self.heard.0.fetch_add(came, Ordering::Relaxed);
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Listened<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
