//! One cell of a file without types, against the type that is declared.
//!
//! `pandas.read_csv` with the signature's types, as MLflow's scoring server
//! calls it, decides what can be read at all. What it would read but change is
//! told apart, for mode `strict`.

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::py::{Instant, base64_decode, base64_encode, instant, to_f32};
use mlflow_schema::schema::DataType;

/// What a cell turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// What is declared.
    Fine,
    /// Empty, or NaN where a number may be that.
    Missing,
    /// A word that pandas takes for a missing value.
    MissingWord,
    Spaces,
    LeadingZeros,
    /// `12.0` or `1e3`, a whole number in other words.
    Pointed,
    /// `true`, as a number.
    Word,
    /// `0` or `1`, as true or false.
    Digit,
    /// A whole number that is none of the doubles.
    Rounded,
    /// A number that would become infinite or zero.
    Overflows,
    NoNumber,
    Thousands,
    Fraction,
    Range,
    NoBoolean,
    NoTime,
    NoDay,
    Zone,
    Years,
    NoBase64,
}

impl Found {
    /// The fault, when it is one: the kind and the message.
    pub(super) fn fault(self, declared: DataType, strict: bool) -> Option<Fault> {
        let whole = is_whole(declared);
        let lossy = match declared {
            DataType::Boolean => Kind::LossyBoolean,
            DataType::Integer | DataType::Long => Kind::LossyInteger,
            DataType::Float | DataType::Double => Kind::LossyFloat,
            _ => Kind::LossyDatetime,
        };
        let (kind, message) = match self {
            Self::Fine => return None,
            Self::Missing | Self::MissingWord if whole => (
                Kind::ParseConvert,
                "a missing value, which pandas cannot hold among whole numbers: fill it, or declare `double`",
            ),
            Self::Missing | Self::MissingWord if declared == DataType::Boolean => (
                Kind::ParseConvert,
                "a missing value, which pandas cannot hold among true and false: fill it",
            ),
            Self::Missing => return None,
            Self::MissingWord => (
                Kind::LossyNull,
                "a word that pandas reads as a missing value; leave the cell empty instead",
            ),
            Self::Spaces => (lossy, "spaces around the value, which pandas drops"),
            Self::LeadingZeros => {
                (lossy, "leading zeros, which a number loses; declare `string` if this is a code")
            }
            Self::Pointed => (lossy, "a whole number written with a point or an exponent"),
            Self::Word => (lossy, "true or false, which pandas would make 1 or 0"),
            Self::Digit => (lossy, "0 or 1, which pandas would make true or false"),
            Self::Rounded => (lossy, "a whole number with more digits than a `double` holds"),
            Self::Overflows => (lossy, "a number that would become infinite or zero"),
            Self::NoNumber => (Kind::ParseConvert, "text where a number is declared"),
            Self::Thousands => {
                (Kind::ParseConvert, "a number with thousands separators; write the digits alone")
            }
            Self::Fraction => {
                (Kind::ParseConvert, "a number with a fraction where a whole one is declared")
            }
            Self::Range => (Kind::ParseConvert, "a whole number out of range"),
            Self::NoBoolean => (Kind::ParseConvert, "neither `true` nor `false`"),
            Self::NoTime => (
                Kind::ParseConvert,
                "no ISO 8601 time, such as `2026-01-31` or `2026-01-31T09:30:00`",
            ),
            Self::NoDay => (Kind::ParseConvert, "a day or time that does not exist"),
            Self::Zone => (Kind::Timezone, "a time with a zone; write it in UTC without one"),
            Self::Years => (
                Kind::ParseConvert,
                "a time outside the years 1678 to 2261, which nanoseconds hold",
            ),
            Self::NoBase64 => (Kind::ParseConvert, "no base64"),
        };
        // What pandas reads in its own way is only worth a word in `strict`.
        let silent = kind == lossy && self != Self::Zone || kind == Kind::LossyNull;
        (strict || !silent).then(|| {
            let mut fault = Fault::new(kind, message);
            fault.expected = declared.name().into();
            fault
        })
    }
}

fn is_whole(declared: DataType) -> bool {
    matches!(declared, DataType::Integer | DataType::Long)
}

/// What a cell is, read as `declared`.
pub(super) fn read(cell: &str, declared: DataType) -> Found {
    if cell.is_empty() {
        return Found::Missing;
    }
    match declared {
        DataType::String => Found::Fine,
        DataType::Boolean => boolean(cell),
        DataType::Integer | DataType::Long => match plain_whole(cell) {
            Some(number) if declared == DataType::Long || i32::try_from(number).is_ok() => {
                Found::Fine
            }
            Some(_) => Found::Range,
            None => spaced(cell, |cell| whole(cell, declared)),
        },
        DataType::Float | DataType::Double => {
            if plain_number(cell) {
                Found::Fine
            } else {
                spaced(cell, |cell| number(cell, declared))
            }
        }
        DataType::Datetime => time(cell),
        DataType::Binary => match base64_decode(cell.as_bytes()) {
            Some(bytes) if base64_encode(&bytes) == cell => Found::Fine,
            _ => Found::NoBase64,
        },
    }
}

