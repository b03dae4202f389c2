//! What a caller may.

use super::{Budget, CallerName, Merchant};

/// The methods that rules speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks UPI, which may be charged.
    VerifyIdPhoto,
    /// Reads what is recorded.
    GetVerification,
}

/// Whose orders a caller may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Those that it asked for itself.
    Own,
    /// Everybody's, and those of times when callers had no names.
    All,
}

/// A caller that rules know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Its name.
    pub name: CallerName,
    /// What it may call.
    pub methods: Vec<Method>,
    /// Whose orders it may read.
    pub reads: Reads,
    /// On whose behalf it may ask; anybody's when it is empty. The first stands for requests that
    /// name none.
    pub merchants: Vec<Merchant>,
    /// How many verifications may be sent for it.
    pub budget: Budget,
}

impl Rights {
    /// Whether an order may be shown that this caller asked for, or nobody that has a name.
    #[must_use]
    pub fn may_read(&self, owner: Option<&CallerName>) -> bool {
        self.reads == Reads::All || owner == Some(&self.name)
    }

    /// Whether a request may be made on this one's behalf.
    #[must_use]
    pub fn may_ask_for(&self, merchant: Option<&Merchant>) -> bool {
        self.merchants.is_empty() || merchant.is_some_and(|it| self.merchants.contains(it))
    }
}
