//! Whether UPI takes connections: name, TCP, a proxy's tunnel and TLS, in the very way of a call, and
//! not a byte of HTTP to UPI after it. What is opened is closed again.

use std::error::Error;
use std::iter;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::{Client, Url};
use tower::{Layer, Service};

use super::client;
use super::route::{Route, RouteError};
use crate::verify::port::Cause;

type BoxError = Box<dyn Error + Send + Sync>;

pub(super) struct Look {
    client: Client,
    url: Url,
}

impl Look {
    /// Opens no connection.
    pub(super) fn new(route: &Route) -> Result<Self, RouteError> {
        let client = client::build(route, Duration::ZERO, |it| it.connector_layer(Stop))?;
        let url = route.base_url.root();
        Ok(Self { client, url })
    }

    /// Opens a connection and closes it, within `upi.connect_timeout`.
    pub(super) async fn run(&self) -> Result<(), Cause> {
        match self.client.head(self.url.clone()).send().await {
            // It cannot get so far.
            Ok(_) => Ok(()),
            Err(error) if is_opened(&error) => Ok(()),
            Err(error) => Err(Arc::new(error.without_url())),
        }
    }
}

fn is_opened(error: &(dyn Error + 'static)) -> bool {
    let mut chain = iter::successors(Some(error), |error| (*error).source());
    chain.any(|error| error.is::<Opened>())
}

/// Stops a request when it has a connection, which is the last moment before it is written.
#[derive(Debug, thiserror::Error)]
#[error("a connection was opened, and no more was wanted")]
struct Opened;

#[derive(Clone)]
struct Stop;

impl<S> Layer<S> for Stop {
    type Service = Stopped<S>;

    fn layer(&self, connector: S) -> Stopped<S> {
        Stopped(connector)
    }
}

#[derive(Clone)]
struct Stopped<S>(S);

impl<S, R> Service<R> for Stopped<S>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        Box::pin(async move {
            drop(connecting.await.map_err(Into::into)?);
            Err(Opened.into())
        })
    }
}
