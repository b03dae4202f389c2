use std::sync::Arc;

use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use prost::Message as _;

use super::{Losses, MOST_SPANS, Queue};

fn queue() -> (Queue, SdkTracer, Arc<Losses>) {
    let losses = Arc::new(Losses::default());
    let queue = Queue::new(Arc::clone(&losses));
    let provider = SdkTracerProvider::builder()
        .with_span_processor(queue.clone())
        .build();
    (queue, provider.tracer("test"), losses)
}

fn end_spans(tracer: &SdkTracer, count: usize) {
    for _ in 0..count {
        tracer.start("span").end();
    }
}

fn names(queue: &Queue) -> Vec<String> {
    let spans = queue.take().split().into_iter();
    spans
        .map(|bytes| Span::decode(bytes).unwrap().name)
        .collect()
}

fn lost(losses: &Losses) -> u64 {
    let [(signal, cause, lost), ..] = losses.all();
    assert_eq!((signal, cause), ("traces", "queue_full"));
    lost
}

#[test]
fn a_full_queue_costs_spans_and_a_counter() {
    let (queue, tracer, losses) = queue();
    end_spans(&tracer, MOST_SPANS + 3);
    assert_eq!(lost(&losses), 3);
    assert_eq!(queue.take().len(), MOST_SPANS);
    end_spans(&tracer, 1);
    assert_eq!(lost(&losses), 3);
}

#[test]
fn a_queue_is_full_of_few_spans_that_are_large() {
    let (queue, tracer, losses) = queue();
    for _ in 0..5 {
        tracer.start("s".repeat(500_000)).end();
    }
    assert_eq!(lost(&losses), 1);
    // There is room for a small one, and what did not fit left nothing behind.
    end_spans(&tracer, 1);
    assert_eq!(lost(&losses), 1);
    let lengths = names(&queue).iter().map(String::len).collect::<Vec<_>>();
    assert_eq!(lengths, [500_000, 500_000, 500_000, 500_000, 4]);
}

#[test]
fn a_closed_queue_counts_what_comes_too_late() {
    let (queue, tracer, losses) = queue();
    end_spans(&tracer, 2);
    assert_eq!(queue.close().len(), 2);
    end_spans(&tracer, 1);
    assert_eq!(lost(&losses), 1);
    assert_eq!(queue.take().len(), 0);
}

#[test]
fn spans_come_out_as_they_went_in() {
    let (queue, tracer, _) = queue();
    for name in ["a", "a longer one", "c"] {
        tracer.start(name).end();
    }
    assert_eq!(names(&queue), ["a", "a longer one", "c"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_span_is_announced_and_the_next_ones_are_not() {
    let (queue, tracer, _) = queue();
    end_spans(&tracer, 3);
    queue.begun().await;
    let second = tokio::time::timeout(std::time::Duration::from_secs(1), queue.begun());
    assert!(second.await.is_err());
    queue.take();
    end_spans(&tracer, 1);
    queue.begun().await;
}
