//! What an operator types: `idphoto COMMAND`.

pub mod answer;
pub mod client;
pub mod demo;
pub mod exit;
pub mod get;
pub mod health;
mod input;
mod stack;
pub mod verify;

use exit::Exit;

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> Exit {
    todo!()
}
