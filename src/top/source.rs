//! The page with the metrics, fetched from an admin port.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::Authority;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::exposition::Samples;
use super::reading::Scrape;

/// For one page, from the connection to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Some hundred kilobytes are usual (bytes).
const LARGEST_PAGE: usize = 8 * 1024 * 1024;

const DEFAULT_PORT: u16 = 80;

/// The URL of an admin port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    authority: Authority,
}

/// Not the URL of an admin port.
#[derive(Debug, thiserror::Error)]
#[error("expected an URL without a path such as http://127.0.0.1:9464")]
pub struct BadUrl;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Nobody listens there, or it cannot be reached.
    #[error("the admin port cannot be reached")]
    Unreachable(#[from] std::io::Error),
    /// It did not answer within 5 s.
    #[error("the admin port does not answer in time")]
    Late,
    /// It does not speak HTTP/1.1, or broke off.
    #[error("the admin port does not answer")]
    Broken(#[from] hyper::Error),
    /// It has no such page.
    #[error("the admin port answers {0} instead of metrics")]
    Refused(StatusCode),
    /// The page is too large, or broke off.
    #[error("the metrics did not come whole")]
    Page(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request cannot be written: a bug.
    #[error("the request cannot be made")]
    Request(#[from] http::Error),
}

impl FromStr for Source {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let parts = text.parse::<Uri>().map_err(|_| BadUrl)?.into_parts();
        let plain = parts.scheme.is_some_and(|scheme| scheme.as_str() == "http");
        let bare = parts.path_and_query.is_none_or(|path| path == "/");
        let authority = parts.authority.filter(|_| plain && bare);
        let authority = authority.filter(|authority| !authority.as_str().contains('@'));
        Ok(Self {
            authority: authority.ok_or(BadUrl)?,
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

impl Source {
    /// Fetches the page.
    pub(super) async fn scrape(&self) -> Result<Scrape, SourceError> {
        let page = timeout(PATIENCE, self.fetch());
        let page = page.await.map_err(|_| SourceError::Late)??;
        Ok(Scrape {
            samples: Samples::parse(&String::from_utf8_lossy(&page)),
            taken: Instant::now(),
        })
    }

    async fn fetch(&self) -> Result<Bytes, SourceError> {
        let host = self.authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = self.authority.port_u16().unwrap_or(DEFAULT_PORT);
        let stream = TcpStream::connect((host, port)).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get("/metrics")
            .header(HOST, self.authority.as_str())
            .body(Empty::<Bytes>::new())?;
        let exchange = async {
            let answer = sender.send_request(request).await?;
            if answer.status() != StatusCode::OK {
                return Err(SourceError::Refused(answer.status()));
            }
            let page = Limited::new(answer.into_body(), LARGEST_PAGE).collect();
            Ok(page.await.map_err(SourceError::Page)?.to_bytes())
        };
        tokio::pin!(exchange);
        // The exchange ends when the connection does.
        tokio::select! {
            page = &mut exchange => page,
            _ = connection => exchange.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn urls_of_admin_ports_are_plain_and_bare() {
        for good in [
            "http://127.0.0.1:9464",
            "http://[::1]:9464/",
            "http://localhost",
        ] {
            assert!(good.parse::<Source>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:9464",
            "https://127.0.0.1:9464",
            "http://127.0.0.1:9464/metrics",
            "http://user:password@127.0.0.1:9464",
            "http://",
        ] {
            assert!(bad.parse::<Source>().is_err(), "{bad}");
        }
        let source: Source = "http://127.0.0.1:9464/".parse().unwrap();
        assert_eq!(source.to_string(), "http://127.0.0.1:9464");
    }
}
