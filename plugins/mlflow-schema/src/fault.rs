//! What is wrong with a value or a payload, and where.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use tollgate_nearest::nearest;

use crate::notation::shown;
use crate::py::Py;
use crate::step::Step;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $rule:literal),* $(,)?) => {
        /// The kind of a fault. Each is a rule, and but for the strict ones
        /// each is a class of MLflow's own errors.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }
        impl Kind {
            /// The rule's id.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$kind => $rule,)* }
            }
        }
    };
}

kinds! {
    /// The body is no JSON.
    BadJson "bad-json",
    /// Form `data`: the text is not in the typed notation.
    BadData "bad-data",
    /// Not exactly one of the four input fields.
    BadFormatKeys "bad-format-keys",
    /// A data-frame column cannot be cast to its type.
    ParseConvert "parse-convert",
    /// A value of `inputs` or `instances` cannot be cast to its type.
    CastFailed "cast-failed",
    /// The type of a column is not that of the signature, nor safely widened
    /// to it.
    IncompatibleType "incompatible-type",
    /// A tensor has another shape.
    ShapeMismatch "shape-mismatch",
    /// A parameter has another type.
    ParamsInvalid "params-invalid",
    /// The parameters are no object.
    ParamsNotDict "params-not-dict",
    /// A property of an object has another type.
    ObjectKey "object-key",
    /// A required property is missing.
    ObjectMissingProp "object-missing-prop",
    /// A property is not in the signature.
    ObjectExtraProp "object-extra-prop",
    /// Required inputs are missing.
    MissingInputs "missing-inputs",
    /// Required outputs are missing.
    MissingOutputs "missing-outputs",
    /// There are fewer columns than the unnamed signature declares.
    MissingUnnamed "missing-unnamed",
    /// A value inside an array, an object or a map has another type.
    EnforceScalar "enforce-scalar",
    /// A list is needed.
    ExpectedList "expected-list",
    /// An object is needed.
    ExpectedDict "expected-dict",
    /// A single value is needed.
    ExpectedScalar "expected-scalar",
    /// A tensor has another type.
    DtypeMismatch "dtype-mismatch",
    /// MLflow fails on it in a way of its own.
    EnforceOther "enforce-other",
    /// An unnamed signature takes a list or a single value.
    UnnamedBadInput "unnamed-bad-input",
    /// No data frame can be built from the payload.
    FrameBuild "frame-build",
    /// The payload is nothing that could be a data frame.
    NotDataframe "not-dataframe",
    /// The payload cannot be taken as a tensor.
    TensorInputKind "tensor-input-kind",
    /// The columns cannot be brought into the tensor's shape.
    TensorReshape "tensor-reshape",
    /// Times must not have a time zone.
    Timezone "timezone",
    /// The columns differ in length.
    LengthMismatch "length-mismatch",
    /// An object column cannot be converted.
    ColumnConvert "column-convert",
    /// Strict: a whole number would become another one, or text or a boolean
    /// one.
    LossyInteger "lossy-integer",
    /// Strict: a number would lose digits or become infinite, or text or a
    /// boolean a number.
    LossyFloat "lossy-float",
    /// Strict: another value would become true or false.
    LossyBoolean "lossy-boolean",
    /// Strict: another value would become text.
    LossyString "lossy-string",
    /// Strict: bytes would be those of another text than the base64 sent.
    LossyBinary "lossy-binary",
    /// Strict: a number would become a time, or a time another one.
    LossyDatetime "lossy-datetime",
    /// Strict: a value would become missing.
    LossyNull "lossy-null",
    /// Strict: the value would change in some other way.
    LossyValue "lossy-value",
    /// Strict, a warning: of two values under one key the first is dropped.
    DuplicateKey "duplicate-key",
    /// Strict, a warning: the signature itself names an input twice.
    DoubledInput "doubled-input",
    /// Strict, a warning: MLflow hands a value on that is not of the declared
    /// type.
    UncheckedType "unchecked-type",
    /// Strict, a warning: a required column of a file has missing values.
    MissingValue "missing-value",
    /// Strict, a warning: an input that the signature does not name is
    /// dropped.
    ExtraInput "extra-input",
    /// Strict, a warning: so is an output.
    ExtraOutput "extra-output",
    /// Strict, a warning: a parameter that the signature does not name is
    /// dropped.
    ExtraParam "extra-param",
    /// Strict, a warning: a field of the body is ignored.
    IgnoredField "ignored-field",
    /// Outputs are asked for, and the signature declares none: nothing can be
    /// judged.
    NoOutputs "no-outputs",
    /// Neither inputs nor parameters are declared: nothing can be judged.
    NoInputs "no-inputs",
    /// There are no rows: nothing was judged.
    NoRows "no-rows",
    /// Not the body of a request or an answer of the Open Inference Protocol.
    OipForm "oip-form",
    /// A tensor is missing, comes twice, or is not in the signature.
    OipTensor "oip-tensor",
    /// A tensor has another datatype.
    OipDatatype "oip-datatype",
    /// A tensor has another shape, or its data has.
    OipShape "oip-shape",
    /// An element is no value of its datatype.
    OipData "oip-data",
    /// A tensor's data is not in the JSON.
    OipBinary "oip-binary",
    /// A Python exception inside a conversion; where it surfaces it becomes
    /// one of the others.
    Raw "raw",
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Worth a word.
    Warns,
    /// Nothing was judged.
    Unjudged,
    /// Something is wrong.
    Breaks,
}

