//! Which columns are read, and as what.

use tollgate::rows::RowNumbers;

use crate::cells::{Cells, Kind, NO_FLAG, WRONG_FLAG, Words};
use crate::codes::{Codes, MOST_VALUES, NONE, TooMany};

/// The columns that are asked for. A column may be asked for as several things.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// As numbers.
    pub(crate) numbers: Vec<Asked<f64>>,
    /// As flags.
    pub(crate) flags: Vec<Asked<u8>>,
    /// As codes.
    pub(crate) codes: Vec<Asked<u32>>,
    words: Words,
}

/// A column, and its cells of the present batch.
#[derive(Debug, Default)]
pub(crate) struct Asked<T> {
    /// Its name.
    pub(crate) name: String,
    /// One value a row.
    pub(crate) values: Vec<T>,
    /// The values that codes stand for.
    pub(crate) known: Codes,
    /// Whether its numbers are of 32 bits, as far as they were read.
    pub(crate) is_single: bool,
    /// Whether the spec's own words say what is positive.
    has_words: bool,
    /// What cannot be used, of all rows so far.
    pub(crate) faults: Faults,
}

/// Cells that cannot be used.
#[derive(Debug, Default, Clone)]
pub(crate) struct Faults {
    /// Those that are not there.
    pub(crate) missing: u64,
    /// Those that are something else.
    pub(crate) wrong: u64,
    /// Where the first one is.
    pub(crate) first: Option<String>,
}

impl Faults {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.missing + self.wrong
    }

    fn add(&mut self, file: &str, rows: &RowNumbers, faults: impl Iterator<Item = Option<bool>>) {
        for (row, fault) in faults.enumerate() {
            let Some(is_wrong) = fault else { continue };
            *(if is_wrong { &mut self.wrong } else { &mut self.missing }) += 1;
            if self.first.is_none() {
                self.first = Some(match rows.line(row) {
                    Some(line) => format!("`{file}` line {line}"),
                    None => format!("`{file}` row {}", rows.number(row) + 1),
                });
            }
        }
    }
}

impl Columns {
    pub(crate) fn new(words: Words) -> Self {
        Self { words, ..Self::default() }
    }

    /// Asks for numbers; their place.
    pub(crate) fn number(&mut self, name: &str) -> usize {
        place(&mut self.numbers, name, false)
    }

    /// Asks for flags; their place.
    pub(crate) fn flag(&mut self, name: &str, has_words: bool) -> usize {
        place(&mut self.flags, name, has_words)
    }

    /// Asks for codes; their place.
    pub(crate) fn code(&mut self, name: &str) -> usize {
        place(&mut self.codes, name, false)
    }

    /// Each name once, and each thing that it is asked as.
    pub(crate) fn names(&self) -> Vec<(String, Kind)> {
        let numbers = self.numbers.iter().map(|asked| (asked.name.clone(), Kind::Number));
        let flags = self.flags.iter().map(|asked| (asked.name.clone(), Kind::Flag));
        let codes = self.codes.iter().map(|asked| (asked.name.clone(), Kind::Code));
        numbers.chain(flags).chain(codes).collect()
    }

    /// How many cells of each of these were not there, of all rows so far.
    pub(crate) fn missing(&self) -> Vec<u64> {
        self.faults().map(|(_, faults)| faults.missing).collect()
    }

    /// What cannot be used of each of these.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&str, &Faults)> {
        let numbers = self.numbers.iter().map(|asked| (asked.name.as_str(), &asked.faults));
        let flags = self.flags.iter().map(|asked| (asked.name.as_str(), &asked.faults));
        let codes = self.codes.iter().map(|asked| (asked.name.as_str(), &asked.faults));
        numbers.chain(flags).chain(codes)
    }

    /// Reads a batch.
    ///
    /// # Errors
    /// The column, and what is wrong with it: it has more values than groups or
    /// categories have.
    pub(crate) fn read<'b>(
        &mut self,
        file: &str,
        rows: &RowNumbers,
        cells: impl Fn(&str) -> Option<Cells<'b>>,
    ) -> Result<(), (String, String)> {
        let count = rows.count;
        let lost = |name: &str| (name.to_owned(), "is not in every part of the file".to_owned());
        for asked in &mut self.numbers {
            let cells = cells(&asked.name).ok_or_else(|| lost(&asked.name))?;
            cells.numbers(count, &mut asked.values);
            asked.is_single = cells.are_single();
            if asked.values.iter().any(|value| !value.is_finite()) {
                let fault = |value: &f64| (!value.is_finite()).then(|| !value.is_nan());
                asked.faults.add(file, rows, asked.values.iter().map(fault));
            }
        }
        let plain = Words::default();
        for asked in &mut self.flags {
            let cells = cells(&asked.name).ok_or_else(|| lost(&asked.name))?;
            let words = if asked.has_words { &self.words } else { &plain };
            cells.flags(count, words, &mut asked.values);
            if asked.values.iter().any(|value| *value >= NO_FLAG) {
                let fault = |value: &u8| (*value >= NO_FLAG).then_some(*value == WRONG_FLAG);
                asked.faults.add(file, rows, asked.values.iter().map(fault));
            }
        }
        for asked in &mut self.codes {
            let cells = cells(&asked.name).ok_or_else(|| lost(&asked.name))?;
            cells.codes(count, &mut asked.known, &mut asked.values).map_err(|TooMany| {
                let problem = format!(
                    "has more than {MOST_VALUES} values: it tells rows apart, and no groups or \
                     categories"
                );
                (asked.name.clone(), problem)
            })?;
            if asked.values.contains(&NONE) {
                let fault = |value: &u32| (*value == NONE).then_some(false);
                asked.faults.add(file, rows, asked.values.iter().map(fault));
            }
        }
        Ok(())
    }

    /// The numbers at a place.
    pub(crate) fn numbers_of(&self, place: usize) -> &[f64] {
        self.numbers.get(place).map_or(&[], |asked| &asked.values)
    }

    /// The flags at a place.
    pub(crate) fn flags_of(&self, place: usize) -> &[u8] {
        self.flags.get(place).map_or(&[], |asked| &asked.values)
    }

    /// The codes at a place.
    pub(crate) fn codes_of(&self, place: usize) -> &[u32] {
        self.codes.get(place).map_or(&[], |asked| &asked.values)
    }

    /// What the codes at a place stand for.
    pub(crate) fn known(&self, place: usize) -> &Codes {
        static NOTHING: std::sync::LazyLock<Codes> = std::sync::LazyLock::new(Codes::default);
        self.codes.get(place).map_or(&NOTHING, |asked| &asked.known)
    }
}

fn place<T: Default>(all: &mut Vec<Asked<T>>, name: &str, has_words: bool) -> usize {
    let same = |asked: &Asked<T>| asked.name == name && asked.has_words == has_words;
    all.iter().position(same).unwrap_or_else(|| {
        all.push(Asked { name: name.to_owned(), has_words, ..Asked::default() });
        all.len() - 1
    })
}
