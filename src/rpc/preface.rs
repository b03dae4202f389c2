//! What a peer says is listened to: whether it has begun to speak HTTP/2, with its preface, which
//! ends with the head of a SETTINGS frame (RFC 9113, section 3.4); and whether it goes on too
//! much, which ends the connection. What it does not read is noted, too.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::Control;
use super::gather::Gather;
use super::pieces::Untaken;
use super::stretch::{Stretch, Turns};
use super::unread::Unread;
use crate::verify::sealing::Lull;

/// The fixed text, and the head of a frame.
const PREFACE: usize = 24 + 9;

/// Bytes that are cleared in next to no time.
const CLEARED: usize = 64 * 1024;

/// Passes everything on, counts the first bytes that come, and follows the frames.
pub(super) struct Listened<I> {
    io: I,
    heard: Arc<Heard>,
    control: Control,
    stretch: Stretch,
    /// Was read, and is for the next turn.
    kept: Bytes,
    gather: Gather,
    unread: Unread,
}

/// What is known of a peer so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    bytes: AtomicUsize,
    flood: AtomicBool,
}

impl Heard {
    pub(super) fn is_whole(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= PREFACE
    }

    /// Whether it was too much. The error of a connection does not tell: HTTP/2's library keeps
    /// the words of an error and not the error.
    pub(super) fn is_flood(&self) -> bool {
        self.flood.load(Ordering::Relaxed)
    }
}

impl<I> Listened<I> {
    pub(super) fn new(
        io: I,
        unread: Unread,
        (turns, untaken, lull): (Turns, Untaken, Lull),
    ) -> (Self, Arc<Heard>) {
        let heard = Arc::<Heard>::default();
        let listened = Self {
            io,
            heard: Arc::clone(&heard),
            control: Control::new(untaken.clone()),
            gather: Gather::new(turns.clone()),
            stretch: Stretch::new(turns, untaken, lull),
            kept: Bytes::new(),
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

impl<I> Listened<I> {
    /// How many of the next bytes are for this turn.
    fn follow(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.heard.is_whole() {
            let heard = &self.heard.bytes;
            heard.fetch_add(bytes.len(), Ordering::Relaxed);
        }
        let left = self.control.follow(bytes).map_err(|flood| {
            self.heard.flood.store(true, Ordering::Relaxed);
            io::Error::other(flood)
        })?;
        if left.is_some() {
            self.stretch.end();
        }
        Ok(bytes.len() - left.unwrap_or_default())
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Listened<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = ready!(self.stretch.poll_left(context));
        if !self.kept.is_empty() {
            let most = left.min(buffer.remaining()).min(self.kept.len());
            let next = self.kept.slice(..most);
            let followed = self.follow(&next)?;
            buffer.put_slice(&self.kept.split_to(followed));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = self.read(context, buffer, left);
        let came = buffer.filled().get(before..).unwrap_or_default();
        self.stretch.read(read.is_ready().then_some(came.len()));
        if read.is_pending() {
            self.control.pause();
        }
        // An error says that nothing was read.
        let followed = self
            .follow(came)
            .inspect_err(|_| buffer.set_filled(before))?;
        let kept = buffer.filled().get(before + followed..).unwrap_or_default();
        self.kept = Bytes::copy_from_slice(kept);
        buffer.set_filled(before + followed);
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Listened<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.gather.poll_turn(context));
        let written = Pin::new(&mut self.io).poll_write(context, data);
        self.unread.wrote(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.gather.poll_turn(context));
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
