//! What is certain about a request to UPI.

/// How far an order without an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatch {
    /// UPI got nothing.
    NotSent,
    /// UPI refused our signature and processed nothing.
    Refused,
    /// Sent; the answer is awaited.
    InFlight,
    /// Sent; nobody knows.
    Unknown,
}

impl Dispatch {
    /// Its name on the wire, in the log and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "NOT_SENT",
            Self::Refused => "REFUSED",
            Self::InFlight => "IN_FLIGHT",
            Self::Unknown => "UNKNOWN",
        }
    }
}
