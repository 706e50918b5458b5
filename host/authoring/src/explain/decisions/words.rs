//! Parts of inputs in words.

use tollgate_engine::types::Value;

use super::shown::shown;
use super::texts::listed;
use super::{Axis, Without};
use crate::explain::part::{Extent, Part};

/// What is asked of an input that is in these classes; none for all of them.
pub(super) fn condition(axis: &Axis, mask: u64) -> Option<String> {
    let is_in = |class: usize| mask >> class & 1 == 1;
    if (0..axis.classes.len()).all(is_in) {
        return None;
    }
    let taken = axis.classes.iter().enumerate().filter(|(class, _)| is_in(*class));
    let parts: Vec<usize> = taken.flat_map(|(_, class)| class.iter().copied()).collect();
    Some(extent_of(axis, &parts))
}

/// Parts of an input: a range of numbers, or a list of values. What is at the
/// end of all that can be is no end.
pub(super) fn extent_of(axis: &Axis, parts: &[usize]) -> String {
    if !axis.is_ordered() {
        return listed(axis, parts);
    }
    let is_null = |part: &&usize| {
        axis.parts.get(**part).is_some_and(|part| part.extent == Extent::Value(Value::Null))
    };
    let nothing = parts.iter().any(|part| is_null(&part));
    let is_number = |part: &&usize| !is_null(part);
    let numbers: Vec<usize> = parts.iter().filter(is_number).copied().collect();
    let valid: Vec<usize> = axis.valid.iter().filter(is_number).copied().collect();
    let edge = |part: Option<&usize>| axis.parts.get(*part?).map(|part| &part.extent);
    let least = edge(numbers.first().filter(|part| valid.first() != Some(part)));
    let most = edge(numbers.last().filter(|part| valid.last() != Some(part)));
    let range = match numbers.is_empty() {
        true => String::new(),
        false => ends(least, most),
    };
    match (nothing, range.is_empty()) {
        (true, true) => "missing".to_owned(),
        (true, false) => format!("{range} or missing"),
        (false, _) => range,
    }
}

/// `>= 0.4, < 0.7`.
fn ends(least: Option<&Extent>, most: Option<&Extent>) -> String {
    if let (Some(Extent::At(least)), Some(Extent::At(most))) = (least, most)
        && least == most
    {
        return format!("= {least}");
    }
    let least = match least {
        Some(Extent::At(number)) => Some(format!(">= {number}")),
        Some(Extent::Between(Some(number), _)) => Some(format!("> {number}")),
        _ => None,
    };
    let most = match most {
        Some(Extent::At(number)) => Some(format!("<= {number}")),
        Some(Extent::Between(_, Some(number))) => Some(format!("< {number}")),
        _ => None,
    };
    match (least, most) {
        (Some(least), Some(most)) => format!("{least}, {most}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "any number".to_owned(),
    }
}

/// Parts without a decision: numbers beside each other are one range, texts
/// are told by one of them, as nobody can list what they are not.
pub(super) fn refused(name: &str, parts: &[Part], refused: &[(usize, String)]) -> Vec<Without> {
    let mut told: Vec<Without> = Vec::new();
    let mut at = 0;
    while let Some((first, why)) = refused.get(at) {
        let mut last = *first;
        while let Some((next, other)) = refused.get(at + 1)
            && *next == last + 1
            && other == why
        {
            last = *next;
            at += 1;
        }
        at += 1;
        let extent = |part: usize| parts.get(part).map(|part| &part.extent);
        let is = match (extent(*first), extent(last)) {
            (Some(Extent::Value(value)), _) => format!("such as {}", shown(value)),
            (Some(Extent::Like(_) | Extent::Other(_)), _) => {
                let part = parts.get(*first).and_then(|part| part.values.first());
                match part.map(shown) {
                    Some(text) if text.trim().is_empty() => "blank".to_owned(),
                    text => format!("such as {}", text.unwrap_or_default()),
                }
            }
            (least, most) => ends(least, most),
        };
        if told.iter().all(|known| known.why != *why || !known.is.starts_with("such as")) {
            told.push(Without { input: name.to_owned(), is, why: why.clone() });
        }
    }
    told
}