/// Up to 18 digits, without leading zeros.
fn plain_whole(cell: &str) -> Option<i64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let zeros = digits.len() > 1 && digits.first() == Some(&b'0');
    if zeros || digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut number = 0i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(byte - b'0');
    }
    Some(if cell.len() > digits.len() { -number } else { number })
}

/// Digits and a point, so few that no double is too small for them.
fn plain_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let zeros = digits.first() == Some(&b'0') && digits.get(1).is_some_and(u8::is_ascii_digit);
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    let whole = points == 0;
    !zeros
        && points <= 1
        && digits.len() > points
        && digits.len() < if whole { 16 } else { 24 }
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// The same without the spaces around it, which pandas drops.
fn spaced(cell: &str, read: impl Fn(&str) -> Found) -> Found {
    let trimmed = cell.trim_matches([' ', '\t']);
    match read(trimmed) {
        _ if trimmed.is_empty() => Found::NoNumber,
        Found::Fine if trimmed.len() < cell.len() => Found::Spaces,
        found => found,
    }
}

fn whole(cell: &str, declared: DataType) -> Found {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let Ok(number) = cell.parse::<i64>() else {
            return Found::Range;
        };
        return match declared {
            DataType::Integer if i32::try_from(number).is_err() => Found::Range,
            _ if digits.len() > 1 && digits.starts_with('0') => Found::LeadingZeros,
            _ => Found::Fine,
        };
    }
    match float(cell) {
        None => word(cell),
        Some(number) if number.is_nan() => Found::MissingWord,
        Some(number) if number.is_infinite() => Found::NoNumber,
        Some(number) if number % 1.0 != 0.0 => Found::Fraction,
        Some(number) => {
            let most = if declared == DataType::Integer { 2_147_483_647.0 } else { 9.2e18 };
            if number.abs() > most { Found::Range } else { Found::Pointed }
        }
    }
}

fn number(cell: &str, declared: DataType) -> Found {
    let Some(number) = float(cell) else {
        return word(cell);
    };
    if number.is_nan() {
        return Found::Missing;
    }
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let named = digits.starts_with(['i', 'I']);
    if named {
        return Found::Fine;
    }
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let zero = !mantissa.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    let bits = if declared == DataType::Float { 32 } else { 64 };
    let kept = to_f32(number, bits);
    if kept.is_infinite() || (kept == 0.0) != zero {
        return Found::Overflows;
    }
    let bytes = digits.as_bytes();
    if bytes.first() == Some(&b'0') && bytes.get(1).is_some_and(u8::is_ascii_digit) {
        return Found::LeadingZeros;
    }
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole && declared == DataType::Double && cell.parse::<i128>() != Ok(number as i128) {
        return Found::Rounded;
    }
    Found::Fine
}

/// A number as C and Python read it, but for underscores.
fn float(cell: &str) -> Option<f64> {
    cell.parse().ok()
}

/// What is no number.
fn word(cell: &str) -> Found {
    /// What `read_csv` takes for a missing value, but for `nan` in any case.
    const MISSING: [&str; 12] = [
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "None", "n/a",
    ];
    if MISSING.contains(&cell) || matches!(cell, "NULL" | "null") {
        return Found::MissingWord;
    }
    if boolean(cell) == Found::Fine {
        return Found::Word;
    }
    if separated(cell) { Found::Thousands } else { Found::NoNumber }
}

/// `1,234,567.8`, also with spaces, apostrophes, underscores or points.
fn separated(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let mut groups = digits.split([',', ' ', '\'', '_', '.', '\u{a0}', '\u{202f}']);
    let number = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().is_some_and(|group| number(group) && (1..=3).contains(&group.len()));
    let mut rest = groups.peekable();
    let mut count = 0;
    while let Some(group) = rest.next() {
        // The last group may be a fraction.
        let last = rest.peek().is_none() && count > 0;
        if !number(group) || (group.len() != 3 && !last) {
            return false;
        }
        count += 1;
    }
    first && count > 0
}

fn boolean(cell: &str) -> Found {
    match cell {
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Found::Fine,
        "0" | "1" => Found::Digit,
        _ => Found::NoBoolean,
    }
}

