//! Where telemetry goes: to a collector that takes it, to one that says nothing, or nowhere.

use std::array::IntoIter;
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream::{Iter, iter};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

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

/// It reads what comes and looks at none of it: a collector's work is not the gateway's.
async fn collector() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(&listener);
    (url, tokio::spawn(serve(listener)))
}

async fn serve(listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(async move {
            let http = http2::Builder::new(TokioExecutor::new());
            let served = http.serve_connection(TokioIo::new(stream), service_fn(take));
            let _ = served.await;
        });
    }
}

type Frames = StreamBody<Iter<IntoIter<Result<Frame<Bytes>, Infallible>, 2>>>;

/// Answers with an empty message, which says that everything was taken.
async fn take(request: Request<Incoming>) -> Result<Response<Frames>, hyper::Error> {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [
        Frame::data(Bytes::from_static(&[0; 5])),
        Frame::trailers(trailers),
    ];
    let mut response = Response::new(StreamBody::new(iter(frames.map(Ok))));
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    Ok(response)
}
