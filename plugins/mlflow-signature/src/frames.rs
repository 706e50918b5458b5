//! Data frames from `dataframe_split` and `dataframe_records`, as pandas
//! builds them.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::py::{
    Column, Dtype, Frame, Index, Py, Taking, Unframed, infer, missing_as_nan, typed,
};

use crate::body::Origin;

fn unframed(error: Unframed, pointer: &str) -> Fault {
    Fault::new(Kind::FrameBuild, error.0).at(pointer.to_string())
}

pub(crate) fn records<'a>(
    data: &mut Py<'a>,
    taking: Taking,
    origin: Origin,
) -> Result<Frame<'a>, Fault> {
    let at = origin.data();
    match data {
        Py::List(rows) => Frame::from_list(rows, taking).map_err(|error| unframed(error, &at)),
        other => Err(Fault::new(Kind::FrameBuild, "`dataframe_records` must be a list of objects")
            .wanted("a list", other)
            .at(at)),
    }
}

pub(crate) fn split<'a>(data: &mut Py<'a>, taking: Taking) -> Result<Frame<'a>, Fault> {
    let at = "/dataframe_split";
    let Py::Dict(items) = data else {
        return Err(Fault::new(Kind::FrameBuild, "`dataframe_split` must be an object")
            .wanted("an object", data)
            .at(at.to_string()));
    };
    let (mut rows, mut columns, mut index) = (None, Py::None, Py::None);
    for (key, value) in items {
        match key.bytes() {
            b"data" => rows = Some(value),
            b"columns" => columns = taking.take(value),
            b"index" => index = taking.take(value),
            _ => {
                return Err(Fault::new(
                    Kind::FrameBuild,
                    format!(
                        "`dataframe_split` has no `{}`: it takes `data`, `columns` and `index`",
                        key.lossy()
                    ),
                )
                .at(at.to_string()));
            }
        }
    }
    let Some(rows) = rows else {
        return Err(
            Fault::new(Kind::FrameBuild, "`dataframe_split` needs `data`").at(at.to_string())
        );
    };
    let wrong_name = match &columns {
        Py::List(names) => compound_name(names),
        _ => None,
    };
    // Of columns of rows pandas does not look at the names.
    let by_name = match &*rows {
        Py::List(rows) => !matches!(rows.first(), Some(row) if !matches!(row, Py::Dict(_))),
        Py::Dict(_) | Py::None => true,
        _ => false,
    };
    let frame = match wrong_name {
        Some(fault) if by_name => return Err(fault.as_kind(Kind::FrameBuild)),
        _ => framed(rows, taking, columns, index)
            .and_then(Frame::encoded)
            .map_err(|error| unframed(error, at))?,
    };
    wrong_name.map_or(Ok(frame), Err)
}

/// Names that are all lists are the levels of a pandas `MultiIndex`, which no
/// signature names; otherwise lists and objects cannot be names.
fn compound_name(names: &[Py<'_>]) -> Option<Fault> {
    let compound = |name: &Py<'_>| matches!(name, Py::List(_) | Py::Dict(_));
    let level = |name: &Py<'_>| matches!(name, Py::List(labels) if !labels.iter().any(compound));
    let place = names.iter().position(compound)?;
    if names.iter().all(level) {
        return None;
    }
    let lists = names.iter().all(|name| matches!(name, Py::List(_)));
    let kind = if lists { Kind::FrameBuild } else { Kind::CastFailed };
    let pointer = format!("/dataframe_split/columns/{place}");
    let fault = Fault::new(kind, "a column's name must be text or a number");
    Some(fault.wanted("text", names.get(place).unwrap_or(&Py::None)).at(pointer))
}

/// `DataFrame(data, index, columns)`.
fn framed<'a>(
    rows: &mut Py<'a>,
    taking: Taking,
    columns: Py<'a>,
    index: Py<'a>,
) -> Result<Frame<'a>, Unframed> {
    let labels = |given: Py<'a>| match given {
        Py::None => Ok(None),
        Py::List(labels) => Ok(Some(labels)),
        Py::Dict(items) => Ok(Some(items.into_iter().map(|(key, _)| Py::Str(key)).collect())),
        _ => Err(Unframed("`columns` and `index` must be lists")),
    };
    let columns = labels(columns)?.map(levels).transpose()?.map(typed);
    let index = labels(index)?.map(levels).transpose()?;
    let flat = matches!(&*rows, Py::List(rows) if rows.first().is_some_and(Py::is_single));
    let mut frame = match rows {
        Py::List(rows) if !rows.is_empty() => {
            let records = matches!(rows.first(), Some(Py::Dict(_)));
            let frame = Frame::from_list(rows, taking)?;
            if records { select(frame, columns)? } else { rename(frame, columns)? }
        }
        Py::List(_) | Py::None => hollow(columns, index.as_ref().map_or(0, Vec::len)),
        Py::Dict(items) => {
            let items = items.iter_mut().map(|(key, value)| (key.clone(), taking.take(value)));
            return of_dict(items.collect(), columns, index);
        }
        scalar => {
            let (Some(columns), Some(index)) = (columns, index) else {
                return Err(Unframed("a single value as `data` needs `columns` and `index`"));
            };
            // Its type is theirs, also where there are no rows.
            let Column { dtype, cells, .. } = infer(Py::None, alloc::vec![scalar.clone()]);
            let cell = cells.into_iter().next().unwrap_or(Py::None);
            let cells = alloc::vec![cell; index.len()];
            let column = |name| Column { name, dtype, cells: cells.clone() };
            return Ok(Frame {
                index: Index::of(index),
                columns: columns.into_iter().map(column).collect(),
            });
        }
    };
    if let Some(labels) = index {
        let rows = frame.index.len();
        if rows == 1 && labels.len() != 1 && !flat {
            // One row is repeated under every label.
            for column in &mut frame.columns {
                let cell = column.cells.first().cloned().unwrap_or(Py::None);
                column.cells = alloc::vec![cell; labels.len()];
            }
        } else if rows != labels.len() && !frame.columns.is_empty() {
            return Err(Unframed("`index` must have as many labels as there are rows"));
        }
        frame.index = Index::of(labels);
    }
    Ok(frame)
}

