//! What is certain about a request in every way that a POST can fail, against real sockets
//! of the loopback interface, with the POSTs counted that arrived.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{BaseUrl, Connections, PostError, Proxy, Reply, Route, Timeouts, Transport};
use crate::observe::Nobody;
use crate::upi::RequestPath;

mod cut_off;
mod frozen;
mod looks;
mod no_connection;
mod pieces;
mod pool;
mod proxies;
mod replies;
mod reuse;
mod server;
mod tls;

const PATH: &str = "/example/v1/idcardphotoverification";

fn settings(base_url: &str) -> Route {
    Route {
        timeouts: timeouts(20_000, 10_000),
        ..Route::direct(BaseUrl::parse(base_url).unwrap())
    }
}

fn timeouts(whole: u64, connect: u64) -> Timeouts {
    let milliseconds = Duration::from_millis;
    Timeouts::new(milliseconds(whole), milliseconds(connect)).unwrap()
}

/// Limits that a hanging peer reaches soon.
fn impatient(base_url: &str) -> Route {
    Route {
        timeouts: timeouts(700, 500),
        ..settings(base_url)
    }
}

fn path() -> RequestPath {
    RequestPath::parse(PATH).unwrap()
}

fn transport(route: &Route) -> Transport {
    Transport::new(route.clone(), &path(), Arc::new(Nobody)).unwrap()
}

/// Posts a body that is as large as they get.
async fn post(transport: &Transport) -> Result<Reply, PostError> {
    let body = Bytes::from(vec![b'7'; 200_000]);
    transport.post("header..signature", body).await
}

/// Posts through a new transport.
async fn post_to(settings: &Route) -> Result<Reply, PostError> {
    post(&transport(settings)).await
}

/// The error's kind, by which orders are settled.
fn kind(result: Result<Reply, PostError>) -> &'static str {
    match result {
        Ok(_) => "a reply",
        Err(PostError::NoConnection(_)) => "no connection",
        Err(PostError::NotWhole(_)) => "not whole",
        Err(PostError::CutOff(_)) => "cut off",
        Err(PostError::TimedOut) => "timed out",
        Err(PostError::TooLarge) => "too large",
    }
}
