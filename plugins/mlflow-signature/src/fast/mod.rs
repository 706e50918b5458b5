//! One pass over the bytes of a payload that has nothing wrong with it.
//!
//! Most payloads are clean: known columns in every row, cells that are already
//! what the signature wants. For those no object is built. A [`Plan`] only
//! ever says *clean* (no fault, no change, no warning, in either mode and
//! whatever else the column holds); whatever it does not recognise at once is
//! left to the general path, malformed JSON included.

mod cell;
mod columns;
#[cfg(test)]
mod drawn;
mod nested;
mod tensors;

pub(crate) use self::cell::written;

use self::columns::Columns;
use self::tensors::Tensors;
use mlflow_schema::json::Reader;
use mlflow_schema::schema::{Schema, Signature};

use crate::body::Field;

/// What to look for, worked out from the signature once.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Rows or columns with names.
    Columns(Columns),
    /// Tensors, by name or the only one.
    Tensors(Tensors),
    /// Nothing can be told in one pass.
    None,
}

impl Plan {
    /// The plan for a signature.
    pub(crate) fn of(signature: &Signature) -> Self {
        // What a name that occurs twice means, only the general path knows.
        let inputs = signature.inputs.as_ref().filter(|inputs| inputs.twice().is_none());
        let plan = match inputs {
            Some(Schema::Columns { named: true, columns }) => {
                Columns::of(columns).map(Self::Columns)
            }
            Some(Schema::Tensors { named, tensors }) => {
                Tensors::of(*named, tensors).map(Self::Tensors)
            }
            _ => None,
        };
        plan.unwrap_or(Self::None)
    }

    /// Whether the payload is clean.
    pub(crate) fn clean(&self, payload: &[u8]) -> bool {
        !matches!(self, Self::None) && self.body(payload).is_some()
    }

    /// Whether records that stand alone are clean.
    pub(crate) fn clean_records<'r>(&self, records: impl Iterator<Item = &'r [u8]>) -> bool {
        match self {
            Self::Columns(columns) => columns.all(records).is_some(),
            Self::Tensors(_) | Self::None => false,
        }
    }

    /// The body: one known field and nothing else.
    fn body(&self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::trusting(payload);
        reader.take(b'{').then_some(())?;
        let key = reader.key().ok()?;
        let field = Field::NAMED.into_iter().find(|field| key.is(field.key()))?;
        match self {
            Self::Columns(columns) => columns.field(&mut reader, field)?,
            Self::Tensors(tensors) => tensors.field(&mut reader, field)?,
            Self::None => return None,
        }
        reader.take(b'}').then_some(())?;
        reader.end().ok()?;
        reader.is_utf8().then_some(())
    }
}
