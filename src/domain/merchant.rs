//! On whose behalf UPI is asked: the member, and perhaps a merchant.
use super::rules::{FreeText, Rules};
use super::violation::Violation;

/// The merchant as the caller gave it.
#[derive(Debug, Clone, Default)]
pub struct MerchantDraft {
    /// `merchant.id`.
    pub id: String,
    /// `merchant.name`.
    pub name: String,
    /// `merchant.category_code`.
    pub category_code: String,
}

/// A checked merchant: all three or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    id: String,
    name: String,
    category_code: String,
}

impl Merchant {
    /// Checks all three.
    pub fn parse(draft: MerchantDraft, rules: &Rules) -> Result<Self, Vec<Violation>> {
        todo!()
    }
    /// merchantID
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
    /// merchantName
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// mcc
    #[must_use]
    pub fn category_code(&self) -> &str {
        &self.category_code
    }
}

/// The UPI member (configuration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    iin: String,
    name: String,
}

impl Member {
    /// Checks `member.iin` and `member.name` (those are the fields of the violations).
    pub fn parse(iin: &str, name: &str, free_text: FreeText) -> Result<Self, Vec<Violation>> {
        todo!()
    }
    /// memberIIN
    #[must_use]
    pub fn iin(&self) -> &str {
        &self.iin
    }
    /// memberName
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
