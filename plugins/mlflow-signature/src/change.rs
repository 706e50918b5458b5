//! Whether what the model gets says the same as what was sent.

use alloc::format;
use alloc::string::String;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::notation::shown;
use mlflow_schema::py::{Array, Dtype, Instant, Py, instant, is_base64, read_written, to_f32};
use mlflow_schema::step::Step;

use crate::words;

/// How payloads are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// The day (since 1970) that a time without a date is taken for.
    pub(crate) today: Option<i64>,
    /// Which part of the signature is enforced.
    pub(crate) part: Part,
}

const DAY: i128 = 86_400_000_000_000;

/// How what the model gets differs from what was sent; none when it says the
/// same. `dtype` is that of the array or column it stands in. Small frames:
/// it descends as deep as payloads nest.
pub(crate) fn change<'a>(
    sent: &Py<'a>,
    got: &Py<'a>,
    dtype: Dtype,
    reading: Reading,
) -> Option<Fault> {
    match (sent, got) {
        (Py::List(_), Py::Array(array)) if array.shape.len() > 1 && array.cells.is_empty() => {
            Some(lossy(Kind::LossyValue, sent, got, reading.part))
        }
        (Py::Array(sent), Py::Array(got)) if sent == got => None,
        (Py::Array(array), got) => change(&array.to_list(), got, dtype, reading),
        (_, Py::Array(array)) => array_change(sent, array, reading),
        (Py::List(a), Py::List(b)) if a.len() == b.len() => {
            for (at, (sent, got)) in a.iter().zip(b).enumerate() {
                if let Some(mut fault) = change(sent, got, dtype, reading) {
                    fault.steps.push(Step::Item(at));
                    return Some(fault);
                }
            }
            None
        }
        (Py::Dict(given), Py::Dict(items)) => {
            for (at, (key, got)) in items.iter().enumerate() {
                // Keys keep their order.
                let same = given.get(at).filter(|(known, _)| known == key);
                let sent = match same {
                    Some((_, sent)) => sent,
                    None => sent.get(key.bytes()).unwrap_or(&Py::None),
                };
                if let Some(mut fault) = change(sent, got, dtype, reading) {
                    fault.steps.push(Step::Key(key.lossy().into_owned()));
                    return Some(fault);
                }
            }
            None
        }
        _ => changed(sent, got, dtype, reading.today)
            .map(|kind| lossy(kind, sent, got, reading.part)),
    }
}

/// How an array differs from what was sent for it.
pub(crate) fn array_change<'a>(sent: &Py<'a>, got: &Array<'a>, reading: Reading) -> Option<Fault> {
    if kept(sent, &got.shape, &got.cells, got.dtype, reading.today) {
        return None;
    }
    change(sent, &got.to_list(), got.dtype, reading)
}

/// Whether nested lists are an array's cells, of that shape.
fn kept(sent: &Py<'_>, shape: &[usize], got: &[Py<'_>], dtype: Dtype, today: Option<i64>) -> bool {
    match (sent, shape) {
        (Py::List(items), [length, inner @ ..]) if items.len() == *length && !got.is_empty() => {
            let parts = got.chunks((got.len() / length).max(1));
            items.iter().zip(parts).all(|(item, part)| kept(item, inner, part, dtype, today))
        }
        (sent, []) => got.first().is_some_and(|got| changed(sent, got, dtype, today).is_none()),
        _ => false,
    }
}

#[cold]
#[inline(never)]
fn lossy(kind: Kind, sent: &Py<'_>, got: &Py<'_>, part: Part) -> Fault {
    let what = match kind {
        Kind::LossyNull => "a missing value",
        Kind::LossyBoolean => "true or false for another value",
        Kind::LossyInteger => "another whole number",
        Kind::LossyFloat => "another number",
        Kind::LossyString => "text for another value",
        Kind::LossyBinary => "other bytes than those that the base64 text stands for",
        Kind::LossyDatetime => "another time",
        _ => "another value",
    };
    let mut fault = Fault::new(kind, words::becomes(part, what));
    let short = |value: &Py<'_>| shown(value).chars().take(36).collect::<String>();
    fault.actual = format!("{} becomes {}", short(sent), short(got));
    fault
}

/// Whether two single values are at once seen to be the same.
#[inline]
pub(crate) fn same(sent: &Py<'_>, got: &Py<'_>) -> bool {
    match (sent, got) {
        (Py::Int(sent), Py::Int(got)) => sent == got,
        (Py::Float(sent), Py::Float(got)) => sent == got,
        (Py::Str(sent), Py::Str(got)) => sent == got,
        _ => false,
    }
}

