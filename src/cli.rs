//! What an operator types: `idphoto COMMAND`.

pub mod answer;
pub mod client;
pub mod exit;
pub mod get;
pub mod health;
mod input;
pub mod verify;
