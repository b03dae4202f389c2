//! File descriptors: every connection is one, and the usual limit is made for other programs.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as the process may, which needs no privilege; what it is now.
pub fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Refused where something forbids the call; then it stays as it is.
    let reached = setrlimit(Resource::Nofile, raised).map_or(limit, |()| raised);
    let most = reached.current.and_then(|most| usize::try_from(most).ok());
    most.unwrap_or(usize::MAX)
}
