//! What a reload replaces while it is used.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that may be replaced; its clones are the same one. Whoever took the old value keeps it.
#[derive(Debug)]
pub struct Current<T: ?Sized>(Arc<RwLock<Arc<T>>>);

impl<T: ?Sized> Current<T> {
    /// Beginning with this.
    #[must_use]
    pub fn new(value: Arc<T>) -> Self {
        Self(Arc::new(RwLock::new(value)))
    }

    /// From now on it is this.
    pub fn turn(&self, value: Arc<T>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }

    /// What it is now.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

impl<T: ?Sized> Clone for Current<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
