//! The evidence that the customer agreed.
use super::rules::Rules;
use super::violation::Violation;

/// The consent as the caller gave it.
#[derive(Debug, Clone, Default)]
pub struct ConsentDraft {
    /// `consent.usage_scenario`.
    pub usage_scenario: String,
    /// `consent.purpose`.
    pub purpose: String,
    /// `consent.agreement_version`.
    pub agreement_version: String,
    /// `consent.agreement_serial`.
    pub agreement_serial: String,
}

/// Checked consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    usage_scenario: String,
    purpose: String,
    agreement_version: String,
    agreement_serial: String,
}

impl Consent {
    /// Checks all four texts.
    pub fn parse(draft: ConsentDraft, rules: &Rules) -> Result<Self, Vec<Violation>> {
        todo!()
    }
    /// scUsageScenarios
    #[must_use]
    pub fn usage_scenario(&self) -> &str {
        &self.usage_scenario
    }
    /// scUsePurpose
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }
    /// protocolVerNm
    #[must_use]
    pub fn agreement_version(&self) -> &str {
        &self.agreement_version
    }
    /// serialNm, padded to at least 14 characters.
    #[must_use]
    pub fn agreement_serial(&self) -> &str {
        &self.agreement_serial
    }
}
