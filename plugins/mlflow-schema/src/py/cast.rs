//! One object as a cell of a type: what `numpy.array([x], dtype)` makes of it.

use super::{Dtype, Py, Raised, datetime64, str_of, to_f32};
use crate::json::Text;

/// Casts one object.
///
/// # Errors
/// As NumPy raises: a whole number out of range, text that is no number, an
/// object of another class.
pub fn cell_as(object: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Raised> {
    let object = match object {
        // An array without dimensions is its only value.
        Py::Array(array) if array.shape.is_empty() && dtype != Dtype::Object => {
            array.cells.into_iter().next().unwrap_or(Py::None)
        }
        // Numbers and times are read from bytes as from text.
        Py::Bytes(bytes) if is_read(dtype) => {
            if !bytes.is_ascii() {
                return Err(Raised::Value);
            }
            Py::Str(Text(bytes.into()))
        }
        other => other,
    };
    Ok(match dtype {
        Dtype::Bool | Dtype::MaskedBool => Py::Bool(object.truth().ok_or(Raised::Value)?),
        Dtype::Int(bits) => whole(&object, true, bits)?,
        Dtype::Uint(bits) => whole(&object, false, bits)?,
        Dtype::Float(bits) | Dtype::Complex(bits) => Py::Float(match object {
            Py::None => f64::NAN,
            Py::Time(_) => return Err(Raised::Type),
            _ => to_f32(object.float()?, bits),
        }),
        Dtype::Unicode | Dtype::Text => match &object {
            Py::List(_) => return Err(Raised::Value),
            Py::Array(_) => return Err(Raised::Value),
            Py::Bytes(bytes) if bytes.is_ascii() => {
                Py::Str(Text(bytes.clone().into())).without_nuls()
            }
            Py::Bytes(_) => return Err(Raised::Value),
            _ => Py::Str(str_of(&object)).without_nuls(),
        },
        Dtype::Bytes => match &object {
            Py::List(_) => return Err(Raised::Value),
            Py::Array(_) => return Err(Raised::Value),
            Py::Bytes(bytes) => {
                // NumPy's bytes have a fixed width, and end before the last NULs.
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                Py::Bytes(bytes.get(..end).unwrap_or_default().to_vec())
            }
            _ => {
                let text = str_of(&object).without_trailing_nuls();
                if !text.bytes().is_ascii() {
                    return Err(Raised::Value);
                }
                Py::Bytes(text.bytes().to_vec())
            }
        },
        Dtype::Datetime(_) => Py::Time(match &object {
            Py::None => None,
            Py::Time(time) => *time,
            Py::Bool(value) => Some(i64::from(*value)),
            Py::Int(value) => (*value != i64::MIN).then_some(*value),
            Py::Int32(value) => Some(i64::from(*value)),
            Py::Uint(_) | Py::Big(_) => return Err(Raised::Overflow),
            Py::Datetime(nanos) => Some(*nanos as i64),
            Py::Date(days) => Some(days.wrapping_mul(86_400_000_000_000)),
            Py::Str(text) => datetime64(text).ok_or(Raised::Value)?,
            _ => return Err(Raised::Type),
        }),
        _ => object,
    })
}

fn is_read(dtype: Dtype) -> bool {
    matches!(
        dtype,
        Dtype::Int(_) | Dtype::Uint(_) | Dtype::Float(_) | Dtype::Complex(_) | Dtype::Datetime(_)
    )
}

fn whole<'a>(object: &Py<'a>, signed: bool, bits: u8) -> Result<Py<'a>, Raised> {
    let number = object.int()?;
    let span = 1i128 << bits;
    let (low, high) = if signed { (-span / 2, span / 2 - 1) } else { (0, span - 1) };
    if number < low || number > high {
        return Err(Raised::Overflow);
    }
    Ok(Py::from_i128(number))
}

impl Py<'_> {
    /// A whole number that some type of NumPy holds.
    #[must_use]
    pub(crate) fn from_i128(number: i128) -> Self {
        match i64::try_from(number) {
            Ok(small) => Self::Int(small),
            Err(_) => Self::Uint(number as u64),
        }
    }

    /// A cell as a scalar that keeps its column's narrow type.
    #[must_use]
    pub fn sized(self, dtype: Dtype) -> Self {
        match (self, dtype) {
            (Self::Int(value), Dtype::Int(32)) => {
                i32::try_from(value).map_or(Self::Int(value), Self::Int32)
            }
            (Self::Float(value), Dtype::Float(32)) => Self::Float32(value),
            (other, _) => other,
        }
    }

    /// Text without the trailing NULs that NumPy drops.
    fn without_nuls(self) -> Self {
        match self {
            Self::Str(text) => Self::Str(text.without_trailing_nuls()),
            other => other,
        }
    }
}
