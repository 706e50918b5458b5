//! Conditions that come out the same whatever they are given.
//!
//! A condition that only compares variables with constants changes its value at
//! those constants and nowhere else, so that it is enough to try each constant,
//! the values beside it and the ends of what a variable can be. One that also
//! computes is not folded.

use alloc::vec::Vec;

use super::operation::{Cell, Operation};
use super::program::{Constant, Program, Row};

/// So many combinations are tried at most.
const TRIED: usize = 4096;

/// A text that no rule lists.
const OTHER: &str = "\u{1}";

/// What a variable can be.
#[derive(Debug, Clone, Copy)]
pub enum Domain {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number between these, both included.
    Number(f64, f64),
    /// A text.
    Text,
}

impl Program {
    /// What the condition always comes to; none where that hangs on the values,
    /// is an error for some, or cannot be told. `domain` says what a variable
    /// can be, and whether it can be null.
    #[must_use]
    pub fn always(&self, domain: impl Fn(usize) -> (Domain, bool)) -> Option<bool> {
        let mut variables: Vec<usize> = self.variables().collect();
        variables.sort_unstable();
        variables.dedup();
        let is_plain = self.operations.iter().all(|operation| {
            matches!(
                operation,
                Operation::Variable(_)
                    | Operation::Constant(_)
                    | Operation::Test(..)
                    | Operation::Listed(..)
                    | Operation::Not
                    | Operation::SkipIf(..)
                    | Operation::Logical(_)
                    | Operation::Choose(..)
                    | Operation::Jump(_)
            )
        });
        if !variables.is_empty() && !is_plain {
            return None;
        }
        let tried: Vec<Vec<Cell<'_>>> = variables
            .iter()
            .map(|variable| {
                let (domain, is_optional) = domain(*variable);
                self.values(*variable, domain, is_optional)
            })
            .collect();
        let count = tried.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()));
        let count = count.filter(|count| (1..=TRIED).contains(count))?;
        let mut first = None;
        for case in 0..count {
            let row = Case { variables: &variables, tried: &tried, case };
            let holds = self.holds(&row).ok()?;
            if *first.get_or_insert(holds) != holds {
                return None;
            }
        }
        first
    }

    /// The values of a variable at which the condition can change.
    fn values(&self, variable: usize, domain: Domain, is_optional: bool) -> Vec<Cell<'_>> {
        let mut values = Vec::new();
        if is_optional {
            values.push(Cell::Null);
        }
        match domain {
            Domain::Boolean => values.extend([Cell::Boolean(false), Cell::Boolean(true)]),
            Domain::Integer => values.extend([Cell::Integer(i64::MIN), Cell::Integer(i64::MAX)]),
            Domain::Number(least, most) => {
                values.extend([Cell::Number(least), Cell::Number(most)]);
            }
            Domain::Text => values.push(Cell::Text(OTHER)),
        }
        for constant in self.compared(variable) {
            match (domain, constant) {
                (Domain::Text, Constant::Text(text)) => values.push(Cell::Text(text)),
                (Domain::Integer, Constant::Integer(at)) => {
                    let near = [at.saturating_sub(1), *at, at.saturating_add(1)];
                    values.extend(near.map(Cell::Integer));
                }
                (Domain::Integer, Constant::Number(at)) => {
                    // A cast goes towards zero, and to the ends for what is beyond.
                    let at = *at as i64;
                    let near = [at.saturating_sub(1), at, at.saturating_add(1)];
                    values.extend(near.map(Cell::Integer));
                }
                (Domain::Number(least, most), Constant::Number(at)) => {
                    values.extend(near(*at, least, most));
                }
                (Domain::Number(least, most), Constant::Integer(at)) => {
                    values.extend(near(*at as f64, least, most));
                }
                _ => {}
            }
        }
        values
    }

    /// The constants that a variable is compared with.
    fn compared(&self, variable: usize) -> impl Iterator<Item = &Constant> {
        self.operations.iter().flat_map(move |operation| {
            let (of, first, count) = match *operation {
                Operation::Test(_, of, constant) => (of, constant, 1),
                Operation::Listed(of, first, count) => (of, first, count),
                _ => (0, 0, 0),
            };
            let count = if usize::from(of) == variable { usize::from(count) } else { 0 };
            self.constants.iter().skip(usize::from(first)).take(count)
        })
    }
}

/// A number and those beside it, as far as they are in range.
fn near<'a>(at: f64, least: f64, most: f64) -> impl Iterator<Item = Cell<'a>> {
    let near = [at.next_down(), at, at.next_up()];
    near.into_iter().filter(move |at| *at >= least && *at <= most).map(Cell::Number)
}

/// One combination of the values that are tried.
struct Case<'a> {
    variables: &'a [usize],
    tried: &'a [Vec<Cell<'a>>],
    case: usize,
}

impl Row for Case<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        let mut left = self.case;
        for (variable, values) in self.variables.iter().zip(self.tried) {
            if *variable == index {
                return values.get(left % values.len()).copied().unwrap_or(Cell::Null);
            }
            left /= values.len();
        }
        Cell::Null
    }
}
