use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};

use super::super::outcome::Outcome;
use super::{BATCH, Losses, MOST_SPANS, Queue};
use crate::telemetry::losses::Signal;

/// Tells how many spans it gets, and takes each batch when it may.
#[derive(Debug)]
struct Held {
    got: Sender<usize>,
    take: Mutex<Receiver<()>>,
}

impl SpanExporter for Held {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let _ = self.got.send(batch.len());
        let _ = self.take.lock().unwrap().recv();
        Ok(())
    }
}

struct Rig {
    tracer: SdkTracer,
    losses: Arc<Losses>,
    got: Receiver<usize>,
    take: Sender<()>,
}

impl Rig {
    fn new() -> Self {
        let losses = Arc::<Losses>::default();
        let (got, (take, taken)) = (channel(), channel());
        let exporter = Held {
            got: got.0,
            take: Mutex::new(taken),
        };
        let outcome = Outcome::new(Signal::Traces, &losses, &Arc::default());
        let queue = Queue::new(exporter, outcome, Arc::clone(&losses));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(queue)
            .build();
        Self {
            tracer: provider.tracer("test"),
            losses,
            got: got.1,
            take,
        }
    }

    fn end_spans(&self, count: usize) {
        for _ in 0..count {
            self.tracer.start("span").end();
        }
    }

    fn lost(&self) -> u64 {
        let [(signal, cause, lost), ..] = self.losses.all();
        assert_eq!((signal, cause), ("traces", "queue_full"));
        lost
    }
}

#[test]
fn a_slow_collector_costs_spans_and_a_counter_and_no_more_memory() {
    let rig = Rig::new();
    rig.end_spans(BATCH);
    assert_eq!(rig.got.recv(), Ok(BATCH));
    rig.end_spans(MOST_SPANS - BATCH + 3);
    assert_eq!(rig.lost(), 3);
    rig.take.send(()).unwrap();
    assert_eq!(rig.got.recv(), Ok(BATCH));
    rig.end_spans(BATCH);
    assert_eq!(rig.lost(), 3);
    drop(rig.take);
}
