//! Settings as the reader of payloads reads them.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use mlflow_schema::py::{Py, loads};
use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_sdk::Finding;
use tollgate_sdk::settings::{Kind, Setting};

/// The settings as they are given, as JSON text. What serde derives would
/// bring tables of floats for its error messages, and recurses in larger
/// frames than a guest's stack has room for.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Given(Box<RawValue>);

impl Given {
    /// The settings as an object.
    ///
    /// # Errors
    /// A finding when they nest too deep.
    pub fn parse(&self) -> Result<Py<'_>, Vec<Finding>> {
        loads(self.0.get().as_bytes()).map_err(|error| {
            let message =
                format!("the settings are no JSON: expected {} at byte {}", error.what, error.at);
            alloc::vec![Finding::invalid_settings(message).at("")]
        })
    }
}

/// Settings as Python's `json` reads them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'g>(pub &'g Py<'g>);

impl<'g> Setting<'g> for Seen<'g> {
    fn kind(self) -> Kind {
        match self.0 {
            Py::None => Kind::Null,
            Py::Bool(_) => Kind::Boolean,
            Py::Str(_) => Kind::Text,
            Py::List(_) => Kind::List,
            Py::Dict(_) => Kind::Object,
            // JSON has no others.
            _ => Kind::Number,
        }
    }

    fn boolean(self) -> Option<bool> {
        match self.0 {
            Py::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn text(self) -> Option<&'g str> {
        match self.0 {
            Py::Str(text) => text.as_str(),
            _ => None,
        }
    }

    fn whole(self) -> Option<u64> {
        match self.0 {
            Py::Int(number) => u64::try_from(*number).ok(),
            Py::Uint(number) => Some(*number),
            _ => None,
        }
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        match self.0 {
            Py::List(items) => Some(items.iter().map(Seen)),
            _ => None,
        }
    }

    fn members(self) -> Option<impl Iterator<Item = (&'g str, Self)>> {
        match self.0 {
            // A name that is no text is none that anybody knows.
            Py::Dict(items) => {
                Some(items.iter().map(|(name, value)| (name.as_str().unwrap_or("?"), Seen(value))))
            }
            _ => None,
        }
    }
}
