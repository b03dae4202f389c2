//! What is known of one request on its way: on which kind of connection it goes, and whether its
//! last piece was handed over.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use crate::crash;
use crate::shortest::Shortest;

/// A server that is about to close takes no notice for a moment of what has arrived: its process
/// has to wake, or sleeps on purpose.
const MOMENT: Duration = Duration::from_millis(10);

/// No way is longer; a slow name server or handshake is not the way.
const LONGEST_WAY: Duration = Duration::from_millis(400);

/// Connections are opened when many calls come at once, and then an opening waits for a processor,
/// too. So for this time the shortest one counts; after it the way may have become another.
const WHILE: Duration = Duration::from_mins(10);

const HELD: u8 = 0;
const HANDED_OVER: u8 = 1;
const WITHDRAWN: u8 = 2;

tokio::task_local! {
    /// The request that the connector opens a connection for.
    static TRIP: Arc<Trip>;
}

pub(super) struct Trip {
    /// One step decides between handing over and withdrawing: the connection is another task,
    /// and what was said to be impossible must not happen afterwards.
    last_piece: AtomicU8,
    opened: AtomicBool,
    hold: Duration,
}

impl Trip {
    /// `empty`: a body without a last piece proves nothing.
    pub(super) fn new(hold: Duration, empty: bool) -> Arc<Self> {
        Arc::new(Self {
            last_piece: AtomicU8::new(if empty { HANDED_OVER } else { HELD }),
            opened: AtomicBool::new(false),
            hold,
        })
    }

    /// Lets the connector know for whom it works.
    pub(super) async fn of<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        TRIP.scope(Arc::clone(self), work).await
    }

    /// How long the last piece is held back, from the first one on.
    pub(super) fn hold(&self) -> Option<Duration> {
        self.reused().then_some(self.hold)
    }

    /// Whether the connection was there before, once the request has one.
    pub(super) fn reused(&self) -> bool {
        !self.opened.load(Ordering::Acquire)
    }

    pub(super) fn hand_over(&self) -> bool {
        self.decide(HANDED_OVER) == HELD
    }

    /// Whether the last piece has not gone; from now on it never goes.
    pub(super) fn withdraw(&self) -> bool {
        self.decide(WITHDRAWN) != HANDED_OVER
    }

    /// What was decided before.
    fn decide(&self, end: u8) -> u8 {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let before = self
            .last_piece
            .compare_exchange(HELD, end, success, failure);
        before.unwrap_or_else(|before| before)
    }
}

/// Watches the connector: who waits for a connection, and how long opening one takes.
#[derive(Clone)]
pub(super) struct Opening {
    took: Shortest,
    count: Arc<AtomicU64>,
    /// Round trips that an opening has at least.
    rounds: u32,
}

impl Opening {
    pub(super) fn new(tls: bool) -> Self {
        Self {
            took: Shortest::new(WHILE),
            count: Arc::default(),
            // TCP, and TLS 1.3.
            rounds: if tls { 2 } else { 1 },
        }
    }

    /// How long a last piece is held back: there and back, and a moment at the server.
    pub(super) fn hold(&self) -> Duration {
        let way = self.took.last().unwrap_or_default() / self.rounds.max(1);
        way.min(LONGEST_WAY) + MOMENT
    }

    /// How many connections were opened so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn note(&self, took: Duration) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.took.note(took);
        // An opening that goes on in the background, since another connection became free
        // meanwhile, has no trip.
        let _ = TRIP.try_with(|trip| trip.opened.store(true, Ordering::Release));
    }
}

impl<S> Layer<S> for Opening {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        let opening = self.clone();
        Watched { connector, opening }
    }
}

#[derive(Clone)]
pub(super) struct Watched<S> {
    connector: S,
    opening: Opening,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let opening = self.opening.clone();
        let begun = Instant::now();
        let connecting = self.connector.call(request);
        Box::pin(async move {
            let connection = connecting.await?;
            opening.note(begun.elapsed());
            crash::point("upi-connected");
            Ok(connection)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tokio::time::advance;
    use tower::service_fn;

    use super::*;

    /// After openings that took so many milliseconds.
    async fn held(tls: bool, openings: &[u64]) -> Duration {
        let opening = Opening::new(tls);
        let mut connector = opening.layer(service_fn(|millis| async move {
            advance(Duration::from_millis(millis)).await;
            Ok::<_, Infallible>(())
        }));
        for millis in openings {
            connector.call(*millis).await.unwrap();
        }
        opening.hold()
    }

    #[tokio::test(start_paused = true)]
    async fn a_last_piece_is_held_back_for_the_way_and_a_moment() {
        for (tls, openings, expected) in [
            (false, &[][..], 10),
            (false, &[30], 40),
            (true, &[30], 25),
            (true, &[9_000], 410),
        ] {
            let expected = Duration::from_millis(expected);
            assert_eq!(held(tls, openings).await, expected, "{openings:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_opening_that_waited_for_a_processor_is_not_the_way() {
        assert_eq!(held(false, &[2, 300]).await, Duration::from_millis(12));
        assert_eq!(held(false, &[300, 2]).await, Duration::from_millis(12));
    }
}
