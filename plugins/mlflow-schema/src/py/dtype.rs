//! The types of arrays and columns.

use alloc::string::{String, ToString as _};

use super::Py;

/// The unit of a `datetime64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Milliseconds.
    Milli,
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

impl Unit {
    /// That of `datetime64[us, UTC]`.
    fn of(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("datetime64[")?.split(',').next()? {
            "s" => Self::Second,
            "ms" => Self::Milli,
            "us" => Self::Micro,
            "ns" => Self::Nano,
            _ => return None,
        })
    }

    /// The type of times in this unit with a zone.
    fn zoned(self) -> &'static str {
        match self {
            Self::Second => "datetime64[s, UTC]",
            Self::Milli => "datetime64[ms, UTC]",
            Self::Micro => "datetime64[us, UTC]",
            Self::Nano => "datetime64[ns, UTC]",
        }
    }
}

/// A type of NumPy or pandas. Sizes are in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// `bool`.
    Bool,
    /// `int8` to `int64`.
    Int(u8),
    /// `uint8` to `uint64`.
    Uint(u8),
    /// `float16` to `float64`.
    Float(u8),
    /// `complex64`, `complex128`.
    Complex(u8),
    /// `object`: any Python object.
    Object,
    /// pandas' own text, where NaN is missing.
    Text,
    /// pandas' `string`, where `pandas.NA` is missing.
    MaskedText,
    /// NumPy's fixed-width text, `<U`.
    Unicode,
    /// NumPy's fixed-width bytes, `S`.
    Bytes,
    /// `datetime64` without a zone.
    Datetime(Unit),
    /// `datetime64` with a zone.
    Zoned(Unit),
    /// `timedelta64`.
    Timedelta,
    /// pandas' `category`.
    Category,
    /// pandas' `Int8` to `UInt64`, where missing is allowed; signed and bits.
    MaskedInt(bool, u8),
    /// pandas' `Float32`, `Float64`.
    MaskedFloat(u8),
    /// pandas' `boolean`.
    MaskedBool,
}

impl Dtype {
    /// MLflow's `datetime`.
    pub const NANOSECONDS: Self = Self::Datetime(Unit::Nano);

