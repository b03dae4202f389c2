//! Who may call, and what: the rules, and how a caller is known by them.
//!
//! A connection proves an [`Identity`](crate::domain::Identity), or nothing. The [`Roster`] finds
//! whose it is, call by call, before anything of a message is read. Without rules everybody is the
//! one anonymous caller, who may do everything.

mod certificate;
mod forwarded;
mod limits;
mod network;
mod pattern;
mod roster;

pub use certificate::identity;
pub use limits::{Limits, Rate};
pub use network::Network;
pub use pattern::{Pattern, Proof};
pub use roster::{Roster, Rule};
