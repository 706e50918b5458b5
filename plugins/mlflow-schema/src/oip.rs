//! The datatypes of the Open Inference Protocol.

use crate::py::Dtype;
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
    #[must_use]
    pub fn of_type(kind: &Type) -> Option<Self> {
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
}
