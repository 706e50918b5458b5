//! Points in time, as facts say them: RFC 3339.
//!
//! A plugin has no clock; instants are compared with each other only, the
//! run's own ([`AS_OF`]) among them.

/// The name of the fact that says as of when a run judges.
pub const AS_OF: &str = "as_of";

/// The subject of facts about the run itself.
pub const RUN: &str = "run";

/// Nanoseconds since 1970, UTC, leap seconds left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(i128);

impl Instant {
    /// Reads `2026-11-21T15:54:00.25Z`, or with `+01:00` instead of `Z`. `None`
    /// for anything else: days that no calendar has, a time without a zone, a
    /// leap second, more than nine digits of a second.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = Text(text.as_bytes());
        let year = text.number(4)?;
        text.letter(b"-")?;
        let month = text.number(2)?;
        text.letter(b"-")?;
        let day = text.number(2)?;
        text.letter(b"Tt ")?;
        let hour = text.number(2)?;
        text.letter(b":")?;
        let minute = text.number(2)?;
        text.letter(b":")?;
        let second = text.number(2)?;
        let nanoseconds = match text.letter(b".") {
            Some(_) => text.fraction()?,
            None => 0,
        };
        let offset = match text.letter(b"Zz+-")? {
            sign @ (b'+' | b'-') => {
                let hours = text.number(2)?;
                text.letter(b":")?;
                let minutes = text.number(2)?;
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let minutes = hours * 60 + minutes;
                if sign == b'+' { minutes } else { -minutes }
            }
            _ => 0,
        };
        let in_range = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !text.0.is_empty() || !in_range {
            return None;
        }
        let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset;
        Some(Self(i128::from(minutes * 60 + second) * 1_000_000_000 + i128::from(nanoseconds)))
    }

    /// How long this is after `other`, in nanoseconds; less than 0 when it is
    /// before.
    #[must_use]
    pub fn since(self, other: Self) -> i128 {
        self.0 - other.0
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`: years begin in March, so that the leap
/// day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// What is left of a text.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    /// The next letter, when it is one of these.
    fn letter(&mut self, letters: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        if !letters.contains(first) {
            return None;
        }
        self.0 = rest;
        Some(*first)
    }

    /// A number of so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + i64::from(self.letter(b"0123456789")? - b'0');
        }
        Some(number)
    }

    /// One to nine digits of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<i64> {
        let mut number = self.number(1)?;
        for _ in 1..9 {
            number = number * 10 + self.number(1).unwrap_or_default();
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_what_the_calendar_says() {
        let seconds = |text| Instant::parse(text).map(|Instant(at)| at / 1_000_000_000);
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T15:54:15Z", Some(1_795_276_455)),
            ("2026-11-21T16:54:15+01:00", Some(1_795_276_455)),
            ("2026-11-21t10:24:15-05:30", Some(1_795_276_455)),
            ("2000-02-29 12:00:00z", Some(951_825_600)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("0000-01-01T00:00:00Z", Some(-62_167_219_200)),
            ("2024-02-30T00:00:00Z", None),
            ("2023-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-04-31T00:00:00Z", None),
            ("2026-11-21T24:00:00Z", None),
            ("2026-11-21T23:60:00Z", None),
            ("2016-12-31T23:59:60Z", None),
            ("2026-11-21T15:54:15", None),
            ("2026-11-21", None),
            ("2026-11-21T15:54Z", None),
            ("2026-11-21T15:54:15+0100", None),
            ("2026-11-21T15:54:15+24:00", None),
            ("2026-11-21T15:54:15.Z", None),
            ("2026-11-21T15:54:15.1234567890Z", None),
            ("2026-11-21T15:54:15Z ", None),
            ("+2026-11-21T15:54:15Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn parts_of_a_second_order() {
        let at = |text| Instant::parse(text).unwrap();
        assert_eq!(at("2026-11-21T00:00:00.5Z"), at("2026-11-21T00:00:00.500000000Z"));
        let later = at("2026-11-21T00:00:00.000000001Z");
        assert_eq!(later.since(at("2026-11-21T00:00:00Z")), 1);
    }
}
