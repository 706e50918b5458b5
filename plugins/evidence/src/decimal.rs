//! Exact decimal arithmetic.
//!
//! A metric of 0.88 is not the double nearest to 0.88 to the person who wrote
//! the threshold. So a number is taken as the shortest decimal that prints it,
//! and sums and products are exact: 0.90 − 0.02 is 0.88, to the last digit.
//!
//! A crate would do (`rust_decimal`), but its 96-bit mantissa and 28 places
//! cannot hold what a double may say (1e-30, 1e30), and it rounds silently
//! there. This one is smaller, never rounds, and says when it cannot hold a
//! result.

use core::cmp::Ordering;
use core::fmt::{self, Write as _};

/// `mantissa × 10^exponent`, exactly. Several pairs may mean the same number.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i128,
    exponent: i32,
}

/// The powers of ten that doubles hold exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The longest text that `{:e}` makes of a double: `-2.2250738585072014e-308`.
const LONGEST_DOUBLE: usize = 32;

impl Decimal {
    /// Nought.
    pub const ZERO: Self = Self::new(0, 0);

    /// `mantissa × 10^exponent`.
    #[must_use]
    pub const fn new(mantissa: i128, exponent: i32) -> Self {
        Self { mantissa, exponent }
    }

    /// The shortest decimal that prints this double; `None` for NaN and the
    /// infinities.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let mut text = Text::default();
        write!(text, "{number:e}").ok()?;
        Self::parse(text.as_str())
    }

    /// The double that this number is printed of; of another number one next to
    /// it. For those who draw it: to read a text would take 20 KB of code.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let mut near = self.mantissa as f64;
        let mut left = self.exponent;
        while left != 0 && near != 0.0 && near.is_finite() {
            let step = left.clamp(-22, 22);
            let ten = POWERS.get(step.unsigned_abs() as usize).copied().unwrap_or(1.0);
            near = if step > 0 { near * ten } else { near / ten };
            left -= step;
        }
        // Whole numbers below 2^53 and powers of ten up to 22 are exact, and one
        // operation on them is rounded once.
        if self.mantissa.unsigned_abs() < 1 << 53 && self.exponent.unsigned_abs() <= 22 {
            return near;
        }
        let next = |by: i64| f64::from_bits(near.to_bits().wrapping_add_signed(by));
        let is_printed = |double: &f64| Self::from_f64(*double) == Some(self);
        // Each of the up to 15 operations is off by half a step at most.
        let near_by = (0..=8).flat_map(|by| [by, -by]).map(next);
        near_by.into_iter().find(is_printed).unwrap_or(near)
    }

    /// Reads `-12.5e-3`. `None` when it is not a number, or has more digits
    /// than 38.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse().ok()?),
            None => (text, 0i32),
        };
        let (negative, digits) = match digits.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, digits),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() {
            return None;
        }
        let mut mantissa = 0i128;
        for digit in whole.chars().chain(fraction.chars()) {
            let digit = i128::from(digit.to_digit(10)?);
            mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Self { mantissa, exponent })
    }

    /// The sum, or `None` when it has more than 38 digits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.mantissa == 0 {
            return Some(other);
        }
        if other.mantissa == 0 {
            return Some(self);
        }
        let exponent = self.exponent.min(other.exponent);
        let mantissa = self.mantissa_at(exponent)?.checked_add(other.mantissa_at(exponent)?)?;
        Self::new(mantissa, exponent).reversible()
    }

    /// The difference, or `None` when it has more than 38 digits.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The product, or `None` when it has more than 38 digits.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        let exponent = self.exponent.checked_add(other.exponent)?;
        Self::new(mantissa, exponent).reversible()
    }

    /// The quotient, or `None` when it has no end or more than 38 digits, or
    /// `other` is 0.
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let mut mantissa = self.mantissa;
        let mut exponent = self.exponent.checked_sub(other.exponent)?;
        while mantissa.checked_rem(other.mantissa)? != 0 {
            mantissa = mantissa.checked_mul(10)?;
            exponent = exponent.checked_sub(1)?;
        }
        Some(Self { mantissa: mantissa.checked_div(other.mantissa)?, exponent })
    }

    /// Itself, unless it is the one mantissa that has no opposite.
    fn reversible(self) -> Option<Self> {
        (self.mantissa != i128::MIN).then_some(self)
    }

    /// The same distance from nought, on the other side.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self::new(-self.mantissa, self.exponent)
    }

    /// The distance from nought.
    #[must_use]
    pub const fn magnitude(self) -> Self {
        if self.mantissa < 0 { self.negated() } else { self }
    }

    /// Where this number lies from nought.
    #[must_use]
    pub fn sign(self) -> Ordering {
        self.mantissa.cmp(&0)
    }

    /// The mantissa that this number has with a smaller exponent.
    fn mantissa_at(self, exponent: i32) -> Option<i128> {
        let places = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.mantissa.checked_mul(10i128.checked_pow(places)?)
    }

    /// The power of ten just above the magnitude.
    fn size(self) -> i64 {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().unwrap_or(0);
        i64::from(digits) + i64::from(self.exponent)
    }
}

