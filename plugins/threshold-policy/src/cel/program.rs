//! A compiled expression, and running it.
//!
//! The program is flat: postfix operations on a stack of fixed size, so that a
//! decision neither recurses nor allocates. Errors are operands like any
//! other, which is how `&&` and `||` can absorb them.

use alloc::boxed::Box;

use super::operation::{Cell, Fault, FaultKind, Operand, Operation};
use super::values::{binary, compare, equal, logical, truncate, unfit};

/// How many operands may wait at once. An expression that needs more is
/// refused: each operand is 16 bytes to clear on every evaluation.
pub(super) const STACK: usize = 16;

/// Where the values of the variables come from.
pub trait Row {
    /// The value of the variable with this index; null when there is none.
    fn cell(&self, index: usize) -> Cell<'_>;
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(Box<str>),
}

impl Constant {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Boolean(value) => Cell::Boolean(*value),
            Self::Integer(value) => Cell::Integer(*value),
            Self::Number(value) => Cell::Number(*value),
            Self::Text(text) => Cell::Text(text),
        }
    }
}

/// A compiled condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    pub(super) operations: Box<[Operation]>,
    /// The column of each operation.
    pub(super) columns: Box<[u32]>,
    pub(super) constants: Box<[Constant]>,
}

impl Program {
    /// The variables that it reads, as often as it does.
    pub fn variables(&self) -> impl Iterator<Item = usize> {
        let operations = self.operations.iter();
        operations.filter_map(|operation| match operation {
            Operation::Variable(index)
            | Operation::Test(_, index, _)
            | Operation::Listed(index, ..) => Some(usize::from(*index)),
            _ => None,
        })
    }

    /// Whether it is another one word for word, white space apart.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.operations == other.operations && self.constants == other.constants
    }

    /// Changes the indices of variables to those that `place` gives.
    pub fn renumber(&mut self, place: impl Fn(usize) -> usize) {
        for operation in &mut self.operations {
            if let Operation::Variable(index)
            | Operation::Test(_, index, _)
            | Operation::Listed(index, ..) = operation
            {
                *index = place(usize::from(*index)) as u16;
            }
        }
    }

    /// Whether the condition holds on `row`.
    ///
    /// # Errors
    /// The first fault that no `&&` or `||` absorbed.
    pub fn holds<R: Row + ?Sized>(&self, row: &R) -> Result<bool, Fault> {
        let mut stack: [Operand<'_>; STACK] = [Ok(Cell::Null); STACK];
        let mut height = 0_usize;
        let mut at = 0_usize;
        while let Some(operation) = self.operations.get(at) {
            at += 1;
            let pushed = match *operation {
                Operation::Variable(index) => Ok(row.cell(usize::from(index))),
                Operation::Constant(index) => Ok(self.constant(index)),
                Operation::Test(comparison, variable, constant) => {
                    let left = row.cell(usize::from(variable));
                    compare(comparison, left, self.constant(constant))
                        .map_err(|kind| self.fault(kind, at))
                }
                Operation::Listed(variable, first, count) => {
                    Ok(self.listed(row.cell(usize::from(variable)), first, count))
                }
                Operation::Jump(place) => {
                    at = usize::from(place);
                    continue;
                }
                Operation::SkipIf(value, place) => {
                    let top = stack.get(height.wrapping_sub(1));
                    if matches!(top, Some(Ok(Cell::Boolean(top))) if *top == value) {
                        at = usize::from(place);
                    }
                    continue;
                }
                Operation::Choose(otherwise, end) => {
                    let Some(top) = stack.get_mut(height.wrapping_sub(1)) else {
                        break;
                    };
                    match *top {
                        Ok(Cell::Boolean(holds)) => {
                            height -= 1;
                            if !holds {
                                at = usize::from(otherwise);
                            }
                            continue;
                        }
                        Ok(other) => *top = Err(self.fault(unfit(other), at)),
                        Err(_) => {}
                    }
                    at = usize::from(end);
                    continue;
                }
                operation if operation.is_unary() => {
                    let Some(top) = stack.get_mut(height.wrapping_sub(1)) else {
                        break;
                    };
                    if let Ok(value) = *top {
                        *top = (self.unary(operation, value)).map_err(|kind| self.fault(kind, at));
                    }
                    continue;
                }
                operation => {
                    height = height.wrapping_sub(1);
                    let Some(&right) = stack.get(height) else {
                        break;
                    };
                    let Some(left) = stack.get_mut(height.wrapping_sub(1)) else {
                        break;
                    };
                    *left = match (operation, *left, right) {
                        (Operation::Logical(absorbing), left, right) => {
                            logical(absorbing, left, right)
                                .unwrap_or_else(|kind| Err(self.fault(kind, at)))
                        }
                        (_, Err(fault), _) | (_, Ok(_), Err(fault)) => Err(fault),
                        (operation, Ok(left), Ok(right)) => {
                            binary(operation, left, right).map_err(|kind| self.fault(kind, at))
                        }
                    };
                    continue;
                }
            };
            let Some(slot) = stack.get_mut(height) else {
                break;
            };
            *slot = pushed;
            height += 1;
        }
        let [result, ..] = stack;
        match result? {
            Cell::Boolean(holds) if height == 1 => Ok(holds),
            other => Err(self.fault(unfit(other), at)),
        }
    }

    /// A fault of the operation before `next`.
    #[cold]
    fn fault(&self, kind: FaultKind, next: usize) -> Fault {
        let column = self.columns.get(next.wrapping_sub(1));
        Fault { kind, column: column.map_or(1, |column| *column) }
    }

    fn constant(&self, index: u16) -> Cell<'_> {
        (self.constants.get(usize::from(index))).map_or(Cell::Null, Constant::cell)
    }

    fn listed(&self, value: Cell<'_>, first: u16, count: u16) -> Cell<'static> {
        let first = usize::from(first);
        let constants = self.constants.get(first..first + usize::from(count));
        let mut constants = constants.unwrap_or_default().iter();
        Cell::Boolean(constants.any(|constant| equal(value, constant.cell())))
    }

    fn unary<'a>(&self, operation: Operation, value: Cell<'a>) -> Result<Cell<'a>, FaultKind> {
        Ok(match (operation, value) {
            (Operation::Not, Cell::Boolean(value)) => Cell::Boolean(!value),
            (Operation::Negate, Cell::Integer(value)) => {
                Cell::Integer(value.checked_neg().ok_or(FaultKind::Overflow)?)
            }
            (Operation::Negate, Cell::Number(value)) => Cell::Number(-value),
            (Operation::Size, Cell::Text(text)) => Cell::Integer(text.chars().count() as i64),
            (Operation::ToInteger, Cell::Integer(_)) | (Operation::ToNumber, Cell::Number(_)) => {
                value
            }
            (Operation::ToInteger, Cell::Number(value)) => Cell::Integer(truncate(value)?),
            (Operation::ToNumber, Cell::Integer(value)) => Cell::Number(value as f64),
            (Operation::In(first, count), value) => self.listed(value, first, count),
            (_, value) => return Err(unfit(value)),
        })
    }
}
