//! A real server on loopback, a real client, and ports under the tests' control.

mod answers;
mod bearer;
mod callers;
mod docs;
mod drain;
mod errors;
mod health;
mod lines;
mod load;
pub(super) mod log;
mod messages;
mod peers;
mod raw;
mod reflection;
mod rig;
mod sockets;
mod time;
mod tls;
