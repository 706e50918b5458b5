//! Cells of a column, whatever they were written in, as what they are asked as.

use tollgate::rows::UntypedCells;
use tollgate_engine::types::{Cells as Contract, Dictionary, TypedColumn};

use crate::codes::{Codes, NONE, TooMany};
use crate::json::JsonCell;

/// A number that is not there. NaN is how data frames say that.
pub(crate) const MISSING: f64 = f64::NAN;

/// What stands where a number should: none that is finite can be taken for it.
pub(crate) const WRONG: f64 = f64::INFINITY;

/// A flag that is not set, is set, is not there, is something else.
pub(crate) const UNSET: u8 = 0;
pub(crate) const SET: u8 = 1;
pub(crate) const NO_FLAG: u8 = 2;
pub(crate) const WRONG_FLAG: u8 = 3;

/// The cells of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cells<'a> {
    /// Of a file with types.
    Typed(&'a TypedColumn),
    /// Of a file without, at this place.
    Written(&'a UntypedCells, usize),
    /// Of JSON.
    Json(&'a [JsonCell]),
}

/// What a column is asked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers.
    Number,
    /// Positive or not.
    Flag,
    /// One of few values.
    Code,
}

impl Kind {
    /// What is wrong with a column of this dtype, when it cannot be asked so.
    pub(crate) fn problem(self, dtype: &str) -> Option<String> {
        let is_number = ["int", "uint", "float"].iter().any(|of| dtype.starts_with(of));
        let (fits, wanted) = match self {
            // Decimals are objects of pandas.
            Self::Number => (is_number || dtype == "object", "numbers"),
            Self::Flag => (is_number || ["bool", "str"].contains(&dtype), "0 and 1, or texts"),
            Self::Code => (is_number || ["bool", "str"].contains(&dtype), "texts or whole numbers"),
        };
        // What has no type yet is looked at cell by cell.
        let fits = fits || dtype == tollgate::rows::CSV_DTYPE;
        (!fits).then(|| format!("is of the type {dtype}, expected {wanted}"))
    }
}

/// What is positive, and what is not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    positive: Side,
    negative: Side,
}

#[derive(Debug, Clone, Default)]
struct Side {
    texts: Vec<String>,
    numbers: Vec<f64>,
}

impl Side {
    fn of(texts: &[String]) -> Self {
        let numbers = texts.iter().filter_map(|text| text.parse().ok()).collect();
        Self { texts: texts.to_vec(), numbers }
    }

    fn has(&self, text: &str) -> bool {
        self.texts.iter().any(|word| word == text)
    }
}

impl Words {
    /// 1 and 0, true and false, where nothing else is said.
    pub(crate) fn of(positive: &[String], negative: &[String]) -> Self {
        Self { positive: Side::of(positive), negative: Side::of(negative) }
    }

    fn are_said(&self) -> bool {
        !self.positive.texts.is_empty()
    }

    fn told(is_positive: bool, is_negative: bool) -> u8 {
        match (is_positive, is_negative) {
            (true, _) => SET,
            (_, true) => UNSET,
            _ => WRONG_FLAG,
        }
    }

    fn text(&self, text: &str) -> u8 {
        if self.are_said() {
            let told = Self::told(self.positive.has(text), self.negative.has(text));
            return if told == WRONG_FLAG && text.is_empty() { NO_FLAG } else { told };
        }
        let text = text.trim_ascii();
        if text.is_empty() {
            return NO_FLAG;
        }
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        match (is("true"), is("false")) {
            (false, false) => self.number(text.parse().unwrap_or(WRONG)),
            (is_positive, is_negative) => Self::told(is_positive, is_negative),
        }
    }

    #[allow(clippy::float_cmp, reason = "what is nearly 1 is not 1")]
    fn number(&self, number: f64) -> u8 {
        if number.is_nan() {
            return NO_FLAG;
        }
        if self.are_said() {
            let has = |side: &Side| side.numbers.contains(&number);
            return Self::told(has(&self.positive), has(&self.negative));
        }
        Self::told(number == 1.0, number == 0.0)
    }

