//! Everything that is tested through public doors, in one binary.

mod cli;
mod config;
mod photos;
mod sandbox;
mod server;
mod shared;
mod vectors;
mod verify;
