//! One batch of a file's columns against the signature, a column at a time.
//!
//! A column that cannot be wrong costs a look at its type, or one scan. Only a
//! column that is neither clean nor plainly wrong becomes Python's objects,
//! and it alone. The answer is MLflow's for a pandas frame of these columns;
//! in mode `strict` also what MLflow would do without a word.

mod cells;
mod csv;
mod marks;
mod nested;
mod text;
mod typed;

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind, Place, near};
use mlflow_schema::schema::{ColSpec, Schema};
use tollgate_sdk::signature::TypedColumn;

use self::cells::Batch;
use self::marks::Marks;
use crate::settings::Mode;
use crate::words;

/// What the file's cells are called in the contract: texts without a type,
/// each read as its column is declared.
pub(crate) const CSV: &str = "csv";

/// The columns of a signature, to judge batches by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'s> {
    pub(crate) named: bool,
    pub(crate) specs: &'s [ColSpec],
    pub(crate) mode: Mode,
    pub(crate) part: Part,
}

impl<'s> Judge<'s> {
    /// None for a signature of tensors.
    pub(crate) fn of(schema: &'s Schema, mode: Mode, part: Part) -> Option<Self> {
        match schema {
            Schema::Columns { named, columns } => {
                Some(Self { named: *named, specs: columns, mode, part })
            }
            Schema::Tensors { .. } => None,
        }
    }

    /// The faults of a batch, MLflow's own first.
    pub(crate) fn faults(&self, rows: usize, columns: &[TypedColumn]) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.named {
            self.by_name(rows, columns, &mut faults);
        } else {
            self.by_place(rows, columns, &mut faults);
        }
        faults
    }

    fn strict(&self) -> bool {
        self.mode == Mode::Strict
    }

    fn by_name(&self, rows: usize, columns: &[TypedColumn], faults: &mut Vec<Fault>) {
        let sent = Names::of(columns.iter().map(|column| column.name.as_deref()));
        let wanted = Names::of(self.specs.iter().map(|spec| Some(spec.name.as_str())));
        let extras: Vec<&str> = columns
            .iter()
            .filter_map(|column| column.name.as_deref())
            .filter(|name| wanted.places(name).is_empty())
            .take(EXTRAS)
            .collect();
        let absent = |spec: &&ColSpec| spec.required && sent.places(&spec.name).is_empty();
        for spec in self.specs.iter().filter(absent) {
            faults.push(missing(&spec.name, &extras, self.part));
        }
        for (at, spec) in self.specs.iter().enumerate() {
            // Of equal names in the signature the first decides.
            if wanted.places(&spec.name).first().is_some_and(|(_, first)| *first != at) {
                continue;
            }
            match sent.places(&spec.name) {
                [] => {}
                [(name, place)] => {
                    if let Some(column) = columns.get(*place) {
                        let (required, place) = (spec.required, *place);
                        let part = self.part;
                        let batch = Batch { rows, column, spec, required, name, place, part };
                        self.column(&batch, faults);
                    }
                }
                _ => faults.push(of_column(crate::enforce::doubled(&spec.kind), &spec.name)),
            }
        }
        if self.strict() {
            for name in extras {
                let hint = near(name, self.specs.iter().map(|spec| spec.name.as_str()));
                let message =
                    format!("column `{name}` is not in the signature and is dropped{hint}");
                let mut fault = Fault::new(words::extra(self.part), message);
                fault.column = name.into();
                faults.push(fault);
            }
        }
    }

    fn by_place(&self, rows: usize, columns: &[TypedColumn], faults: &mut Vec<Fault>) {
        if columns.len() < self.specs.len() {
            let mut fault = Fault::new(
                Kind::MissingUnnamed,
                "there are fewer columns than the signature declares",
            );
            fault.expected = format!("{} columns", self.specs.len());
            fault.actual = format!("{} columns", columns.len());
            faults.push(fault);
            return;
        }
        for (place, (spec, column)) in self.specs.iter().zip(columns).enumerate() {
            let number = place.to_string();
            let name = column.name.as_deref().unwrap_or(&number);
            let (required, part) = (true, self.part);
            let batch = Batch { rows, column, spec, required, name, place, part };
            self.column(&batch, faults);
        }
        let more = columns.len() - self.specs.len();
        if self.strict() && more > 0 {
            let message = "columns beyond those of the signature are dropped";
            let mut fault = Fault::new(words::extra(self.part), message);
            fault.expected = format!("{} columns", self.specs.len());
            fault.actual = format!("{} columns", columns.len());
            faults.push(fault);
        }
    }

    fn column(&self, batch: &Batch<'_>, faults: &mut Vec<Fault>) {
        if let Some(fault) = batch.broken() {
            faults.push(label(fault, batch.name));
            return;
        }
        let before = faults.len();
        let missing = if batch.column.dtype == CSV {
            csv::faults(batch, self.strict(), faults)
        } else {
            typed::faults(batch, self.strict(), faults)
        };
        // A gap where pandas can have none is a fault already.
        let told = faults.iter().skip(before).any(|fault| {
            matches!(fault.kind, Kind::IncompatibleType | Kind::FrameBuild)
                || fault.actual == NOTHING
        });
        if self.strict() && batch.required && !told {
            self.gaps(batch, missing, faults);
        }
    }

    fn gaps(&self, batch: &Batch<'_>, missing: Missing, faults: &mut Vec<Fault>) {
        let mut marks = Marks::new();
        marks.add_many((), &missing.rows, missing.count);
        marks.into_faults(batch, faults, |(), _| {
            let message = "values are missing in a required column: the model gets nulls there";
            let mut fault = Fault::new(Kind::MissingValue, message);
            fault.expected = batch.spec.kind.name().into();
            fault.actual = NOTHING.into();
            Some(fault)
        });
    }
}