    /// The type that NumPy (and `pandas.Series`) calls so. Text with a width
    /// (`<U3`) is not among them: MLflow refuses it in signatures.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" | "bool_" | "?" => Self::Bool,
            "int8" | "i1" | "byte" => Self::Int(8),
            "int16" | "i2" | "short" => Self::Int(16),
            "int32" | "i4" | "intc" => Self::Int(32),
            "int64" | "i8" | "int" | "int_" | "intp" | "long" | "longlong" => Self::Int(64),
            "uint8" | "u1" | "ubyte" => Self::Uint(8),
            "uint16" | "u2" | "ushort" => Self::Uint(16),
            "uint32" | "u4" | "uintc" => Self::Uint(32),
            "uint64" | "u8" | "uint" | "uintp" | "ulong" | "ulonglong" => Self::Uint(64),
            "float16" | "f2" | "half" | "e" => Self::Float(16),
            "float32" | "f4" | "single" | "f" => Self::Float(32),
            "float64" | "f8" | "float" | "double" | "d" => Self::Float(64),
            "complex64" | "c8" | "csingle" => Self::Complex(64),
            "complex128" | "c16" | "complex" | "cdouble" => Self::Complex(128),
            "object" | "object_" | "O" => Self::Object,
            "str" | "str_" | "U" | "unicode" | "<U0" | "U0" => Self::Unicode,
            "bytes" | "bytes_" | "S" | "a" | "|S0" | "S0" => Self::Bytes,
            "datetime64[s]" | "M8[s]" => Self::Datetime(Unit::Second),
            "datetime64[ms]" | "M8[ms]" => Self::Datetime(Unit::Milli),
            "datetime64[us]" | "M8[us]" => Self::Datetime(Unit::Micro),
            "datetime64[ns]" | "M8[ns]" | "<M8[ns]" => Self::NANOSECONDS,
            _ if name.starts_with("timedelta64") => Self::Timedelta,
            _ => return None,
        })
    }

    /// The type of a column that a frame declares, in pandas' words. Names of
    /// `object` columns may go on, as in `object_str`.
    #[must_use]
    pub fn of_column(name: &str) -> Option<Self> {
        Some(match name {
            "str" | "string" => Self::Text,
            "category" => Self::Category,
            "boolean" => Self::MaskedBool,
            "Int8" => Self::MaskedInt(true, 8),
            "Int16" => Self::MaskedInt(true, 16),
            "Int32" => Self::MaskedInt(true, 32),
            "Int64" => Self::MaskedInt(true, 64),
            "UInt8" => Self::MaskedInt(false, 8),
            "UInt16" => Self::MaskedInt(false, 16),
            "UInt32" => Self::MaskedInt(false, 32),
            "UInt64" => Self::MaskedInt(false, 64),
            "Float32" => Self::MaskedFloat(32),
            "Float64" => Self::MaskedFloat(64),
            _ if name.starts_with("object") => Self::Object,
            _ if name.starts_with("datetime64") && name.contains(',') => {
                Self::Zoned(Unit::of(name)?)
            }
            _ => return Self::named(name),
        })
    }

    /// The type of text that pandas calls `string`, when it has gaps: without
    /// any it is text as all other.
    #[must_use]
    pub fn nullable(self, cells: &[Py<'_>]) -> Self {
        if self == Self::Text && cells.contains(&Py::None) { Self::MaskedText } else { self }
    }

    /// NumPy's letter for the family: `b`, `i`, `u`, `f`, `c`, `O`, `U`, `S`,
    /// `M`, `m`.
    #[must_use]
    pub fn kind(self) -> char {
        match self {
            Self::Bool | Self::MaskedBool => 'b',
            Self::Int(_) | Self::MaskedInt(true, _) => 'i',
            Self::Uint(_) | Self::MaskedInt(false, _) => 'u',
            Self::Float(_) | Self::MaskedFloat(_) => 'f',
            Self::Complex(_) => 'c',
            Self::Object | Self::Text | Self::MaskedText | Self::Category => 'O',
            Self::Unicode => 'U',
            Self::Bytes => 'S',
            Self::Datetime(_) | Self::Zoned(_) => 'M',
            Self::Timedelta => 'm',
        }
    }

    /// Bits of one element; 0 for text and objects.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Self::Bool | Self::MaskedBool => 8,
            Self::Int(bits)
            | Self::Uint(bits)
            | Self::Float(bits)
            | Self::Complex(bits)
            | Self::MaskedFloat(bits)
            | Self::MaskedInt(_, bits) => bits,
            Self::Datetime(_) | Self::Zoned(_) | Self::Timedelta => 64,
            Self::Object
            | Self::Text
            | Self::MaskedText
            | Self::Category
            | Self::Unicode
            | Self::Bytes => 0,
        }
    }

    /// Its name in findings and in normalised payloads: `string` is pandas'
    /// text, `str` NumPy's.
    #[must_use]
    pub fn name(self) -> String {
        let sized = |family: &str, bits: u8| {
            let mut name = String::from(family);
            name.push_str(&bits.to_string());
            name
        };
        match self {
            Self::Bool => "bool".into(),
            Self::Int(bits) => sized("int", bits),
            Self::Uint(bits) => sized("uint", bits),
            Self::Float(bits) => sized("float", bits),
            Self::Complex(bits) => sized("complex", bits),
            Self::Object => "object".into(),
            Self::Text | Self::MaskedText => "string".into(),
            Self::Unicode => "str".into(),
            Self::Bytes => "bytes".into(),
            Self::Datetime(Unit::Second) => "datetime64[s]".into(),
            Self::Datetime(Unit::Milli) => "datetime64[ms]".into(),
            Self::Datetime(Unit::Micro) => "datetime64[us]".into(),
            Self::Datetime(Unit::Nano) => "datetime64[ns]".into(),
            Self::Zoned(unit) => unit.zoned().into(),
            Self::Timedelta => "timedelta64[ns]".into(),
            Self::Category => "category".into(),
            Self::MaskedInt(true, bits) => sized("Int", bits),
            Self::MaskedInt(false, bits) => sized("UInt", bits),
            Self::MaskedFloat(bits) => sized("Float", bits),
            Self::MaskedBool => "boolean".into(),
        }
    }
}
