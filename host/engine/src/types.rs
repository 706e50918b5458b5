//! The contract's types, as its newest version, `wit/1.2.0`, defines them.
//!
//! Each type has the fields and the meaning of the WIT item of the same name;
//! see `wit/1.2.0/*.wit` for the rules of each. Plugins for older versions are
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
    /// Cannot be judged: evidence is missing, too thin, or not a number.
    /// Blocks, and asks for a person.
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
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Finding {
    /// A stable id of the rule, in kebab-case: `missing-column`,
    /// `auc-regression`.
    pub rule: String,
    /// How the rule came out.
    pub outcome: Outcome,
    /// One sentence for a person: lower case, no full stop.
    pub message: String,
    /// The row that it is about, counted from 0 among those given to
    /// `check-columns` or `check-records`; the first of them where there are
    /// several.
    pub row: Option<u32>,
    /// The column of that row, by its name: the name of a column, or of a
    /// member of a record.
    pub column: Option<String>,
    /// Where, as an RFC 6901 JSON Pointer.
    pub pointer: Option<String>,
    /// What would have been right, as short text.
    pub expected: Option<String>,
    /// What was there instead, as short text. May hold a value of the payload.
    pub actual: Option<String>,
    /// Indices of the facts that the finding rests on, in the order given to
    /// `evaluate`; empty in other worlds.
    pub facts: Vec<u32>,
    /// How many places share this fault, the one named being the first.
    pub occurrences: u32,
    /// The number that was judged, and what it was held against, for those who
    /// draw or compare it.
    pub measured: Option<Measure>,
}

/// A number that was judged. All of it is in one unit.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Measure {
    /// What was measured, with the labels of its slice: `auc`,
    /// `p99_ms{region=eu}`, `psi{feature=amount}`.
    pub name: String,
    /// The value.
    pub value: f64,
    /// The unit, when the name does not say it: `ms`, `MB`, `%`.
    pub unit: Option<String>,
    /// What the value must keep to.
    pub bound: Option<Bound>,
    /// What the bound was derived from, or the value is compared with.
    pub baseline: Option<Baseline>,
}

/// A range, from `low` to `high`; without one of them it has no end on that
/// side.
#[derive(ComponentType, Lift, Lower, Debug, Clone, Copy, PartialEq)]
#[component(record)]
pub struct Bound {
    /// The least.
    pub low: Option<Edge>,
    /// The most.
    pub high: Option<Edge>,
}

/// Where a range ends.
#[derive(ComponentType, Lift, Lower, Debug, Clone, Copy, PartialEq)]
#[component(record)]
pub struct Edge {
    /// The number.
    pub at: f64,
    /// Whether the number itself is in the range.
    pub included: bool,
}

/// Another number, beside the one that is judged.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Baseline {
    /// Whose it is, or what: `champion`, `p50_ms`, `baseline`.
    pub name: String,
    /// The number.
    pub value: f64,
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
    /// A whole number that was written without fraction or exponent.
    #[component(name = "integer")]
    Integer(i64),
    /// Any other number.
    #[component(name = "number")]
    Number(f64),
    /// Text, in UTF-8.
    #[component(name = "text")]
    Text(String),
}

