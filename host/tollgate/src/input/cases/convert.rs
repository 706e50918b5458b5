//! Columns as the kinds that inputs want.

use tollgate_engine::types::{Cells, Column, Dictionary, Kind, TypedColumn, Value};

use crate::input::columns::InputFault;

/// Whether the cells of such a column are whole numbers, and not times.
pub(super) fn is_integer(dtype: &str) -> bool {
    dtype.starts_with("int") || dtype.starts_with("uint")
}

/// A column as the kind that an input wants; or what it holds instead.
pub(super) fn converted(given: &TypedColumn, kind: Kind) -> Result<Cells, &'static str> {
    let TypedColumn { dtype, column, .. } = given;
    match (&column.cells, kind) {
        (Cells::Booleans(cells), _) if dtype == "bool" => match kind {
            Kind::Boolean => Ok(Cells::Booleans(cells.clone())),
            _ => Err("a boolean"),
        },
        (Cells::Unsigned(cells), _) => match kind {
            // What is beyond is told by who reads the row.
            Kind::Integer => {
                let integer = |cell: &u64| i64::try_from(*cell).unwrap_or(i64::MAX);
                Ok(Cells::Integers(cells.iter().map(integer).collect()))
            }
            Kind::Number => Ok(Cells::Numbers(cells.iter().map(|cell| *cell as f64).collect())),
            _ => Err("an integer"),
        },
        (Cells::Integers(cells), _) if is_integer(dtype) => match kind {
            Kind::Integer => Ok(Cells::Integers(cells.clone())),
            Kind::Number => Ok(Cells::Numbers(cells.iter().map(|cell| *cell as f64).collect())),
            _ => Err("an integer"),
        },
        (Cells::Numbers(cells), _) if dtype.starts_with("float") => match (kind, dtype.as_str()) {
            (Kind::Number, "float32") => {
                Ok(Cells::Numbers(cells.iter().map(|cell| shortest(*cell, 24)).collect()))
            }
            (Kind::Number, "float16") => {
                Ok(Cells::Numbers(cells.iter().map(|cell| shortest(*cell, 11)).collect()))
            }
            (Kind::Number, _) => Ok(Cells::Numbers(cells.clone())),
            _ => Err("a number"),
        },
        (Cells::Texts(texts), _) if dtype == "str" => match kind {
            Kind::Text => Ok(Cells::Texts(texts.clone())),
            _ => Err("text"),
        },
        _ => Err(other(dtype)),
    }
}

/// The double nearest to the shortest decimal that prints a number of fewer
/// bits: 0.7 for the single that is 0.699999988079071.
fn shortest(number: f64, bits: i32) -> f64 {
    if !number.is_finite() || number == 0.0 {
        return number;
    }
    if bits == 24 {
        let text = zmij::Buffer::new().format_finite(number as f32).parse();
        return text.unwrap_or(number);
    }
    // Half of the distance to the next of so many bits.
    let half = 2f64.powi((number.abs().log2().floor() as i32).max(-14) - bits);
    (0..9)
        .filter_map(|digits| format!("{number:.digits$e}").parse::<f64>().ok())
        .find(|short| (short - number).abs() < half)
        .unwrap_or(number)
}

pub(super) fn nothing(kind: Kind, count: usize) -> Column {
    let cells = match kind {
        Kind::Boolean => Cells::Booleans(vec![0; count]),
        Kind::Integer => Cells::Integers(vec![0; count]),
        Kind::Number => Cells::Numbers(vec![0.0; count]),
        Kind::Text => Cells::Texts(Dictionary { indices: vec![0; count], ..Dictionary::default() }),
    };
    Column { cells, validity: Some(vec![0; count.div_ceil(8)]) }
}

/// Adds nulls up to `all` rows.
pub(super) fn extend(column: &mut Column, all: usize) {
    let count = match &mut column.cells {
        Cells::Booleans(cells) => longer(cells, all, 0),
        Cells::Integers(cells) => longer(cells, all, 0),
        Cells::Unsigned(cells) => longer(cells, all, 0),
        Cells::Numbers(cells) => longer(cells, all, 0.0),
        Cells::Texts(texts) => longer(&mut texts.indices, all, 0),
    };
    if count < all && column.validity.is_none() {
        column.validity = Some(vec![0xff; count.div_ceil(8)]);
    }
    if let Some(validity) = &mut column.validity {
        validity.resize(all.div_ceil(8), 0);
        (count..all).for_each(|row| set(validity, row, false));
    }
}

fn longer<T: Clone>(cells: &mut Vec<T>, all: usize, null: T) -> usize {
    let count = cells.len();
    cells.resize(all, null);
    count
}

/// Puts a value where there is none.
pub(super) fn fill(column: &mut Column, rows: &[usize], value: &Value) {
    fn put<T: Copy>(cells: &mut [T], rows: &[usize], value: T) {
        for row in rows {
            if let Some(cell) = cells.get_mut(*row) {
                *cell = value;
            }
        }
    }
    match (&mut column.cells, value) {
        (Cells::Booleans(cells), Value::Boolean(value)) => put(cells, rows, u8::from(*value)),
        (Cells::Integers(cells), Value::Integer(value)) => put(cells, rows, *value),
        (Cells::Numbers(cells), Value::Number(value)) => put(cells, rows, *value),
        (Cells::Texts(texts), Value::Text(value)) => {
            put(&mut texts.indices, rows, texts.entries.len() as u32);
            texts.entries.push(value);
        }
        // A default is of its input's kind.
        _ => return,
    }
    if let Some(validity) = &mut column.validity {
        rows.iter().for_each(|row| set(validity, *row, true));
    }
}

/// Makes a null of the rows that give no values, and lets nulls lead to a text
/// that is there.
pub(super) fn without(column: &mut Column, faults: &[InputFault], all: usize) {
    if !faults.is_empty() {
        let validity = column.validity.get_or_insert_with(|| vec![0xff; all.div_ceil(8)]);
        faults.iter().for_each(|fault| set(validity, fault.row as usize, false));
    }
    if let (Cells::Texts(texts), Some(validity)) = (&mut column.cells, &column.validity) {
        for (row, index) in texts.indices.iter_mut().enumerate() {
            if validity.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 0) {
                *index = 0;
            }
        }
    }
}

fn set(bits: &mut [u8], row: usize, present: bool) {
    if let Some(byte) = bits.get_mut(row / 8) {
        let bit = 1 << (row % 8);
        *byte = if present { *byte | bit } else { *byte & !bit };
    }
}

pub(super) fn other(dtype: &str) -> &'static str {
    if dtype.starts_with("datetime") || dtype.starts_with("timestamp") {
        "a point in time"
    } else if dtype == "bytes" {
        "bytes"
    } else {
        "a value of another type"
    }
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn a_short_number_is_the_decimal_that_prints_it() {
        for (number, bits, wanted) in [
            (f64::from(0.7_f32), 24, 0.7),
            (f64::from(-1e-30_f32), 24, -1e-30),
            (f64::from(f32::MAX), 24, 3.4028235e38),
            (0.0, 24, 0.0),
            (f64::INFINITY, 24, f64::INFINITY),
            // 0.7 and 0.1 in 16 bits, and the largest.
            (0.7001953125, 11, 0.7),
            (0.0999755859375, 11, 0.1),
            (65504.0, 11, 65500.0),
            (2048.0, 11, 2048.0),
        ] {
            assert_eq!(shortest(number, bits), wanted, "{number} of {bits} bits");
        }
    }
}
