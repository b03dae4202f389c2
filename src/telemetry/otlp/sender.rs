//! The tasks that send.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tonic::Status;

use super::super::metrics::Reader;
use super::collector::Collector;
use super::message::Origin;
use super::queue::{Queue, Spans};
use super::{Losses, Signal};

/// How long a span waits for others. To be woken for each of them would cost more than they
/// do, and several times as many as the queue holds come in a second of full load.
const GATHERING: Duration = Duration::from_millis(100);

/// A task that sends until it is told to finish.
pub(super) struct Sending {
    finish: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sending {
    /// Sends spans as they come.
    pub(super) fn spans(
        queue: Queue,
        origin: Origin,
        collector: Collector,
        losses: Arc<Losses>,
    ) -> Self {
        let outcome = Outcome::new(Signal::Traces, losses);
        Self::start(|finish| send_spans(queue, origin, collector, outcome, finish))
    }

    /// Sends all metrics at each interval, and at the end.
    pub(super) fn metrics(
        reader: Reader,
        every: Duration,
        collector: Collector,
        losses: Arc<Losses>,
    ) -> Self {
        let outcome = Outcome::new(Signal::Metrics, losses);
        Self::start(|finish| send_metrics(reader, every, collector, outcome, finish))
    }

    fn start<F>(run: impl FnOnce(oneshot::Receiver<()>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (finish, finished) = oneshot::channel();
        let task = tokio::spawn(run(finished));
        Self { finish, task }
    }

    /// Tells the task to send what is left. Resolves when it has; the task works on it
    /// whether or not anybody waits.
    pub(super) fn finish(self) -> impl Future<Output = ()> {
        // A task that has ended already hears nothing and needs not.
        let _ = self.finish.send(());
        async {
            let _ = self.task.await;
        }
    }
}

async fn send_spans(
    queue: Queue,
    origin: Origin,
    mut collector: Collector,
    mut outcome: Outcome,
    mut finish: oneshot::Receiver<()>,
) {
    let mut last = false;
    while !last {
        last = tokio::select! {
            () = gathered(&queue) => false,
            _ = &mut finish => true,
        };
        let spans = if last { queue.close() } else { queue.take() };
        send(spans, &origin, &mut collector, &mut outcome).await;
    }
}

/// There are some spans, and others may have joined them.
async fn gathered(queue: &Queue) {
    queue.begun().await;
    sleep(GATHERING).await;
}

async fn send(spans: Spans, origin: &Origin, collector: &mut Collector, outcome: &mut Outcome) {
    let items = spans.len() as u64;
    if items == 0 {
        return;
    }
    let sent = collector.export(origin.request(spans)).await;
    let rejected = sent.map(|answer: ExportTraceServiceResponse| {
        answer.partial_success.map(|partly| partly.rejected_spans)
    });
    outcome.note(rejected, items);
}

async fn send_metrics(
    reader: Reader,
    every: Duration,
    mut collector: Collector,
    mut outcome: Outcome,
    mut finish: oneshot::Receiver<()>,
) {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = false;
    while !last {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut finish => last = true,
        }
        let mut metrics = ResourceMetrics::default();
        if reader.collect(&mut metrics).is_err() {
            continue;
        }
        let request = ExportMetricsServiceRequest::from(&metrics);
        let sent = collector.export(request).await;
        // A collection is one item, of which nothing is lost or something.
        let rejected = sent.map(|answer: ExportMetricsServiceResponse| {
            let partly = answer.partial_success?;
            Some(partly.rejected_data_points.min(1))
        });
        outcome.note(rejected, 1);
    }
}

/// How the sending goes: each loss is counted, and a change is logged.
struct Outcome {
    signal: Signal,
    losses: Arc<Losses>,
    failing: bool,
}

impl Outcome {
    const fn new(signal: Signal, losses: Arc<Losses>) -> Self {
        Self {
            signal,
            losses,
            failing: false,
        }
    }

    /// Of so many `items` all were lost, or as many as the collector says.
    fn note(&mut self, sent: Result<Option<i64>, Status>, items: u64) {
        let failed = sent.is_err();
        let lost = match sent {
            Ok(rejected) => u64::try_from(rejected.unwrap_or(0)).unwrap_or(0),
            Err(_) => items,
        };
        self.losses.refuse(self.signal, lost.min(items));
        if failed != self.failing {
            let signal = self.signal;
            // The status is left out: its text comes from the collector.
            if failed {
                tracing::warn!(?signal, "the collector does not take telemetry");
            } else {
                tracing::info!(?signal, "the collector takes telemetry again");
            }
        }
        self.failing = failed;
    }
}

#[cfg(test)]
mod tests;
