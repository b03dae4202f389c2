//! UPI's wire.

pub mod code;
pub mod envelope;
pub mod gateway;
mod header;
pub mod jwe;
pub mod jws;
pub mod key;
pub mod message;
mod transport;

pub use transport::probe;
