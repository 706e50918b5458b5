//! Which parts of inputs are told apart, and how many combinations that makes.

use std::collections::BTreeSet;

use tollgate::judge::JudgeError;
use tollgate_engine::types::{Kind, Value};

use super::ask::{Answer, Asker};
use super::words::extent_of;
use super::{Axis, CELLS, CLASSES, with};

/// Tells the parts of every input apart by what they make of drawn cases: the
/// action, and the reasons as well where those are asked for.
pub(super) fn classes(
    asker: &mut Asker,
    axes: &mut [Axis],
    drawn: &[Vec<Value>],
    by_reasons: bool,
    compared: &BTreeSet<String>,
) -> Result<(), JudgeError> {
    for (at, axis) in axes.iter_mut().enumerate() {
        // Of texts that are compared with another input no list is complete.
        if axis.kind == Kind::Text && compared.contains(&axis.name) {
            axis.classes = vec![axis.valid.clone()];
            continue;
        }
        let mut known: Vec<(Vec<Answer>, Vec<usize>)> = Vec::new();
        for part in &axis.valid {
            let value = axis.parts.get(*part).and_then(|part| part.values.first());
            let Some(value) = value else { continue };
            let mut made = Vec::with_capacity(drawn.len());
            for case in drawn {
                let mut answer = asker.ask(&with(case, at, value))?;
                answer.refusal = None;
                if !by_reasons {
                    answer.reasons.clear();
                }
                made.push(answer);
            }
            let is_ordered = matches!(axis.kind, Kind::Number | Kind::Integer);
            let same = match is_ordered {
                true => known.last_mut().filter(|(other, _)| *other == made),
                false => known.iter_mut().find(|(other, _)| *other == made),
            };
            match same {
                Some((_, class)) => class.push(*part),
                None => known.push((made, vec![*part])),
            }
        }
        axis.classes = known.into_iter().map(|(_, class)| class).collect();
    }
    Ok(())
}

/// How many combinations there are.
pub(super) fn size(axes: &[Axis]) -> Option<usize> {
    axes.iter().try_fold(1_usize, |size, axis| size.checked_mul(axis.classes.len()))
}

/// Keeps the table in bounds: inputs are held at one part, from the last on,
/// and that is told. Says which.
pub(super) fn bounded(axes: &mut [Axis], notes: &mut Vec<String>) -> Vec<usize> {
    let mut held = Vec::new();
    while let Some((at, axis)) = axes
        .iter()
        .enumerate()
        .rfind(|(_, axis)| axis.classes.len() > CLASSES)
        .map(|(at, _)| at)
        .or_else(|| {
            let is_in_bounds = size(axes).is_some_and(|size| size <= CELLS);
            let last = axes.iter().rposition(|axis| axis.classes.len() > 1);
            last.filter(|_| !is_in_bounds)
        })
        .and_then(|at| Some((at, axes.get_mut(at)?)))
    {
        axis.classes.truncate(1);
        let kept = axis.classes.first().cloned().unwrap_or_default();
        let is = extent_of(axis, &kept);
        notes.push(format!(
            "the table is cut: it holds for `{}` {is} only, as there would be more than {CELLS} \
             combinations",
            axis.name
        ));
        held.push(at);
    }
    held
}
