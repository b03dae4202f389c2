//! What a peer says is listened to: whether it has begun to speak HTTP/2, with its preface, which
//! ends with the head of a SETTINGS frame (RFC 9113, section 3.4); and whether it goes on too
//! much, which ends the connection. What it does not read is noted, too.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::Control;
use super::stretch::{Stretch, Turns};
use super::unread::Unread;

/// The fixed text, and the head of a frame.
const PREFACE: usize = 24 + 9;

/// Bytes that are cleared in next to no time.
const CLEARED: usize = 64 * 1024;

/// Passes everything on, counts the first bytes that come, and follows the frames.
pub(super) struct Listened<I> {
    io: I,
    heard: Heard,
    control: Control,
    stretch: Stretch,
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
    pub(super) fn new(io: I, unread: Unread, turns: Turns) -> (Self, Heard) {
        let heard = Heard::default();
        let listened = Self {
            io,
            heard: heard.clone(),
            control: Control::new(),
            stretch: Stretch::new(turns),
            unread,
        };
        (listened, heard)
    }
}

impl<I: AsyncRead + Unpin> Listened<I> {
    /// So much at most, or a little more: reading less than there is room for costs clearing
    /// the room first.
    fn read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        most: usize,
    ) -> Poll<io::Result<()>> {
        let io = Pin::new(&mut self.io);
        if buffer.remaining() <= most || most > CLEARED {
            return io.poll_read(context, buffer);
        }
        let room = buffer.initialize_unfilled_to(most);
        let mut part = ReadBuf::new(room);
        ready!(io.poll_read(context, &mut part))?;
        let came = part.filled().len();
        buffer.advance(came);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Listened<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = ready!(self.stretch.poll_left(context));
        let before = buffer.filled().len();
        let read = self.read(context, buffer, left);
        let came = buffer.filled().get(before..).unwrap_or_default();
        self.stretch.read(read.is_ready().then_some(came.len()));
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
