//! Frames: how pandas builds one from Python objects.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Array, Column, Dtype, Py, Taking, infer};
use crate::json::Text;

/// The labels of the rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Index<'a> {
    /// 0, 1, 2 and so on.
    Range(usize),
    /// Given ones.
    Labels(Vec<Py<'a>>),
}

impl<'a> Index<'a> {
    /// `pandas.Index(list)`: labels have one type, as the cells of a column
    /// do, and what is missing is NaN.
    #[must_use]
    pub fn of(labels: Vec<Py<'a>>) -> Self {
        Self::Labels(typed(labels))
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Range(rows) => *rows,
            Self::Labels(labels) => labels.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Labels of one type.
#[must_use]
pub fn typed(labels: Vec<Py<'_>>) -> Vec<Py<'_>> {
    let column = infer(Py::None, labels);
    let mut labels = column.cells;
    if column.dtype == Dtype::Text {
        missing_as_nan(&mut labels);
    }
    labels
}

/// What is null becomes NaN.
pub fn missing_as_nan(labels: &mut [Py<'_>]) {
    for label in labels {
        if *label == Py::None {
            *label = Py::Float(f64::NAN);
        }
    }
}

/// A `pandas.DataFrame`.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<'a> {
    /// The rows' labels.
    pub index: Index<'a>,
    /// The columns, in order.
    pub columns: Vec<Column<'a>>,
}

/// pandas cannot build the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unframed(pub &'static str);

impl<'a> Frame<'a> {
    /// No columns, so many rows.
    #[must_use]
    pub fn empty(rows: usize) -> Self {
        Self { index: Index::Range(rows), columns: Vec::new() }
    }

    /// The first column of this name.
    #[must_use]
    pub fn column(&self, name: &Py<'_>) -> Option<&Column<'a>> {
        self.columns.iter().find(|column| column.name == *name)
    }

    /// The names that more than one column has.
    #[must_use]
    pub fn twice(&self) -> Vec<Py<'a>> {
        let mut names: Vec<&Py<'a>> = self.columns.iter().map(|column| &column.name).collect();
        let text = |name: &Py<'a>| match name {
            Py::Str(text) => Some(text.clone()),
            _ => None,
        };
        names.sort_by_key(|name| text(name));
        let twice = names.windows(2).filter_map(|pair| match pair {
            [a, b] if a == b => Some((*a).clone()),
            _ => None,
        });
        twice.collect()
    }

    /// pandas keeps text as UTF-8, labels too: one without it is refused.
    ///
    /// # Errors
    /// When a column of text, or labels that are all text, hold a surrogate.
    pub fn encoded(self) -> Result<Self, Unframed> {
        let lone = |cell: &Py<'_>| matches!(cell, Py::Str(text) if text.has_surrogate());
        let text = |label: &Py<'_>| matches!(label, Py::Str(_)) || label.is_null();
        let column =
            |column: &Column<'_>| column.dtype == Dtype::Text && column.cells.iter().any(lone);
        let names = || self.columns.iter().map(|column| &column.name);
        let labels = match &self.index {
            Index::Labels(labels) => labels.iter().all(text) && labels.iter().any(lone),
            Index::Range(_) => false,
        };
        if labels || self.columns.iter().any(column) || names().all(text) && names().any(lone) {
            return Err(Unframed("text must not hold lone surrogates"));
        }
        Ok(self)
    }

    /// `DataFrame(list)`. With [`Taking::Moved`] the rows are left without
    /// values.
    ///
    /// # Errors
    /// When the first row is a list or an object and another row is not.
    pub fn from_list(rows: &mut [Py<'a>], taking: Taking) -> Result<Self, Unframed> {
        let count = rows.len();
        match rows.first() {
            None => Ok(Self::empty(0)),
            Some(Py::Dict(_)) => Self::from_records(rows, taking),
            Some(Py::List(_)) => Self::from_lists(rows, taking),
            Some(Py::Array(array)) if array.shape.len() == 1 => Self::from_lists(rows, taking),
            Some(_) => {
                let cells = rows.iter_mut().map(|row| taking.take(row)).collect();
                Self { index: Index::Range(count), columns: alloc::vec![infer(Py::Int(0), cells)] }
                    .encoded()
            }
        }
    }

    /// Rows of objects: the columns are all keys, in the order in which they
    /// first occur; a row without one has NaN there.
    fn from_records(rows: &mut [Py<'a>], taking: Taking) -> Result<Self, Unframed> {
        let count = rows.len();
        let mut columns: Vec<(Text<'a>, Vec<Py<'a>>)> = Vec::new();
        let mut places: BTreeMap<Text<'a>, usize> = BTreeMap::new();
        for (row, record) in rows.iter_mut().enumerate() {
            let record = match record {
                Py::Dict(record) => record.as_mut_slice(),
                // `dict([])`, `dict("")`.
                Py::List(items) if items.is_empty() => &mut [],
                Py::Str(text) if text.bytes().is_empty() => &mut [],
                _ => return Err(Unframed("every record must be an object, as the first one is")),
            };
            for (place, (key, value)) in record.iter_mut().enumerate() {
                let value = taking.take(value);
                // Records mostly have their keys in the same order.
                let guess = columns.get(place).is_some_and(|(name, _)| name == key);
                let at = if guess { Some(place) } else { places.get(key).copied() };
                match at.and_then(|at| columns.get_mut(at)) {
                    Some((_, cells)) => cells.push(value),
                    None => {
                        let mut cells = alloc::vec![Py::Float(f64::NAN); row];
                        cells.push(value);
                        places.insert(key.clone(), columns.len());
                        columns.push((key.clone(), cells));
                    }
                }
            }
            for (_, cells) in &mut columns {
                if cells.len() <= row {
                    cells.push(Py::Float(f64::NAN));
                }
            }
        }
        Self {
            index: Index::Range(count),
            columns: columns.into_iter().map(|(name, cells)| infer(Py::Str(name), cells)).collect(),
        }
        .encoded()
    }

    /// Rows of lists: short ones end in `None`.
    fn from_lists(rows: &mut [Py<'a>], taking: Taking) -> Result<Self, Unframed> {
        let count = rows.len();
        let mut columns: Vec<Vec<Py<'a>>> = Vec::new();
        for (row, cells) in rows.iter_mut().enumerate() {
            let mut made;
            let cells = match cells {
                Py::List(cells) => cells,
                Py::Array(array) if array.shape.len() == 1 => &mut array.cells,
                Py::Dict(items) => {
                    made = items.iter().map(|(key, _)| Py::Str(key.clone())).collect();
                    &mut made
                }
                Py::Str(text) => {
                    made = characters(text);
                    &mut made
                }
                _ => return Err(Unframed("every row must be a list, as the first one is")),
            };
            for (place, cell) in cells.iter_mut().enumerate() {
                let cell = taking.take(cell);
                match columns.get_mut(place) {
                    Some(column) => column.push(cell),
                    None => {
                        let mut column = alloc::vec![Py::None; row];
                        column.push(cell);
                        columns.push(column);
                    }
                }
            }
            for column in &mut columns {
                if column.len() <= row {
                    column.push(Py::None);
                }
            }
        }
        Self {
            index: Index::Range(count),
            columns: columns
                .into_iter()
                .enumerate()
                .map(|(place, cells)| infer(Py::Int(place as i64), cells))
                .collect(),
        }
        .encoded()
    }

    /// `DataFrame(array)`.
    ///
    /// # Errors
    /// When the array has neither one nor two dimensions.
    pub fn from_array(array: Array<'a>) -> Result<Self, Unframed> {
        match array.shape.as_slice() {
            [rows] => Self {
                index: Index::Range(*rows),
                columns: alloc::vec![Column::of_array(Py::Int(0), array.dtype, array.cells)],
            }
            .encoded(),
            [rows, width] => {
                let columns = (0..*width)
                    .map(|place| {
                        let cells = array.cells.iter().skip(place).step_by((*width).max(1));
                        let cells = cells.cloned().collect();
                        Column::of_array(Py::Int(place as i64), array.dtype, cells)
                    })
                    .collect();
                Self { index: Index::Range(*rows), columns }.encoded()
            }
            _ => Err(Unframed("the data must have one or two dimensions")),
        }
    }

    /// `DataFrame(dict)`.
    ///
    /// # Errors
    /// When all values are scalars, when lists differ in length, or when
    /// objects are mixed with lists.
    pub fn from_dict(
        items: Vec<(Text<'a>, Py<'a>)>,
        index: Option<Vec<Py<'a>>>,
    ) -> Result<Self, Unframed> {
        let mut length = index.as_ref().map(Vec::len);
        let mut labels: Vec<Py<'a>> = Vec::new();
        let mut known: BTreeSet<Text<'a>> = BTreeSet::new();
        let mut lists = false;
        let mut objects = false;
        for (_, value) in &items {
            match value {
                Py::Dict(entries) => {
                    objects = true;
                    for (key, _) in entries {
                        if known.insert(key.clone()) {
                            labels.push(Py::Str(key.clone()));
                        }
                    }
                }
                Py::List(_) | Py::Array(_) if !is_single(value) => {
                    lists = true;
                    let count = match value {
                        Py::List(cells) => cells.len(),
                        Py::Array(array) if array.shape.len() == 1 => array.cells.len(),
                        _ => return Err(Unframed("each column must have one dimension")),
                    };
                    if length.is_some_and(|length| length != count) {
                        return Err(Unframed("all columns must have the same number of rows"));
                    }
                    length = Some(count);
                }
                Py::Array(array) if matches!(array.cells.as_slice(), [Py::Dict(items)] if items.is_empty()) =>
                {
                    return Err(Unframed("an empty object is no column"));
                }
                _ => {}
            }
        }
        if lists && objects {
            return Err(Unframed("columns of lists and columns of objects cannot be mixed"));
        }
        let index = match index {
            Some(labels) => Index::of(labels),
            None if objects => Index::Labels(labels),
            None if lists => Index::Range(length.unwrap_or(0)),
            None if items.is_empty() => Index::Range(0),
            None => return Err(Unframed("with single values only, the number of rows is unknown")),
        };
        let rows = index.len();
        let columns = items
            .into_iter()
            .map(|(name, value)| {
                let name = Py::Str(name);
                match value {
                    Py::Dict(entries) => aligned(name, &entries, &index),
                    Py::List(cells) => {
                        let mut column = infer(name, cells);
                        if column.cells.is_empty() {
                            column.dtype = Dtype::Float(64);
                        }
                        column
                    }
                    Py::Array(array) if array.shape.len() == 1 => {
                        let bytes = array.dtype == Dtype::Bytes;
                        let mut column = Column::of_array(name, array.dtype, array.cells);
                        if bytes {
                            column.dtype = Dtype::Object;
                        }
                        column
                    }
                    Py::Array(array) => {
                        let cell = array.cells.into_iter().next().unwrap_or(Py::None);
                        Column::of_array(name, array.dtype, alloc::vec![cell; rows])
                    }
                    scalar => {
                        let mut column = infer(name, alloc::vec![scalar]);
                        column.cells = match column.cells.pop() {
                            Some(cell) => alloc::vec![cell; rows],
                            None => Vec::new(),
                        };
                        column
                    }
                }
            })
            .collect();
        Self { index, columns }.encoded()
    }
}

/// An array that holds one value and has no dimension.
fn is_single(value: &Py<'_>) -> bool {
    matches!(value, Py::Array(array) if array.shape.is_empty())
}

/// An object as a column: its values by the rows' labels.
fn aligned<'a>(name: Py<'a>, entries: &[(Text<'a>, Py<'a>)], index: &Index<'a>) -> Column<'a> {
    let labels = match index {
        Index::Labels(labels) => labels.as_slice(),
        Index::Range(_) => &[],
    };
    let entries: BTreeMap<&Text<'a>, &Py<'a>> =
        entries.iter().map(|(key, value)| (key, value)).collect();
    let cell = |label: &Py<'a>| {
        let value = match label {
            Py::Str(text) => entries.get(text).copied().cloned(),
            _ => None,
        };
        value.unwrap_or(Py::Float(f64::NAN))
    };
    let cells: Vec<Py<'a>> = labels.iter().map(cell).collect();
    let mut column = infer(name, cells);
    if column.cells.is_empty() {
        column.dtype = Dtype::Float(64);
    }
    column
}

fn characters<'a>(text: &Text<'a>) -> Vec<Py<'a>> {
    text.code_points()
        .map(|point| {
            let mut bytes = Vec::new();
            crate::json::push_code_point(&mut bytes, point);
            Py::Str(Text(bytes.into()))
        })
        .collect()
}
