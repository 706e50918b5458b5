//! From doubles that were computed to decimals that are compared and read.

use alloc::format;
use alloc::string::String;

use gate_evidence::decimal::Decimal;

/// To so many digits a statistic is compared with its limit. Further ones are
/// those of the arithmetic: 0.3 less 0.2 is not the double 0.1.
const COMPARED: usize = 12;

/// So many digits are read.
const READ: usize = 6;

/// A value as it is compared with a limit. `None` for NaN and the infinities.
pub(crate) fn compared(value: f64) -> Option<Decimal> {
    rounded(value, COMPARED)
}

/// A value as it is read in a sentence.
pub(crate) fn read(value: f64) -> Option<Decimal> {
    rounded(value, READ)
}

/// The text of a value in a sentence.
pub(crate) fn show(value: f64) -> String {
    read(value).map_or_else(|| format!("{value}"), |value| format!("{value}"))
}

fn rounded(value: f64, digits: usize) -> Option<Decimal> {
    if !value.is_finite() {
        return None;
    }
    Decimal::parse(&format!("{value:.*e}", digits - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_in_six_digits() {
        for (value, text) in [
            (0.3 - 0.2, "0.1"),
            (1.0 / 3.0, "0.333333"),
            (1234.0, "1234"),
            (-2.5e-20, "-2.5e-20"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(show(value), text);
        }
        assert_eq!(compared(0.3 - 0.2), Decimal::parse("0.1"));
        assert_eq!(compared(f64::INFINITY), None);
    }
}
