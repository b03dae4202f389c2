//! A receiver of OTLP, as a collector is one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use rcgen::{CertifiedKey, KeyPair};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::wait::found;

/// Everything that was received.
#[derive(Default)]
pub struct Received {
    pub traces: Vec<ExportTraceServiceRequest>,
    pub metrics: Vec<ExportMetricsServiceRequest>,
    /// Of the messages with traces.
    pub metadata: Vec<MetadataMap>,
    /// How messages with traces are answered; the others are taken.
    answers: VecDeque<Answer>,
}

pub type Answer = Result<ExportTraceServiceResponse, Status>;

/// The answer that takes a message but for so many of its spans.
pub fn rejecting(rejected_spans: i64) -> Answer {
    let partly = ExportTracePartialSuccess {
        rejected_spans,
        error_message: "canary".to_owned(),
    };
    Ok(ExportTraceServiceResponse {
        partial_success: Some(partly),
    })
}

/// A collector that runs until it is dropped.
pub struct Collector {
    pub endpoint: String,
    received: Arc<Mutex<Received>>,
    task: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Receiver(Arc<Mutex<Received>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut received = self.0.lock().unwrap();
        received.metadata.push(request.metadata().clone());
        let answer = received
            .answers
            .pop_front()
            .unwrap_or(Ok(Default::default()));
        if answer.is_ok() {
            received.traces.push(request.into_inner());
        }
        answer.map(Response::new)
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.lock().unwrap().metrics.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

/// A span, and the attributes of the process that made it.
#[derive(Debug, Clone)]
pub struct Exported {
    pub span: Span,
    pub resource: BTreeMap<String, String>,
}

impl Exported {
    pub fn attributes(&self) -> BTreeMap<String, String> {
        attributes(&self.span.attributes)
    }

    pub fn took(&self) -> Duration {
        Duration::from_nanos(self.span.end_time_unix_nano - self.span.start_time_unix_nano)
    }
}

/// Attributes as text, whatever their type.
pub fn attributes(list: &[KeyValue]) -> BTreeMap<String, String> {
    let value = |pair: &KeyValue| match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        Value::BoolValue(truth) => Some(truth.to_string()),
        other => Some(format!("{other:?}")),
    };
    list.iter()
        .map(|pair| (pair.key.clone(), value(pair).unwrap_or_default()))
        .collect()
}

impl Collector {
    pub async fn start() -> Self {
        Self::listen("http", None).await
    }

    /// Over TLS, by a certificate of this name.
    pub async fn start_tls(certificate: &CertifiedKey<KeyPair>) -> Self {
        let chain = vec![certificate.cert.der().clone()];
        let key = certificate.signing_key.serialize_der();
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key.try_into().unwrap())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self::listen("https", Some(Arc::new(config).into())).await
    }

    async fn listen(scheme: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("{scheme}://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Received>> = Arc::default();
        let [traces, metrics] = [
            Receiver(Arc::clone(&received)),
            Receiver(Arc::clone(&received)),
        ];
        let traces = TraceServiceServer::new(traces).accept_compressed(CompressionEncoding::Gzip);
        let routes = tonic::service::Routes::new(traces)
            .add_service(MetricsServiceServer::new(metrics))
            .prepare();
        let task = tokio::spawn(crate::http2::serve(listener, tls, routes));
        Self {
            endpoint,
            received,
            task,
        }
    }

    /// Answers the next messages with traces like this.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.received.lock().unwrap().answers.extend(answers);
    }

    /// The metadata of all messages with traces, those that were not taken, too.
    pub fn metadata(&self) -> Vec<MetadataMap> {
        self.received.lock().unwrap().metadata.clone()
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Exported> {
        let received = self.received.lock().unwrap();
        let of_process = received.traces.iter().flat_map(|one| &one.resource_spans);
        of_process
            .flat_map(|process| {
                let resource = process.resource.as_ref().unwrap();
                let resource = attributes(&resource.attributes);
                let spans = process.scope_spans.iter().flat_map(|scope| &scope.spans);
                spans.map(move |span| Exported {
                    span: span.clone(),
                    resource: resource.clone(),
                })
            })
            .collect()
    }

    /// The spans of one trace, once so many of them have come.
    pub async fn trace(&self, trace_id: &[u8], count: usize) -> Vec<Exported> {
        let whole = async || {
            let mut spans = self.spans();
            spans.retain(|exported| exported.span.trace_id == trace_id);
            (spans.len() >= count).then_some(spans)
        };
        found(&format!("{count} spans of a trace"), whole).await
    }

    /// The metrics of the last message, by name.
    pub fn metrics(&self) -> Vec<opentelemetry_proto::tonic::metrics::v1::Metric> {
        let received = self.received.lock().unwrap();
        let last = received.metrics.last();
        let of_process = last.iter().flat_map(|one| &one.resource_metrics);
        of_process
            .flat_map(|process| &process.scope_metrics)
            .flat_map(|scope| scope.metrics.clone())
            .collect()
    }

    /// Everything, for whoever looks for what must not be there.
    pub fn everything(&self) -> String {
        let received = self.received.lock().unwrap();
        format!("{:?} {:?}", received.traces, received.metrics)
    }
}
