//! The end of a process: SIGTERM or SIGINT, a bounded drain, a hard end.

/// Resolves at the first SIGTERM or SIGINT.
pub async fn signal() {
    todo!()
}
