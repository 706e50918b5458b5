//! What MLflow would change without a word: the data that the model gets,
//! compared with the data that was sent.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use crate::body::{Body, Field, Layout, Origin};
use crate::change::change;
use crate::data::Data;
use crate::fault::{Fault, Kind, gather, near};
use crate::json::Text;
use crate::params::Params;
use crate::py::{Dtype, Frame, Py};
use crate::response::written_so;
use crate::schema::{DataType, ParamSpec, Schema, Type};

/// Compares a body with what became of it.
pub(crate) struct Comparison<'c, 'a> {
    pub(crate) body: &'c Body<'a>,
    pub(crate) origin: Origin,
    pub(crate) schema: Option<&'c Schema>,
    pub(crate) params: &'c [ParamSpec],
    pub(crate) today: Option<i64>,
}

impl<'a> Comparison<'_, 'a> {
    /// The changes, and what was ignored.
    pub(crate) fn faults(&self, data: &Data<'a>, params: &Params<'a>) -> Vec<Fault> {
        let mut faults = Vec::new();
        match data {
            Data::Frame(frame) => self.frame(frame, &mut faults),
            Data::Array(array) if self.tabular() => self.tensor(None, array, &mut faults),
            Data::Array(array) => {
                self.compare(self.whole(), &array.to_list(), array.dtype, "", &mut faults);
            }
            Data::Dict(items) => {
                for (key, value) in items {
                    self.named(key, value, &mut faults);
                }
            }
            Data::List(items) => {
                for (row, item) in items.iter().enumerate() {
                    let sent = item_of(self.body.data_rows(), row);
                    self.compare(sent, item, Dtype::Object, "", &mut faults);
                }
            }
            Data::Scalar(value) => {
                self.compare(self.whole(), value, Dtype::Object, "", &mut faults);
            }
        }
        self.extra_inputs(&mut faults);
        self.params(params, &mut faults);
        faults
    }

    fn whole(&self) -> Option<&Py<'a>> {
        Some(self.body.data_rows())
    }

    fn compare(
        &self,
        sent: Option<&Py<'a>>,
        got: &Py<'a>,
        dtype: Dtype,
        column: &str,
        faults: &mut Vec<Fault>,
    ) {
        let null = Py::None;
        if let Some(mut fault) = self.change(sent.unwrap_or(&null), got, dtype) {
            fault.column = column.to_string();
            gather(faults, fault.at(self.origin.data()));
        }
    }

    /// How a cell changed.
    pub(crate) fn change(&self, sent: &Py<'a>, got: &Py<'a>, dtype: Dtype) -> Option<Fault> {
        if self.body.field == Field::Predictions && written_so(sent, got) {
            return None;
        }
        change(sent, got, dtype, self.today)
    }

    fn frame(&self, frame: &Frame<'a>, faults: &mut Vec<Fault>) {
        let null = Py::None;
        for (at, column) in frame.columns.iter().enumerate() {
            let name = crate::py::str_of(&column.name).lossy().into_owned();
            let declared = self.declared(&name, at);
            let place = self.place(&column.name, at);
            for (row, got) in column.cells.iter().enumerate() {
                let sent = self.cell(&column.name, place, row);
                let found = match self.change(sent.unwrap_or(&null), got, column.dtype) {
                    None => unchecked(got, declared),
                    some => some,
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
        let (dtype, cells) = match got {
            Py::Array(array) => (array.dtype, array.to_list()),
            other => (Dtype::Object, other.clone()),
        };
        match (&cells, self.origin.layout) {
            (Py::List(rows), Layout::Records | Layout::Rows) => {
                for (row, got) in rows.iter().enumerate() {
                    let sent = self.cell(&name, place, row);
                    self.compare(sent, got, dtype, &column, faults);
                }
            }
            _ => {
                let sent = match self.body.data_rows() {
                    items @ Py::Dict(_) => key.as_str().and_then(|key| items.get(key)),
                    other => Some(other),
                };
                self.compare(sent, &cells, dtype, &column, faults);
            }
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
            Py::Str(text) => text.as_str(),
            _ => None,
        };
        let data = self.body.data_rows();
        match self.origin.layout {
            Layout::Records => item_of(data, row)?.get(key?),
            Layout::Rows => match item_of(data, row)? {
                Py::List(cells) => cells.get(place),
                single => Some(single),
            },
            Layout::Values => item_of(data, row),
            Layout::Columns | Layout::Record => match data.get(key?)? {
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
        let names = schema.names();
        let first = item_of(self.body.data_rows(), 0);
        let sent: Vec<&Text<'_>> = match (self.body.names(), self.origin.layout) {
            (Some(names), _) => names
                .iter()
                .filter_map(|name| match name {
                    Py::Str(text) => Some(text),
                    _ => None,
                })
                .collect(),
            (None, Layout::Records) => keys_of(first),
            (None, Layout::Columns | Layout::Record) => keys_of(self.whole()),
            _ => Vec::new(),
        };
        for key in sent {
            if names.iter().any(|name| key.is(name)) {
                continue;
            }
            let hint = near(&key.lossy(), names.iter().copied());
            let message =
                format!("input `{}` is not in the signature and is dropped{hint}", key.lossy());
            let place = self.place(&Py::Str(key.clone()), 0);
            let mut fault = Fault::new(Kind::ExtraInput, message);
            fault.column = key.lossy().into_owned();
            faults.push(fault.at(self.origin.cell(&Py::Str(key.clone()), place, Some(0))));
        }
        for key in &self.body.ignored {
            let message = format!("the body's field `{}` is ignored", key.lossy());
            let pointer = format!("/{}", crate::fault::escaped(&key.lossy()));
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
            let pointer = format!("{}/{}", self.origin.params(), crate::fault::escaped(&name));
            let got =
                params.iter().flatten().find_map(|(known, got)| (known == key).then_some(got));
            let Some(got) = got else {
                let hint = near(&name, self.params.iter().map(|spec| spec.name.as_str()));
                let message =
                    format!("parameter `{name}` is not in the signature and is dropped{hint}");
                faults.push(Fault::new(Kind::ExtraParam, message).at(pointer));
                continue;
            };
            if let Some(mut fault) = change(value, got, Dtype::Object, self.today) {
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

fn keys_of<'p, 'a>(record: Option<&'p Py<'a>>) -> Vec<&'p Text<'a>> {
    match record {
        Some(Py::Dict(items)) => items.iter().map(|(key, _)| key).collect(),
        _ => Vec::new(),
    }
}

/// A value that MLflow lets through though it is not of the declared type.
fn unchecked<'a>(got: &Py<'a>, declared: Option<&Type>) -> Option<Fault> {
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
    let message = format!("MLflow hands {} on where `{name}` is declared", got.kind());
    Some(Fault::new(Kind::UncheckedType, message).wanted(name, got))
}
