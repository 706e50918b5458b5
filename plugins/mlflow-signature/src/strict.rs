//! What MLflow would change without a word: the data that the model gets,
//! compared with the data that was sent.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind, doubled_key, gather, known, near};
use mlflow_schema::json::Text;
use mlflow_schema::param::Params;
use mlflow_schema::py::{Array, Dtype, Frame, Py, str_of};
use mlflow_schema::schema::{DataType, ParamSpec, Schema, Type};
use mlflow_schema::step::escaped;

use crate::body::{Body, Field, Layout, Origin};
use crate::change::{Reading, array_change, change, changed, same};
use crate::data::Data;
use crate::response::written_so;
use crate::words;

/// Compares a body with what became of it.
pub(crate) struct Comparison<'c, 'a> {
    pub(crate) body: &'c Body<'a>,
    /// The body's rows or columns.
    pub(crate) rows: &'c Py<'a>,
    pub(crate) origin: Origin,
    pub(crate) schema: Option<&'c Schema>,
    pub(crate) params: &'c [ParamSpec],
    pub(crate) reading: Reading,
}

/// What a comparison finds.
pub(crate) enum Found {
    /// No change.
    Same,
    /// One that is counted already.
    Counted,
    /// A new one.
    New(Fault),
}

impl Found {
    /// The new one.
    pub(crate) fn fault(self) -> Option<Fault> {
        match self {
            Self::New(fault) => Some(fault),
            Self::Same | Self::Counted => None,
        }
    }
}

