//! Where finished spans wait, in the form in which they are sent.
//!
//! The SDK's own batch processor drops spans without a number that could be shown. And a span
//! is encoded where it ended: it is made of a dozen small allocations, which another thread
//! would have to give back.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use tokio::sync::Notify;

use super::{Losses, encode};

/// Spans that wait for a slow collector, at most.
const MOST_SPANS: usize = 4096;
/// Their bytes, at most. One message takes them all, and collectors take messages of 4 MiB.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// The queue; its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Told of the first one that waits.
    begun: Notify,
    losses: Arc<Losses>,
}

#[derive(Debug, Default)]
struct Waiting {
    spans: Spans,
    closed: bool,
}

/// Encoded spans, one after the other.
#[derive(Debug, Default)]
pub(super) struct Spans {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Queue {
    pub(super) fn new(losses: Arc<Losses>) -> Self {
        Self(Arc::new(Shared {
            waiting: Mutex::default(),
            begun: Notify::new(),
            losses,
        }))
    }

    /// Waits for a first span.
    pub(super) async fn begun(&self) {
        self.0.begun.notified().await;
    }

    /// Takes all that wait.
    pub(super) fn take(&self) -> Spans {
        let mut waiting = self.waiting();
        let room = Spans::like(&waiting.spans);
        mem::replace(&mut waiting.spans, room)
    }

    /// Takes all that wait, and no more are let in.
    pub(super) fn close(&self) -> Spans {
        let mut waiting = self.waiting();
        waiting.closed = true;
        mem::take(&mut waiting.spans)
    }

    fn push(&self, span: SpanData) {
        let mut waiting = self.waiting();
        if waiting.closed || !waiting.spans.push(span) {
            drop(waiting);
            self.0.losses.overflow();
        } else if waiting.spans.ends.len() == 1 {
            drop(waiting);
            self.0.begun.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl Spans {
    /// Empty, with room for as many as there are in another one.
    fn like(other: &Self) -> Self {
        Self {
            bytes: Vec::with_capacity(other.bytes.len()),
            ends: Vec::with_capacity(other.ends.len()),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// False where there is no room.
    fn push(&mut self, span: SpanData) -> bool {
        if self.ends.len() >= MOST_SPANS {
            return false;
        }
        let before = self.bytes.len();
        encode::span(span, &mut self.bytes);
        if self.bytes.len() > MOST_BYTES {
            self.bytes.truncate(before);
            return false;
        }
        self.ends.push(self.bytes.len());
        true
    }

    /// One by one, without copying them.
    pub(super) fn split(self) -> Vec<Bytes> {
        let mut rest = Bytes::from(self.bytes);
        let mut begin = 0;
        let sizes = self.ends.iter().map(|end| {
            let size = end - begin;
            begin = *end;
            size
        });
        sizes.map(|size| rest.split_to(size)).collect()
    }
}

#[cfg(test)]
mod tests;
