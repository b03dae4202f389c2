//! What a call holds until its order needs no processor any more.

use std::any::Any;

/// Something that is given back when it is dropped: when the order is sealed, or never will be.
/// What it is, is the caller's affair.
#[derive(Default)]
pub struct Ticket {
    _held: Option<Box<dyn Any + Send + Sync>>,
}

impl Ticket {
    /// Of whatever gives it back when it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        let held: Box<dyn Any + Send + Sync> = Box::new(held);
        Self { _held: Some(held) }
    }
}