fn time(cell: &str) -> Found {
    if cell.eq_ignore_ascii_case("nat") {
        return Found::Missing;
    }
    let bytes = cell.as_bytes();
    let digits = |from: usize, to: usize| {
        bytes.get(from..to).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    // NumPy would also read a year alone.
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    if !(dashes && digits(0, 4) && digits(5, 7) && digits(8, 10)) {
        return Found::NoTime;
    }
    let nanos = match instant(&Text::new(cell)) {
        Some(Instant::Day(days)) => days * 86_400_000_000_000,
        Some(Instant::Time(nanos) | Instant::Fine(nanos)) => nanos,
        _ if clock(bytes) => return Found::NoDay,
        _ => return Found::NoTime,
    };
    if i64::try_from(nanos).is_err() {
        return Found::Years;
    }
    let zone = bytes.iter().skip(11).any(|byte| matches!(byte, b'Z' | b'+' | b'-'));
    if zone { Found::Zone } else { Found::Fine }
}

/// Whether what stands behind the day could be a time.
fn clock(bytes: &[u8]) -> bool {
    let rest = bytes.get(10..).unwrap_or_default();
    let allowed = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z' | b'+');
    match rest.split_first() {
        None => true,
        Some((b'T' | b' ', rest)) => rest.len() >= 2 && rest.iter().all(allowed),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_declared() {
        use DataType::{Binary, Boolean, Datetime, Double, Float, Integer, Long, String};
        use Found::*;
        for (cell, declared, found) in [
            ("", Long, Missing),
            ("12", Long, Fine),
            ("-9223372036854775808", Long, Fine),
            ("9223372036854775808", Long, Range),
            ("3000000000", Integer, Range),
            ("2147483647", Integer, Fine),
            ("12.0", Long, Pointed),
            ("1e3", Long, Pointed),
            ("1e300", Long, Range),
            ("12.5", Long, Fraction),
            (" 12", Long, Spaces),
            ("  ", Long, NoNumber),
            ("007", Long, LeadingZeros),
            ("0", Long, Fine),
            ("+12", Long, Fine),
            ("1,234", Long, Thousands),
            ("1.234.567", Long, Thousands),
            ("1,23", Long, NoNumber),
            ("1 234,5", Double, Thousands),
            ("NA", Long, MissingWord),
            ("nan", Long, MissingWord),
            ("inf", Long, NoNumber),
            ("true", Long, Word),
            ("0x10", Long, NoNumber),
            ("1_000", Long, Thousands),
            ("twelve", Long, NoNumber),
            ("12.5", Double, Fine),
            (".5", Double, Fine),
            ("5.", Double, Fine),
            (".", Double, NoNumber),
            ("-", Double, NoNumber),
            ("1e3", Double, Fine),
            ("NaN", Double, Missing),
            ("-inf", Double, Fine),
            ("1e999", Double, Overflows),
            ("1e-999", Double, Overflows),
            ("0e5", Double, Fine),
            ("9007199254740993", Double, Rounded),
            ("9007199254740992", Double, Fine),
            ("1e40", Float, Overflows),
            ("0.1", Float, Fine),
            ("007.5", Double, LeadingZeros),
            ("00", Double, LeadingZeros),
            ("12.5 ", Double, Spaces),
            ("null", Double, MissingWord),
            ("abc", Double, NoNumber),
            ("1.2.3", Double, NoNumber),
            ("True", Boolean, Fine),
            ("0", Boolean, Digit),
            ("yes", Boolean, NoBoolean),
            ("2026-01-31", Datetime, Fine),
            ("2026-01-31T09:30:00.123456789", Datetime, Fine),
            ("2026-02-30", Datetime, NoDay),
            ("2026-01-31 25:00", Datetime, NoDay),
            ("2026-01-31T09:30:00Z", Datetime, Zone),
            ("31.01.2026", Datetime, NoTime),
            ("2026", Datetime, NoTime),
            ("9999-12-31", Datetime, Years),
            ("2026-01-31x", Datetime, NoTime),
            ("QUJD", Binary, Fine),
            ("QUJ", Binary, NoBase64),
            ("NA", String, Fine),
        ] {
            assert_eq!(read(cell, declared), found, "`{cell}` as {}", declared.name());
        }
    }

    #[test]
    fn what_pandas_reads_passes_outside_of_strict() {
        for (cell, declared) in [
            ("12.0", DataType::Long),
            (" 12", DataType::Long),
            ("007", DataType::Long),
            ("true", DataType::Long),
            ("NA", DataType::Double),
            ("1e999", DataType::Double),
            ("0", DataType::Boolean),
        ] {
            let found = read(cell, declared);
            assert!(found.fault(declared, false).is_none(), "`{cell}`");
            assert!(found.fault(declared, true).is_some(), "`{cell}`");
        }
        for (cell, declared) in [
            ("", DataType::Long),
            ("NA", DataType::Long),
            ("12.5", DataType::Long),
            ("", DataType::Boolean),
            ("1,234", DataType::Double),
            ("2026-02-30", DataType::Datetime),
        ] {
            assert!(read(cell, declared).fault(declared, false).is_some(), "`{cell}`");
        }
    }
}
