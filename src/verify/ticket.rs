//! What a call holds, and gives back when it is dropped.

use std::any::Any;
use std::fmt;

use crate::domain::Budget;

/// Something that is given back when it is dropped: when the order is sealed, or never will be.
/// What it is, is the caller's affair.
#[derive(Default)]
pub struct Ticket {
    _held: Option<Box<dyn Any + Send + Sync>>,
    place: Option<Place>,
    budget: Budget,
}

/// The same, when the order has ended: a caller that leaves does not end its order.
pub struct Place {
    _held: Box<dyn Any + Send + Sync>,
}

impl Ticket {
    /// Of whatever gives it back when it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        let held: Box<dyn Any + Send + Sync> = Box::new(held);
        Self {
            _held: Some(held),
            ..Self::default()
        }
    }

    /// With what may be sent for its caller.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// With a place.
    #[must_use]
    pub fn with(self, place: Option<Place>) -> Self {
        Self { place, ..self }
    }

    pub(super) const fn budget(&self) -> Budget {
        self.budget
    }

    pub(super) const fn take_place(&mut self) -> Option<Place> {
        self.place.take()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

impl Place {
    /// Of whatever gives it back when it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        let held: Box<dyn Any + Send + Sync> = Box::new(held);
        Self { _held: held }
    }
}
