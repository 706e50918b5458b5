//! Days, and times of day, of the proleptic Gregorian calendar.

use alloc::string::String;
use core::fmt::Write as _;

const DAY: i128 = 86_400_000_000_000;

/// A date and a time of day, without a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The year, astronomical: 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
    /// Below a thousand million.
    pub nano: u32,
}

impl Moment {
    /// Whether there is such a day and such a time.
    #[must_use]
    pub fn exists(&self) -> bool {
        (1..=12).contains(&self.month)
            && (1..=days_of(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// Days since 1970-01-01. (Howard Hinnant's `days_from_civil`.)
    #[must_use]
    pub fn days(&self) -> i128 {
        let year = i128::from(self.year) - i128::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = i128::from((self.month + 9) % 12);
        let of_year = (153 * month + 2) / 5 + i128::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// Nanoseconds since 1970-01-01T00:00:00.
    #[must_use]
    pub fn nanos(&self) -> i128 {
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        self.days() * DAY + i128::from(seconds) * 1_000_000_000 + i128::from(self.nano)
    }
}

fn days_of(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Writes an instant as ISO 8601 without a zone. `digits` are those of the
/// fraction: 9, or 0 for Python's own choice of none or six.
pub fn write_iso(out: &mut String, nanos: i128, separator: char, digits: usize) {
    write_date(out, nanos.div_euclid(DAY));
    let rest = nanos.rem_euclid(DAY);
    let (seconds, nano) = (rest / 1_000_000_000, rest % 1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    // Writing to a string cannot fail.
    let _ = write!(out, "{separator}{hour:02}:{minute:02}:{second:02}");
    if digits == 9 {
        let _ = write!(out, ".{nano:09}");
    } else if nano != 0 {
        let _ = write!(out, ".{:06}", nano / 1000);
    }
}

/// Writes the date so many days after 1970-01-01. (Howard Hinnant's
/// `civil_from_days`.)
pub fn write_date(out: &mut String, days: i128) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i128::from(month <= 2);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}
