//! The contract's types, as `wit/1.0.0` defines them.
//!
//! Each type has the fields and the meaning of the WIT item of the same name;
//! see `wit/1.0.0/*.wit` for the rules of each.

use wasmtime::component::{ComponentType, Lift, Lower};

/// How one rule came out, mildest first. The worst finding decides.
#[derive(ComponentType, Lift, Lower, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[component(enum)]
#[repr(u8)]
pub enum Outcome {
    /// The rule holds.
    #[component(name = "pass")]
    Pass,
    /// Worth a look; does not block.
    #[component(name = "warn")]
    Warn,
    /// Cannot be judged. Blocks, and asks for a person.
    #[component(name = "inconclusive")]
    Inconclusive,
    /// The rule is broken. Blocks.
    #[component(name = "fail")]
    Fail,
}

impl Outcome {
    /// The outcome's name in reports: `pass`, `warn`, `inconclusive`, `fail`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// One statement about the thing that was judged.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Finding {
    /// A stable id of the rule, kebab-case.
    pub rule: String,
    /// How the rule came out.
    pub outcome: Outcome,
    /// One sentence for a person.
    pub message: String,
    /// An RFC 6901 pointer into what was judged.
    pub pointer: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was there instead. May hold a value of the payload.
    pub actual: Option<String>,
    /// Indices of the facts that the finding rests on.
    pub facts: Vec<u32>,
    /// How many places share this fault, `pointer` being the first.
    pub occurrences: u32,
}

/// One typed value.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(variant)]
pub enum Value {
    /// Absent, or an explicit null.
    #[component(name = "null")]
    Null,
    /// True or false.
    #[component(name = "boolean")]
    Boolean(bool),
    /// A whole number written without fraction or exponent.
    #[component(name = "integer")]
    Integer(i64),
    /// Any other number; may be NaN or infinite.
    #[component(name = "number")]
    Number(f64),
    /// Text.
    #[component(name = "text")]
    Text(String),
}

/// The kind of value that an input wants.
#[derive(ComponentType, Lift, Lower, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[component(enum)]
#[repr(u8)]
pub enum Kind {
    /// [`Value::Boolean`].
    #[component(name = "boolean")]
    Boolean,
    /// [`Value::Integer`].
    #[component(name = "integer")]
    Integer,
    /// [`Value::Number`]; a host passes an integer as the number it is.
    #[component(name = "number")]
    Number,
    /// [`Value::Text`].
    #[component(name = "text")]
    Text,
}

impl Kind {
    /// The kind's name in documents and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
        }
    }
}

/// Distinct texts, and for every row which of them it holds.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq, Eq, Default)]
#[component(record)]
pub struct Dictionary {
    /// The distinct texts.
    pub entries: Vec<String>,
    /// For each row an index into `entries`.
    pub indices: Vec<u32>,
}

/// The cells of a column, one a row.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(variant)]
pub enum Cells {
    /// One byte a row, 0 or 1.
    #[component(name = "booleans")]
    Booleans(Vec<u8>),
    /// One signed integer a row.
    #[component(name = "integers")]
    Integers(Vec<i64>),
    /// One double a row.
    #[component(name = "numbers")]
    Numbers(Vec<f64>),
    /// One text a row, dictionary-encoded.
    #[component(name = "texts")]
    Texts(Dictionary),
}

/// A column of cells that may be null.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Column {
    /// The cells.
    pub cells: Cells,
    /// An Arrow validity bitmap; none when every row is present.
    pub validity: Option<Vec<u8>>,
}

/// What a plugin is.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Info {
    /// The plugin's name.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// One sentence on what it judges.
    pub summary: String,
    /// A JSON Schema of its settings.
    #[component(name = "settings-schema")]
    pub settings_schema: String,
}

/// A named column of a file or a data frame.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct TypedColumn {
    /// The column's name; none where columns are only numbered.
    pub name: Option<String>,
    /// The declared type, in NumPy's and pandas' words.
    pub dtype: String,
    /// The cells.
    pub column: Column,
}

/// One `key=value` of a slice.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[component(record)]
pub struct Label {
    /// The key: `group`.
    pub key: String,
    /// The value: `female`.
    pub value: String,
}

/// What was measured or stated.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq)]
#[component(variant)]
pub enum FactValue {
    /// True or false.
    #[component(name = "boolean")]
    Boolean(bool),
    /// A whole number.
    #[component(name = "integer")]
    Integer(i64),
    /// A measurement; may be NaN or infinite.
    #[component(name = "number")]
    Number(f64),
    /// Text.
    #[component(name = "text")]
    Text(String),
    /// Several measurements in order.
    #[component(name = "numbers")]
    Numbers(Vec<f64>),
}

/// One piece of evidence.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// Whose it is: `candidate`, `champion`, ...
    pub subject: String,
    /// The slice, sorted by key.
    pub labels: Vec<Label>,
    /// The value.
    pub value: FactValue,
    /// The unit, when the name does not say it.
    pub unit: Option<String>,
    /// How many samples it was measured on.
    pub samples: Option<u64>,
    /// When it was observed, RFC 3339.
    #[component(name = "observed-at")]
    pub observed_at: Option<String>,
    /// Where it came from, for the report.
    pub source: Option<String>,
}

/// Something that a policy reads.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// The kind of value that it wants.
    pub kind: Kind,
    /// Whether a decision cannot be made without it.
    pub required: bool,
}

/// All that a policy reads and says.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Declaration {
    /// What it reads, in the order that `decide` takes.
    pub inputs: Vec<Input>,
    /// The index in `inputs` of the model's score.
    pub score: Option<u32>,
    /// The actions it can take, mildest first.
    pub actions: Vec<String>,
    /// The reasons it can give.
    pub reasons: Vec<String>,
}

/// What to do, and why.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Decision {
    /// An index into [`Declaration::actions`].
    pub action: u32,
    /// Indices into [`Declaration::reasons`], in the order they applied.
    pub reasons: Vec<u32>,
}

/// Decisions about many rows.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Batch {
    /// The distinct decisions, or why the rows that point there have none.
    pub decisions: Vec<Result<Decision, String>>,
    /// For each row an index into `decisions`.
    pub rows: Vec<u32>,
}
