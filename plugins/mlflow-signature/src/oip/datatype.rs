//! The datatypes of the Open Inference Protocol, and what JSON has for them.

use alloc::format;
use alloc::string::{String, ToString as _};

use crate::fault::{Fault, Kind};
use crate::py::{Dtype, Py};
use crate::schema::{DataType, Type};

/// A datatype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datatype {
    /// True or false.
    Bool,
    /// A whole number, 0 or more, of so many bits.
    Uint(u8),
    /// A whole number of so many bits.
    Int(u8),
    /// A float of so many bits, as IEEE 754 has it.
    Fp(u8),
    /// The upper half of a 32-bit float.
    Bf16,
    /// Text, or bytes as a server reads them from text.
    Bytes,
}

const ALL: [(&str, Datatype); 14] = [
    ("BOOL", Datatype::Bool),
    ("UINT8", Datatype::Uint(8)),
    ("UINT16", Datatype::Uint(16)),
    ("UINT32", Datatype::Uint(32)),
    ("UINT64", Datatype::Uint(64)),
    ("INT8", Datatype::Int(8)),
    ("INT16", Datatype::Int(16)),
    ("INT32", Datatype::Int(32)),
    ("INT64", Datatype::Int(64)),
    ("FP16", Datatype::Fp(16)),
    ("FP32", Datatype::Fp(32)),
    ("FP64", Datatype::Fp(64)),
    ("BF16", Datatype::Bf16),
    ("BYTES", Datatype::Bytes),
];

impl Datatype {
    /// The datatype of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find_map(|(known, datatype)| (*known == name).then_some(*datatype))
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|(name, _)| *name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(_, datatype)| *datatype == self).map_or("BYTES", |(name, _)| name)
    }

    /// NumPy's type of such elements; none for `BF16`, and bytes for text, too.
    #[must_use]
    pub fn dtype(self) -> Option<Dtype> {
        Some(match self {
            Self::Bool => Dtype::Bool,
            Self::Uint(bits) => Dtype::Uint(bits),
            Self::Int(bits) => Dtype::Int(bits),
            Self::Fp(bits) => Dtype::Float(bits),
            Self::Bytes => Dtype::Bytes,
            Self::Bf16 => return None,
        })
    }

    /// The datatype of a tensor's elements; none where the protocol has none.
    #[must_use]
    pub fn of_dtype(dtype: Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::Bool => Self::Bool,
            Dtype::Int(bits) => Self::Int(bits),
            Dtype::Uint(bits) => Self::Uint(bits),
            Dtype::Float(bits) => Self::Fp(bits),
            Dtype::Object | Dtype::Text | Dtype::Unicode | Dtype::Bytes => Self::Bytes,
            _ => return None,
        })
    }

    /// The datatype of a column's cells; none for lists and objects.
    pub(crate) fn of_type(kind: &Type) -> Option<Self> {
        let Type::Data(data_type) = kind else {
            return None;
        };
        Some(match data_type {
            DataType::Boolean => Self::Bool,
            DataType::Integer => Self::Int(32),
            DataType::Long => Self::Int(64),
            DataType::Float => Self::Fp(32),
            DataType::Double => Self::Fp(64),
            // Bytes as base64 and times as ISO 8601, as MLServer has them.
            DataType::String | DataType::Binary | DataType::Datetime => Self::Bytes,
        })
    }

    /// Checks one element.
    pub(crate) fn check(self, element: &Py<'_>) -> Result<(), Fault> {
        let fits = match self {
            Self::Bool => matches!(element, Py::Bool(_)),
            Self::Bytes => matches!(element, Py::Str(text) if text.as_str().is_some()),
            Self::Int(_) | Self::Uint(_) => {
                matches!(element, Py::Int(_) | Py::Uint(_) | Py::Big(_))
            }
            Self::Fp(_) | Self::Bf16 => {
                matches!(element, Py::Int(_) | Py::Uint(_) | Py::Big(_) | Py::Float(_))
            }
        };
        let name = self.name();
        if !fits {
            let message = format!("{name} wants {}, and this is {}", self.wants(), kind(element));
            return Err(Fault::new(Kind::OipData, message).wanted(self.wants(), element));
        }
        match self.range(element) {
            None => Ok(()),
            Some(range) => {
                let message = format!("the value is outside the range of {name}");
                Err(Fault::new(Kind::OipData, message).wanted(range, element))
            }
        }
    }

    fn wants(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Bytes => "text",
            Self::Int(_) | Self::Uint(_) => "a whole number",
            Self::Fp(_) | Self::Bf16 => "a finite number",
        }
    }

    /// The range that an element leaves; none when it is inside.
    fn range(self, element: &Py<'_>) -> Option<String> {
        let (low, high) = match self {
            Self::Int(bits) => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
            Self::Uint(bits) => (0, (1_i128 << bits) - 1),
            Self::Fp(_) | Self::Bf16 => return self.beyond(element),
            Self::Bool | Self::Bytes => return None,
        };
        let inside = match element {
            Py::Int(value) => (low..=high).contains(&i128::from(*value)),
            Py::Uint(value) => (low..=high).contains(&i128::from(*value)),
            _ => false,
        };
        (!inside).then(|| format!("{low} to {high}"))
    }

    fn beyond(self, element: &Py<'_>) -> Option<String> {
        let value = match element {
            Py::Int(value) => *value as f64,
            Py::Uint(value) => *value as f64,
            Py::Big(digits) => digits.parse().unwrap_or(f64::INFINITY),
            Py::Float(value) => *value,
            _ => f64::NAN,
        };
        let most = match self {
            // The largest finite values of IEEE 754 binary16 and bfloat16.
            Self::Fp(16) => 65_504.0,
            Self::Bf16 => 3.389_531_389_251_535_5e38,
            Self::Fp(32) => f64::from(f32::MAX),
            _ => f64::MAX,
        };
        let inside = value.is_finite() && value.abs() <= most;
        (!inside).then(|| "a finite number in its range".to_string())
    }
}

/// What a person calls an element; text with half a character is not text.
fn kind(element: &Py<'_>) -> &'static str {
    match element {
        Py::Str(text) if text.as_str().is_none() => "text with half a character",
        Py::Float(value) if !value.is_finite() => "not finite",
        other => other.kind(),
    }
}
