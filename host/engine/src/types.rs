//! The contract's types, as its newest version, `wit/1.1.0`, defines them.
//!
//! Each type has the fields and the meaning of the WIT item of the same name;
//! see `wit/1.1.0/*.wit` for the rules of each. Plugins for older versions are
//! asked in their own types.

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
    /// The row that it is about, counted from 0 among those given.
    pub row: Option<u32>,
    /// The column of that row.
    pub column: Option<String>,
    /// An RFC 6901 pointer: with a row it leads on from there, otherwise into
    /// what was judged.
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

/// Texts, packed into one.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq, Eq, Default)]
#[component(record)]
pub struct Texts {
    /// All of them, one behind the other.
    pub text: String,
    /// Where each one ends, in bytes of `text`.
    pub ends: Vec<u32>,
}

impl Texts {
    /// Adds a text. Together they have less than 4 GiB.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(end(self.text.len()));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text at `index`.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.text.get(span(&self.ends, index)?)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut packed = Self::default();
        texts.into_iter().for_each(|text| packed.push(text.as_ref()));
        packed
    }
}

/// Records as they were written, packed into one.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq, Eq, Default)]
#[component(record)]
pub struct Records {
    /// All of them, one behind the other.
    pub bytes: Vec<u8>,
    /// Where each one ends.
    pub ends: Vec<u32>,
}

impl Records {
    /// Adds a record. Together they have less than 4 GiB.
    pub fn push(&mut self, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.ends.push(end(self.bytes.len()));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let record = |index| self.bytes.get(span(&self.ends, index)?);
        (0..self.len()).map(move |index| record(index).unwrap_or_default())
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Records {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut packed = Self::default();
        records.into_iter().for_each(|record| packed.push(record.as_ref()));
        packed
    }
}

/// An end beyond 32 bits is none that any text has.
fn end(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[inline]
fn span(ends: &[u32], index: usize) -> Option<std::ops::Range<usize>> {
    let start = match index.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    Some(start as usize..*ends.get(index)? as usize)
}

/// Texts, and for every row which of them it holds.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq, Eq, Default)]
#[component(record)]
pub struct Dictionary {
    /// The texts.
    pub entries: Texts,
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
    /// One integer from 0 a row.
    #[component(name = "unsigned")]
    Unsigned(Vec<u64>),
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

/// How rows are judged.
#[derive(ComponentType, Lift, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[component(enum)]
#[repr(u8)]
pub enum Manner {
    /// Not at all: what is judged is no rows.
    #[component(name = "none")]
    None,
    /// Together, as one data frame.
    #[component(name = "together")]
    Together,
    /// Each by itself, as the JSON object that it is.
    #[component(name = "apart")]
    Apart,
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
