//! Where telemetry goes: to a collector that takes it, to one that says nothing, or nowhere.

use std::convert::Infallible;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
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
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tonic::service::Routes;
use tonic::{Response, Status};
use tower::Service as _;

/// Collectors of every kind. A setting names one of them in braces.
pub struct Collectors {
    /// `{collector}`
    takes: String,
    /// `{killed}`: takes until it is killed.
    killed: String,
    /// `{blackhole}`: accepts connections and never says a word.
    blackhole: String,
    /// `{nobody}`: nothing listens there.
    nobody: String,
    victim: JoinHandle<()>,
    _silent: JoinHandle<()>,
}

impl Collectors {
    pub async fn start() -> Self {
        let (takes, _) = collector().await;
        let (killed, victim) = collector().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let blackhole = url(&listener);
        let silent = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
            }
        });
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            takes,
            killed,
            blackhole,
            nobody: url(&unused),
            victim,
            _silent: silent,
        }
    }

    /// A setting with the address of the collector that it names.
    pub fn fill_in(&self, setting: &str) -> String {
        setting
            .replace("{collector}", &self.takes)
            .replace("{killed}", &self.killed)
            .replace("{blackhole}", &self.blackhole)
            .replace("{nobody}", &self.nobody)
    }

    /// Ends the one that is to be killed, its connections included.
    pub fn kill(&self) {
        self.victim.abort();
    }
}

fn url(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

struct Sink;

#[tonic::async_trait]
impl TraceService for Sink {
    async fn export(
        &self,
        _: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Sink {
    async fn export(
        &self,
        _: tonic::Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

async fn collector() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(&listener);
    let routes = Routes::new(TraceServiceServer::new(Sink))
        .add_service(MetricsServiceServer::new(Sink))
        .prepare();
    (url, tokio::spawn(serve(listener, routes)))
}

async fn serve(listener: TcpListener, routes: Routes) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let routes = routes.clone();
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let mut routes = routes.clone();
                async move { Ok::<_, Infallible>(routes.call(request).await.unwrap()) }
            });
            let http = http2::Builder::new(TokioExecutor::new());
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
