//! Why a value is none of its type.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use tollgate_nearest::nearest;

use crate::notation::shown;
use crate::py::Py;
use crate::step::Step;

/// The kind of a misfit, each a class of MLflow's own errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The type of a column is not that of the signature, nor safely widened
    /// to it.
    IncompatibleType,
    /// A parameter has another type.
    ParamsInvalid,
    /// A property of an object has another type.
    ObjectKey,
    /// A required property is missing.
    ObjectMissingProp,
    /// A property is not in the signature.
    ObjectExtraProp,
    /// A value inside an array, an object or a map has another type.
    EnforceScalar,
    /// A list is needed.
    ExpectedList,
    /// An object is needed.
    ExpectedDict,
    /// A single value is needed.
    ExpectedScalar,
    /// Times must not have a time zone.
    Timezone,
    /// An object column cannot be converted.
    ColumnConvert,
    /// A Python exception inside a conversion; where it surfaces it becomes
    /// one of the others.
    Raw,
}

/// One misfit. Boxed, as results carry it through deep recursion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit(Box<Details>);

/// What a misfit says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// What kind it is.
    pub kind: Kind,
    /// One sentence, without the value.
    pub message: String,
    /// The way into the value, innermost first.
    pub steps: Vec<Step>,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl Deref for Misfit {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Misfit {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl Misfit {
    /// A misfit of the value itself.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            steps: Vec::new(),
            expected: String::new(),
            actual: String::new(),
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
