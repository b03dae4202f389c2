//! Reads a key set from its URL: bounded in size and time, once, and from no other address.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Response, StatusCode, redirect, retry};
use tokio::time::timeout;

use super::key_set::{KeySet, KeySetError, LARGEST};
use super::url::JwksUrl;
use crate::verify::port::Cause;

const USER_AGENT: &str = concat!("idphoto/", env!("CARGO_PKG_VERSION"));

/// From the connection to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the keys were not read. It never holds any part of the answer or of the URL.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The authorities.
    #[error("the authorities cannot be read as PEM certificates")]
    Authorities,
    /// The client cannot be made.
    #[error("the HTTP client cannot be built")]
    Client(#[source] Cause),
    /// It did not end in time.
    #[error("no whole answer in 5 s")]
    Timeout,
    /// No connection, or it broke.
    #[error("no answer")]
    Connection(#[source] Cause),
    /// A redirect is another status, too: another address is not what was configured.
    #[error("HTTP status {0} instead of 200")]
    Status(u16),
    /// A panic, whose text is nowhere.
    #[error("a bug of the gateway")]
    Fault,
    /// What came is no set that can be used.
    #[error("the answer {0}")]
    Keys(KeySetError),
}

/// Reads a key set from one URL.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    url: JwksUrl,
}

impl Fetcher {
    /// `authorities`, PEM, are the only ones when they are given.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn new(url: JwksUrl, authorities: Option<&[u8]>) -> Result<Self, FetchError> {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            // Minutes pass until the next one.
            .pool_max_idle_per_host(0)
            .https_only(url.is_tls());
        let builder = match authorities {
            Some(pem) => {
                let anchors = Certificate::from_pem_bundle(pem);
                builder.tls_certs_only(anchors.map_err(|_| FetchError::Authorities)?)
            }
            // The system's are not read, and may be missing, where no TLS is spoken.
            None if !url.is_tls() => builder.tls_certs_only([]),
            None => builder,
        };
        let client = builder.build();
        let client = client.map_err(|error| FetchError::Client(Arc::new(error.without_url())))?;
        Ok(Self { client, url })
    }

    /// Reads it now.
    ///
    /// # Errors
    /// It cannot be read, or cannot be used.
    pub async fn fetch(&self) -> Result<KeySet, FetchError> {
        let fetched = timeout(PATIENCE, self.read()).await;
        let body = fetched.map_err(|_| FetchError::Timeout)??;
        KeySet::parse(&body).map_err(FetchError::Keys)
    }

    async fn read(&self) -> Result<Vec<u8>, FetchError> {
        let broken = |error: reqwest::Error| FetchError::Connection(Arc::new(error.without_url()));
        let mut response = self
            .client
            .get(self.url.url())
            .send()
            .await
            .map_err(broken)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        if announced(&response) > LARGEST as u64 {
            return Err(FetchError::Keys(KeySetError::TooLarge));
        }
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if body.len() + piece.len() > LARGEST {
                return Err(FetchError::Keys(KeySetError::TooLarge));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

fn announced(response: &Response) -> u64 {
    response.content_length().unwrap_or_default()
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetcher([redacted])")
    }
}
