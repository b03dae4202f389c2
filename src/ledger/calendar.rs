//! The days and months of budgets, in a time zone. The rules of all zones are a part of the program:
//! gateways of one ledger agree on them, whatever their machines have.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use time::OffsetDateTime;

use crate::domain::{CallerName, Span};
use crate::verify::port::Count;

/// When days and months begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(TimeZone);

/// A day by its date, `2027-01-15`; a part of its month, `2027-01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(String);

impl Calendar {
    /// Of a zone of IANA's database, such as `Asia/Shanghai`; `None` for what is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        // Its own spelling, which is compared when a configuration is read again.
        (zone.iana_name() == Some(name)).then_some(Self(zone))
    }

    /// The name of its zone.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day of a moment.
    #[must_use]
    pub fn day(&self, at: OffsetDateTime) -> Day {
        Day(self.date(at).to_string())
    }

    /// How long it is until the day, or the month, of a moment is over.
    #[must_use]
    pub fn rest(&self, span: Span, at: OffsetDateTime) -> Duration {
        let date = self.date(at);
        let next = match span {
            Span::Day => date.checked_add(1.day()),
            Span::Month => date.first_of_month().checked_add(1.month()),
        };
        let begins = next.and_then(|date| date.to_zoned(self.0.clone()));
        let rest = begins.map(|begins| begins.timestamp().duration_since(moment(at)));
        // Only the last day of the calendar has no next one.
        rest.map_or(Duration::ZERO, jiff::SignedDuration::unsigned_abs)
    }

    fn date(&self, at: OffsetDateTime) -> Date {
        self.0.to_datetime(moment(at)).date()
    }
}

impl Default for Calendar {
    /// UTC.
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

fn moment(at: OffsetDateTime) -> Timestamp {
    // `time` has years up to 9999, as `jiff` does.
    Timestamp::from_nanosecond(at.unix_timestamp_nanos()).unwrap_or_default()
}

impl Day {
    /// As it was written; `None` for what is no date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: Date = text.parse().ok()?;
        (date.to_string() == text).then(|| Self(text.to_owned()))
    }

    /// Its date.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the day, or of its month.
    #[must_use]
    pub fn of(&self, span: Span) -> &str {
        match span {
            Span::Day => &self.0,
            // A date is `YYYY-MM-DD`.
            Span::Month => self.0.rsplit_once('-').map_or(&*self.0, |(month, _)| month),
        }
    }
}

impl Day {
    /// What is counted to a period of this day; `None` of what no gateway wrote.
    pub(super) fn count(
        &self,
        (name, period): (&str, &str),
        (used, extra): (i64, i64),
    ) -> Option<Count> {
        Some(Count {
            caller: CallerName::parse(name)?,
            span: Span::ALL
                .into_iter()
                .find(|span| self.of(*span) == period)?,
            used: used.try_into().unwrap_or_default(),
            extra,
        })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn shanghai() -> Calendar {
        Calendar::parse("Asia/Shanghai").unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_of_its_zone() {
        let before = datetime!(2027-01-31 15:59:59.999999 UTC);
        let day = shanghai().day(before);
        assert_eq!(
            (day.of(Span::Day), day.of(Span::Month)),
            ("2027-01-31", "2027-01")
        );
        let day = shanghai().day(datetime!(2027-01-31 16:00 UTC));
        assert_eq!(
            (day.of(Span::Day), day.of(Span::Month)),
            ("2027-02-01", "2027-02")
        );
        assert_eq!(Calendar::default().day(before).as_str(), "2027-01-31");
    }

    #[test]
    fn the_rest_of_a_span_ends_when_the_next_begins() {
        let at = datetime!(2027-01-31 15:59:30 UTC);
        let seconds = |span| shanghai().rest(span, at).as_secs();
        assert_eq!((seconds(Span::Day), seconds(Span::Month)), (30, 30));
        let at = datetime!(2027-02-26 16:00 UTC);
        let hours = |span| shanghai().rest(span, at).as_secs() / 3600;
        assert_eq!((hours(Span::Day), hours(Span::Month)), (24, 48));
    }

    #[test]
    fn a_day_on_which_clocks_change_has_another_length() {
        let berlin = Calendar::parse("Europe/Berlin").unwrap();
        let midnight = datetime!(2027-03-27 23:00 UTC);
        assert_eq!(berlin.day(midnight).as_str(), "2027-03-28");
        assert_eq!(berlin.rest(Span::Day, midnight).as_secs(), 23 * 3600);
    }

    #[test]
    fn zones_have_names_and_dates_one_spelling() {
        for good in ["UTC", "Asia/Shanghai", "America/Sao_Paulo"] {
            assert_eq!(Calendar::parse(good).unwrap().name(), good);
        }
        for bad in [
            "",
            "+08:00",
            "China Standard Time",
            "asia/shanghai",
            "Mars/Olympus",
        ] {
            assert!(Calendar::parse(bad).is_none(), "{bad}");
        }
        assert!(Day::parse("2027-01-15").is_some());
        for bad in ["2027-01", "20270115", "2027-02-30", "2027-01-15T00:00"] {
            assert!(Day::parse(bad).is_none(), "{bad}");
        }
    }
}
