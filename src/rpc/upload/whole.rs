//! A message is handed on when it is whole.
//!
//! tonic makes room for a message as soon as its prefix is there. Peers whose windows are full send the
//! beginnings of many, so there would be room for all of them at once: each is used once, and the
//! memory of a message that was sealed is of no use to the next.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tonic::Status;

use super::kept::Kept;
use super::{Next, Upload};

/// In bytes. What is longer is for tonic to refuse as soon as its length is known:
/// `server.max_message_bytes` is never less.
const LONGEST: u32 = 256 * 1024;

pub(in crate::rpc) struct Whole {
    upload: Upload,
    kept: Kept,
    /// What is handed on.
    ready: VecDeque<Bytes>,
}

impl Whole {
    pub(in crate::rpc) fn new(upload: Upload) -> Self {
        Self {
            upload,
            kept: Kept::default(),
            ready: VecDeque::new(),
        }
    }

    fn take(&mut self, piece: Bytes) {
        self.kept.add(piece);
        if !self.upload.message.is_awaited(LONGEST) {
            self.ready = self.kept.give();
        }
    }

    /// Nothing comes behind it; whoever reads what is there finds that something is missing.
    fn end(&mut self, end: Next) -> Next {
        self.ready = self.kept.give();
        match self.ready.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            None => end,
        }
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Next {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match Pin::new(&mut self.upload).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) => self.take(piece),
                    Err(trailers) => return self.end(Poll::Ready(Some(Ok(trailers)))),
                },
                Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
                Poll::Ready(None) => return self.end(Poll::Ready(None)),
                Poll::Pending => {
                    self.kept.copy();
                    return Poll::Pending;
                }
            }
        }
    }
}
