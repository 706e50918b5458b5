//! The values of facts: counts, rows, numbers; or what is wrong with them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::kind;
use tollgate_sdk::gate::FactValue;

use super::{Source, Taken};
use crate::math::float;
use crate::slice::Labels;
use crate::trouble::{Sound, doubt};

/// The largest count that a double tells from the next: 2^53.
const MOST: u64 = 1 << 53;

/// Units that say no more than that something is counted.
const COUNTED: [&str; 3] = ["count", "rows", "samples"];

/// Units that say no more than that something is a share of one.
const SHARES: [&str; 3] = ["ratio", "fraction", "1"];

/// A count.
#[derive(Debug)]
pub(crate) struct Count {
    /// What the fact is called.
    pub title: String,
    /// How many.
    pub count: u64,
    /// Of how many, as far as it says.
    pub samples: Option<u64>,
}

/// Counts of bins.
#[derive(Debug)]
pub(crate) struct Counts {
    /// What the fact is called.
    pub title: String,
    /// How many are in each.
    pub counts: Vec<u64>,
    /// On how many samples, as far as it says.
    pub samples: Option<u64>,
}

/// Numbers, one a row.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    /// What the fact is called.
    pub title: String,
    /// The numbers, all finite.
    pub rows: &'a [f64],
}

impl Counts {
    /// How many there are in all.
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }
}

