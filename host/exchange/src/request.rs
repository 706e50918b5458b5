//! The rows of a request.

use tollgate::tree::Node;

use crate::{ExchangeError, Side, bytes};

/// Names and values of one row, the values as they were sent.
pub(crate) type Row<'t> = Vec<(&'t str, &'t str)>;

const FORMS: &str = "give `dataframe_records`, `dataframe_split`, `instances` or `inputs` with \
     named values, and one of them";

fn unknown() -> ExchangeError {
    ExchangeError::Form { side: Side::Request, expected: FORMS }
}

pub(crate) fn rows<'t>(tree: &'t Node, text: &'t str) -> Result<Vec<Row<'t>>, ExchangeError> {
    let forms = ["dataframe_records", "dataframe_split", "instances", "inputs"];
    let mut given = forms.into_iter().filter_map(|form| Some((form, tree.get(form)?)));
    let (Some((form, node)), None) = (given.next(), given.next()) else {
        return Err(unknown());
    };
    match form {
        "dataframe_split" => split(node, text),
        "inputs" if node.entries().is_some() => columns(named(node)?, text),
        "inputs" if is_tensors(node) => columns(tensors(node)?, text),
        _ => records(node, text),
    }
}

fn records<'t>(node: &'t Node, text: &'t str) -> Result<Vec<Row<'t>>, ExchangeError> {
    let record = |record: &'t Node| {
        let entries = record.entries().ok_or_else(unknown)?;
        Ok(entries.iter().map(|it| (it.key.as_str(), bytes(text, &it.value))).collect())
    };
    node.items().ok_or_else(unknown)?.iter().map(record).collect()
}

fn split<'t>(node: &'t Node, text: &'t str) -> Result<Vec<Row<'t>>, ExchangeError> {
    let names = node.get("columns").and_then(Node::items).ok_or_else(unknown)?;
    let names = names.iter().map(|name| name.text().ok_or_else(unknown));
    let names: Vec<&str> = names.collect::<Result<_, _>>()?;
    let data = node.get("data").and_then(Node::items).ok_or_else(unknown)?;
    let row = |(row, values): (usize, &'t Node)| {
        let values = values.items().ok_or_else(unknown)?;
        let (expected, found) = (names.len(), values.len());
        if found != expected {
            return Err(ExchangeError::Ragged { row, found, expected });
        }
        Ok(names.iter().copied().zip(values.iter().map(|value| bytes(text, value))).collect())
    };
    data.iter().enumerate().map(row).collect()
}

type Columns<'t> = Vec<(&'t str, &'t [Node])>;

/// `{"amount": [1, 2], …}`
fn named(node: &Node) -> Result<Columns<'_>, ExchangeError> {
    let column = |entry: &'_ tollgate::tree::Entry| entry.value.items().is_some();
    let entries = node.entries().unwrap_or_default();
    if entries.is_empty() || !entries.iter().all(column) {
        return Err(unknown());
    }
    Ok(entries.iter().filter_map(|it| Some((it.key.as_str(), it.value.items()?))).collect())
}

/// Whether each is an input of the Open Inference Protocol.
fn is_tensors(node: &Node) -> bool {
    let is_tensor = |it: &Node| it.get("name").is_some() && it.get("data").is_some();
    node.items().is_some_and(|items| !items.is_empty() && items.iter().all(is_tensor))
}

fn tensors(node: &Node) -> Result<Columns<'_>, ExchangeError> {
    let column = |tensor: &'_ Node| {
        let data = tensor.get("data").and_then(Node::items)?;
        has_one_value_a_row(tensor, data.len()).then_some(())?;
        Some(data.len())
    };
    let items = node.items().unwrap_or_default();
    if items.iter().any(|tensor| column(tensor).is_none()) {
        return Err(unknown());
    }
    let named = items.iter().map(|tensor| {
        let name = tensor.get("name").and_then(Node::text).ok_or_else(unknown)?;
        Ok((name, tensor.get("data").and_then(Node::items).unwrap_or_default()))
    });
    named.collect()
}

/// `[n]` and `[n, 1]`: more would be several values a row, and which of them a
/// policy means nobody could say.
pub(crate) fn has_one_value_a_row(tensor: &Node, count: usize) -> bool {
    let shape = tensor.get("shape").and_then(Node::items);
    let shape: Option<Vec<i64>> = shape.and_then(|shape| {
        shape
            .iter()
            .map(|it| match &it.content {
                tollgate::tree::Content::Number(number) => number.as_i64(),
                _ => None,
            })
            .collect()
    });
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    shape.is_some_and(|shape| shape == [count] || shape == [count, 1])
}

fn columns<'t>(columns: Columns<'t>, text: &'t str) -> Result<Vec<Row<'t>>, ExchangeError> {
    let rows = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let row = |row: usize| {
        let values: Row<'t> = columns
            .iter()
            .filter_map(|(name, values)| Some((*name, bytes(text, values.get(row)?))))
            .collect();
        let (expected, found) = (columns.len(), values.len());
        if found == expected {
            Ok(values)
        } else {
            Err(ExchangeError::Ragged { row, found, expected })
        }
    };
    (0..rows).map(row).collect()
}
