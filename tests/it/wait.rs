//! Waiting for what must come and tells nobody: by asking again.

use std::time::Duration;

use tokio::time::{interval, timeout};

/// Longest wait for what must come. A busy machine needs a fraction of it.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(10);

/// Asks until there is an answer.
pub async fn found<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut pauses = interval(PAUSE);
    let asking = async {
        loop {
            pauses.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    let answer = timeout(PATIENCE, asking).await;
    answer.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// Asks until it is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    found(what, async || is_so().await.then_some(())).await;
}