impl<'a> Comparison<'_, 'a> {
    /// The changes, and what was ignored.
    pub(crate) fn faults(&self, data: &Data<'a>, params: &Params<'a>) -> Vec<Fault> {
        let mut faults = Vec::new();
        match data {
            Data::Frame(frame) => self.frame(frame, &mut faults),
            Data::Array(array) if self.tabular() => self.tensor(None, array, &mut faults),
            Data::Array(array) => {
                let found = array_change(self.rows, array, self.reading);
                self.gather(found, "", &mut faults);
            }
            Data::Dict(items) => {
                for (key, value) in items {
                    self.named(key, value, &mut faults);
                }
            }
            Data::List(items) => {
                for (row, item) in items.iter().enumerate() {
                    let sent = item_of(self.rows, row);
                    self.compare(sent, item, Dtype::Object, "", &mut faults);
                }
            }
            Data::Scalar(value) => {
                self.compare(Some(self.rows), value, Dtype::Object, "", &mut faults);
            }
        }
        let twice = self.body.twice.as_ref();
        faults.extend(twice.map(|twice| doubled_key(&twice.steps, Kind::DuplicateKey)));
        self.extra_inputs(&mut faults);
        self.params(params, &mut faults);
        faults
    }

    fn compare(
        &self,
        sent: Option<&Py<'a>>,
        got: &Py<'a>,
        dtype: Dtype,
        column: &str,
        faults: &mut Vec<Fault>,
    ) {
        let found = self.change(sent.unwrap_or(&Py::None), got, dtype, column, faults);
        self.gather(found.fault(), column, faults);
    }

    fn gather(&self, found: Option<Fault>, column: &str, faults: &mut Vec<Fault>) {
        if let Some(mut fault) = found {
            fault.column = column.to_string();
            gather(faults, fault.at(self.origin.data()));
        }
    }

    /// How a cell of a column changed. What happened to the column before is
    /// only counted.
    pub(crate) fn change(
        &self,
        sent: &Py<'a>,
        got: &Py<'a>,
        dtype: Dtype,
        column: &str,
        faults: &mut [Fault],
    ) -> Found {
        if same(sent, got) || self.body.field == Field::Predictions && written_so(sent, got) {
            return Found::Same;
        }
        if sent.is_single() && got.is_single() {
            let Some(kind) = changed(sent, got, dtype, self.reading.today) else {
                return Found::Same;
            };
            if let Some(known) = known(faults, kind, column) {
                known.occurrences += 1;
                return Found::Counted;
            }
        }
        change(sent, got, dtype, self.reading).map_or(Found::Same, Found::New)
    }

    fn frame(&self, frame: &Frame<'a>, faults: &mut Vec<Fault>) {
        for (at, column) in frame.columns.iter().enumerate() {
            let name = str_of(&column.name).lossy().into_owned();
            let declared = self.declared(&name, at);
            let place = self.place(&column.name, at);
            for (row, got) in column.cells.iter().enumerate() {
                let sent = self.cell(&column.name, place, row);
                let sent = sent.unwrap_or(&Py::None);
                let found = match self.change(sent, got, column.dtype, &name, faults) {
                    Found::Same => unchecked(got, declared, self.reading.part),
                    found => found.fault(),
                };
                let Some(mut fault) = found else { continue };
                fault.message = format!("column `{name}`: {}", fault.message);
                fault.column.clone_from(&name);
                gather(faults, fault.at(self.origin.cell(&column.name, place, Some(row))));
            }
        }
    }

    fn declared(&self, name: &str, place: usize) -> Option<&Type> {
        match self.schema? {
            Schema::Columns { named: true, columns } => {
                columns.iter().rfind(|column| column.name == name).map(|column| &column.kind)
            }
            Schema::Columns { columns, .. } => columns.get(place).map(|column| &column.kind),
            Schema::Tensors { .. } => None,
        }
    }

    /// A named array, in whatever layout it came.
    fn named(&self, key: &Text<'a>, got: &Py<'a>, faults: &mut Vec<Fault>) {
        let name = Py::Str(key.clone());
        if let (Py::Array(array), true) = (got, self.tabular()) {
            return self.tensor(Some(&name), array, faults);
        }
        let place = self.place(&name, 0);
        let column = key.lossy();
        let by_row = matches!(self.origin.layout, Layout::Records | Layout::Rows);
        let nested;
        let (dtype, rows) = match got {
            Py::Array(array) if by_row && array.shape.len() == 1 => (array.dtype, &array.cells),
            Py::List(rows) if by_row => (Dtype::Object, rows),
            Py::Array(array) if by_row && !array.shape.is_empty() => {
                nested = array.rows().into_iter().map(Array::boxed).collect();
                (array.dtype, &nested)
            }
            got => {
                let sent = match self.rows {
                    items @ Py::Dict(_) => items.get(key.bytes()),
                    other => Some(other),
                };
                return self.compare(sent, got, Dtype::Object, &column, faults);
            }
        };
        for (row, got) in rows.iter().enumerate() {
            let sent = self.cell(&name, place, row);
            self.compare(sent, got, dtype, &column, faults);
        }
    }

    /// Where a column stood in the payload's rows.
    pub(crate) fn place(&self, name: &Py<'_>, at: usize) -> usize {
        let number = match name {
            Py::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        match self.body.names() {
            Some(names) => names.iter().position(|known| known == name).unwrap_or(at),
            None => number.unwrap_or(at),
        }
    }

    /// What was sent for a cell.
    pub(crate) fn cell(&self, name: &Py<'_>, place: usize, row: usize) -> Option<&Py<'a>> {
        let key = match name {
            Py::Str(text) => Some(text),
            _ => None,
        };
        let data = self.rows;
        match self.origin.layout {
            Layout::Records => item_of(data, row)?.get_near(key?, place),
            Layout::Rows => match item_of(data, row)? {
                Py::List(cells) => cells.get(place),
                single => Some(single),
            },
            Layout::Values => item_of(data, row),
            Layout::Columns | Layout::Record => match data.get_near(key?, place)? {
                Py::List(cells) if self.origin.layout == Layout::Columns => cells.get(row),
                // A map is a column by its keys.
                value => Some(value),
            },
            Layout::Typed | Layout::Frame => item_of(item_of(data, place)?, row),
            Layout::Single => Some(data),
        }
    }

    fn extra_inputs(&self, faults: &mut Vec<Fault>) {
        let Some(schema) = self.schema else {
            return;
        };
        if !schema.named() {
            return;
        }
        let part = self.reading.part;
        let names = schema.names();
        let mut extras = Extras {
            names: &names,
            known: names.iter().copied().collect(),
            found: BTreeMap::new(),
        };
        match (self.body.names(), self.origin.layout, self.rows) {
            (Some(names), ..) => {
                for (place, name) in names.iter().enumerate() {
                    if let Py::Str(text) = name {
                        extras.see(text, place, 0);
                    }
                }
            }
            (None, Layout::Records, Py::List(records)) => {
                for (row, record) in records.iter().enumerate() {
                    extras.see_all(record, row);
                }
            }
            (None, Layout::Records | Layout::Columns | Layout::Record, record) => {
                extras.see_all(record, 0);
            }
            _ => {}
        }
        let mut found: Vec<_> = extras.found.into_iter().collect();
        found.sort_by_key(|(_, extra)| (extra.row, extra.place));
        for (key, extra) in found {
            let hint = near(&key.lossy(), names.iter().copied());
            let message = format!(
                "{} `{}` is not in the signature and is dropped{hint}",
                words::one(part),
                key.lossy()
            );
            let place = self.place(&Py::Str(key.clone()), 0);
            let mut fault = Fault::new(words::extra(part), message);
            fault.column = key.lossy().into_owned();
            fault.occurrences = extra.rows;
            let name = Py::Str(key.clone());
            faults.push(fault.at(self.origin.cell(&name, place, Some(extra.row))));
        }
        for key in &self.body.ignored {
            let message =
                format!("the {}'s field `{}` is ignored", words::payload(part), key.lossy());
            let pointer = format!("/{}", escaped(&key.lossy()));
            faults.push(Fault::new(Kind::IgnoredField, message).at(pointer));
        }
    }

    fn params(&self, params: &Params<'a>, faults: &mut Vec<Fault>) {
        let sent = match &self.body.params {
            Py::Dict(items) => items.as_slice(),
            _ => &[],
        };
        for (key, value) in sent {
            let name = key.lossy();
            let pointer = format!("{}/{}", self.origin.params(), escaped(&name));
            let got =
                params.iter().flatten().find_map(|(known, got)| (known == key).then_some(got));
            let Some(got) = got else {
                let hint = near(&name, self.params.iter().map(|spec| spec.name.as_str()));
                let message =
                    format!("parameter `{name}` is not in the signature and is dropped{hint}");
                faults.push(Fault::new(Kind::ExtraParam, message).at(pointer));
                continue;
            };
            if let Some(mut fault) = change(value, got, Dtype::Object, self.reading) {
                fault.message = format!("parameter `{name}`: {}", fault.message);
                fault.column = name.into_owned();
                faults.push(fault.at(pointer));
            }
        }
    }
}

pub(crate) fn item_of<'p, 'a>(data: &'p Py<'a>, at: usize) -> Option<&'p Py<'a>> {
    match data {
        Py::List(items) => items.get(at),
        single => (at == 0).then_some(single),
    }
}

/// The inputs of a payload that the signature does not name.
struct Extras<'p, 'a> {
    names: &'p [&'p str],
    known: BTreeSet<&'p str>,
    found: BTreeMap<&'p Text<'a>, Extra>,
}

