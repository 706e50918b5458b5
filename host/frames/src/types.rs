//! What types columns may have, before anything of them is read.

use arrow_schema::{DataType, Field, Schema};

use crate::limits::{COLUMNS, ROW_BYTES};

/// How deep values nest. Plugins refuse what is deeper.
const DEPTH: usize = 64;

/// Whether the columns can be read within bounds: not too many, not too deep,
/// and none whose every value is larger than a row may be. Errors say which is
/// not.
pub(crate) fn bounded(schema: &Schema) -> Result<(), String> {
    let mut left = COLUMNS;
    for field in schema.fields() {
        one(field, 1, 1, &mut left).map_err(|problem| match problem {
            Problem::Many => format!("it has more than {COLUMNS} columns, inner ones included"),
            Problem::Of(problem) => format!("column `{}` {problem}", field.name()),
        })?;
    }
    Ok(())
}

enum Problem {
    Many,
    Of(String),
}

/// `times` is how often it stands in each value of its column.
fn one(field: &Field, depth: usize, times: usize, left: &mut usize) -> Result<(), Problem> {
    *left = left.checked_sub(1).ok_or(Problem::Many)?;
    if depth > DEPTH {
        return Err(Problem::Of(format!("nests more than {DEPTH} levels deep")));
    }
    of(field.data_type(), depth, times, left)
}

fn of(data_type: &DataType, depth: usize, times: usize, left: &mut usize) -> Result<(), Problem> {
    let sized = |size: i32| {
        let size = usize::try_from(size).ok();
        let size = size.and_then(|size| size.checked_mul(times));
        size.filter(|size| *size <= ROW_BYTES).ok_or_else(|| {
            let limit = ROW_BYTES >> 20;
            Problem::Of(format!("has values of a fixed size beyond the {limit} MiB of a row"))
        })
    };
    match data_type {
        DataType::FixedSizeBinary(size) => sized(*size).map(drop),
        DataType::FixedSizeList(item, size) => one(item, depth + 1, sized(*size)?, left),
        DataType::List(item) | DataType::LargeList(item) | DataType::Map(item, _) => {
            one(item, depth + 1, times, left)
        }
        DataType::Struct(fields) => {
            fields.iter().try_for_each(|field| one(field, depth + 1, times, left))
        }
        DataType::Dictionary(_, values) => match depth {
            DEPTH.. => Err(Problem::Of(format!("nests more than {DEPTH} levels deep"))),
            _ => of(values, depth + 1, times, left),
        },
        // Their values are elsewhere than their rows, and how many there are
        // is only claimed.
        DataType::RunEndEncoded(..) => unread("is run-end encoded"),
        DataType::Union(..) => unread("is a union"),
        DataType::ListView(_) | DataType::LargeListView(_) => unread("holds list views"),
        _ => Ok(()),
    }
}

fn unread(what: &str) -> Result<(), Problem> {
    Err(Problem::Of(format!("{what}, which is not read: write it as a plain column")))
}
