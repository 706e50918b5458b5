//! Texts and records, packed into one.

use core::ops::Range;

use crate::bindings::exports::tollgate::plugin::checker::Records;
use crate::bindings::exports::tollgate::plugin::types::{Column, Dictionary, Texts};

/// Where the part at `index` lies.
#[inline]
fn span(ends: &[u32], index: usize) -> Option<Range<usize>> {
    let start = match index.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    Some(start as usize..*ends.get(index)? as usize)
}

impl Texts {
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

    /// Each of them; one whose ends make no sense is empty.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut packed = Self { text: Default::default(), ends: Default::default() };
        for text in texts {
            packed.text.push_str(text.as_ref());
            packed.ends.push(u32::try_from(packed.text.len()).unwrap_or(u32::MAX));
        }
        packed
    }
}

impl Dictionary {
    /// The text of a row.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.entries.get(*self.indices.get(row)? as usize)
    }
}

impl Column {
    /// Whether a row is there; false where the bitmap is too short.
    #[inline]
    #[must_use]
    pub fn is_present(&self, row: usize) -> bool {
        let bit = |bits: &[u8]| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        self.validity.as_deref().is_none_or(bit)
    }
}

impl Records {
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

    /// Each of them; one whose ends make no sense is empty.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let record = |index| self.bytes.get(span(&self.ends, index)?);
        (0..self.len()).map(move |index| record(index).unwrap_or_default())
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Records {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut packed = Self { bytes: Default::default(), ends: Default::default() };
        for record in records {
            packed.bytes.extend_from_slice(record.as_ref());
            packed.ends.push(u32::try_from(packed.bytes.len()).unwrap_or(u32::MAX));
        }
        packed
    }
}
