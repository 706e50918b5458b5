//! The scores of an answer.

use tollgate::tree::{Content, Node};

use crate::request::has_one_value_a_row;
use crate::{ExchangeError, Side, bytes};

const FORMS: &str = "give `predictions` or `outputs` with one score a row, and name the output \
     where there are several";

fn unknown() -> ExchangeError {
    ExchangeError::Form { side: Side::Answer, expected: FORMS }
}

pub(crate) fn scores<'t>(
    tree: &'t Node,
    text: &'t str,
    output: Option<&str>,
) -> Result<Vec<&'t str>, ExchangeError> {
    let outputs = tree.get("outputs").and_then(Node::items);
    let values = match (tree.get("predictions"), outputs, tree.items()) {
        (Some(predictions), None, None) => predictions.items().ok_or_else(unknown)?,
        (None, None, Some(items)) => items,
        (None, Some(outputs), None) => {
            let tensor = tensor(outputs, output)?;
            let data = tensor.get("data").and_then(Node::items).ok_or_else(unknown)?;
            return match has_one_value_a_row(tensor, data.len()) {
                true => data.iter().map(|value| scalar(value, text)).collect(),
                false => Err(unknown()),
            };
        }
        _ => return Err(unknown()),
    };
    values.iter().map(|value| score(value, text, output)).collect()
}

fn tensor<'t>(outputs: &'t [Node], output: Option<&str>) -> Result<&'t Node, ExchangeError> {
    let is_it = |tensor: &&Node| match output {
        Some(output) => tensor.get("name").and_then(Node::text) == Some(output),
        None => true,
    };
    let mut found = outputs.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(tensor), None) => Ok(tensor),
        _ => Err(unknown()),
    }
}

/// A score alone, in a list of one, or in an object.
fn score<'t>(
    value: &'t Node,
    text: &'t str,
    output: Option<&str>,
) -> Result<&'t str, ExchangeError> {
    let inner = match (&value.content, output) {
        (Content::List(items), _) => match items.as_slice() {
            [item] => Some(item),
            _ => None,
        },
        (Content::Map(_), Some(output)) => value.get(output),
        (Content::Map(entries), None) => match entries.as_slice() {
            [entry] => Some(&entry.value),
            _ => None,
        },
        _ => Some(value),
    };
    scalar(inner.ok_or_else(unknown)?, text)
}

/// Whether it is a number is the policy's to say: it has no decision on others.
fn scalar<'t>(value: &Node, text: &'t str) -> Result<&'t str, ExchangeError> {
    match value.content {
        Content::List(_) | Content::Map(_) => Err(unknown()),
        _ => Ok(bytes(text, value)),
    }
}
