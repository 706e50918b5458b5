//! Values that JSON cannot say, as tagged objects.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::json::Text;
use mlflow_schema::py::{Array, Dtype, Instant, Py, base64_decode, cell_as, instant};

/// An empty array may still have lengths; nobody's are longer, and each would
/// be walked.
const LONGEST_EMPTY: usize = 1 << 20;

pub(crate) fn malformed(message: impl Into<alloc::string::String>) -> Fault {
    Fault::new(Kind::BadData, message)
}

pub(crate) fn array(value: Py<'_>) -> Result<Array<'_>, Fault> {
    let [kind, shape, data] = entries(value, ["dtype", "shape", "data"], "an array")?;
    let dtype = dtype(kind, Dtype::named)?;
    let shape = list(shape, "shape")?
        .into_iter()
        .map(|length| match length {
            Py::Int(length) => usize::try_from(length).ok(),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| malformed("`shape` must be a list of lengths"))?;
    let mut cells = list(data, "data")?;
    let size = shape.iter().try_fold(1usize, |size, length| size.checked_mul(*length));
    // The lengths beside a 0 are those of nothing, yet each is walked.
    let walked = shape
        .iter()
        .filter(|length| **length > 0)
        .try_fold(1usize, |size, length| size.checked_mul(*length));
    if size != Some(cells.len()) {
        let mut fault = malformed("`data` must hold as many values as `shape` says, in one list");
        fault.actual = format!("{} values", cells.len());
        return Err(fault);
    }
    if cells.is_empty() && walked.is_none_or(|walked| walked > LONGEST_EMPTY) {
        return Err(malformed("an empty array's `shape` is too long"));
    }
    for (at, cell) in cells.iter_mut().enumerate() {
        let sent = core::mem::replace(cell, Py::None);
        *cell = element(sent, dtype).map_err(|fault| fault.at(format!("/data/{at}")))?;
    }
    Ok(Array { dtype, shape, cells })
}

/// A value as an array's element.
fn element(mut value: Py<'_>, dtype: Dtype) -> Result<Py<'_>, Fault> {
    untag(&mut value)?;
    let fits = match dtype {
        Dtype::Object => return Ok(value),
        Dtype::Bool => matches!(value, Py::Bool(_)),
        Dtype::Int(_) | Dtype::Uint(_) | Dtype::Timedelta => {
            matches!(value, Py::Int(_) | Py::Uint(_))
        }
        Dtype::Float(_) | Dtype::Complex(_) => {
            matches!(value, Py::Float(_) | Py::Int(_) | Py::Uint(_) | Py::None)
        }
        Dtype::Unicode => matches!(value, Py::Str(_)),
        Dtype::Bytes => matches!(value, Py::Bytes(_)),
        Dtype::Datetime(_) => {
            matches!(value, Py::Str(_) | Py::None | Py::Time(_) | Py::Datetime(_) | Py::Date(_))
        }
        _ => false,
    };
    let kind = value.kind();
    match cell_as(value, dtype) {
        Ok(cell) if fits => Ok(cell),
        _ => Err(malformed(format!("an array of `{}` cannot hold {kind}", dtype.name()))),
    }
}

/// Values that JSON cannot say, from their tags.
///
/// # Errors
/// When a tag's value is not what the tag says.
pub(crate) fn untagged(mut value: Py<'_>) -> Result<Py<'_>, Fault> {
    untag(&mut value)?;
    Ok(value)
}

/// In place, as values nest as deep as JSON may.
pub(crate) fn untag(value: &mut Py<'_>) -> Result<(), Fault> {
    match value {
        Py::List(items) => {
            for item in items {
                untag(item)?;
            }
        }
        Py::Dict(items) => {
            if items.len() == 1
                && let Some((key, inner)) = items.first_mut()
                && let Some(meant) = tag(key, inner)?
            {
                *value = meant;
                return Ok(());
            }
            for (_, inner) in items {
                untag(inner)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What a tag means; none for a key that is no tag.
#[inline(never)]
fn tag<'a>(key: &Text<'a>, value: &mut Py<'a>) -> Result<Option<Py<'a>>, Fault> {
    let text = match (key.bytes(), value) {
        (b"$ndarray", value @ Py::Dict(_)) => {
            return array(core::mem::replace(value, Py::None)).map(|array| Some(array.boxed()));
        }
        (_, Py::Str(text)) => &*text,
        _ => return Ok(None),
    };
    let time = || instant(text).ok_or_else(|| malformed("a time must be ISO 8601"));
    Ok(Some(match key.bytes() {
        b"$float" => match text.bytes() {
            b"NaN" => Py::Float(f64::NAN),
            b"Infinity" => Py::Float(f64::INFINITY),
            b"-Infinity" => Py::Float(f64::NEG_INFINITY),
            _ => return Err(malformed("`$float` must be NaN, Infinity or -Infinity")),
        },
        b"$bytes" => match base64_decode(text.bytes()) {
            Some(bytes) => Py::Bytes(bytes),
            None => return Err(malformed("`$bytes` must be base64")),
        },
        b"$decimal" => Py::Decimal(Cow::Owned(text.lossy().into_owned())),
        b"$date" => match time()? {
            Instant::Day(days) => Py::Date(days as i64),
            _ => return Err(malformed("`$date` must be a day")),
        },
        b"$datetime" => match time()? {
            Instant::Nat => Py::Time(None),
            Instant::Day(days) => Py::Datetime(days * 86_400_000_000_000),
            Instant::Time(nanos) | Instant::Fine(nanos) => Py::Datetime(nanos),
        },
        _ => return Ok(None),
    }))
}

/// The entries of an object that has these keys and no others.
pub(crate) fn entries<'a, const N: usize>(
    object: Py<'a>,
    keys: [&str; N],
    what: &str,
) -> Result<[Option<Py<'a>>; N], Fault> {
    let Py::Dict(items) = object else {
        return Err(malformed(format!("{what} must be an object")).wanted("an object", &object));
    };
    let mut found = [const { None }; N];
    for (key, value) in items {
        let slot = keys.iter().position(|known| key.is(known)).and_then(|at| found.get_mut(at));
        match slot {
            Some(slot) => *slot = Some(value),
            None => return Err(malformed(format!("{what} has no `{}`", key.lossy()))),
        }
    }
    Ok(found)
}

pub(crate) fn list<'a>(value: Option<Py<'a>>, name: &str) -> Result<Vec<Py<'a>>, Fault> {
    match value {
        Some(Py::List(items)) => Ok(items),
        None => Err(malformed(format!("`{name}` is missing"))),
        Some(other) => Err(malformed(format!("`{name}` must be a list")).wanted("a list", &other)),
    }
}

pub(crate) fn dtype(
    value: Option<Py<'_>>,
    known: impl Fn(&str) -> Option<Dtype>,
) -> Result<Dtype, Fault> {
    match value {
        Some(Py::Str(text)) => text.as_str().and_then(known).ok_or_else(|| {
            malformed("`dtype` is no type that NumPy or pandas knows")
                .wanted("a type such as `int64`", &Py::Str(text))
        }),
        Some(other) => Err(malformed("`dtype` must be text").wanted("text", &other)),
        None => Err(malformed("`dtype` is missing")),
    }
}
