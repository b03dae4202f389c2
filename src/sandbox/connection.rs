//! One connection, which may end in ways that HTTP has no word for.

use std::error::Error;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::answer::Cut;
use super::endpoint::Endpoint;

pub(super) async fn serve(stream: TcpStream, endpoint: Arc<Endpoint>) {
    // Answers are small; waiting for more to send would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "sandbox: no TCP_NODELAY");
    }
    let service = service_fn(|request| endpoint.handle(request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let ended = (&mut connection).await;
    if cut(ended) == Some(Cut::Reset) {
        let stream = connection.into_parts().io.into_inner();
        if let Err(error) = stream.set_zero_linger() {
            tracing::warn!(%error, "sandbox: the connection is closed instead of reset");
        }
    }
}

fn cut(ended: Result<(), hyper::Error>) -> Option<Cut> {
    let error = ended.err()?;
    error.source()?.downcast_ref::<Cut>().copied()
}