/// The kind of change of a single value.
#[inline(never)]
pub(crate) fn changed(
    sent: &Py<'_>,
    got: &Py<'_>,
    dtype: Dtype,
    today: Option<i64>,
) -> Option<Kind> {
    if sent == got {
        return None;
    }
    let time = |nanos: i128| match sent {
        Py::Str(text) => is_time(text, nanos, today),
        Py::Time(Some(sent)) => i128::from(*sent) == nanos,
        Py::Datetime(sent) => *sent == nanos,
        Py::Date(days) => i128::from(*days) * DAY == nanos,
        _ => false,
    };
    let (kept, kind) = match got {
        got if got.is_null() => (sent.is_null(), Kind::LossyNull),
        Py::Bool(_) => (sent == got, Kind::LossyBoolean),
        Py::Int(_) | Py::Int32(_) | Py::Uint(_) | Py::Big(_) => {
            (whole_kept(sent, got), Kind::LossyInteger)
        }
        Py::Float(number) => (float_kept(sent, *number, dtype), Kind::LossyFloat),
        Py::Float32(number) => (float_kept(sent, *number, Dtype::Float(32)), Kind::LossyFloat),
        Py::Str(_) => (sent == got, Kind::LossyString),
        Py::Bytes(bytes) => {
            let same = matches!(sent, Py::Str(text) if is_base64(text.bytes(), bytes));
            (same, Kind::LossyBinary)
        }
        Py::Time(nanos) => (nanos.is_some_and(|nanos| time(nanos.into())), Kind::LossyDatetime),
        Py::Datetime(nanos) => (time(*nanos), Kind::LossyDatetime),
        Py::Date(days) => (time(i128::from(*days) * DAY), Kind::LossyDatetime),
        _ => (false, Kind::LossyValue),
    };
    (!kept).then_some(kind)
}

fn whole_kept(sent: &Py<'_>, got: &Py<'_>) -> bool {
    match (sent, got) {
        (Py::Big(a), Py::Big(b)) => a == b,
        (Py::Int(_) | Py::Int32(_) | Py::Uint(_), got) => sent.int() == got.int(),
        (Py::Float(number), got) => {
            let whole = number.is_finite() && number % 1.0 == 0.0;
            whole && sent.int() == got.int()
        }
        _ => false,
    }
}

/// A number is kept when it is the nearest one of the type, neither infinite
/// nor zero where the sent one is not. Whole numbers must be kept exactly in
/// 64 bits; fewer bits round anyway.
fn float_kept(sent: &Py<'_>, got: f64, dtype: Dtype) -> bool {
    let bits = match dtype {
        Dtype::Float(bits) => bits,
        _ => 64,
    };
    let number = match sent {
        Py::Float(number) | Py::Float32(number) => *number,
        Py::Int32(number) => f64::from(*number),
        // A double keeps 15 digits.
        Py::Decimal(raw) if significant(raw) <= 15 => sent.float().unwrap_or(f64::NAN),
        Py::Int(number) if bits == 64 => {
            return got as i128 == i128::from(*number);
        }
        Py::Uint(number) if bits == 64 => {
            return got as i128 == i128::from(*number);
        }
        Py::Big(digits) if bits == 64 => return format!("{got:.0}") == **digits,
        Py::Int(_) | Py::Uint(_) | Py::Big(_) => sent.float().unwrap_or(f64::NAN),
        _ => return false,
    };
    let same = to_f32(number, bits) == got || number.is_nan() && got.is_nan();
    same && got.is_infinite() == number.is_infinite() && (got == 0.0) == (number == 0.0)
}

/// How many digits of a decimal count.
fn significant(raw: &str) -> usize {
    let digits = raw.split(['e', 'E']).next().unwrap_or_default();
    let digits = digits.trim_start_matches(['-', '+', '0', '.']);
    digits.bytes().filter(u8::is_ascii_digit).count()
}

fn is_time(text: &Text<'_>, nanos: i128, today: Option<i64>) -> bool {
    let iso = match instant(text) {
        Some(Instant::Day(days)) => Some(days * DAY),
        Some(Instant::Time(nanos) | Instant::Fine(nanos)) => Some(nanos),
        _ => None,
    };
    iso == Some(nanos) || read_written(text, today) == Some(nanos)
}
