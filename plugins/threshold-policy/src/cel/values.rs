//! What the operations do to values.

use core::cmp::Ordering;

use super::operation::{Cell, Comparison, FaultKind, Operand, Operation};

/// `&&` and `||`: the absorbing value wins over an error on either side.
pub(super) fn logical<'a>(
    absorbing: bool,
    left: Operand<'a>,
    right: Operand<'a>,
) -> Result<Operand<'a>, FaultKind> {
    match (left, right) {
        (Ok(Cell::Boolean(left)), _) if left == absorbing => Ok(Ok(Cell::Boolean(absorbing))),
        (_, Ok(Cell::Boolean(right))) if right == absorbing => Ok(Ok(Cell::Boolean(absorbing))),
        (Err(fault), _) => Ok(Err(fault)),
        (Ok(Cell::Boolean(_)), Ok(Cell::Boolean(_)) | Err(_)) => Ok(right),
        (Ok(Cell::Boolean(_)), Ok(other)) | (Ok(other), _) => Err(unfit(other)),
    }
}

pub(super) fn binary<'a>(
    operation: Operation,
    left: Cell<'a>,
    right: Cell<'a>,
) -> Result<Cell<'a>, FaultKind> {
    if let Operation::Compare(comparison) = operation {
        return compare(comparison, left, right);
    }
    match (left, right) {
        (Cell::Integer(left), Cell::Integer(right)) => {
            let result = match operation {
                Operation::Add => left.checked_add(right),
                Operation::Subtract => left.checked_sub(right),
                Operation::Multiply => left.checked_mul(right),
                Operation::Divide | Operation::Remainder if right == 0 => {
                    return Err(FaultKind::DivisionByZero);
                }
                Operation::Divide => left.checked_div(right),
                Operation::Remainder => left.checked_rem(right),
                _ => return Err(FaultKind::WrongType),
            };
            result.map(Cell::Integer).ok_or(FaultKind::Overflow)
        }
        (Cell::Number(left), Cell::Number(right)) => {
            let result = match operation {
                Operation::Add => left + right,
                Operation::Subtract => left - right,
                Operation::Multiply => left * right,
                Operation::Divide => left / right,
                _ => return Err(FaultKind::WrongType),
            };
            // An infinity or NaN is a double like any other.
            Ok(Cell::Number(result))
        }
        (Cell::Text(left), Cell::Text(right)) => Ok(Cell::Boolean(match operation {
            Operation::StartsWith => left.starts_with(right),
            Operation::EndsWith => left.ends_with(right),
            Operation::Contains => left.contains(right),
            _ => return Err(FaultKind::WrongType),
        })),
        (Cell::Null, _) | (_, Cell::Null) => Err(FaultKind::Null),
        _ => Err(FaultKind::WrongType),
    }
}

pub(super) fn compare<'a>(
    comparison: Comparison,
    left: Cell<'a>,
    right: Cell<'a>,
) -> Result<Cell<'a>, FaultKind> {
    match comparison {
        Comparison::Equal => return Ok(Cell::Boolean(equal(left, right))),
        Comparison::NotEqual => return Ok(Cell::Boolean(!equal(left, right))),
        _ => {}
    }
    let order = match (left, right) {
        (Cell::Boolean(left), Cell::Boolean(right)) => left.cmp(&right),
        (Cell::Text(left), Cell::Text(right)) => left.cmp(right),
        (Cell::Null, _) | (_, Cell::Null) => return Err(FaultKind::Null),
        (Cell::Integer(_) | Cell::Number(_), Cell::Integer(_) | Cell::Number(_)) => {
            match numeric_order(left, right) {
                Some(order) => order,
                // NaN is in no order with anything.
                None => return Ok(Cell::Boolean(false)),
            }
        }
        _ => return Err(FaultKind::WrongType),
    };
    Ok(Cell::Boolean(match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::More => order.is_gt(),
        _ => order.is_ge(),
    }))
}

pub(super) fn equal(left: Cell<'_>, right: Cell<'_>) -> bool {
    match (left, right) {
        (Cell::Null, Cell::Null) => true,
        (Cell::Boolean(left), Cell::Boolean(right)) => left == right,
        (Cell::Text(left), Cell::Text(right)) => left == right,
        _ => numeric_order(left, right) == Some(Ordering::Equal),
    }
}

/// The order of two numbers by their exact values, whatever their types.
fn numeric_order(left: Cell<'_>, right: Cell<'_>) -> Option<Ordering> {
    match (left, right) {
        (Cell::Integer(left), Cell::Integer(right)) => Some(left.cmp(&right)),
        (Cell::Number(left), Cell::Number(right)) => left.partial_cmp(&right),
        (Cell::Integer(left), Cell::Number(right)) => mixed_order(left, right),
        (Cell::Number(left), Cell::Integer(right)) => {
            mixed_order(right, left).map(Ordering::reverse)
        }
        _ => None,
    }
}

/// 2^63, the first double above every 64-bit integer.
const ABOVE_INTEGERS: f64 = 9_223_372_036_854_775_808.0;

fn mixed_order(integer: i64, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    if number >= ABOVE_INTEGERS {
        return Some(Ordering::Less);
    }
    if number < -ABOVE_INTEGERS {
        return Some(Ordering::Greater);
    }
    // The whole part is exact; the fraction decides between equals.
    let whole = number as i64;
    let fraction = number - whole as f64;
    Some((integer.cmp(&whole)).then(0.0_f64.partial_cmp(&fraction).unwrap_or(Ordering::Equal)))
}

/// A double towards zero. CEL refuses the bounds themselves, too.
pub(super) fn truncate(number: f64) -> Result<i64, FaultKind> {
    if number > -ABOVE_INTEGERS && number < ABOVE_INTEGERS {
        Ok(number as i64)
    } else {
        Err(FaultKind::OutOfRange)
    }
}

pub(super) fn unfit(value: Cell<'_>) -> FaultKind {
    if value == Cell::Null { FaultKind::Null } else { FaultKind::WrongType }
}
