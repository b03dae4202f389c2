//! A client of a collector, for one signal.
//!
//! OTLP/gRPC: opentelemetry.io/docs/specs/otlp, sections "OTLP/gRPC Concurrent Requests",
//! "Response" and "Failures".

use std::time::Duration;

use http::uri::PathAndQuery;
use prost::Message;
use tokio::time::{sleep, timeout};
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

/// Before the second attempt; doubled before each later one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const ATTEMPTS: u32 = 4;

/// A collector as one signal's exporter knows it.
#[derive(Debug, Clone)]
pub(super) struct Collector {
    grpc: Grpc<Channel>,
    path: PathAndQuery,
    metadata: MetadataMap,
    timeout: Duration,
}

impl Collector {
    /// A method behind a channel, called with this metadata; all its attempts together may
    /// take `timeout`.
    pub(super) fn new(
        channel: Channel,
        path: &'static str,
        metadata: MetadataMap,
        timeout: Duration,
    ) -> Self {
        Self {
            grpc: Grpc::new(channel),
            path: PathAndQuery::from_static(path),
            metadata,
            timeout,
        }
    }

    pub(super) fn compressed(mut self, encoding: CompressionEncoding) -> Self {
        self.grpc = self.grpc.send_compressed(encoding);
        self
    }

    /// Sends a message until it is taken, or refused for good, or time is over.
    ///
    /// # Errors
    /// It was not taken.
    pub(super) async fn export<M, R>(&mut self, message: M) -> Result<R, Status>
    where
        M: Message + Clone + 'static,
        R: Message + Default + 'static,
    {
        let limit = self.timeout;
        let taken = timeout(limit, self.insist(message)).await;
        taken.unwrap_or_else(|_| Err(Status::deadline_exceeded("")))
    }

    async fn insist<M, R>(&mut self, message: M) -> Result<R, Status>
    where
        M: Message + Clone + 'static,
        R: Message + Default + 'static,
    {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(message.clone()).await {
                Err(status) if may_pass(&status) => sleep(pause).await,
                ended => return ended,
            }
            pause *= 2;
        }
        self.attempt(message).await
    }

    async fn attempt<M, R>(&mut self, message: M) -> Result<R, Status>
    where
        M: Message + 'static,
        R: Message + Default + 'static,
    {
        let ready = self.grpc.ready().await;
        ready.map_err(|_| Status::unavailable(""))?;
        let mut request = Request::new(message);
        *request.metadata_mut() = self.metadata.clone();
        let codec = ProstCodec::<M, R>::default();
        let answer = self.grpc.unary(request, self.path.clone(), codec).await?;
        Ok(answer.into_inner())
    }
}

/// The codes of the specification's table that allow another attempt. RESOURCE_EXHAUSTED
/// does so only with a delay that the collector names, and few name one.
fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests;
