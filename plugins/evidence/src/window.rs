//! Lengths of time: `30s`, `1h`, `1h30m`, `14d`.

use core::fmt;

/// How long a value was observed, or how old it may be, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window(u64);

/// The label under which a fact says its window.
pub const LABEL: &str = "window";

/// Prometheus's units, longest first.
const UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

impl Window {
    /// Reads a duration as Prometheus writes it. `None` for anything else,
    /// and for none at all (`0s`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut total = 0u64;
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let (count, tail) = rest.split_at_checked(digits)?;
            let letters = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
            let (name, tail) = tail.split_at_checked(letters)?;
            let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
            let part = count.parse::<u64>().ok()?.checked_mul(*unit)?;
            total = total.checked_add(part)?;
            rest = tail;
        }
        (total > 0).then_some(Self(total))
    }

    /// In nanoseconds.
    #[must_use]
    pub fn nanoseconds(self) -> i128 {
        i128::from(self.0) * 1_000_000
    }
}

impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (name, unit) in UNITS.iter().skip(1) {
            let count = rest / unit;
            rest %= unit;
            if count > 0 {
                write!(out, "{count}{name}")?;
            }
        }
        Ok(())
    }
}
