//! What the server takes in over all its connections, and the part of each: streams, and the
//! bytes of requests. A connection that has too much is told so, call by call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Request;
use tokio::time::Instant;

use super::backlog::pressure::busy;
use super::backlog::{Backlog, Backlogs, Depth, Entry};
use super::call::VERIFY;
use super::deadline;
use super::pace::Moves;
use super::share::{Budget, Held, Share};

/// Every header counts so much more than its bytes (RFC 9113, section 10.5.1).
const HEADER_OVERHEAD: usize = 32;

/// What one takes in memory besides its bytes. With HPACK (RFC 7541) a peer sends it in one byte,
/// and a stream without a body holds thousands of them.
const HEADER_MEMORY: usize = 128;

/// All large headers together may hold this part of what requests may: a peer sends them for
/// next to nothing, and photos byte by byte.
const HEADERS: usize = 4;

/// Headers that hold less than this are not counted as bytes of a request: nobody who only asks
/// is turned away because of others' photos.
const USUAL_HEADERS: usize = 8 * 1024;

/// Streams that every connection may have: a probe, a watch, and calls beside them.
const OWN_STREAMS: usize = 8;

/// How much is taken in on one port.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections.
    pub connections: usize,
    /// Open streams of all connections, without the few that each may have whatever others do.
    pub streams: usize,
    /// Bytes of requests that are held, of all connections.
    pub request_bytes: usize,
    /// Verifications that have begun to arrive and wait for a processor, of all connections,
    /// without the few that each may have whatever others do.
    pub backlog: Depth,
    /// Of the headers of one request, as HTTP/2 counts them.
    pub header_bytes: usize,
}

pub(super) struct Quota {
    streams: Budget,
    bytes: Budget,
    headers: Budget,
    backlog: Backlogs,
    header_bytes: usize,
}

impl Quota {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            streams: Budget::new(limits.streams, OWN_STREAMS),
            bytes: Budget::new(limits.request_bytes, 0),
            headers: Budget::new(limits.request_bytes / HEADERS, 0),
            backlog: Backlogs::new(limits.backlog, busy),
            header_bytes: limits.header_bytes,
        }
    }

    pub(super) fn part(&self) -> Part {
        let moves = Moves::default();
        Part {
            streams: self.streams.share(),
            bytes: self.bytes.share(),
            headers: self.headers.share(),
            backlog: self.backlog.part(moves.clone()),
            header_bytes: self.header_bytes,
            moves,
            verifies: Arc::default(),
        }
    }
}

/// The part of one connection.
pub(super) struct Part {
    streams: Share,
    bytes: Share,
    headers: Share,
    backlog: Backlog,
    header_bytes: usize,
    moves: Moves,
    verifies: Arc<AtomicBool>,
}

/// Why a request is turned away on its headers, before any of its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// There may be in a moment.
    NoRoom,
    /// Over [`Limits::header_bytes`].
    HeadersTooLarge,
}

impl Part {
    /// Whether a verification has come over the connection, now and later.
    pub(super) fn verifies(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.verifies)
    }

    /// Takes a request in; what it holds until its answer has left. A request that is turned
    /// away holds nothing.
    pub(super) fn take_in<B>(&self, request: &mut Request<B>) -> Result<Place, Turned> {
        let place = self.place(
            header_bytes(request, HEADER_OVERHEAD),
            header_bytes(request, HEADER_MEMORY),
        )?;
        let entry = self.entry(request)?;
        let extensions = request.extensions_mut();
        extensions.insert(self.bytes.clone());
        extensions.insert(self.moves.clone());
        entry.map(|entry| extensions.insert(entry));
        Ok(place)
    }

    /// Questions wait for no processor.
    fn entry<B>(&self, request: &Request<B>) -> Result<Option<Entry>, Turned> {
        if request.uri().path() != VERIFY {
            return Ok(None);
        }
        self.verifies.store(true, Ordering::Relaxed);
        // One that cannot be read is refused for that.
        let deadline = deadline::reply_by(request.headers(), Instant::now());
        let entry = self.backlog.enter(deadline.ok().flatten());
        entry.map(Some).ok_or(Turned::NoRoom)
    }

    /// For headers that have so many bytes, and hold so many.
    fn place(&self, headers: usize, memory: usize) -> Result<Place, Turned> {
        if headers > self.header_bytes {
            return Err(Turned::HeadersTooLarge);
        }
        let bulk = if memory > USUAL_HEADERS { memory } else { 0 };
        let (stream, headers) = (self.streams.take(1), self.headers.nothing());
        let stream = stream.filter(|_| headers.grow(bulk));
        Ok([stream.ok_or(Turned::NoRoom)?, headers])
    }
}

/// With so much for each, and without the fields that every request has.
fn header_bytes<B>(request: &Request<B>, each: usize) -> usize {
    let fields = request.headers().iter();
    let size = fields.map(|(name, value)| name.as_str().len() + value.len() + each);
    let path = request.uri().path_and_query();
    size.sum::<usize>() + path.map_or(0, |path| path.as_str().len())
}

/// What a request holds.
pub(super) type Place = [Held; 2];

#[cfg(test)]
mod tests {
    use super::super::call::GET;
    use super::*;

    fn with_headers(count: usize) -> Request<()> {
        let mut request = Request::new(());
        for _ in 0..count {
            let value = http::HeaderValue::from_static("b");
            request.headers_mut().append("a", value);
        }
        request
    }

    fn part() -> Part {
        let quota = Quota::new(Limits {
            connections: 1,
            streams: 100,
            request_bytes: HEADERS * 64 * 1024,
            backlog: Depth {
                most: 100,
                standing: 100,
            },
            header_bytes: 64 * 1024,
        });
        quota.part()
    }

    #[tokio::test]
    async fn a_connection_verifies_from_its_first_verification_on() {
        let part = part();
        for (path, verifies) in [(GET, false), (VERIFY, true), (GET, true)] {
            let mut request = with_headers(0);
            *request.uri_mut() = http::Uri::from_static(path);
            part.take_in(&mut request).unwrap();
            assert_eq!(part.verifies().load(Ordering::Relaxed), verifies, "{path}");
        }
    }

    #[test]
    fn many_small_headers_count_as_what_they_hold() {
        let part = part();
        // 13,600 bytes as HTTP/2 counts them, and four times as much in memory.
        let many = part.take_in(&mut with_headers(400));
        assert_eq!(many.unwrap_err(), Turned::NoRoom);
        assert!(part.take_in(&mut with_headers(200)).is_ok());
    }
}
