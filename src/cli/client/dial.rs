//! One connection, from the name to the first word of the peer.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Address;
use super::refused::{Refused, Why};
use super::trust::Trust;
use super::verdict;
use super::watch::{Beginning, Watched};
use super::{glance, reach};

/// For the peer's first word.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Tls = TlsStream<Watched<TcpStream>>;

#[derive(Debug, Clone)]
pub(super) struct Dialer {
    pub(super) at: Address,
    /// `None` is plaintext.
    pub(super) trust: Option<Trust>,
}

/// A connection on which nothing was said yet, and how the peer will begin.
pub(super) struct Dialed {
    pub(super) stream: Box<dyn Stream>,
    pub(super) told: oneshot::Receiver<Beginning>,
    /// How long that may take.
    pub(super) until: Instant,
}

impl Dialer {
    pub(super) async fn dial(&self) -> Result<Dialed, Refused> {
        if let Some(path) = &self.at.socket {
            let stream = reach::socket(path).await;
            let stream = stream.map_err(|why| self.refused(why))?;
            return Ok(Dialed::new(stream, Instant::now() + LIMIT));
        }
        let tcp = reach::tcp(&self.at)
            .await
            .map_err(|why| self.refused(why))?;
        // Without it a small message may wait for an acknowledgement; calls work anyway.
        let _ = tcp.set_nodelay(true);
        let until = Instant::now() + LIMIT;
        let Some(trust) = &self.trust else {
            return Ok(Dialed::new(tcp, until));
        };
        let shaken = timeout_at(until, self.tls(trust, tcp)).await;
        match shaken.unwrap_or(Err(Why::NoAnswer)) {
            Ok(stream) => Ok(Dialed::new(stream, until)),
            Err(why) => Err(self.second_look(why).await),
        }
    }

    /// Waits until the peer has shown that it is an HTTP/2 server. Somebody else has to
    /// speak on the stream meanwhile.
    pub(super) async fn prove(
        &self,
        told: oneshot::Receiver<Beginning>,
        until: Instant,
    ) -> Result<(), Refused> {
        let beginning = timeout_at(until, told).await;
        let why = match beginning {
            Ok(Ok(Beginning::Http2)) => return Ok(()),
            Ok(Ok(other)) => self.judge(&other),
            // The stream was dropped.
            Ok(Err(_)) => self.judge(&Beginning::Nothing(None)),
            Err(_) => Why::NoAnswer,
        };
        Err(self.second_look(why).await)
    }

    fn judge(&self, beginning: &Beginning) -> Why {
        match (beginning, &self.trust) {
            (Beginning::Tls | Beginning::Http1 { https: true }, None) => Why::TlsExpected,
            (Beginning::Http1 { .. }, _) => Why::WebServer,
            (Beginning::Nothing(error), Some(trust)) => {
                let end = io::Error::from(io::ErrorKind::UnexpectedEof);
                let error = error.as_ref().unwrap_or(&end);
                verdict::of(error, trust).unwrap_or(Why::ConnectionClosed)
            }
            (Beginning::Nothing(_), None) => Why::ConnectionClosed,
            (Beginning::Http2 | Beginning::Tls | Beginning::Other, _) => Why::NotHttp2,
        }
    }

    /// A peer that just closes is asked what else it might be.
    async fn second_look(&self, why: Why) -> Refused {
        let better = match (&why, &self.trust) {
            _ if self.at.socket.is_some() => None,
            (Why::ConnectionClosed, None) => glance::at_plaintext(&self.at).await,
            (Why::ConnectionClosed, Some(_)) => glance::at_tls(&self.at).await,
            _ => None,
        };
        self.refused(better.unwrap_or(why))
    }

    fn refused(&self, why: Why) -> Refused {
        let at = self.at.clone();
        Refused { at, why }
    }

    async fn tls(&self, trust: &Trust, tcp: TcpStream) -> Result<Tls, Why> {
        let name = reach::server_name(&self.at)?;
        let (stream, mut raw) = Watched::new(tcp);
        let connector = TlsConnector::from(trust.config.clone());
        connector
            .connect(name, stream)
            .await
            .map_err(|error| match raw.try_recv() {
                Ok(Beginning::Http1 { .. }) => Why::WebServer,
                Ok(Beginning::Http2 | Beginning::Other) => Why::PlaintextExpected,
                Ok(Beginning::Tls | Beginning::Nothing(_)) | Err(_) => {
                    verdict::of(&error, trust).unwrap_or(Why::ConnectionClosed)
                }
            })
    }
}

impl Dialed {
    fn new(stream: impl Stream + 'static, until: Instant) -> Self {
        let (stream, told) = Watched::new(stream);
        Self {
            stream: Box::new(stream),
            told,
            until,
        }
    }
}
