//! When a certificate counts, and how long it still does.

use time::{Duration, OffsetDateTime};

/// So long before its end an operator should know of it: UPI registers certificates by
/// hand.
const NOTICE: Duration = Duration::days(30);

/// A certificate's period of validity, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Its first second.
    pub not_before: OffsetDateTime,
    /// Its last second.
    pub not_after: OffsetDateTime,
}

/// Where an instant stands in a period of validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidityState {
    /// Before it.
    NotYet,
    /// In it, with at least 30 days left.
    Good,
    /// In it, with fewer than 30 days left.
    EndsSoon,
    /// After it.
    Expired,
}

impl Validity {
    /// Where `now` stands.
    #[must_use]
    pub fn at(&self, now: OffsetDateTime) -> ValidityState {
        if now < self.not_before {
            ValidityState::NotYet
        } else if now > self.not_after {
            ValidityState::Expired
        } else if self.not_after - now < NOTICE {
            ValidityState::EndsSoon
        } else {
            ValidityState::Good
        }
    }

    /// What is to be said of the certificate at `now`: it continues "the certificate …".
    #[must_use]
    pub fn trouble(&self, now: OffsetDateTime) -> Option<String> {
        match self.at(now) {
            ValidityState::Good => None,
            ValidityState::NotYet => Some(format!(
                "is not valid before {} (UTC)",
                self.not_before.date()
            )),
            ValidityState::Expired => Some(format!("expired on {} (UTC)", self.not_after.date())),
            ValidityState::EndsSoon => Some(format!(
                "expires on {} (UTC), in {} days",
                self.not_after.date(),
                (self.not_after - now).whole_days()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    use super::{Validity, ValidityState};

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
    const END: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);
    const PERIOD: Validity = Validity {
        not_before: START,
        not_after: END,
    };

    #[test]
    fn both_ends_count() {
        let second = Duration::SECOND;
        let month = Duration::days(30);
        for (now, state) in [
            (START - second, ValidityState::NotYet),
            (START, ValidityState::Good),
            (END - month, ValidityState::Good),
            (END - month + second, ValidityState::EndsSoon),
            (END, ValidityState::EndsSoon),
            (END + second, ValidityState::Expired),
        ] {
            assert_eq!(PERIOD.at(now), state, "{now}");
        }
    }

    #[test]
    fn trouble_names_the_day() {
        let at = |now| PERIOD.trouble(now).unwrap();
        assert_eq!(PERIOD.trouble(START), None);
        assert_eq!(
            at(START - Duration::DAY),
            "is not valid before 2026-01-01 (UTC)"
        );
        assert_eq!(
            at(END - Duration::days(3)),
            "expires on 2027-01-01 (UTC), in 3 days"
        );
        assert_eq!(at(END + Duration::DAY), "expired on 2027-01-01 (UTC)");
    }
}
