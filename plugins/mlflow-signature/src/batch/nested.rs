//! Lists and objects in cells, as JSON text.

use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::nested::value;
use mlflow_schema::py::{Dtype, Py};
use tollgate_sdk::signature::Dictionary;

use super::Missing;
use super::cells::Batch;
use super::marks::Marks;
use crate::change::{Reading, change};
use crate::columns::object;

/// Judges each distinct text once. In a file without types an `empty` text is
/// a missing value.
pub(super) fn faults(
    batch: &Batch<'_>,
    texts: &Dictionary,
    empty: bool,
    strict: bool,
    faults: &mut Vec<Fault>,
) -> Missing {
    let reading = Reading { today: None, part: batch.part };
    let read = |text: Option<&str>| {
        let cell = match text {
            Some(text) if !(empty && text.is_empty()) => object(Text::new(text))
                .map_err(|_| Fault::new(Kind::ParseConvert, "no JSON text"))?,
            _ => Py::None,
        };
        let sent = strict.then(|| cell.clone());
        let got = value(cell, &batch.spec.kind, batch.required)?;
        match sent.and_then(|sent| change(&sent, &got, Dtype::Object, reading)) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    };
    let text = |row: usize| {
        let index = texts.indices.get(row).filter(|_| batch.present(row))?;
        texts.entries.get(*index as usize)
    };
    // What is wrong with each text, as an index into `rules`; then that of no
    // text.
    let mut rules: Vec<Fault> = Vec::new();
    let mut wrong: Vec<Option<usize>> = Vec::with_capacity(texts.entries.len() + 1);
    for text in texts.entries.iter().map(Some).chain([None]) {
        wrong.push(read(text).err().map(|fault| {
            let same = |known: &Fault| known.kind == fault.kind && known.message == fault.message;
            rules.iter().position(same).unwrap_or_else(|| {
                rules.push(fault);
                rules.len() - 1
            })
        }));
    }
    let mut missing = Missing::default();
    let mut marks = Marks::new();
    for row in 0..batch.rows {
        let index = texts.indices.get(row).filter(|_| batch.present(row));
        let place = index.map_or(texts.entries.len(), |index| *index as usize);
        if text(row).is_none_or(|text| empty && text.is_empty()) {
            missing.add(row);
        }
        if let Some(rule) = wrong.get(place).copied().flatten() {
            marks.add(rule, row);
        }
    }
    marks.into_faults(batch, faults, |_, row| {
        let fault = read(text(row)).err()?;
        Some(if fault.kind == Kind::Raw { fault.as_kind(Kind::EnforceOther) } else { fault })
    });
    // Where a gap is a fault it is told already.
    if read(None).is_err() { Missing::default() } else { missing }
}
