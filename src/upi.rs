//! UPI's wire.
pub mod gateway;
pub mod jwe;
pub mod jws;
pub mod key;
