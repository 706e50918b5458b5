//! A tensor that came as rows or columns, compared with them: both are walked
//! value by value, row by row.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind, gather};
use mlflow_schema::json::Text;
use mlflow_schema::py::{Array, Py, str_of};

use crate::body::{Field, Layout};
use crate::strict::{Comparison, item_of};

impl<'a> Comparison<'_, 'a> {
    /// Whether tensors came as rows and columns, not as nested lists.
    pub(crate) fn tabular(&self) -> bool {
        matches!(self.origin.layout, Layout::Records | Layout::Typed | Layout::Frame)
            || self.body.field == Field::Split
    }

    /// A tensor of that column, or of all.
    pub(crate) fn tensor(&self, name: Option<&Py<'a>>, array: &Array<'a>, faults: &mut Vec<Fault>) {
        let columns = match name {
            Some(name) => alloc::vec![(self.place(name, 0), name.clone())],
            None => self.columns(),
        };
        let rows = array.shape.first().copied().unwrap_or(1);
        let mut got = array.cells.iter();
        for row in 0..rows {
            for (place, name) in &columns {
                let column = str_of(name).lossy().into_owned();
                let mut leaves = Vec::new();
                leaves_of(self.cell(name, *place, row).unwrap_or(&Py::None), &mut leaves);
                for leaf in leaves {
                    let found = match got.next() {
                        Some(got) => self.change(leaf, got, array.dtype, &column, faults).fault(),
                        None => Some(Fault::new(Kind::LossyValue, "the tensor drops a value")),
                    };
                    let Some(mut fault) = found else { continue };
                    fault.message = format!("column `{column}`: {}", fault.message);
                    fault.column.clone_from(&column);
                    gather(faults, fault.at(self.origin.cell(name, *place, Some(row))));
                }
            }
        }
        if got.next().is_some() {
            let fault = Fault::new(Kind::LossyValue, "the tensor has values that were not sent");
            faults.push(fault.at(self.origin.data()));
        }
    }

    /// All columns that were sent, with their places.
    fn columns(&self) -> Vec<(usize, Py<'a>)> {
        let numbered = |count: usize| (0..count).map(|place| (place, Py::Int(place as i64)));
        let data = self.rows;
        if let Some(names) = self.body.names() {
            return names.iter().cloned().enumerate().collect();
        }
        match (self.origin.layout, data) {
            (Layout::Records, Py::List(records)) => {
                let mut seen: BTreeSet<&Text<'a>> = BTreeSet::new();
                let mut names = Vec::new();
                for record in records {
                    let Py::Dict(items) = record else { continue };
                    for (key, _) in items {
                        if seen.insert(key) {
                            names.push(Py::Str(key.clone()));
                        }
                    }
                }
                names.into_iter().enumerate().collect()
            }
            (Layout::Columns | Layout::Record, Py::Dict(items)) => {
                items.iter().map(|(key, _)| Py::Str(key.clone())).enumerate().collect()
            }
            (Layout::Rows, _) => match item_of(data, 0) {
                Some(Py::List(cells)) => numbered(cells.len()).collect(),
                _ => Vec::new(),
            },
            _ => numbered(1).collect(),
        }
    }
}

fn leaves_of<'p, 'a>(value: &'p Py<'a>, leaves: &mut Vec<&'p Py<'a>>) {
    match value {
        Py::List(items) => {
            for item in items {
                leaves_of(item, leaves);
            }
        }
        Py::Array(array) => leaves.extend(&array.cells),
        single => leaves.push(single),
    }
}
