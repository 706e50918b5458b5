//! A model's signature, typed.

pub use mlflow_schema::py::Dtype;
pub use mlflow_schema::schema::DataType;

/// What a model takes and gives. Has at least one part.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// What it takes; none when that is not declared.
    pub inputs: Option<Schema>,
    /// What it gives.
    pub outputs: Option<Schema>,
    /// Its parameters.
    pub params: Option<Vec<Param>>,
}

/// The inputs or outputs of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Schema {
    /// Columns of a data frame.
    Columns(Columns),
    /// Tensors.
    Tensors(Tensors),
}

/// At least one column. All have names, or none has.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// Whether they have names.
    pub named: bool,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// At least one tensor. All have names, or the only one has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensors {
    /// Whether they have names.
    pub named: bool,
    /// The tensors, in order.
    pub tensors: Vec<Tensor>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name; without names its number, from 0.
    pub name: String,
    /// The type of its cells.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

/// The type of a cell, or of a value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A primitive.
    Data(DataType),
    /// A list whose items have one type.
    Array(Box<Kind>),
    /// An object with these properties, sorted by name, and no others.
    Object(Vec<Property>),
    /// An object with any keys, whose values have one type.
    Map(Box<Kind>),
    /// Anything.
    Any,
    /// A vector of Spark ML: a list of doubles to callers.
    Vector,
}

/// A property of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its key.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name; without names none.
    pub name: String,
    /// The type of its elements.
    pub dtype: Dtype,
    /// The length of each dimension; -1 for any.
    pub shape: Vec<i64>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ParamKind,
    /// Whether it is a list of that type.
    pub list: bool,
    /// What the model gets when the caller sends none, as JSON text; with
    /// `NaN`, `Infinity` and `-Infinity`, as MLflow writes it.
    pub default: String,
}

/// The type of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamKind {
    /// A primitive.
    Data(DataType),
    /// An object with these properties.
    Object(Vec<Property>),
}

impl Schema {
    /// Whether its columns or tensors have names.
    #[must_use]
    pub fn named(&self) -> bool {
        match self {
            Self::Columns(columns) => columns.named,
            Self::Tensors(tensors) => tensors.named,
        }
    }

    /// The names, in order; numbers for unnamed columns.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Columns(Columns { columns, .. }) => {
                columns.iter().map(|column| column.name.as_str()).collect()
            }
            Self::Tensors(Tensors { tensors, .. }) => {
                tensors.iter().map(|tensor| tensor.name.as_str()).collect()
            }
        }
    }
}

impl Kind {
    /// The type in words: `long`, `array of string`, `object`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Data(data_type) => data_type.name().to_owned(),
            Self::Array(items) => format!("array of {}", items.title()),
            Self::Object(_) => "object".to_owned(),
            Self::Map(values) => format!("map of {}", values.title()),
            Self::Any => "any".to_owned(),
            Self::Vector => "sparkml_vector".to_owned(),
        }
    }

    /// The type to those who send and read values: a vector is a list.
    #[must_use]
    pub fn plain(&self) -> Self {
        match self {
            Self::Vector => Self::Array(Box::new(Self::Data(DataType::Double))),
            Self::Array(items) => Self::Array(Box::new(items.plain())),
            Self::Map(values) => Self::Map(Box::new(values.plain())),
            Self::Object(properties) => Self::Object(
                properties
                    .iter()
                    .map(|property| Property { kind: property.kind.plain(), ..property.clone() })
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

impl Tensor {
    /// The type in words: `float32 [-1, 3]`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {:?}", self.dtype.name(), self.shape)
    }
}

impl Param {
    /// The type in words: `double`, `list of string`, `object`.
    #[must_use]
    pub fn title(&self) -> String {
        let kind = match &self.kind {
            ParamKind::Data(data_type) => data_type.name(),
            ParamKind::Object(_) => "object",
        };
        if self.list { format!("list of {kind}") } else { kind.to_owned() }
    }
}
