//! Single values that are what the signature wants.

use alloc::borrow::Cow;

use mlflow_schema::json::{Number, Reader};
use mlflow_schema::py::Dtype;
use mlflow_schema::schema::DataType;

/// The cells that a column or a tensor takes as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Text,
    Time,
}

impl Cell {
    /// The cells of a column.
    pub(super) fn of(data_type: DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Integer => Self::Integer,
            DataType::Long => Self::Long,
            DataType::Float => Self::Float,
            DataType::Double => Self::Double,
            DataType::String => Self::Text,
            DataType::Datetime => Self::Time,
            // Whether base64 is canonical is not worth a second decoder.
            DataType::Binary => return None,
        })
    }

    /// The elements of a tensor.
    pub(super) fn of_tensor(dtype: Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::Bool => Self::Boolean,
            Dtype::Int(32) => Self::Integer,
            Dtype::Int(64) => Self::Long,
            Dtype::Float(32) => Self::Float,
            Dtype::Float(64) => Self::Double,
            _ => return None,
        })
    }

    /// Reads one clean cell. `frame` when it stands in a data frame; `time` is
    /// how the times of its column are written.
    #[inline(always)]
    pub(super) fn read(self, reader: &mut Reader<'_>, frame: bool, time: &mut u8) -> Option<()> {
        match (self, reader.peek()) {
            (Self::Boolean, b't') => reader.word("true").then_some(()),
            (Self::Boolean, b'f') => reader.word("false").then_some(()),
            (Self::Integer | Self::Long | Self::Float | Self::Double, b'-' | b'0'..=b'9') => {
                let number = reader.number().ok()?;
                self.number(&number).then_some(())
            }
            (Self::Text, b'"') => {
                let text = reader.string().ok()?;
                // Only an escape can bring a surrogate, which pandas refuses.
                if matches!(text.0, Cow::Owned(_)) && text.has_surrogate() {
                    return None;
                }
                // NumPy drops NULs at the end.
                (frame || text.bytes().last() != Some(&0)).then_some(())
            }
            (Self::Time, b'"') => {
                let text = reader.string().ok()?;
                let written = written(text.bytes())?;
                if *time == 0 {
                    *time = written;
                }
                (*time == written).then_some(())
            }
            (Self::Float | Self::Double, b'n') => reader.word("null").then_some(()),
            (Self::Text, b'n') if frame => reader.word("null").then_some(()),
            _ => None,
        }
    }

    #[inline(always)]
    pub(super) fn number(self, number: &Number<'_>) -> bool {
        let length = number.raw.len();
        // So many digits always fit.
        let short = match (self, number.whole) {
            (Self::Integer, true) => length < 10,
            (Self::Long, true) => length < 19,
            (Self::Float | Self::Double, true) => length < 16,
            (Self::Double, false) => true,
            // 32 bits overflow above 3e38, and underflow below 1e-45.
            (Self::Float, false) => length < 18 && !number.exponent,
            _ => false,
        };
        short || self.long_number(number)
    }

    #[cold]
    #[inline(never)]
    fn long_number(self, number: &Number<'_>) -> bool {
        /// Up to here every whole number is a double.
        const EXACT: u64 = 1 << 53;
        match (self, number.whole) {
            (Self::Integer, true) => number.text().parse::<i32>().is_ok(),
            (Self::Long, true) => number.text().parse::<i64>().is_ok(),
            (Self::Float | Self::Double, true) => {
                number.text().parse::<i64>().is_ok_and(|whole| whole.unsigned_abs() <= EXACT)
            }
            _ => false,
        }
    }
}

/// How a time is written: `2021-01-31` (1), `2021-01-31T23:59:59` (2), or that
/// with a point and so many digits (2 and their number), where a space may
/// stand for the `T` (16 more). The year must fit 64 bits of nanoseconds, and
/// the day be one that every month has.
pub(crate) fn written(text: &[u8]) -> Option<u8> {
    let digits = |from: usize, to: usize| {
        let mut number = 0;
        for byte in text.get(from..to)? {
            number = number * 10 + char::from(*byte).to_digit(10)?;
        }
        Some(number)
    };
    let dashes = text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-');
    let date = (1678..2262).contains(&digits(0, 4)?)
        && (1..=12).contains(&digits(5, 7)?)
        && (1..=28).contains(&digits(8, 10)?);
    (dashes && date).then_some(())?;
    if text.len() == 10 {
        return Some(1);
    }
    let colons = text.get(13) == Some(&b':') && text.get(16) == Some(&b':');
    let time = digits(11, 13)? < 24 && digits(14, 16)? < 60 && digits(17, 19)? < 60;
    (colons && time).then_some(())?;
    let separator = match text.get(10) {
        Some(b'T') => 0,
        Some(b' ') => 16,
        _ => return None,
    };
    let fraction = match text.get(19..) {
        Some([]) => 0,
        Some([b'.', digits @ ..]) if matches!(digits.len(), 3 | 6 | 9) => {
            digits.iter().all(u8::is_ascii_digit).then_some(digits.len() as u8)?
        }
        _ => return None,
    };
    Some(2 + separator + fraction)
}