impl<'a> Source<'a, '_> {
    /// A count, where there is one.
    pub(crate) fn count(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Count>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        refuse_unit(&taken, &COUNTED)?;
        let count = match taken.value {
            FactValue::Integer(whole) => u64::try_from(*whole).ok().filter(|it| *it <= MOST),
            FactValue::Number(number) => count_of(*number),
            other => return doubt(format!("{} is {}, not a count", taken.title, kind(other))),
        };
        let Some(count) = count else { return doubt(no_count(&taken)) };
        Ok(Some(Count { title: taken.title, count, samples: taken.samples }))
    }

    /// A list of counts, where there is one.
    pub(crate) fn counts(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Counts>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        refuse_unit(&taken, &COUNTED)?;
        let mut counts = Vec::new();
        for (index, number) in list(&taken)?.iter().enumerate() {
            let Some(count) = count_of(*number) else {
                return doubt(format!(
                    "item {index} of {} is {number}, and a count is a whole number of 0 or more",
                    taken.title
                ));
            };
            counts.push(count);
        }
        let counts = Counts { title: taken.title, counts, samples: taken.samples };
        if counts.total() > MOST {
            return doubt(format!("{} adds up to more than anybody can count", counts.title));
        }
        Ok(Some(counts))
    }

    /// Rows of numbers in some unit, where there are any.
    pub(crate) fn rows(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Rows<'a>>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        self.one_unit(&taken)?;
        finite(taken).map(Some)
    }

    /// Rows of numbers from 0 to 1, where there are any.
    pub(crate) fn shares(
        &mut self,
        name: &'static str,
        labels: &Labels,
    ) -> Sound<Option<Rows<'a>>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        refuse_unit(&taken, &SHARES)?;
        let rows = finite(taken)?;
        let outside = |(_, row): &(usize, &f64)| !(0.0..=1.0).contains(*row);
        if let Some((index, row)) = rows.rows.iter().enumerate().find(outside) {
            let title = rows.title;
            return doubt(format!("item {index} of {title} is {row}, and a score is from 0 to 1"));
        }
        Ok(Some(rows))
    }

    /// Rows of 0 or 1, where there are any.
    pub(crate) fn flags(
        &mut self,
        name: &'static str,
        labels: &Labels,
    ) -> Sound<Option<(String, Vec<bool>)>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        refuse_unit(&taken, &COUNTED)?;
        let rows = finite(taken)?;
        let mut flags = Vec::new();
        for (index, row) in rows.rows.iter().enumerate() {
            if *row != 0.0 && *row != 1.0 {
                let title = rows.title;
                return doubt(format!("item {index} of {title} is {row}, and must be 0 or 1"));
            }
            flags.push(*row == 1.0);
        }
        Ok(Some((rows.title, flags)))
    }

    /// Sums of scores, one a bin, where there are any.
    pub(crate) fn sums(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Rows<'a>>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        refuse_unit(&taken, &SHARES)?;
        let title = taken.title.clone();
        let rows = list(&taken)?;
        match rows.iter().position(|row| !row.is_finite()) {
            Some(index) => doubt(format!("item {index} of {title} is no finite number")),
            None => Ok(Some(Rows { title, rows })),
        }
    }

    /// The edges of bins, which rise; the first and the last may be infinite.
    pub(crate) fn edges(&mut self, name: &'static str, labels: &Labels) -> Sound<Option<Rows<'a>>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        self.one_unit(&taken)?;
        let edges = list(&taken)?;
        let rises = edges.windows(2).all(|pair| matches!(pair, [low, high] if low < high));
        if edges.len() < 3 || !rises {
            return doubt(format!(
                "{} are no edges of bins: two bins or more have three edges or more, each above \
                 the one before",
                taken.title
            ));
        }
        Ok(Some(Rows { title: taken.title, rows: edges }))
    }

    /// A measured number and the samples that it says, where there is one.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        labels: &Labels,
    ) -> Sound<Option<(String, f64, Option<u64>)>> {
        let Some(taken) = self.take(name, labels)? else { return Ok(None) };
        self.one_unit(&taken)?;
        let number = match taken.value {
            FactValue::Number(number) => *number,
            #[allow(clippy::cast_precision_loss, reason = "a measured number, not a count")]
            FactValue::Integer(whole) => *whole as f64,
            other => return doubt(format!("{} is {}, not a number", taken.title, kind(other))),
        };
        if !number.is_finite() {
            let what = if number.is_nan() { "not a number" } else { "infinite" };
            return doubt(format!("{} is {what}", taken.title));
        }
        Ok(Some((taken.title, number, taken.samples)))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in the range")]
fn count_of(number: f64) -> Option<u64> {
    let is_count = (0.0..=float(MOST)).contains(&number) && libm::trunc(number) == number;
    is_count.then_some(number as u64)
}

fn no_count(taken: &Taken<'_>) -> String {
    format!(
        "{} is {}, and a count is a whole number of 0 or more",
        taken.title,
        gate_evidence::given::show(taken.value)
    )
}

/// Counts and shares have no unit; `63 %` is no count of 63.
fn refuse_unit(taken: &Taken<'_>, plain: &[&str]) -> Sound<()> {
    match taken.unit {
        Some(unit) if !plain.contains(&unit) => {
            doubt(format!("{} is in `{unit}`, and counts and scores have no unit", taken.title))
        }
        _ => Ok(()),
    }
}

fn list<'a>(taken: &Taken<'a>) -> Sound<&'a [f64]> {
    match taken.value {
        FactValue::Numbers(numbers) if numbers.is_empty() => {
            doubt(format!("{} is an empty list", taken.title))
        }
        FactValue::Numbers(numbers) => Ok(numbers),
        other => doubt(format!("{} is {}, not a list of numbers", taken.title, kind(other))),
    }
}

/// One number a row, all finite, and as many as the fact says.
fn finite<'a>(taken: Taken<'a>) -> Sound<Rows<'a>> {
    let rows = list(&taken)?;
    if let Some(index) = rows.iter().position(|row| !row.is_finite()) {
        return doubt(format!("item {index} of {} is no finite number", taken.title));
    }
    let count = rows.len() as u64;
    match taken.samples {
        Some(samples) if samples != count => doubt(format!(
            "{} says that it is of {samples} samples, and holds {count}",
            taken.title
        )),
        _ => Ok(Rows { title: taken.title, rows }),
    }
}
