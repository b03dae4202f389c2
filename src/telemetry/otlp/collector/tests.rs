//! Attempts, on a paused clock and a connection in memory.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use tokio::io::DuplexStream;
use tokio::time::Instant;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tower::Service as _;

use super::{Collector, FIRST_PAUSE};

const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

type Answer = Result<ExportTraceServiceResponse, Status>;

/// Answers by a list, then never, and keeps what it got.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    got: Mutex<Vec<(MetadataMap, ExportTraceServiceRequest)>>,
}

impl Script {
    fn attempts(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

#[tonic::async_trait]
impl TraceService for Script {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let metadata = request.metadata().clone();
        let got = (metadata, request.into_inner());
        self.got.lock().unwrap().push(got);
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer.map(Response::new),
            None => std::future::pending().await,
        }
    }
}

async fn serve(stream: DuplexStream, script: Arc<Script>) {
    let server = TraceServiceServer::from_arc(script).accept_compressed(CompressionEncoding::Gzip);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let mut server = server.clone();
        async move { server.call(request.map(tonic::body::Body::new)).await as Result<_, Infallible> }
    });
    let http = http2::Builder::new(TokioExecutor::new());
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn channel(script: &Arc<Script>) -> Channel {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    tokio::spawn(serve(theirs, Arc::clone(script)));
    let mut ours = Some(TokioIo::new(ours));
    let connector = tower::service_fn(move |_| {
        let stream = ours.take().ok_or(std::io::ErrorKind::ConnectionRefused);
        std::future::ready(stream.map_err(std::io::Error::from))
    });
    Endpoint::from_static("http://collector").connect_with_connector_lazy(connector)
}

fn collector(answers: impl IntoIterator<Item = Answer>) -> (Collector, Arc<Script>) {
    let script = Arc::new(Script::default());
    script.answers.lock().unwrap().extend(answers);
    let metadata = MetadataMap::from_headers(http::HeaderMap::from_iter([(
        http::HeaderName::from_static("x-tenant"),
        http::HeaderValue::from_static("bank"),
    )]));
    let limit = Duration::from_secs(10);
    (
        Collector::new(channel(&script), PATH, metadata, limit),
        script,
    )
}

fn message() -> ExportTraceServiceRequest {
    let of_process = ResourceSpans {
        schema_url: "x".repeat(1000),
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![of_process],
    }
}

fn taken() -> Answer {
    Ok(ExportTraceServiceResponse::default())
}

#[tokio::test(start_paused = true)]
async fn a_message_arrives_with_its_metadata() {
    let (mut collector, script) = collector([taken()]);
    let answer: Answer = collector.export(message()).await;
    assert_eq!(answer.unwrap(), ExportTraceServiceResponse::default());
    let got = script.got.lock().unwrap();
    let [(metadata, arrived)] = &got[..] else {
        panic!("{got:?}");
    };
    assert_eq!(arrived, &message());
    assert_eq!(metadata.get("x-tenant").unwrap(), "bank");
    assert!(metadata.get("grpc-encoding").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_arrives_compressed_where_that_is_wanted() {
    let (collector, script) = collector([taken()]);
    let mut collector = collector.compressed(CompressionEncoding::Gzip);
    let answer: Answer = collector.export(message()).await;
    answer.unwrap();
    let got = script.got.lock().unwrap();
    assert_eq!(got[0].1, message());
    assert_eq!(got[0].0.get("grpc-encoding").unwrap(), "gzip");
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_after_a_pause_that_grows() {
    let busy = || Err(Status::unavailable("busy"));
    let (mut collector, script) = collector([busy(), busy(), taken()]);
    let begun = Instant::now();
    let answer: Answer = collector.export(message()).await;
    answer.unwrap();
    assert_eq!(script.attempts(), 3);
    assert!(begun.elapsed() >= FIRST_PAUSE * 3, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn after_four_attempts_a_message_is_given_up() {
    let busy = || Err(Status::unavailable("busy"));
    let (mut collector, script) = collector([busy(), busy(), busy(), busy(), taken()]);
    let answer: Answer = collector.export(message()).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unavailable);
    assert_eq!(script.attempts(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_for_good_is_not_tried_again() {
    for status in [
        Status::invalid_argument(""),
        Status::unauthenticated(""),
        Status::resource_exhausted(""),
    ] {
        let code = status.code();
        let (mut collector, script) = collector([Err(status), taken()]);
        let answer: Answer = collector.export(message()).await;
        assert_eq!(answer.unwrap_err().code(), code);
        assert_eq!(script.attempts(), 1, "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_collector_takes_its_time_and_no_more() {
    let (mut collector, script) = collector([]);
    let begun = Instant::now();
    let answer: Answer = collector.export(message()).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(script.attempts(), 1);
}
