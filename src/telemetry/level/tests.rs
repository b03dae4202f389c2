//! The level for a time, on a paused clock.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{fmt, registry};

use super::Switch;

const MINUTE: Duration = Duration::from_secs(60);

fn in_force(switch: &Switch) -> (Level, bool) {
    let standing = switch.standing();
    (standing.level, standing.until.is_some())
}

#[tokio::test(start_paused = true)]
async fn a_level_goes_back_after_its_time() {
    let switch = Switch::new(Level::INFO);
    assert_eq!(in_force(&switch), (Level::INFO, false));
    let told = switch.set(Level::DEBUG, MINUTE);
    assert_eq!((told.level, told.configured), (Level::DEBUG, Level::INFO));
    sleep(MINUTE - Duration::from_millis(5)).await;
    assert_eq!(in_force(&switch), (Level::DEBUG, true));
    sleep(Duration::from_millis(10)).await;
    assert_eq!(in_force(&switch), (Level::INFO, false));
}

#[tokio::test(start_paused = true)]
async fn the_latest_level_counts_and_its_time_too() {
    let switch = Switch::new(Level::INFO);
    switch.set(Level::DEBUG, MINUTE);
    sleep(MINUTE / 2).await;
    switch.set(Level::TRACE, 2 * MINUTE);
    // The first one's end is not the second one's.
    sleep(MINUTE).await;
    assert_eq!(in_force(&switch), (Level::TRACE, true));
    // A shorter one ends sooner, and what it replaced does not come back.
    switch.set(Level::ERROR, Duration::from_secs(1));
    sleep(Duration::from_secs(2)).await;
    assert_eq!(in_force(&switch), (Level::INFO, false));
    sleep(5 * MINUTE).await;
    assert_eq!(in_force(&switch), (Level::INFO, false));
}

#[tokio::test(start_paused = true)]
async fn another_configured_level_waits_for_the_end_of_a_change() {
    let switch = Switch::new(Level::INFO);
    switch.configure(Level::WARN);
    assert_eq!(in_force(&switch), (Level::WARN, false));
    switch.set(Level::TRACE, MINUTE);
    switch.configure(Level::ERROR);
    assert_eq!(in_force(&switch), (Level::TRACE, true));
    sleep(2 * MINUTE).await;
    assert_eq!(in_force(&switch), (Level::ERROR, false));
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_logged_by_the_level_in_force() {
    let (switch, lines) = (Switch::new(Level::INFO), Lines::default());
    let writer = lines.clone();
    let layer = fmt::layer().with_writer(move || writer.clone());
    let subscriber = registry().with(layer).with(switch.gate(false));
    let _guard = tracing::subscriber::set_default(subscriber);
    let say = |when| {
        tracing::debug!(when, "ours");
        tracing::debug!(target: "hyper::proto", when, "theirs");
        tracing::warn!(target: "hyper::proto", when, "their warning");
    };
    say("before");
    switch.set(Level::DEBUG, MINUTE);
    say("during");
    sleep(MINUTE + Duration::from_millis(5)).await;
    say("after");
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let count = |what: &str| text.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count(" ours"), 1, "{text}");
    assert_eq!(count("during"), 2, "{text}");
    assert_eq!(count("their warning"), 3, "{text}");
    assert_eq!(count(" theirs"), 0, "{text}");
}

#[test]
fn our_spans_pass_where_they_are_traced_whatever_is_logged() {
    let switch = Switch::new(Level::ERROR);
    for traced in [false, true] {
        let subscriber = registry().with(switch.gate(traced));
        let _guard = tracing::subscriber::set_default(subscriber);
        assert_eq!(!tracing::info_span!("ours").is_disabled(), traced);
        assert!(tracing::debug_span!("ours").is_disabled());
        assert!(tracing::info_span!(target: "h2::codec", "theirs").is_disabled());
        assert!(!tracing::enabled!(Level::WARN));
    }
}