/// The kind of value that an input wants.
#[derive(ComponentType, Lift, Lower, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[component(enum)]
#[repr(u8)]
pub enum Kind {
    /// `value.boolean`.
    #[component(name = "boolean")]
    Boolean,
    /// `value.integer`.
    #[component(name = "integer")]
    Integer,
    /// `value.number`; a host passes an integer as the number it is.
    #[component(name = "number")]
    Number,
    /// `value.text`.
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

/// Texts, packed into one: two copies, however many there are.
#[derive(ComponentType, Lift, Lower, Debug, Clone, PartialEq, Eq, Default)]
#[component(record)]
pub struct Texts {
    /// All of them, one behind the other.
    pub text: String,
    /// Where each one ends, in bytes of `text`; it starts where the one before
    /// ends.
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
    /// Where each one ends, in order; it starts where the one before ends.
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
    /// For each row an index into `entries`; any number where the row is null.
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
    /// One integer from 0 a row: the cells of `uint64` columns.
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
    /// Which rows are present, as an Arrow validity bitmap: bit `i % 8`, least
    /// significant first, of byte `i / 8` is 1 when row `i` is present.
    pub validity: Option<Vec<u8>>,
}

/// What a plugin is.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Info {
    /// The plugin's name, kebab-case: `threshold-policy`.
    pub name: String,
    /// The plugin's own version, a semantic version.
    pub version: String,
    /// One sentence on what it judges.
    pub summary: String,
    /// A JSON Schema (draft 2020-12) of the settings that `configure` takes, as
    /// JSON text.
    #[component(name = "settings-schema")]
    pub settings_schema: String,
}

/// How rows are judged, which a host must know before it reads them.
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
    /// Each by itself, as the JSON object that it is: whatever has no word in
    /// JSON is the text or the number that JSON has for it, and cells of a file
    /// without types keep how they were written.
    #[component(name = "apart")]
    Apart,
}

/// A named column of a file or a data frame.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct TypedColumn {
    /// The column's name; none in frames whose columns are only numbered.
    pub name: Option<String>,
    /// The type that the source declares, in NumPy's and pandas' words.
    pub dtype: String,
    /// The cells.
    pub column: Column,
}

/// One `key=value` of a slice: `group=female`.
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
    /// True or false: `load_test_done`.
    #[component(name = "boolean")]
    Boolean(bool),
    /// A whole number: a count of rows, a version.
    #[component(name = "integer")]
    Integer(i64),
    /// A measurement.
    #[component(name = "number")]
    Number(f64),
    /// Text: a tag, a digest, a name.
    #[component(name = "text")]
    Text(String),
    /// Several measurements in order: bins of a histogram, samples.
    #[component(name = "numbers")]
    Numbers(Vec<f64>),
}

/// One piece of evidence.
#[derive(ComponentType, Lower, Debug, Clone, PartialEq)]
#[component(record)]
pub struct Fact {
    /// What it is about: `auc`, `p99_ms`, `owner`.
    pub name: String,
    /// Whose it is: `candidate`, `champion`, or another version's name.
    pub subject: String,
    /// The slice it was measured on, sorted by key; empty for the whole.
    pub labels: Vec<Label>,
    /// The value.
    pub value: FactValue,
    /// The unit, when the name does not say it: `ms`, `MB`, `ratio`.
    pub unit: Option<String>,
    /// How many samples it was measured on.
    pub samples: Option<u64>,
    /// When it was observed, RFC 3339.
    #[component(name = "observed-at")]
    pub observed_at: Option<String>,
    /// Where it came from, for the report: a file, a run, a query.
    pub source: Option<String>,
}

/// Something that the policy reads.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Input {
    /// Its name: `score`, `amount`, `customer_blocks_today`.
    pub name: String,
    /// The kind of value that it wants.
    pub kind: Kind,
    /// Whether a decision cannot be made without it.
    pub required: bool,
}

/// All that a policy reads and says, fixed after `configure`.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Declaration {
    /// What it reads.
    pub inputs: Vec<Input>,
    /// The index in `inputs` of the model's score, which a host repeats beside
    /// the decision.
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
    /// An index into `declaration.actions`.
    pub action: u32,
    /// Indices into `declaration.reasons`, in the order they applied.
    pub reasons: Vec<u32>,
}

/// Decisions about many rows.
#[derive(ComponentType, Lift, Debug, Clone, PartialEq, Eq)]
#[component(record)]
pub struct Batch {
    /// The distinct decisions; an error is one sentence on what was wrong with
    /// the rows that point to it.
    pub decisions: Vec<Result<Decision, String>>,
    /// For each row an index into `decisions`.
    pub rows: Vec<u32>,
}
