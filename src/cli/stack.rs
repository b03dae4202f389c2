//! A gateway in front of a sandbox, in this process, with keys made on the spot.

use std::net::SocketAddr;

use crate::sandbox::Post;

/// Both, running.
pub struct Stack {
    /// The sandbox's URL.
    pub upi: String,
    /// Where gRPC is served.
    pub gateway: SocketAddr,
}

/// Why they do not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// x
    #[error("placeholder")]
    Placeholder,
}

impl Stack {
    /// Starts both on free ports of loopback.
    pub async fn sandboxed() -> Result<Self, StackError> {
        todo!()
    }
    /// What the sandbox received for an order.
    #[must_use]
    pub fn last_post(&self, order_id: &str) -> Option<Post> {
        todo!()
    }
    /// Stops both.
    pub async fn stop(self) {
        todo!()
    }
}
