//! A plain HTTP/2 server for services of gRPC that tests play.

use std::convert::Infallible;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tower::Service as _;

/// Serves until it is dropped, connections included.
pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, routes: Routes) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (routes, tls) = (routes.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => converse(stream, routes).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        converse(stream, routes).await;
                    }
                }
            }
        });
    }
}

async fn converse<I>(stream: I, routes: Routes)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let mut routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.call(request).await.unwrap()) }
    });
    let http = http2::Builder::new(TokioExecutor::new());
    // A peer that goes away is no failure of a test.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}
