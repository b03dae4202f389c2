//! UPI's wire.
pub mod gateway;
mod header;
pub mod jwe;
pub mod jws;
pub mod key;
