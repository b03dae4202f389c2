//! How a peer begins to speak, told before a request is handed to the connection.
//!
//! An HTTP/2 client may send requests at once. Ours waits for the server's SETTINGS: until
//! they are there, nobody knows whether the port is a gateway's, and under TLS 1.3 a server
//! that refuses the client's certificate says so only after the client's handshake is over.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

/// Enough to tell protocols apart: a frame's header has its type in byte 3.
const ENOUGH: usize = 5;
/// Of what a stranger says (bytes): enough for the words of a web server.
const MOST: usize = 512;

#[derive(Debug)]
pub(super) enum Beginning {
    /// The SETTINGS of an HTTP/2 server.
    Http2,
    Tls,
    /// HTTP/1; `https` when its text speaks of HTTPS.
    Http1 {
        https: bool,
    },
    Other,
    /// The end, or a failure, before enough was said.
    Nothing(Option<io::Error>),
}

impl Beginning {
    pub(super) fn of(said: &[u8]) -> Self {
        match said {
            [0, _, _, 4, 0, ..] => Self::Http2,
            [0x15 | 0x16, 3, ..] => Self::Tls,
            [b'H', b'T', b'T', b'P', b'/', ..] => Self::Http1 {
                https: said.windows(5).any(|word| word == b"HTTPS"),
            },
            [] => Self::Nothing(None),
            _ => Self::Other,
        }
    }
}

/// A stream that tells once how its peer begins.
pub(super) struct Watched<S> {
    stream: S,
    said: Vec<u8>,
    tell: Option<oneshot::Sender<Beginning>>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S) -> (Self, oneshot::Receiver<Beginning>) {
        let (tell, beginning) = oneshot::channel();
        let watched = Self {
            stream,
            said: Vec::new(),
            tell: Some(tell),
        };
        (watched, beginning)
    }

    fn tell(&mut self, beginning: Beginning) {
        if let Some(tell) = self.tell.take() {
            // Nobody waits any more when the time was over.
            let _ = tell.send(beginning);
        }
    }

    fn note(&mut self, said: &[u8]) {
        if said.is_empty() {
            return self.tell(Beginning::of(&self.said));
        }
        let room = MOST.saturating_sub(self.said.len());
        self.said.extend(said.iter().take(room));
        if self.said.len() >= ENOUGH {
            self.tell(Beginning::of(&self.said));
        }
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// A peer that has closed may have said why before: what it said is still to be read
    /// when writing fails.
    fn failed_to_write(&mut self, cx: &mut Context<'_>, error: &io::Error) {
        while self.tell.is_some() {
            let mut space = [0; MOST];
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) => self.note(buffer.filled()),
                Poll::Ready(Err(error)) => self.tell(Beginning::Nothing(Some(error))),
                Poll::Pending => self.tell(Beginning::Nothing(Some(error.kind().into()))),
            }
        }
    }

    fn wrote<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &done {
            self.failed_to_write(cx, error);
        }
        done
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        if self.tell.is_none() {
            return Poll::Ready(read);
        }
        match &read {
            Ok(()) => self.note(buffer.filled().get(before..).unwrap_or_default()),
            Err(error) => {
                let told = copy(error);
                self.tell(Beginning::Nothing(Some(told)));
            }
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(cx, done)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = Pin::new(&mut self.stream).poll_flush(cx);
        self.wrote(cx, done)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.wrote(cx, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The same error once more: its alert of TLS, if it has one, is what counts.
fn copy(error: &io::Error) -> io::Error {
    let tls = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<tokio_rustls::rustls::Error>());
    match tls {
        Some(tls) => io::Error::new(error.kind(), tls.clone()),
        None => error.kind().into(),
    }
}

#[cfg(test)]
mod tests;
