//! Everything that is tested through public doors, in one binary.

// A panic is how a test reports, in its helpers too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod admin;
mod bad_input;
mod bearer;
mod budgets;
mod callers;
mod certificates;
mod circuit;
mod cli;
mod collector;
mod config;
mod configured;
mod crowds;
mod data;
mod descriptors;
mod disks;
mod doctor;
mod faults;
mod frames;
mod handshakes;
#[cfg(feature = "pkcs11")]
mod hsm;
mod http2;
mod judged;
mod keys;
mod ledger;
mod log;
mod photos;
mod privacy;
mod process;
mod raw;
mod reload;
mod requests;
mod resets;
mod sandbox;
mod scenarios;
mod server;
mod signals;
#[cfg(feature = "top")]
mod top;
mod traces;
mod vectors;
mod verify;
mod wait;
