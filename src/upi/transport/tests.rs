//! What is certain about a request in every way that a POST can fail, against real sockets
//! of the loopback interface, with the POSTs counted that arrived.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{PostError, Reply, Transport};
use crate::domain::{FreeText, Member};
use crate::observe::Nobody;
use crate::upi::gateway::{Connections, PhotoPlacement, Proxy, Settings};

mod cut_off;
mod frozen;
mod no_connection;
mod pieces;
mod pool;
mod proxies;
mod replies;
mod reuse;
mod server;
mod tls;
mod urls;

const PATH: &str = "/example/v1/idcardphotoverification";

fn settings(base_url: &str) -> Settings {
    Settings {
        base_url: base_url.to_owned(),
        request_path: PATH.to_owned(),
        app_id: "00520446".to_owned(),
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(10),
        photo_placement: PhotoPlacement::Beside,
        escape_solidus: false,
        clock_window: Duration::from_secs(300),
        ca_pem: None,
        client_identity: None,
        proxy: Proxy::None,
        response_codes: Default::default(),
        member: Member::parse("00520446", "Example Bank", FreeText::Ascii).unwrap(),
        connections: Connections::Reuse,
        propagate_trace: false,
    }
}

/// Limits that a hanging peer reaches soon.
fn impatient(base_url: &str) -> Settings {
    Settings {
        timeout: Duration::from_millis(700),
        connect_timeout: Duration::from_millis(500),
        ..settings(base_url)
    }
}

fn transport(settings: &Settings) -> Transport {
    Transport::new(settings, Arc::new(Nobody)).unwrap()
}

/// Posts a body that is as large as they get.
async fn post(transport: &Transport) -> Result<Reply, PostError> {
    let body = Bytes::from(vec![b'7'; 200_000]);
    transport.post("header..signature", body).await
}

/// Posts through a new transport.
async fn post_to(settings: &Settings) -> Result<Reply, PostError> {
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
