//! What is decided on every combination, and drawn cases that are held against
//! it.

use std::collections::BTreeSet;

use tollgate::judge::JudgeError;
use tollgate_engine::types::{Kind, Value};

use super::ask::{Answer, Asker, Draw};
use super::cover::Grid;
use super::{Axis, with};

/// So many drawn cases the table is held against.
pub(super) const HELD: usize = 4000;
/// So many cases of each combination are drawn where conditions compute.
const WITHIN: usize = 48;
/// So many cases are drawn at most for one text that is compared.
const SWEPT: usize = 20_000;

/// Decides every combination of classes.
pub(super) fn filled(asker: &mut Asker, axes: &[Axis]) -> Result<Grid, JudgeError> {
    let mut grid = Grid::new(axes.iter().map(|axis| axis.classes.len().max(1)).collect());
    for cell in 0..grid.len() {
        let case: Vec<Value> = axes
            .iter()
            .zip(grid.classes(cell))
            .map(|(axis, class)| {
                let part = axis.classes.get(class).and_then(|class| class.first());
                let values = part.and_then(|part| axis.parts.get(*part)).map(|part| &part.values);
                values.and_then(|values| values.first()).cloned().unwrap_or(Value::Null)
            })
            .collect();
        let answer = asker.ask(&case)?;
        grid.fill(answer);
    }
    Ok(grid)
}

/// Drawn cases that come out otherwise than the table says.
pub(super) fn refuting(
    asker: &mut Asker,
    axes: &[Axis],
    grid: &Grid,
    held: &[usize],
    draw: &mut Draw,
) -> Result<Vec<Vec<Value>>, JudgeError> {
    let mut refuting = Vec::new();
    for (case, parts) in placed(axes, held, draw) {
        let answer = asker.ask(&case)?;
        let is_told = |told: &Answer| {
            (told.action == answer.action || told.others.contains(&answer.action))
                && told.reasons.iter().all(|reason| answer.reasons.contains(reason))
        };
        if !grid.answer(&classes_of(axes, &parts)).is_some_and(is_told) {
            refuting.push(case);
        }
    }
    Ok(refuting)
}

/// Cases to hold a table against, and the part of each of their values.
fn placed(axes: &[Axis], held: &[usize], draw: &mut Draw) -> Vec<(Vec<Value>, Vec<usize>)> {
    (0..HELD).map(|_| draw.placed(axes, held)).collect()
}

fn classes_of(axes: &[Axis], parts: &[usize]) -> Vec<usize> {
    axes.iter().zip(parts).map(|(axis, part)| axis.class_of(*part)).collect()
}

/// Asks more cases of every combination: where they come out otherwise, it hangs
/// on something that is no value of one input.
pub(super) fn doubt(
    asker: &mut Asker,
    axes: &[Axis],
    grid: &mut Grid,
    held: &[usize],
    compared: &BTreeSet<String>,
    draw: &mut Draw,
) -> Result<(), JudgeError> {
    sweep(asker, axes, grid, compared, draw)?;
    let mut cases = Vec::with_capacity(grid.len() * WITHIN + HELD);
    for cell in 0..grid.len() {
        cases.extend((0..WITHIN).map(|_| (draw.within(axes, grid.classes(cell)), cell)));
    }
    for (case, parts) in placed(axes, held, draw) {
        let cell = grid.cell(&classes_of(axes, &parts));
        cases.push((case, cell));
    }
    for (case, cell) in cases {
        let answer = asker.ask(&case)?;
        if let Some(told) = grid.answer_mut(cell) {
            told.take(&answer);
        }
    }
    Ok(())
}

/// Asks every part of the texts that are compared with another input: chance
/// comes by few of so many.
fn sweep(
    asker: &mut Asker,
    axes: &[Axis],
    grid: &mut Grid,
    compared: &BTreeSet<String>,
    draw: &mut Draw,
) -> Result<(), JudgeError> {
    for (at, axis) in axes.iter().enumerate() {
        if axis.kind != Kind::Text || !compared.contains(&axis.name) {
            continue;
        }
        let values = axis.valid.iter().filter_map(|part| axis.parts.get(*part)?.values.first());
        for value in values {
            for cell in 0..grid.len() {
                for _ in 0..WITHIN.min(SWEPT / grid.len().max(1)) {
                    let case = with(&draw.within(axes, grid.classes(cell)), at, value);
                    let answer = asker.ask(&case)?;
                    if let Some(told) = grid.answer_mut(cell) {
                        told.take(&answer);
                    }
                }
            }
        }
    }
    Ok(())
}
