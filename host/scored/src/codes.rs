//! Texts as small numbers: groups, categories, arms.

use std::collections::HashMap;

/// The most values of a column that tells rows apart: as many slices of one rule
/// a gate judges.
pub(crate) const MOST_VALUES: usize = 5_000;

/// The code of a row without a value.
pub(crate) const NONE: u32 = u32::MAX;

/// A column has more values than groups or categories have.
#[derive(Debug)]
pub(crate) struct TooMany;

/// The values of a column in the order in which they were seen.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    names: Vec<String>,
    known: HashMap<String, u32>,
    whole: HashMap<i64, u32>,
}

impl Codes {
    /// Each value, by its code.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The value of a code.
    pub(crate) fn name(&self, code: u32) -> &str {
        self.names.get(code as usize).map_or("", String::as_str)
    }

    /// The code of a text; an empty one says nothing.
    pub(crate) fn text(&mut self, text: &str) -> Result<u32, TooMany> {
        if text.is_empty() {
            return Ok(NONE);
        }
        if let Some(code) = self.known.get(text) {
            return Ok(*code);
        }
        if self.names.len() >= MOST_VALUES {
            return Err(TooMany);
        }
        let code = u32::try_from(self.names.len()).map_err(|_| TooMany)?;
        self.names.push(text.to_owned());
        self.known.insert(text.to_owned(), code);
        Ok(code)
    }

    /// The code of a whole number: that of its digits.
    pub(crate) fn whole(&mut self, number: i64) -> Result<u32, TooMany> {
        if let Some(code) = self.whole.get(&number) {
            return Ok(*code);
        }
        let code = self.text(&number.to_string())?;
        self.whole.insert(number, code);
        Ok(code)
    }
}
