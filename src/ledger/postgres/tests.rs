//! Against a real PostgreSQL, which `scripts/postgres.sh` starts; without it they are left out.

mod faults;
mod opening;
mod server;
mod sweeping;

pub use server::{Database, Server};
