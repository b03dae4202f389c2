//! The connections to UPI, and how long one may wait for its next request.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::HeaderMap;
use reqwest::Client;

use super::client;
use super::route::{Connections, Route, RouteError};
use super::trip::Opening;

/// How long an idle connection is kept. Servers commonly close after five seconds or more
/// (Apache httpd's default), so ours are gone before. A new handshake is cheap beside an order
/// that is lost.
const IDLE: Duration = Duration::from_secs(4);

/// The least that is taken off the time that a server announces.
const MARGIN: Duration = Duration::from_secs(1);

/// Clients that follow one another: the idle time of a client's pool is fixed, so a shorter one
/// needs another client. The old one ends with its last call, and its connections with it.
pub(super) struct Pool {
    /// The way of all connections.
    pub(super) route: Route,
    pub(super) opening: Opening,
    current: RwLock<Current>,
}

struct Current {
    client: Client,
    idle: Duration,
}

impl Pool {
    /// Opens no connection.
    pub(super) fn new(route: Route) -> Result<Self, RouteError> {
        let opening = Opening::new(route.base_url.is_tls());
        let idle = match route.connections {
            Connections::Reuse => IDLE,
            Connections::OnePerCall => Duration::ZERO,
        };
        let client = client::build(&route, idle, |it| it.connector_layer(opening.clone()))?;
        Ok(Self {
            route,
            opening,
            current: RwLock::new(Current { client, idle }),
        })
    }

    pub(super) fn client(&self) -> Client {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.client.clone()
    }

    /// Keeps no connection longer than the server says that it does. The shortest time that was
    /// ever announced holds for all: several machines may answer under one name.
    pub(super) fn heed(&self, headers: &HeaderMap) {
        let Some(announced) = announced(headers) else {
            return;
        };
        let idle = announced.saturating_sub(MARGIN.max(announced / 4));
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let shorter = idle < current.idle;
        drop(current);
        if shorter {
            self.shorten(idle);
        }
    }

    /// At most once for each whole second that it becomes shorter.
    fn shorten(&self, idle: Duration) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if idle >= current.idle {
            return;
        }
        let opening = self.opening.clone();
        match client::build(&self.route, idle, |it| it.connector_layer(opening)) {
            Ok(client) => *current = Current { client, idle },
            // It was built of the same parts before, except for the system's certificates.
            Err(error) => tracing::warn!(%error, "UPI's keep-alive time cannot be honoured"),
        }
    }

    #[cfg(test)]
    pub(super) fn idle(&self) -> Duration {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.idle
    }
}

/// `Keep-Alive: timeout=N`, the shortest if there are several.
fn announced(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all("keep-alive").into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let parameters = texts.flat_map(|text| text.split(','));
    parameters.filter_map(seconds).min()
}

fn seconds(parameter: &str) -> Option<Duration> {
    let (name, value) = parameter.split_once('=')?;
    let seconds = value.trim().trim_matches('"').parse().ok()?;
    let named = name.trim().eq_ignore_ascii_case("timeout");
    named.then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_announced(text: &'static str, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert("keep-alive", http::HeaderValue::from_static(text));
        assert_eq!(
            announced(&headers),
            expected.map(Duration::from_secs),
            "{text}"
        );
    }

    #[test]
    fn the_announced_time_is_read() {
        assert_announced("timeout=2", Some(2));
        assert_announced("max=100, Timeout = \"5\"", Some(5));
        assert_announced("timeout=9, timeout=3", Some(3));
        for nothing in [
            "",
            "max=100",
            "timeout",
            "timeout=",
            "timeout=-1",
            "timeout=soon",
        ] {
            assert_announced(nothing, None);
        }
    }
}
