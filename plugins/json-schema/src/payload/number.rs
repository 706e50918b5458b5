//! Numbers, exactly as they are written.

use std::borrow::Cow;
use std::cmp::Ordering;

/// The number of digits that an exponent may have. Beyond it nobody means a
/// number, and its magnitude no longer fits in the arithmetic of magnitudes.
pub(crate) const MAX_EXPONENT_DIGITS: usize = 9;

/// A number of a payload.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number<'p> {
    /// As JSON wrote it. Its exponent has at most [`MAX_EXPONENT_DIGITS`].
    Written(&'p str),
    /// A whole number of a column.
    Whole(i64),
    /// A whole number of a column of `uint64`.
    Unsigned(u64),
    /// A finite number of a column.
    Double(f64),
}

impl Number<'_> {
    /// As JSON writes it.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Written(text) => Cow::Borrowed(text),
            Self::Whole(value) => Cow::Owned(value.to_string()),
            Self::Unsigned(value) => Cow::Owned(value.to_string()),
            // Unlike `Display`, with an exponent where that is shorter.
            Self::Double(value) => Cow::Owned(format!("{value:?}")),
        }
    }

    /// Compares the values, whatever way they are written: `1.0` equals `1`.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        if let (Self::Whole(one), Self::Whole(other)) = (self, other) {
            return one.cmp(other);
        }
        compare(&self.text(), &other.text())
    }

    /// For `serde_json`. Without arbitrary precision, which only the component
    /// has, a number beyond the range of `f64` is as far out as one can be.
    pub(crate) fn to_serde(self) -> serde_json::Number {
        let text = self.text();
        text.parse().unwrap_or_else(|_| {
            let far = if text.starts_with('-') { f64::MIN } else { f64::MAX };
            serde_json::Number::from_f64(far).unwrap_or_else(|| 0.into())
        })
    }

    /// Whether the value is whole: `1.0` and `1e2` are.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Whole(_) | Self::Unsigned(_) => true,
            Self::Double(value) => value.fract() == 0.0,
            Self::Written(text) => Decimal::read(text).is_whole(),
        }
    }
}

/// Compares two numbers as JSON writes them, by value.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    if one == other { Ordering::Equal } else { Decimal::read(one).compare(&Decimal::read(other)) }
}

/// `±0.d1 d2 d3 ... × 10^scale`, where `d1` and the last digit are not 0.
#[derive(Debug)]
struct Decimal<'t> {
    negative: bool,
    /// The digits before and after the point, without zeros at either end.
    whole: &'t [u8],
    fraction: &'t [u8],
    scale: i64,
}

impl<'t> Decimal<'t> {
    fn read(text: &'t str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(0)),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (mut whole, mut fraction) = (whole.as_bytes(), fraction.as_bytes());
        let mut scale: i64 = exponent;
        whole = without_leading_zeros(whole);
        scale += whole.len() as i64;
        if whole.is_empty() {
            let digits = without_leading_zeros(fraction);
            scale -= (fraction.len() - digits.len()) as i64;
            fraction = digits;
        }
        fraction = without_trailing_zeros(fraction);
        if fraction.is_empty() {
            whole = without_trailing_zeros(whole);
        }
        Self { negative, whole, fraction, scale }
    }

    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    fn count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    fn is_whole(&self) -> bool {
        self.count() as i64 <= self.scale.max(0)
    }

    /// -1, 0 or 1.
    fn sign(&self) -> i8 {
        match (self.count(), self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let magnitude =
            || self.scale.cmp(&other.scale).then_with(|| self.digits().cmp(other.digits()));
        self.sign().cmp(&other.sign()).then_with(|| match self.sign() {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

fn without_leading_zeros(mut digits: &[u8]) -> &[u8] {
    while let Some((b'0', rest)) = digits.split_first() {
        digits = rest;
    }
    digits
}

fn without_trailing_zeros(mut digits: &[u8]) -> &[u8] {
    while let Some((b'0', rest)) = digits.split_last() {
        digits = rest;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        // Ascending, in several ways of writing each.
        let ascending: [&[&str]; 9] = [
            &["-1e400", "-10e399"],
            &["-2", "-2.0", "-0.2e1"],
            &["-1e-400"],
            &["0", "-0", "0.0", "0e99", "-0.00E-5"],
            &["1e-400", "0.1e-399"],
            &["0.1", "0.10", "1e-1"],
            &["1", "1.0", "100e-2", "0.01e2"],
            &["123456789012345678901234567890", "1.2345678901234567890123456789e29"],
            &["123456789012345678901234567891"],
        ];
        for (i, ones) in ascending.iter().enumerate() {
            for (j, others) in ascending.iter().enumerate() {
                for (one, other) in ones.iter().flat_map(|one| others.iter().map(move |o| (one, o)))
                {
                    assert_eq!(compare(one, other), i.cmp(&j), "{one} and {other}");
                }
            }
        }
    }

    #[test]
    fn whole_is_a_matter_of_value() {
        for text in ["0", "-0.0", "1", "1.0", "1e400", "120e-1", "1.5e1", "0e-7"] {
            assert!(Number::Written(text).is_whole(), "{text}");
        }
        for text in ["0.5", "1e-400", "1.5", "15e-1", "-1.05e1", "12345678901234567890.1"] {
            assert!(!Number::Written(text).is_whole(), "{text}");
        }
        assert!(Number::Double(-3.0).is_whole() && !Number::Double(2.5).is_whole());
    }

    #[test]
    fn doubles_are_written_as_json() {
        for (value, text) in [(1.0, "1.0"), (1e300, "1e300"), (-0.1, "-0.1"), (5e-324, "5e-324")] {
            assert_eq!(Number::Double(value).text(), text);
        }
    }
}
