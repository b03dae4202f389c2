//! UPI's wire.

pub mod code;
pub mod envelope;
pub mod gateway;
mod header;
mod identifier;
pub mod jwe;
pub mod jws;
pub mod key;
pub mod message;
pub mod token;
pub mod transport;

pub use header::Members;
pub use identifier::{AppId, Flaw, RequestPath};
pub use transport::{BaseUrl, Timeouts};