/// What findings call a cell without a value.
const NOTHING: &str = "nothing";

/// So many places of a fault are findings of their own, so that a reader sees
/// more than one example; the last of them counts the rest.
const PLACES: usize = 3;

/// More extra columns than anyone reads.
const EXTRAS: usize = 64;

/// Names and their places, sorted.
struct Names<'n>(Vec<(&'n str, usize)>);

impl<'n> Names<'n> {
    fn of(names: impl Iterator<Item = Option<&'n str>>) -> Self {
        let mut names: Vec<_> =
            names.enumerate().filter_map(|(place, name)| Some((name?, place))).collect();
        names.sort_unstable();
        Self(names)
    }

    /// Where a name stands, in order.
    fn places(&self, name: &str) -> &[(&'n str, usize)] {
        let start = self.0.partition_point(|(known, _)| *known < name);
        let end = self.0.partition_point(|(known, _)| *known <= name);
        self.0.get(start..end).unwrap_or_default()
    }
}

/// The cells that are missing.
#[derive(Clone, Debug, Default)]
struct Missing {
    count: usize,
    /// The first rows.
    rows: Vec<usize>,
}

impl Missing {
    fn add(&mut self, row: usize) {
        self.count += 1;
        if self.rows.len() < PLACES {
            self.rows.push(row);
        }
    }
}

fn missing(name: &str, extras: &[&str], part: Part) -> Fault {
    let hint = near(name, extras.iter().copied());
    let mut fault = Fault::new(words::missing(part), format!("column `{name}` is missing{hint}"));
    fault.column = name.into();
    fault.expected = name.into();
    fault
}

/// Says which column a fault is about, and points to its first cell when it
/// has no other.
fn named(mut fault: Fault, name: &str) -> Fault {
    fault.column = name.into();
    if fault.cell.is_none() { at(fault, 0, name) } else { fault }
}

/// About a column as a whole: there is no cell to point to.
fn of_column(mut fault: Fault, name: &str) -> Fault {
    fault.message = format!("column `{name}`: {}", fault.message);
    fault.column = name.into();
    fault
}

/// Names the column in the message, too.
fn label(mut fault: Fault, name: &str) -> Fault {
    fault.message = format!("column `{name}`: {}", fault.message);
    named(fault, name)
}

/// At a cell.
fn at(fault: Fault, row: usize, name: &str) -> Fault {
    fault.at(Place::Cell(row, name.to_string()))
}
