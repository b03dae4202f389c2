//! What the certificates among the key files say.

use time::OffsetDateTime;

use crate::upi::key::{CertificateInfo, Kid, Validity};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// `upi.signing`: ours.
    Signing,
    /// `upi.encryption`: UPI's.
    Encryption,
    /// `upi.verification`: UPI's.
    Verification,
}

/// What the certificate of a key says. A bare public key says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// What its key is for.
    pub role: KeyRole,
    /// The key's id at UPI.
    pub kid: Kid,
    /// Start of validity.
    pub not_before: OffsetDateTime,
    /// End of validity.
    pub not_after: OffsetDateTime,
}

impl KeyRole {
    /// `signing`, `encryption` or `verification`: the section's name below `upi`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
            Self::Verification => "verification",
        }
    }
}

impl CertificateFacts {
    pub(super) fn new(role: KeyRole, kid: &Kid, found: &CertificateInfo) -> Self {
        Self {
            role,
            kid: kid.clone(),
            not_before: found.validity.not_before,
            not_after: found.validity.not_after,
        }
    }

    /// One sentence for an operator when the certificate does not count at `now`, or soon
    /// will not. UPI may refuse its key then; the gateway does not judge that.
    #[must_use]
    pub fn warning(&self, now: OffsetDateTime) -> Option<String> {
        let validity = Validity {
            not_before: self.not_before,
            not_after: self.not_after,
        };
        let trouble = validity.trouble(now)?;
        let role = self.role.name();
        Some(format!("upi.{role}: a certificate {trouble}"))
    }
}
