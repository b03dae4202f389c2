//! Everything logged by this thread, on which a test's whole runtime runs.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;
use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_subscriber::fmt::MakeWriter;

use super::rig::eventually;

/// While there is but one subscriber, `tracing` takes a line that a thread without one comes
/// to first for a line that nobody wants, on all threads. With two it asks both.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    pub fn start() -> (Self, DefaultGuard) {
        LazyLock::force(&SECOND);
        let log = Self::default();
        let lines = tracing_subscriber::fmt()
            .with_writer(log.clone())
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::INFO);
        (log, set_default(lines.finish()))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Every line.
    pub fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// The texts of all lines, without their fields.
    pub fn messages(&self) -> Vec<String> {
        let message = |line: Value| line["message"].as_str().unwrap_or_default().to_owned();
        self.lines().into_iter().map(message).collect()
    }

    /// The lines of calls.
    pub fn calls(&self) -> Vec<Value> {
        let of_a_call = |line: &Value| !line["duration_ms"].is_null();
        self.lines().into_iter().filter(of_a_call).collect()
    }

    /// The only line of a call.
    pub async fn line(&self) -> Value {
        eventually(|| !self.calls().is_empty()).await;
        let mut lines = self.calls();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }
}
