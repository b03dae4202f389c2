//! What a peer says is listened to: whether it has begun to speak HTTP/2, with its preface, which
//! ends with the head of a SETTINGS frame (RFC 9113, section 3.4); and whether it goes on too
//! much, which ends the connection. What it does not read is noted, too.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::Control;
use super::unread::Unread;

/// The fixed text, and the head of a frame.
const PREFACE: usize = 24 + 9;

/// Passes everything on, counts the first bytes that come, and follows the frames.
pub(super) struct Listened<I> {
    io: I,
    heard: Heard,
    control: Control,
    unread: Unread,
}

/// What has been heard. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<So>);

#[derive(Debug, Default)]
struct So {
    bytes: AtomicUsize,
    flood: AtomicBool,
}

impl Heard {
    /// Whether the preface has come as a whole.
    pub(super) fn is_whole(&self) -> bool {
        self.0.bytes.load(Ordering::Relaxed) >= PREFACE
    }

    /// Whether it was too much. The error of a connection does not tell: HTTP/2's library keeps
    /// the words of an error and not the error.
    pub(super) fn is_flood(&self) -> bool {
        self.0.flood.load(Ordering::Relaxed)
    }
}

impl<I> Listened<I> {
    pub(super) fn new(io: I, unread: Unread) -> (Self, Heard) {
        let heard = Heard::default();
        let listened = Self {
            io,
            heard: heard.clone(),
            control: Control::new(),
            unread,
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
        let came = buffer.filled().get(before..).unwrap_or_default();
        if !self.heard.is_whole() {
            let bytes = &self.heard.0.bytes;
            bytes.fetch_add(came.len(), Ordering::Relaxed);
        }
        if let Err(flood) = self.control.follow(came) {
            self.heard.0.flood.store(true, Ordering::Relaxed);
            // An error says that nothing was read.
            buffer.set_filled(before);
            return Poll::Ready(Err(io::Error::other(flood)));
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
        let written = Pin::new(&mut self.io).poll_write(context, data);
        self.unread.wrote(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, data);
        self.unread.wrote(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.unread.wrote(flushed.is_ready());
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
