//! Everything that is tested through public doors, in one binary.

mod bad_input;
mod cli;
mod config;
mod faults;
mod photos;
mod privacy;
mod process;
mod raw;
mod requests;
mod sandbox;
mod server;
mod shared;
mod vectors;
mod verify;