/// Where one was first, and in how many rows it is.
struct Extra {
    row: usize,
    place: usize,
    rows: u32,
}

impl<'p, 'a> Extras<'p, 'a> {
    fn see_all(&mut self, record: &'p Py<'a>, row: usize) {
        if let Py::Dict(items) = record {
            for (place, (key, _)) in items.iter().enumerate() {
                self.see(key, place, row);
            }
        }
    }

    fn see(&mut self, key: &'p Text<'a>, place: usize, row: usize) {
        // Most payloads have their keys in the signature's order.
        let expected = self.names.get(place).is_some_and(|name| key.is(name));
        if !expected && !key.as_str().is_some_and(|key| self.known.contains(key)) {
            let extra = self.found.entry(key).or_insert(Extra { row, place, rows: 0 });
            extra.rows += 1;
        }
    }
}

/// A value that MLflow lets through though it is not of the declared type.
fn unchecked(got: &Py<'_>, declared: Option<&Type>, part: Part) -> Option<Fault> {
    let fits = match (declared?, got) {
        (_, Py::None) => true,
        (Type::Data(DataType::String), got) => matches!(got, Py::Str(_)) || got.is_null(),
        (Type::Data(DataType::Binary), got) => matches!(got, Py::Bytes(_)),
        (Type::Data(DataType::Boolean), got) => matches!(got, Py::Bool(_)),
        _ => true,
    };
    if fits {
        return None;
    }
    let name = declared?.name();
    let message = words::stays(part, got.kind(), name);
    Some(Fault::new(Kind::UncheckedType, message).wanted(name, got))
}
