//! `idphoto top`: a gateway at a glance, from the metrics of its admin port.
//!
//! `source` fetches the page, `exposition` reads it, two of them make a `reading`, and its
//! `panels` are shown by `screen` on a terminal or by `plain` anywhere else.

mod exposition;
mod histogram;
mod panel;
mod panels;
mod plain;
mod reading;
mod screen;
mod source;
mod tally;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub use plain::once;
pub use screen::{ScreenError, live};
pub use source::{BadUrl, Source, SourceError};
