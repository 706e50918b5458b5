//! Points in time: when a fact was observed, and as of when a run judges.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in time, shown as RFC 3339 in UTC: `2026-11-21T15:54:00.25Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instant(Timestamp);

impl Instant {
    /// What the machine's clock says.
    #[must_use]
    pub fn now() -> Self {
        Self(Timestamp::now())
    }

    /// So many milliseconds after 1970; none beyond the calendar.
    #[must_use]
    pub fn from_milliseconds(milliseconds: i64) -> Option<Self> {
        Timestamp::from_millisecond(milliseconds).ok().filter(is_of_four_digits).map(Self)
    }

    /// The whole milliseconds since 1970, none of them later.
    #[must_use]
    pub fn as_milliseconds(self) -> i64 {
        let milliseconds = self.0.as_millisecond();
        if self.0.subsec_nanosecond() % 1_000_000 < 0 { milliseconds - 1 } else { milliseconds }
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads RFC 3339. A day or a time without a zone is no point in time, and one
/// that no calendar has is none either.
impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The parser knows more forms than RFC 3339.
        let has_shape = text.len() >= "2026-11-21T15:54:00Z".len()
            && !text.contains('[')
            && text.bytes().zip(*b"0000-00-00T00:00:00").all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                shape => byte == shape,
            });
        has_shape
            .then(|| text.parse::<Timestamp>().ok())
            .flatten()
            .filter(is_of_four_digits)
            .map(Self)
            .ok_or_else(|| {
                format!("`{text}` is no time with a zone, such as `2026-11-21T15:54:00Z`")
            })
    }
}

impl TryFrom<String> for Instant {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Instant> for String {
    fn from(instant: Instant) -> Self {
        instant.to_string()
    }
}

/// RFC 3339 has years of four digits.
fn is_of_four_digits(timestamp: &Timestamp) -> bool {
    !timestamp.to_string().starts_with(['-', '+'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_points_in_time_are_read() {
        let read = |text: &str| text.parse::<Instant>().ok().map(|at| at.to_string());
        let noon = Some("2026-11-21T12:00:00Z".to_owned());
        assert_eq!(read("2026-11-21T12:00:00Z"), noon);
        assert_eq!(read("2026-11-21t13:00:00.000+01:00"), noon);
        assert_eq!(read("2026-11-21 06:30:00-05:30"), noon);
        assert_eq!(read("2026-11-21T12:00:00.250Z").as_deref(), Some("2026-11-21T12:00:00.25Z"));
        for wrong in [
            "",
            "yesterday",
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21T12:00Z",
            "20261121T120000Z",
            "2024-02-30T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-11-21T25:00:00Z",
            "2026-11-21T12:00:00Z[UTC]",
            "-002026-11-21T12:00:00Z",
            "2026-11-21T12:00:00.1234567891Z",
            "1795276455",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(
            Instant::from_milliseconds(1_795_276_455_250).map(|at| at.to_string()).as_deref(),
            Some("2026-11-21T15:54:15.25Z")
        );
        assert_eq!(Instant::from_milliseconds(i64::MAX), None);
        assert_eq!(Instant::from_milliseconds(i64::MIN), None);
        assert_eq!(Instant::from_milliseconds(-62_167_219_200_001), None, "before the year 0");
    }
}
