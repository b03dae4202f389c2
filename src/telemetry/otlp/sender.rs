//! The tasks that send.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use opentelemetry_sdk::metrics::reader::MetricReader as _;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::{Losses, Reader, Signal};

/// Spans in one message, at most.
const BATCH: usize = 256;
/// How long a span waits for others. Several times as many as the queue holds come in a
/// second of full load.
const GATHERING: Duration = Duration::from_millis(100);

/// A task that sends until it is told to finish.
pub(super) struct Sending {
    finish: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sending {
    /// Sends spans as they come.
    pub(super) fn spans(
        spans: Receiver<SpanData>,
        exporter: SpanExporter,
        losses: Arc<Losses>,
    ) -> Self {
        let outcome = Outcome::new(Signal::Traces, losses);
        Self::start(|finish| send_spans(spans, exporter, outcome, finish))
    }

    /// Sends all metrics at each interval, and at the end.
    pub(super) fn metrics(
        reader: Reader,
        every: Duration,
        exporter: MetricExporter,
        losses: Arc<Losses>,
    ) -> Self {
        let outcome = Outcome::new(Signal::Metrics, losses);
        Self::start(|finish| send_metrics(reader, every, exporter, outcome, finish))
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
    mut spans: Receiver<SpanData>,
    exporter: SpanExporter,
    mut outcome: Outcome,
    mut finish: oneshot::Receiver<()>,
) {
    while let Some(batch) = gather(&mut spans, &mut finish).await {
        let items = batch.len() as u64;
        outcome.note(exporter.export(batch).await, items);
    }
}

/// The next spans; `None` when there will be no more.
///
/// After the first one this sleeps: to be woken for each of them would cost more than they
/// do.
async fn gather(
    spans: &mut Receiver<SpanData>,
    finish: &mut oneshot::Receiver<()>,
) -> Option<Vec<SpanData>> {
    let mut batch = Vec::with_capacity(BATCH);
    if spans.len() < BATCH && !spans.is_closed() {
        batch.push(first(spans, finish).await?);
        tokio::select! {
            () = sleep(GATHERING), if !spans.is_closed() => {}
            _ = finish, if !spans.is_closed() => spans.close(),
            else => {}
        }
    }
    while batch.len() < BATCH
        && let Ok(span) = spans.try_recv()
    {
        batch.push(span);
    }
    (!batch.is_empty()).then_some(batch)
}

/// Waits for a span. Closes the queue when it is time to finish, and then waits no more.
async fn first(
    spans: &mut Receiver<SpanData>,
    finish: &mut oneshot::Receiver<()>,
) -> Option<SpanData> {
    tokio::select! {
        // What has come is looked at first, so that nothing is left at the end.
        biased;
        span = spans.recv() => return span,
        _ = finish => spans.close(),
    }
    spans.recv().await
}

async fn send_metrics(
    reader: Reader,
    every: Duration,
    exporter: MetricExporter,
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
        if reader.collect(&mut metrics).is_ok() {
            outcome.note(exporter.export(&metrics).await, 1);
        }
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

    fn note(&mut self, sent: OTelSdkResult, items: u64) {
        let failed = sent.is_err();
        if failed {
            self.losses.refuse(self.signal, items);
        }
        if failed != self.failing {
            let signal = self.signal;
            // The error is left out: its text comes from the collector.
            if failed {
                tracing::warn!(?signal, "the collector does not take telemetry");
            } else {
                tracing::info!(?signal, "the collector takes telemetry again");
            }
        }
        self.failing = failed;
    }
}