    fn boolean(&self, value: bool) -> u8 {
        if self.are_said() { self.text(if value { "true" } else { "false" }) } else { value.into() }
    }
}

/// A number as it was written.
fn number(text: &str) -> f64 {
    let text = text.trim_ascii();
    if text.is_empty() { MISSING } else { finite(text.parse().unwrap_or(WRONG)) }
}

/// Infinities are numbers of no distribution.
fn finite(number: f64) -> f64 {
    if number.is_infinite() { WRONG } else { number }
}

#[allow(clippy::cast_precision_loss, reason = "the nearest double is what pandas takes")]
fn double(number: i64) -> f64 {
    number as f64
}

#[allow(clippy::cast_precision_loss, reason = "as above")]
fn unsigned(number: u64) -> f64 {
    number as f64
}

impl Cells<'_> {
    /// Whether they are numbers of 32 bits.
    pub(crate) fn are_single(&self) -> bool {
        matches!(self, Self::Typed(column) if column.dtype == "float32")
    }

    /// As finite numbers, [`MISSING`] or [`WRONG`].
    pub(crate) fn numbers(&self, rows: usize, into: &mut Vec<f64>) {
        into.clear();
        match self {
            Self::Typed(column) => {
                match &column.column.cells {
                    Contract::Booleans(_) => into.resize(rows, WRONG),
                    Contract::Integers(cells) => into.extend(cells.iter().copied().map(double)),
                    Contract::Unsigned(cells) => into.extend(cells.iter().copied().map(unsigned)),
                    Contract::Numbers(cells) => into.extend(cells.iter().copied().map(finite)),
                    Contract::Texts(texts) => each_text(texts, number, MISSING, into),
                }
                absent(column, into, MISSING);
            }
            Self::Written(cells, place) => {
                into.extend((0..rows).map(|row| number(cells.text(row, *place))));
            }
            Self::Json(cells) => into.extend(cells.iter().map(|cell| match cell {
                JsonCell::Missing => MISSING,
                JsonCell::Integer(number) => double(*number),
                JsonCell::Number(number) => finite(*number),
                JsonCell::Boolean(_) | JsonCell::Text(_) | JsonCell::Other => WRONG,
            })),
        }
    }

    /// As flags.
    pub(crate) fn flags(&self, rows: usize, words: &Words, into: &mut Vec<u8>) {
        into.clear();
        match self {
            Self::Typed(column) => {
                match &column.column.cells {
                    Contract::Booleans(cells) => {
                        let (set, unset) = (words.boolean(true), words.boolean(false));
                        into.extend(cells.iter().map(|cell| if *cell == 0 { unset } else { set }));
                    }
                    Contract::Integers(cells) => {
                        into.extend(cells.iter().map(|cell| words.number(double(*cell))));
                    }
                    Contract::Unsigned(cells) => {
                        into.extend(cells.iter().map(|cell| words.number(unsigned(*cell))));
                    }
                    Contract::Numbers(cells) => {
                        into.extend(cells.iter().map(|cell| words.number(*cell)));
                    }
                    Contract::Texts(texts) => {
                        each_text(texts, |text| words.text(text), NO_FLAG, into);
                    }
                }
                absent(column, into, NO_FLAG);
            }
            Self::Written(cells, place) => {
                into.extend((0..rows).map(|row| words.text(cells.text(row, *place))));
            }
            Self::Json(cells) => into.extend(cells.iter().map(|cell| match cell {
                JsonCell::Missing => NO_FLAG,
                JsonCell::Boolean(value) => words.boolean(*value),
                JsonCell::Integer(number) => words.number(double(*number)),
                JsonCell::Number(number) => words.number(*number),
                JsonCell::Text(text) => words.text(text),
                JsonCell::Other => WRONG_FLAG,
            })),
        }
    }

    /// As codes of values.
    pub(crate) fn codes(
        &self,
        rows: usize,
        codes: &mut Codes,
        into: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        into.clear();
        match self {
            Self::Typed(column) => {
                match &column.column.cells {
                    Contract::Booleans(cells) => {
                        for cell in cells {
                            into.push(codes.text(if *cell == 0 { "false" } else { "true" })?);
                        }
                    }
                    Contract::Integers(cells) => {
                        for cell in cells {
                            into.push(codes.whole(*cell)?);
                        }
                    }
                    Contract::Unsigned(cells) => {
                        for cell in cells {
                            into.push(codes.text(&cell.to_string())?);
                        }
                    }
                    Contract::Numbers(cells) => {
                        for cell in cells {
                            into.push(floating(codes, *cell)?);
                        }
                    }
                    Contract::Texts(texts) => {
                        let known = texts.entries.iter().map(|text| codes.text(text));
                        let known: Vec<u32> = known.collect::<Result<_, _>>()?;
                        let code = |index: &u32| known.get(*index as usize).copied();
                        into.extend(texts.indices.iter().map(|index| code(index).unwrap_or(NONE)));
                    }
                }
                absent(column, into, NONE);
            }
            Self::Written(cells, place) => {
                for row in 0..rows {
                    into.push(codes.text(cells.text(row, *place))?);
                }
            }
            Self::Json(cells) => {
                for cell in *cells {
                    into.push(match cell {
                        JsonCell::Missing | JsonCell::Other => NONE,
                        JsonCell::Boolean(value) => {
                            codes.text(if *value { "true" } else { "false" })?
                        }
                        JsonCell::Integer(number) => codes.whole(*number)?,
                        JsonCell::Number(number) => floating(codes, *number)?,
                        JsonCell::Text(text) => codes.text(text)?,
                    });
                }
            }
        }
        Ok(())
    }
}

