//! A payload's data, on its way to the model.

use alloc::vec::Vec;

use mlflow_schema::json::Text;
use mlflow_schema::py::{Array, Frame, Py};

/// What a payload becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<'a> {
    /// A data frame.
    Frame(Frame<'a>),
    /// An array.
    Array(Array<'a>),
    /// A dict.
    Dict(Vec<(Text<'a>, Py<'a>)>),
    /// A list.
    List(Vec<Py<'a>>),
    /// A single value, or `None`.
    Scalar(Py<'a>),
}

impl<'a> Data<'a> {
    /// An object as data.
    #[must_use]
    pub fn of(object: Py<'a>) -> Self {
        match object {
            Py::Array(array) => Self::Array(*array),
            Py::Dict(items) => Self::Dict(items),
            Py::List(items) => Self::List(items),
            other => Self::Scalar(other),
        }
    }
}
