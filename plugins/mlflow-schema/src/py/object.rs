//! A Python object.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::Array;
use crate::json::Text;

/// What Python raised, where only the class matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raised {
    /// A value that cannot be read as asked.
    Value,
    /// An object of a class that has no such value.
    Type,
    /// A number out of range.
    Overflow,
}

/// A Python object that JSON gives, or that NumPy or pandas made of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Py<'a> {
    /// `None`.
    #[default]
    None,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int` above `i64::MAX` and up to `u64::MAX`.
    Uint(u64),
    /// Any other `int`, as its decimal digits with sign.
    Big(Cow<'a, str>),
    /// `float`.
    Float(f64),
    /// `str`.
    Str(Text<'a>),
    /// `list`.
    List(Vec<Py<'a>>),
    /// `dict` with string keys.
    Dict(Vec<(Text<'a>, Py<'a>)>),
    /// `bytes`.
    Bytes(Vec<u8>),
    /// `numpy.int32`, a scalar.
    Int32(i32),
    /// `numpy.float32`, a scalar, widened.
    Float32(f64),
    /// `numpy.datetime64[ns]` or `pandas.Timestamp`: nanoseconds since 1970;
    /// none is NaT.
    Time(Option<i64>),
    /// `datetime.datetime`: nanoseconds since 1970, no zone.
    Datetime(i128),
    /// `datetime.date`: days since 1970.
    Date(i64),
    /// `decimal.Decimal`, as written.
    Decimal(Cow<'a, str>),
    /// `numpy.ndarray`.
    Array(Box<Array<'a>>),
}

/// What becomes of a payload's values when a frame is built of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// They move into the frame; nothing asks for them again.
    Moved,
    /// They stay, to be compared with what the frame becomes.
    Copied,
}

impl Taking {
    /// A value for the frame.
    #[inline]
    pub fn take<'a>(self, value: &mut Py<'a>) -> Py<'a> {
        match self {
            Self::Moved => core::mem::take(value),
            Self::Copied => value.clone(),
        }
    }
}

impl<'a> Py<'a> {
    /// A whole number from its JSON digits.
    #[must_use]
    pub fn whole(raw: &'a str) -> Self {
        if let Ok(number) = raw.parse() {
            Self::Int(number)
        } else if let Ok(number) = raw.parse() {
            Self::Uint(number)
        } else {
            Self::Big(Cow::Borrowed(raw))
        }
    }

    /// The name of its Python class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) | Self::Big(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
            Self::Bytes(_) => "bytes",
            Self::Int32(_) => "int32",
            Self::Float32(_) => "float32",
            Self::Time(_) => "datetime64",
            Self::Datetime(_) => "datetime",
            Self::Date(_) => "date",
            Self::Decimal(_) => "Decimal",
            Self::Array(_) => "ndarray",
        }
    }

    /// What a person who reads JSON calls it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) | Self::Big(_) | Self::Int32(_) => "a whole number",
            Self::Float(_) | Self::Float32(_) | Self::Decimal(_) => "a number",
            Self::Str(_) => "text",
            Self::List(_) => "a list",
            Self::Dict(_) => "an object",
            Self::Bytes(_) => "bytes",
            Self::Time(_) | Self::Datetime(_) | Self::Date(_) => "a time",
            Self::Array(_) => "an array",
        }
    }

    /// `bool(x)`; none where Python raises, as for an array of several.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Int32(value) => *value != 0,
            Self::Uint(_) | Self::Big(_) | Self::Time(_) | Self::Datetime(_) | Self::Date(_) => {
                true
            }
            // NaN is true.
            Self::Float(value) | Self::Float32(value) => *value != 0.0,
            Self::Str(text) => !text.bytes().is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Dict(items) => !items.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Decimal(raw) => raw.bytes().any(|digit| (b'1'..=b'9').contains(&digit)),
            Self::Array(array) => match array.cells.as_slice() {
                [only] => only.truth()?,
                _ => return None,
            },
        })
    }

    /// `pandas.isnull(x)` of a scalar.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Self::None | Self::Time(None) => true,
            Self::Float(value) | Self::Float32(value) => value.is_nan(),
            _ => false,
        }
    }

    /// `numpy.isscalar(x)`.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        !matches!(
            self,
            Self::None
                | Self::List(_)
                | Self::Dict(_)
                | Self::Array(_)
                | Self::Datetime(_)
                | Self::Date(_)
        )
    }

    /// `float(x)` of a number or of text.
    ///
    /// # Errors
    /// As Python raises.
    pub fn float(&self) -> Result<f64, Raised> {
        match self {
            Self::Bool(value) => Ok(f64::from(u8::from(*value))),
            Self::Int(value) => Ok(*value as f64),
            Self::Int32(value) => Ok(f64::from(*value)),
            Self::Uint(value) => Ok(*value as f64),
            Self::Big(raw) => match raw.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => Err(Raised::Overflow),
            },
            Self::Float(value) | Self::Float32(value) => Ok(*value),
            Self::Str(text) => super::float_from_text(text).ok_or(Raised::Value),
            Self::Decimal(raw) => raw.parse().map_err(|_| Raised::Value),
            Self::Array(array) => match array.cells.as_slice() {
                [only] if array.shape.is_empty() => only.float(),
                _ => Err(Raised::Type),
            },
            _ => Err(Raised::Type),
        }
    }

    /// `int(x)`, cut at 128 bits (no type of a signature has more).
    ///
    /// # Errors
    /// As Python raises.
    pub fn int(&self) -> Result<i128, Raised> {
        match self {
            Self::Bool(value) => Ok(i128::from(*value)),
            Self::Int(value) => Ok(i128::from(*value)),
            Self::Int32(value) => Ok(i128::from(*value)),
            Self::Uint(value) => Ok(i128::from(*value)),
            Self::Big(raw) => raw.parse().map_err(|_| Raised::Overflow),
            Self::Float(value) | Self::Float32(value) => {
                if value.is_nan() {
                    Err(Raised::Value)
                } else if value.abs() < 1e38 {
                    Ok(*value as i128)
                } else {
                    Err(Raised::Overflow)
                }
            }
            Self::Str(text) => super::int_from_text(text),
            Self::Decimal(raw) => match raw.parse::<f64>() {
                Ok(number) => Self::Float(number).int(),
                Err(_) => Err(Raised::Value),
            },
            Self::Array(array) => match array.cells.as_slice() {
                [only] if array.shape.is_empty() => only.int(),
                _ => Err(Raised::Type),
            },
            _ => Err(Raised::Type),
        }
    }

    /// Whether it is neither a list nor an object nor an array.
    #[must_use]
    pub fn is_single(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Dict(_) | Self::Array(_))
    }

    /// The entry of a dict, most likely at a place.
    #[must_use]
    pub fn get_near(&self, key: &Text<'_>, place: usize) -> Option<&Py<'a>> {
        match self {
            Self::Dict(items) => match items.get(place) {
                Some((known, value)) if known == key => Some(value),
                _ => self.get(key.bytes()),
            },
            _ => None,
        }
    }

    /// The entry of a dict.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Py<'a>> {
        match self {
            Self::Dict(items) => items
                .iter()
                .find_map(|(known, value)| (known.bytes() == key.as_ref()).then_some(value)),
            _ => None,
        }
    }

    /// The same, without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Py<'static> {
        let text = |text: Text<'_>| Text(Cow::Owned(text.0.into_owned()));
        match self {
            Self::None => Py::None,
            Self::Bool(value) => Py::Bool(value),
            Self::Int(value) => Py::Int(value),
            Self::Uint(value) => Py::Uint(value),
            Self::Big(raw) => Py::Big(Cow::Owned(raw.into_owned())),
            Self::Float(value) => Py::Float(value),
            Self::Str(value) => Py::Str(text(value)),
            Self::List(items) => Py::List(items.into_iter().map(Py::into_owned).collect()),
            Self::Dict(items) => Py::Dict(
                items.into_iter().map(|(key, value)| (text(key), value.into_owned())).collect(),
            ),
            Self::Bytes(bytes) => Py::Bytes(bytes),
            Self::Int32(value) => Py::Int32(value),
            Self::Float32(value) => Py::Float32(value),
            Self::Time(time) => Py::Time(time),
            Self::Datetime(nanos) => Py::Datetime(nanos),
            Self::Date(days) => Py::Date(days),
            Self::Decimal(raw) => Py::Decimal(Cow::Owned(raw.into_owned())),
            Self::Array(array) => Py::Array(Box::new(Array {
                dtype: array.dtype,
                shape: array.shape,
                cells: array.cells.into_iter().map(Py::into_owned).collect(),
            })),
        }
    }

    /// Text from a Rust string.
    #[must_use]
    pub fn text(text: String) -> Self {
        Self::Str(Text::owned(text))
    }
}