/// Data frames make doubles of whole numbers where some are missing.
fn floating(codes: &mut Codes, number: f64) -> Result<u32, TooMany> {
    if number.is_finite() { codes.text(&number.to_string()) } else { Ok(NONE) }
}

/// Each text once, then row by row.
fn each_text<T: Copy>(texts: &Dictionary, read: impl Fn(&str) -> T, missing: T, into: &mut Vec<T>) {
    let known: Vec<T> = texts.entries.iter().map(read).collect();
    let value = |index: &u32| known.get(*index as usize).copied().unwrap_or(missing);
    into.extend(texts.indices.iter().map(value));
}

/// Marks the rows without a cell.
fn absent<T: Copy>(column: &TypedColumn, values: &mut [T], missing: T) {
    let Some(bits) = &column.column.validity else { return };
    for (values, byte) in values.chunks_mut(8).zip(bits) {
        if *byte == u8::MAX {
            continue;
        }
        for (bit, value) in values.iter_mut().enumerate() {
            if byte >> bit & 1 == 0 {
                *value = missing;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_so_is_positive_or_negative() {
        let plain = Words::default();
        let told = |words: &Words, texts: &[&str]| -> Vec<u8> {
            texts.iter().map(|text| words.text(text)).collect()
        };
        let texts = ["1", "0", "true", "False", "1.0", " 0 ", "", "yes", "2", "-1", "nan", "0.5"];
        assert_eq!(told(&plain, &texts), [1, 0, 1, 0, 1, 0, 2, 3, 3, 3, 2, 3]);
        let words = Words::of(&["yes".to_owned(), "2".to_owned()], &["no".to_owned()]);
        assert_eq!(told(&words, &["yes", "Yes", "no", "1", "0", "", "2"]), [1, 3, 0, 3, 3, 2, 1]);
        assert_eq!([2.0, 1.0, f64::NAN].map(|it| words.number(it)), [1, 3, 2]);
        assert_eq!([true, false].map(|it| words.boolean(it)), [3, 3]);
    }

    #[test]
    fn only_finite_numbers_are_numbers() {
        let read = ["0.5", " 1e3 ", "", "NaN", "inf", "-inf", "NA", "1e999"].map(number);
        assert_eq!(&read[..2], [0.5, 1000.0]);
        assert!(read[2].is_nan() && read[3].is_nan());
        assert!(read[4..].iter().all(|it| *it == WRONG));
    }
}