/// Labels that are all lists are the levels of a pandas `MultiIndex`: each
/// list has one label of every row, and a type of its own.
fn levels(labels: Vec<Py<'_>>) -> Result<Vec<Py<'_>>, Unframed> {
    let level = |label: &Py<'_>| matches!(label, Py::List(_));
    if labels.is_empty() || !labels.iter().all(level) {
        return Ok(labels);
    }
    let labels = labels.into_iter().map(|label| match label {
        Py::List(level) => {
            let mut level = typed(level);
            missing_as_nan(&mut level);
            level
        }
        single => alloc::vec![single],
    });
    let labels: Vec<Vec<Py<'_>>> = labels.collect();
    let Some((first, others)) = labels.split_first() else {
        return Ok(Vec::new());
    };
    if others.iter().any(|level| level.len() != first.len()) {
        return Err(Unframed("the levels of labels must have the same length"));
    }
    let level = |row: usize| {
        let labels = labels.iter().map(|level| level.get(row).cloned().unwrap_or(Py::None));
        Py::List(labels.collect())
    };
    Ok((0..first.len()).map(level).collect())
}

/// Of an object only the named columns are taken.
fn of_dict<'a>(
    items: Vec<(Text<'a>, Py<'a>)>,
    columns: Option<Vec<Py<'a>>>,
    index: Option<Vec<Py<'a>>>,
) -> Result<Frame<'a>, Unframed> {
    let Some(names) = columns else {
        return Frame::from_dict(items, index);
    };
    let named = |(key, _): &(Text<'a>, Py<'a>)| names.contains(&Py::Str(key.clone()));
    let items: Vec<_> = items.into_iter().filter(named).collect();
    if items.is_empty() {
        let mut frame = hollow(Some(names), index.as_ref().map_or(0, Vec::len));
        if let Some(labels) = index {
            frame.index = Index::of(labels);
        }
        return Ok(frame);
    }
    let mut frame = select(Frame::from_dict(items, index)?, Some(names.clone()))?;
    for column in &mut frame.columns {
        // A column that is not there holds objects.
        if column.dtype == Dtype::Float(64) && column.cells.iter().all(Py::is_null) {
            column.dtype = Dtype::Object;
        }
    }
    Ok(frame)
}

/// No data: the columns are there, and hold nothing.
fn hollow<'a>(columns: Option<Vec<Py<'a>>>, rows: usize) -> Frame<'a> {
    let columns = columns.unwrap_or_default().into_iter().map(|name| Column {
        name,
        dtype: Dtype::Object,
        cells: alloc::vec![Py::Float(f64::NAN); rows],
    });
    Frame { index: Index::Range(rows), columns: columns.collect() }
}

/// Names for the columns of rows.
fn rename<'a>(mut frame: Frame<'a>, names: Option<Vec<Py<'a>>>) -> Result<Frame<'a>, Unframed> {
    let Some(names) = names else {
        return Ok(frame);
    };
    if names.len() != frame.columns.len() {
        return Err(Unframed("`columns` must have as many names as the rows have values"));
    }
    for (column, name) in frame.columns.iter_mut().zip(names) {
        column.name = name;
    }
    Ok(frame)
}

/// Only the named columns; those that are not there hold NaN.
fn select<'a>(frame: Frame<'a>, names: Option<Vec<Py<'a>>>) -> Result<Frame<'a>, Unframed> {
    let Some(names) = names else {
        return Ok(frame);
    };
    let rows = frame.index.len();
    let columns = names
        .into_iter()
        .map(|name| match frame.column(&name) {
            Some(column) => column.clone(),
            None => Column {
                name,
                dtype: Dtype::Float(64),
                cells: alloc::vec![Py::Float(f64::NAN); rows],
            },
        })
        .collect();
    Ok(Frame { index: frame.index, columns })
}
