//! A look at UPI's gateway that costs nothing: name, port, TLS, and the time there. It asks
//! `HEAD /`, never the API's path, and never by POST.

use std::convert;
use std::io;
use std::time::Duration;

use http::header::DATE;
use reqwest::{Client, Url};
use time::OffsetDateTime;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::client;
use super::route::{Proxy, Route, RouteError};
use crate::verify::port::Clock;

mod failure;
#[cfg(test)]
mod tests;

pub use failure::{Cause, Failure, Step};

/// How long the answer to `HEAD /` may take after the connection.
const ANSWER: Duration = Duration::from_secs(10);

/// The time at UPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The `Date` header, if there is a legible one.
    pub date: Option<String>,
    /// Our clock when the question left.
    pub asked: OffsetDateTime,
    /// Our clock when the answer was here.
    pub answered: OffsetDateTime,
}

/// How far the probe came.
#[derive(Debug, Default)]
pub struct Observation {
    /// The steps that were taken.
    pub passed: Vec<Step>,
    /// The step that failed, and why.
    pub failed: Option<Failure>,
    /// The time there, if an answer came.
    pub reading: Option<Reading>,
}

/// Ready to look.
pub struct Probe {
    client: Client,
    url: Url,
    connect_timeout: Duration,
    direct: bool,
}

impl Probe {
    /// Opens no connection; reads the certificates.
    ///
    /// # Errors
    /// What of the route cannot be used.
    pub fn new(route: &Route) -> Result<Self, RouteError> {
        Ok(Self {
            client: client::build(route, Duration::ZERO, convert::identity)?,
            url: route.base_url.root(),
            connect_timeout: route.timeouts.connect(),
            direct: route.proxy == Proxy::None,
        })
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Takes the steps until one fails. The name and the port are looked at directly only
    /// when no proxy may stand before them.
    pub async fn run(&self, clock: &dyn Clock) -> Observation {
        let mut outcome = Observation::default();
        let walked = self.walk(clock, &mut outcome).await;
        outcome.failed = walked.err();
        outcome
    }

    async fn walk(&self, clock: &dyn Clock, outcome: &mut Observation) -> Result<(), Failure> {
        if self.direct {
            let addresses = self.within(self.resolve()).await;
            let addresses = addresses.map_err(|why| Failure::other(Step::Dns, why))?;
            outcome.passed.push(Step::Dns);
            // To the first address that takes a connection.
            let connected = self.within(TcpStream::connect(&*addresses)).await;
            connected.map_err(|why| Failure::other(Step::Tcp, why))?;
            outcome.passed.push(Step::Tcp);
        }
        outcome.reading = Some(self.ask(clock).await?);
        if self.is_tls() {
            outcome.passed.push(Step::Tls);
        }
        outcome.passed.push(Step::Http);
        Ok(())
    }

    async fn resolve(&self) -> io::Result<Vec<std::net::SocketAddr>> {
        let host = self.url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.url.port_or_known_default().unwrap_or_default();
        let addresses: Vec<_> = lookup_host((host, port)).await?.collect();
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no address"));
        }
        Ok(addresses)
    }

    async fn ask(&self, clock: &dyn Clock) -> Result<Reading, Failure> {
        let asked = clock.now();
        let answer = self.client.head(self.url.clone()).send();
        let answer = timeout(self.connect_timeout + ANSWER, answer).await;
        let answer =
            answer.map_err(|_| Failure::other(Step::Http, "no answer in time".to_owned()))?;
        let answer = answer.map_err(|error| {
            let step = if error.is_connect() && self.is_tls() {
                Step::Tls
            } else {
                Step::Http
            };
            Failure::of(step, &error.without_url())
        })?;
        if let Some(refused) = Failure::of_status(answer.status()) {
            return Err(refused);
        }
        let date = answer.headers().get(DATE);
        Ok(Reading {
            date: date
                .and_then(|date| date.to_str().ok())
                .map(ToOwned::to_owned),
            asked,
            answered: clock.now(),
        })
    }

    async fn within<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, String> {
        match timeout(self.connect_timeout, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("not within upi.connect_timeout".to_owned()),
        }
    }
}