impl Kind {
    /// How bad it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::UncheckedType
            | Self::MissingValue
            | Self::DuplicateKey
            | Self::DoubledInput
            | Self::ExtraInput
            | Self::ExtraOutput
            | Self::ExtraParam
            | Self::IgnoredField => Severity::Warns,
            Self::NoOutputs | Self::NoInputs | Self::NoRows => Severity::Unjudged,
            _ => Severity::Breaks,
        }
    }

    /// Whether a payload with it has not passed.
    #[must_use]
    pub fn blocks(self) -> bool {
        self.severity() != Severity::Warns
    }
}

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A JSON Pointer into the payload.
    Pointer(String),
    /// A row, and its column's name.
    Cell(usize, String),
}

impl From<String> for Place {
    fn from(pointer: String) -> Self {
        Self::Pointer(pointer)
    }
}

/// One fault. Boxed, as results carry it through deep recursion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<Details>);

impl Deref for Fault {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// What a fault says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// What kind it is.
    pub kind: Kind,
    /// One sentence, without values of the payload.
    pub message: String,
    /// The column that it is about.
    pub column: String,
    /// The cell of rows that it is about: the row, and its column's name.
    pub cell: Option<(usize, String)>,
    /// The row that it is about as a whole.
    pub row: Option<usize>,
    /// The place, as a JSON Pointer that leads on from the cell, or into the
    /// payload; of a nested fault only the part above `steps`.
    pub pointer: String,
    /// The way into the value, innermost first.
    pub steps: Vec<Step>,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// In how many places.
    pub occurrences: u32,
}

impl Fault {
    /// A fault without a place.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            column: String::new(),
            cell: None,
            row: None,
            pointer: String::new(),
            steps: Vec::new(),
            expected: String::new(),
            actual: String::new(),
            occurrences: 1,
        }))
    }

    /// What would be right, and what is there.
    #[must_use]
    pub fn wanted(mut self, expected: impl Into<String>, actual: &Py<'_>) -> Self {
        self.expected = expected.into();
        self.actual = shown(actual);
        self
    }

    /// One step further out.
    #[must_use]
    pub fn inside(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// At a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        match place.into() {
            Place::Pointer(pointer) => self.pointer = pointer,
            Place::Cell(row, column) => self.cell = Some((row, column)),
        }
        self
    }

    /// About a row as a whole.
    #[must_use]
    pub fn in_row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// As another kind.
    #[must_use]
    pub fn as_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// What it says.
    #[must_use]
    pub fn into_details(self) -> Details {
        *self.0
    }
}

/// `; did you mean ...`, when one of the names is near.
#[must_use]
pub fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(name, names).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
}

/// An object has a key twice; `steps` lead to it. Which value counts differs from one reader of
/// JSON to the next.
pub fn doubled_key(steps: &[Step], kind: Kind) -> Fault {
    let message = "the object has this key twice, and only one of the values counts";
    let mut fault = Fault::new(kind, message);
    fault.steps = steps.to_vec();
    fault
}

/// The signature names an input twice.
pub fn doubled_input(name: &str) -> Fault {
    let message = format!(
        "the signature names the input `{name}` twice: values are cast to the type that it has \
         last, and then the first is enforced"
    );
    let mut fault = Fault::new(Kind::DoubledInput, message);
    fault.column = name.to_string();
    fault
}

/// More faults than anyone reads: further ones are dropped, so that a hostile
/// payload cannot make comparing them the work.
const MANY: usize = 1_000;

/// Adds a fault; one of the same kind about the same column only counts.
pub fn gather(faults: &mut Vec<Fault>, fault: Fault) {
    let room = faults.len() < MANY;
    match known(faults, fault.kind, &fault.column) {
        Some(known) => known.occurrences += fault.occurrences,
        None if room => faults.push(fault),
        None => {}
    }
}

/// The fault of that kind about that column, when there is one.
pub fn known<'f>(faults: &'f mut [Fault], kind: Kind, column: &str) -> Option<&'f mut Fault> {
    let same = |known: &&mut Fault| known.kind == kind && known.column == column;
    if column.is_empty() { None } else { faults.iter_mut().find(same) }
}
