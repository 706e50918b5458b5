//! What is counted, and what a policy gets to read of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tollgate::facts::Instant;
use tollgate_engine::types::Value;

/// One counter: the name that a document's inputs have it under, the actions
/// that it counts, and what of them a policy reads.
#[derive(Debug, Clone)]
pub struct Counter {
    /// The name.
    pub name: String,
    /// The actions that count.
    pub actions: Vec<String>,
    /// What a policy reads.
    pub measure: Measure,
}

/// What a policy reads of the actions that were counted.
#[derive(Debug, Clone)]
pub enum Measure {
    /// How many there were since midnight in a time zone.
    Today(TimeZone),
    /// How many there were since the beginning of the hour.
    ThisHour,
    /// How many there were at all.
    Total,
    /// How many hours ago the last one was; nothing where there was none.
    HoursSince,
}

/// What is kept of one counter of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The day or hour in which the last one was, or 0.
    pub period: i64,
    /// How many there were in that period.
    pub count: u64,
    /// When the last one was, in milliseconds since 1970.
    pub last: i64,
}

const HOUR: i64 = 3_600_000;

impl Counter {
    /// Whether an action counts.
    #[must_use]
    pub fn counts(&self, action: &str) -> bool {
        self.actions.iter().any(|counted| counted == action)
    }

    /// The period that a moment is in.
    pub(crate) fn period(&self, at: Instant) -> i64 {
        match &self.measure {
            Measure::Today(zone) => day(zone, at),
            Measure::ThisHour => at.as_milliseconds().div_euclid(HOUR),
            Measure::Total | Measure::HoursSince => 0,
        }
    }

    /// What is kept once one more was counted. A clock that was set back counts
    /// on in the period that it left: a customer is not forgotten for it.
    pub(crate) fn after(&self, seen: Option<Seen>, at: Instant) -> Seen {
        let (period, last) = (self.period(at), at.as_milliseconds());
        match seen {
            Some(seen) if seen.period >= period => Seen {
                period: seen.period,
                count: seen.count.saturating_add(1),
                last: seen.last.max(last),
            },
            _ => Seen { period, count: 1, last },
        }
    }

    /// What a policy reads; none where nothing is on record and that is no
    /// number.
    pub(crate) fn value(&self, seen: Option<Seen>, now: Instant) -> Option<Value> {
        if matches!(self.measure, Measure::HoursSince) {
            let since = now.as_milliseconds().saturating_sub(seen?.last).max(0);
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of ages fit a double")]
            return Some(Value::Number(since as f64 / HOUR as f64));
        }
        let count = seen.filter(|seen| seen.period >= self.period(now)).map_or(0, |it| it.count);
        Some(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

/// The number of a day of the calendar, counted from 1970 in a time zone.
fn day(zone: &TimeZone, at: Instant) -> i64 {
    let milliseconds = at.as_milliseconds();
    let Ok(timestamp) = Timestamp::from_millisecond(milliseconds) else {
        return milliseconds.div_euclid(24 * HOUR);
    };
    let offset = zone.to_offset(timestamp).seconds();
    (milliseconds + i64::from(offset) * 1000).div_euclid(24 * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn counter(measure: Measure) -> Counter {
        Counter { name: "blocks".to_owned(), actions: vec!["block".to_owned()], measure }
    }

    #[test]
    fn a_day_ends_at_midnight_where_the_zone_says() {
        let utc = counter(Measure::Today(TimeZone::UTC));
        let seen = utc.after(None, at("2026-11-30T23:59:59Z"));
        let seen = utc.after(Some(seen), at("2026-11-30T23:59:59.5Z"));
        let read = |counter: &Counter, now| counter.value(Some(seen), at(now));
        assert_eq!(read(&utc, "2026-11-30T23:59:59.9Z"), Some(Value::Integer(2)));
        assert_eq!(read(&utc, "2026-12-01T00:00:00Z"), Some(Value::Integer(0)));
        let east = counter(Measure::Today(TimeZone::fixed(jiff::tz::offset(2))));
        let seen = east.after(None, at("2026-11-30T23:00:00Z"));
        assert_eq!(east.value(Some(seen), at("2026-12-01T21:59:59Z")), Some(Value::Integer(1)));
        assert_eq!(east.value(Some(seen), at("2026-12-01T22:00:00Z")), Some(Value::Integer(0)));
    }

    /// Neither a count nor an age gets milder by it.
    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let today = counter(Measure::Today(TimeZone::UTC));
        let seen = today.after(None, at("2026-12-01T00:00:01Z"));
        let back = at("2026-11-30T12:00:00Z");
        assert_eq!(today.value(Some(seen), back), Some(Value::Integer(1)));
        let seen = today.after(Some(seen), back);
        assert_eq!(today.value(Some(seen), back), Some(Value::Integer(2)));
        let since = counter(Measure::HoursSince);
        assert_eq!(since.value(Some(seen), back), Some(Value::Number(0.0)));
    }

    #[test]
    fn what_never_was_has_no_age_and_counts_nothing() {
        let now = at("2026-11-30T12:00:00Z");
        assert_eq!(counter(Measure::HoursSince).value(None, now), None);
        assert_eq!(counter(Measure::Total).value(None, now), Some(Value::Integer(0)));
        let since = counter(Measure::HoursSince);
        let seen = since.after(None, at("2026-11-30T10:30:00Z"));
        assert_eq!(since.value(Some(seen), now), Some(Value::Number(1.5)));
    }
}
