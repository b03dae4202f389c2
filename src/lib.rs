//! A gRPC gateway in front of UnionPay International's "ID Card Photo Verification".
//!
//! A request travels one way, and its answer comes back the same way:
//!
//! ```text
//! rpc (protobuf) → domain → verify (use case) → upi (message → envelope → transport)
//! ```
//!
//! - [`domain`] checks what a caller gave and knows nobody.
//! - [`observe`] is how every layer tells its steps, and knows [`domain`] alone.
//! - [`callers`] knows who may call, and what.
//! - [`bearer`] checks bearer tokens of callers.
//! - [`verify`] is the use case: claim the order, call, settle. It owns the ports.
//! - [`rpc`], [`upi`] and [`ledger`] are adapters to those ports and do not know each
//!   other.
//! - [`admin`] shows operators what [`telemetry`] has.
//! - [`sandbox`] is UPI's side of the wire, written on the same codec.
//! - `top`, a feature, is the operator's view of a gateway, from its admin port.
//! - [`doctor`] says what is wrong with a configuration and its keys.
//! - [`acceptor`] is the port of every server.
//! - [`crash`] is where tests kill the process.
//! - [`workers`] tells whether a thread of the runtime is idle.
//! - `shortest` keeps the shortest of the times that something took lately.
//! - [`marks`] takes away what Windows puts before a text.
//! - [`pem`] reads certificates and keys of TLS.
//! - [`app`] puts everything together; [`cli`] is what an operator types.

pub mod acceptor;
pub mod admin;
pub mod app;
pub mod bearer;
pub mod callers;
pub mod cli;
pub mod config;
pub mod crash;
mod current;
pub mod doctor;
pub mod domain;
pub mod ledger;
pub mod marks;
pub mod observe;
pub mod pb;
pub mod pem;
pub mod rpc;
pub mod sandbox;
mod shortest;
pub mod shutdown;
pub mod telemetry;
#[cfg(feature = "top")]
pub mod top;
pub mod upi;
pub mod verify;
pub mod workers;