impl Ord for Decimal {
    /// Never overflows: numbers of one sign and size differ in their digits,
    /// and the one whose digits no longer fit when lined up is the larger.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() || self.mantissa == 0 {
            return by_sign;
        }
        let by_size = self.size().cmp(&other.size());
        let magnitude = by_size.then_with(|| {
            let exponent = self.exponent.min(other.exponent);
            match (self.mantissa_at(exponent), other.mantissa_at(exponent)) {
                (Some(left), Some(right)) => left.unsigned_abs().cmp(&right.unsigned_abs()),
                (None, _) => Ordering::Greater,
                (_, None) => Ordering::Less,
            }
        });
        if self.mantissa < 0 { magnitude.reverse() } else { magnitude }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

/// Numbers longer than this are written with an exponent.
const PLAIN_DIGITS: i64 = 21;

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text::default();
        write!(text, "{}", self.mantissa.unsigned_abs())?;
        let all = text.as_str();
        let digits = all.trim_end_matches('0');
        if digits.is_empty() {
            return out.write_str("0");
        }
        if self.mantissa < 0 {
            out.write_str("-")?;
        }
        let count = i64::try_from(digits.len()).map_err(|_| fmt::Error)?;
        let cut = i64::try_from(all.len() - digits.len()).map_err(|_| fmt::Error)?;
        let exponent = i64::from(self.exponent) + cut;
        // Digits before the point; 0 or less when the number is below 1.
        let before = count + exponent;
        if !(-5..=PLAIN_DIGITS).contains(&before) {
            let (first, rest) = digits.split_at_checked(1).ok_or(fmt::Error)?;
            let point = if rest.is_empty() { "" } else { "." };
            return write!(out, "{first}{point}{rest}e{}", before - 1);
        }
        if before <= 0 {
            out.write_str("0.")?;
            zeros(out, -before)?;
            return out.write_str(digits);
        }
        if exponent >= 0 {
            out.write_str(digits)?;
            return zeros(out, exponent);
        }
        let point = usize::try_from(before).map_err(|_| fmt::Error)?;
        let (whole, fraction) = digits.split_at_checked(point).ok_or(fmt::Error)?;
        write!(out, "{whole}.{fraction}")
    }
}

fn zeros(out: &mut fmt::Formatter<'_>, count: i64) -> fmt::Result {
    for _ in 0..count {
        out.write_str("0")?;
    }
    Ok(())
}

/// A short text that needs no memory of its own: digits of a 128-bit integer
/// (39), or a double.
struct Text {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Text {
    const CAPACITY: usize = if LONGEST_DOUBLE > 40 { LONGEST_DOUBLE } else { 40 };

    fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; Self::CAPACITY], length: 0 }
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
