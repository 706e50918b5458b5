//! The id of a decision: the same whenever the same plugin, settings and values
//! meet, or the same request that gives no values.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::case::Case;
use crate::input::{Cell, cell};

/// What identifies a decision, sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId(u64);

impl DecisionId {
    /// The id as a number, evenly spread over all there are.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// Appends the digits.
    pub(super) fn push_to(self, out: &mut String) {
        out.push_str(str::from_utf8(&self.digits()).unwrap_or_default());
    }

    fn digits(self) -> [u8; 16] {
        std::array::from_fn(|place| {
            let digit = (self.0 >> (60 - 4 * place)) as u8 & 15;
            digit + if digit < 10 { b'0' } else { b'a' - 10 }
        })
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The id of a case; `identity` has taken in plugin and settings.
pub(super) fn of(identity: &Sha256, case: &Case<'_>) -> DecisionId {
    // One update: each costs as much as a few fields.
    let mut fields = [0; FIELDS];
    let mut hasher = Fields { hasher: identity.clone(), fields: &mut fields, length: 0 };
    match case {
        Case::Values(values) => values.iter().for_each(|value| hasher.value(Cell::of(value))),
        Case::Row { columns, row } => {
            columns.iter().for_each(|column| hasher.value(cell(column, *row)));
        }
        Case::Unreadable(raw) => {
            hasher.push(&[5]);
            hasher.push(raw);
        }
    }
    let digest = hasher.finish();
    DecisionId(digest.first_chunk().copied().map_or(0, u64::from_be_bytes))
}

/// Room for the fields of an ordinary case.
const FIELDS: usize = 256;

/// Gathers what goes into an id, and hashes it in one go where there is room.
struct Fields<'a> {
    hasher: Sha256,
    fields: &'a mut [u8; FIELDS],
    length: usize,
}

impl Fields<'_> {
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.fields.get_mut(self.length..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.length = end;
            }
            None => {
                self.flush();
                self.hasher.update(bytes);
            }
        }
    }

    #[inline]
    fn value(&mut self, value: Cell<'_>) {
        match value {
            Cell::Null => self.push(&[0]),
            Cell::Boolean(value) => self.push(&[1, u8::from(value)]),
            Cell::Integer(value) => self.number(2, value.to_le_bytes()),
            Cell::Number(value) => self.number(3, value.to_le_bytes()),
            Cell::Unsigned(value) => self.number(5, value.to_le_bytes()),
            Cell::Text(value) => {
                self.number(4, (value.len() as u64).to_le_bytes());
                self.push(value.as_bytes());
            }
        }
    }

    #[inline]
    fn number(&mut self, tag: u8, bytes: [u8; 8]) {
        let mut field = [tag; 9];
        if let Some(number) = field.last_chunk_mut() {
            *number = bytes;
        }
        self.push(&field);
    }

    fn flush(&mut self) {
        self.hasher.update(self.fields.get(..self.length).unwrap_or_default());
        self.length = 0;
    }

    fn finish(mut self) -> [u8; 32] {
        self.flush();
        self.hasher.finalize().into()
    }
}
