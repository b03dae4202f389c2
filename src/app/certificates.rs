//! What the certificates among the key files say.

use time::OffsetDateTime;

use super::material::{KeyRole, Material};
use crate::upi::key::{Kid, Validity};

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
    /// When the key begins to be used, if that is not now.
    pub used_from: Option<OffsetDateTime>,
}

impl CertificateFacts {
    pub(super) fn of(key: &Material) -> Option<Self> {
        let certificate = key.own_certificate()?;
        Some(Self {
            role: key.role,
            kid: key.kid.clone()?,
            not_before: certificate.validity.not_before,
            not_after: certificate.validity.not_after,
            used_from: key.not_before,
        })
    }

    /// One sentence for an operator when the certificate does not count at `now`, or soon
    /// will not, or when its key begins to be used. UPI may refuse its key then; the gateway does not judge that.
    #[must_use]
    pub fn warning(&self, now: OffsetDateTime) -> Option<String> {
        let validity = Validity {
            not_before: self.not_before,
            not_after: self.not_after,
        };
        let used = self.used_from.map_or(now, |from| from.max(now));
        let trouble = validity.trouble(used)?;
        let role = self.role.name();
        Some(format!("upi.{role}: a certificate {trouble}"))
    }
}
