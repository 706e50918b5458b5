//! Few rows for many combinations, in the way of Quine and McCluskey: each row
//! is as wide as it can be with one action, and as few as are found are kept.

use std::collections::BTreeSet;

use super::ask::Answer;

/// Every combination of classes, and what is decided on it.
pub(super) struct Grid {
    sizes: Vec<usize>,
    answers: Vec<Answer>,
}

impl Grid {
    pub(super) fn new(sizes: Vec<usize>) -> Self {
        Self { sizes, answers: Vec::new() }
    }

    /// How many combinations there are.
    pub(super) fn len(&self) -> usize {
        self.sizes.iter().product()
    }

    /// The answer to the next combination.
    pub(super) fn fill(&mut self, answer: Answer) {
        self.answers.push(answer);
    }

    /// The class of each input in a combination.
    pub(super) fn classes(&self, cell: usize) -> impl Iterator<Item = usize> {
        let mut left = cell;
        self.sizes.iter().map(move |size| {
            let class = left % size;
            left /= size;
            class
        })
    }

    pub(super) fn answer(&self, classes: &[usize]) -> Option<&Answer> {
        self.answers.get(self.cell(classes))
    }

    /// The number of a combination.
    pub(super) fn cell(&self, classes: &[usize]) -> usize {
        let places = classes.iter().zip(&self.sizes).rev();
        places.fold(0, |cell, (class, size)| cell * size + class)
    }

    pub(super) fn answer_mut(&mut self, cell: usize) -> Option<&mut Answer> {
        self.answers.get_mut(cell)
    }

    /// What is done in all cases of a combination: what it is, and what else it
    /// may be.
    fn action(&self, cell: usize) -> Option<(Option<u32>, &BTreeSet<Option<u32>>)> {
        self.answers.get(cell).map(|answer| (answer.action, &answer.others))
    }

    fn is_in(&self, cell: usize, masks: &[u64]) -> bool {
        self.classes(cell).zip(masks).all(|(class, mask)| mask >> class & 1 == 1)
    }

    fn cells_in<'a>(&'a self, masks: &'a [u64]) -> impl Iterator<Item = usize> + 'a {
        (0..self.len()).filter(|cell| self.is_in(*cell, masks))
    }
}

/// Combinations with one action: for each input the classes that it takes in.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) masks: Vec<u64>,
    pub(super) action: Option<u32>,
    /// What else it may be.
    pub(super) others: BTreeSet<Option<u32>>,
    /// Reasons that are given in all of them, in the order of the first.
    pub(super) reasons: Vec<u32>,
}

/// Rows that together take in every combination.
pub(super) struct Cover {
    pub(super) boxes: Vec<Taken>,
    /// Whether they do.
    pub(super) is_whole: bool,
}

impl Cover {
    pub(super) fn of(grid: &Grid, ordered: &[bool], most: usize) -> Self {
        let mut is_covered = vec![false; grid.len()];
        let mut boxes: Vec<Vec<u64>> = Vec::new();
        while let Some(cell) = is_covered.iter().position(|covered| !covered) {
            if boxes.len() == most {
                return Self::told(grid, boxes, false);
            }
            let masks = widest(grid, cell, ordered, &is_covered);
            for cell in grid.cells_in(&masks) {
                if let Some(covered) = is_covered.get_mut(cell) {
                    *covered = true;
                }
            }
            boxes.push(masks);
        }
        // What later rows take in altogether need not be said.
        let mut at = 0;
        while at < boxes.len() {
            let others = |cell: usize| {
                let mut others = boxes.iter().enumerate().filter(|(other, _)| *other != at);
                others.any(|(_, masks)| grid.is_in(cell, masks))
            };
            let is_spare = boxes.get(at).is_some_and(|masks| grid.cells_in(masks).all(others));
            match is_spare {
                true => drop(boxes.remove(at)),
                false => at += 1,
            }
        }
        Self::told(grid, boxes, true)
    }

    fn told(grid: &Grid, boxes: Vec<Vec<u64>>, is_whole: bool) -> Self {
        let boxes = boxes.into_iter().map(|masks| {
            let mut cells = grid.cells_in(&masks).filter_map(|cell| grid.answers.get(cell));
            let first = cells.next().cloned().unwrap_or_default();
            let mut reasons = first.reasons;
            cells.for_each(|other| reasons.retain(|reason| other.reasons.contains(reason)));
            Taken { action: first.action, others: first.others, reasons, masks }
        });
        Self { boxes: boxes.collect(), is_whole }
    }
}

/// The box around a combination that takes in most that is not covered. Which
/// input grows first makes a difference, so each is tried.
fn widest(grid: &Grid, cell: usize, ordered: &[bool], is_covered: &[bool]) -> Vec<u64> {
    let single: Vec<u64> = grid.classes(cell).map(|class| 1 << class).collect();
    let mut best = (0, single.clone());
    for first in 0..single.len() {
        let mut masks = single.clone();
        for turn in 0..single.len() {
            grow(grid, &mut masks, (first + turn) % single.len(), ordered, cell);
        }
        let new = grid.cells_in(&masks).filter(|cell| is_covered.get(*cell) == Some(&false));
        let new = new.count();
        if new > best.0 {
            best = (new, masks);
        }
    }
    best.1
}

/// Takes in more classes of one input, as long as the action stays the same.
fn grow(grid: &Grid, masks: &mut [u64], at: usize, ordered: &[bool], cell: usize) {
    let action = grid.action(cell);
    let size = grid.sizes.get(at).copied().unwrap_or(1);
    let own = masks.get(at).copied().unwrap_or_default();
    let all = u64::MAX >> (64 - size.clamp(1, 64));
    let try_with = |mask: u64, masks: &mut [u64]| {
        let before = masks.get(at).copied().unwrap_or_default();
        if let Some(place) = masks.get_mut(at) {
            *place = mask;
        }
        let holds = grid.cells_in(masks).all(|cell| grid.action(cell) == action);
        if !holds && let Some(place) = masks.get_mut(at) {
            *place = before;
        }
        holds
    };
    if try_with(all, masks) {
        return;
    }
    let mut mask = own;
    if ordered.get(at) == Some(&true) {
        loop {
            let up = (mask | mask << 1) & all;
            let down = mask | mask >> 1;
            if up != mask && try_with(up, masks) {
                mask = up;
            } else if down != mask && try_with(down, masks) {
                mask = down;
            } else {
                break;
            }
        }
    } else {
        for class in 0..size {
            let more = mask | 1 << class;
            if more != mask && try_with(more, masks) {
                mask = more;
            }
        }
    }
}
