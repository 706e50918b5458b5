//! A model's signature: what it takes, in MLflow's words.

use alloc::string::String;
use alloc::vec::Vec;

use crate::py::{Dtype, Py};

/// MLflow's primitive types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// True or false.
    Boolean,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    Long,
    /// 32 bits.
    Float,
    /// 64 bits.
    Double,
    /// Text.
    String,
    /// Bytes; base64 in data-frame payloads.
    Binary,
    /// An instant, to the nanosecond.
    Datetime,
}

impl DataType {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 8] = [
        ("boolean", Self::Boolean),
        ("integer", Self::Integer),
        ("long", Self::Long),
        ("float", Self::Float),
        ("double", Self::Double),
        ("string", Self::String),
        ("binary", Self::Binary),
        ("datetime", Self::Datetime),
    ];

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find_map(|(known, data_type)| (*known == name).then_some(*data_type))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Datetime => "datetime",
        }
    }

    /// NumPy's type for it.
    #[must_use]
    pub fn dtype(self) -> Dtype {
        match self {
            Self::Boolean => Dtype::Bool,
            Self::Integer => Dtype::Int(32),
            Self::Long => Dtype::Int(64),
            Self::Float => Dtype::Float(32),
            Self::Double => Dtype::Float(64),
            Self::String => Dtype::Unicode,
            Self::Binary => Dtype::Bytes,
            Self::Datetime => Dtype::NANOSECONDS,
        }
    }

    /// pandas' type for it: text and bytes are objects there.
    #[must_use]
    pub fn column_dtype(self) -> Dtype {
        match self {
            Self::String | Self::Binary => Dtype::Object,
            _ => self.dtype(),
        }
    }
}

/// A type, composite or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A primitive.
    Data(DataType),
    /// A list whose items have one type.
    Array(alloc::boxed::Box<Type>),
    /// An object with these properties, sorted by name, and no others.
    Object(Vec<Property>),
    /// An object with any keys, whose values have one type.
    Map(alloc::boxed::Box<Type>),
    /// Anything.
    Any,
}

impl Type {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Data(data_type) => data_type.name(),
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Map(_) => "map",
            Self::Any => "any",
        }
    }
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its key.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Whether it must be there.
    pub required: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColSpec {
    /// Its name; in unnamed signatures its number.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Whether it must be there.
    pub required: bool,
}

/// A tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Its name; in unnamed signatures none.
    pub name: String,
    /// The type of its elements.
    pub dtype: Dtype,
    /// The length of each dimension; -1 for any.
    pub shape: Vec<i64>,
}

/// The inputs of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Columns.
    Columns {
        /// Whether they have names.
        named: bool,
        /// The columns, in order.
        columns: Vec<ColSpec>,
    },
    /// Tensors.
    Tensors {
        /// Whether they have names; otherwise there is one.
        named: bool,
        /// The tensors, in order.
        tensors: Vec<TensorSpec>,
    },
}

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// A primitive, or a list of them.
    Data(DataType),
    /// An object with these properties.
    Object(Vec<Property>),
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParamType,
    /// Whether it is a list.
    pub list: bool,
    /// What the model gets when the payload has none.
    pub default: Py<'static>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What the model takes; none when that is not declared.
    pub inputs: Option<Schema>,
    /// What the model gives.
    pub outputs: Option<Schema>,
    /// Its parameters.
    pub params: Option<Vec<ParamSpec>>,
}

impl Schema {
    /// The columns, when it has columns.
    #[must_use]
    pub fn columns(&self) -> &[ColSpec] {
        match self {
            Self::Columns { columns, .. } => columns,
            Self::Tensors { .. } => &[],
        }
    }

    /// The column or tensor of this name, as a spec, in a named schema. Of
    /// equal names the last one counts.
    #[must_use]
    pub fn spec(&self, name: &str) -> Option<Spec<'_>> {
        match self {
            Self::Columns { named: true, columns } => {
                columns.iter().rfind(|column| column.name == name).map(Spec::Column)
            }
            Self::Tensors { named: true, tensors } => {
                tensors.iter().rfind(|tensor| tensor.name == name).map(Spec::Tensor)
            }
            _ => None,
        }
    }

    /// The first column or tensor.
    #[must_use]
    pub fn first(&self) -> Option<Spec<'_>> {
        match self {
            Self::Columns { columns, .. } => columns.first().map(Spec::Column),
            Self::Tensors { tensors, .. } => tensors.first().map(Spec::Tensor),
        }
    }

    /// Whether its columns or tensors have names.
    #[must_use]
    pub fn named(&self) -> bool {
        match self {
            Self::Columns { named, .. } | Self::Tensors { named, .. } => *named,
        }
    }

    /// A name that is there twice.
    #[must_use]
    pub fn twice(&self) -> Option<&str> {
        let mut names: Vec<&str> = match self {
            Self::Columns { named: true, columns } => {
                columns.iter().map(|column| column.name.as_str()).collect()
            }
            Self::Tensors { named: true, tensors } => {
                tensors.iter().map(|tensor| tensor.name.as_str()).collect()
            }
            _ => return None,
        };
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
    }

    /// The distinct names.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = match self {
            Self::Columns { columns, .. } => columns.iter().map(|c| c.name.as_str()).collect(),
            Self::Tensors { tensors, .. } => tensors.iter().map(|t| t.name.as_str()).collect(),
        };
        let mut seen: Vec<&str> = Vec::new();
        names.retain(|name| {
            let new = !seen.contains(name);
            seen.push(name);
            new
        });
        names
    }
}

/// A column or a tensor.
#[derive(Clone, Copy, Debug)]
pub enum Spec<'s> {
    /// A column.
    Column(&'s ColSpec),
    /// A tensor.
    Tensor(&'s TensorSpec),
}
