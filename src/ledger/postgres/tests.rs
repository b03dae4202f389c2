//! Against a real PostgreSQL, which `scripts/postgres.sh` starts; without it they are left out.

mod canary;
mod certificates;
mod cut;
mod faults;
mod opening;
mod operating;
mod pooled;
mod server;
mod sweeping;

pub use server::{Database, Server};
