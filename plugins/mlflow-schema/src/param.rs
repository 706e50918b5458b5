//! Values of parameters.

use alloc::format;

use crate::json::Text;
use crate::misfit::{Kind, Misfit};
use crate::nested;
use crate::py::{Instant, Py, Raised, array, instant};
use crate::schema::{DataType, ParamSpec, ParamType};
use crate::step::Step;

/// One parameter's value, as the model gets it.
///
/// # Errors
/// When it has another type.
pub fn value<'a>(value: Py<'a>, spec: &ParamSpec) -> Result<Py<'a>, Misfit> {
    match (&spec.kind, spec.list) {
        (ParamType::Data(data_type), false) => scalar(value, *data_type, &spec.name),
        (ParamType::Object(properties), false) => {
            match nested::object(value.clone(), properties, true) {
                Ok(_) => Ok(value),
                Err(misfit) => Err(misfit.as_kind(Kind::ParamsInvalid)),
            }
        }
        (kind, true) => {
            let flat = matches!(value, Py::List(_))
                && array(&value).is_ok_and(|array| array.shape.len() == 1);
            let Py::List(items) = value else {
                return Err(no_list(&spec.name, &value));
            };
            if !flat {
                return Err(no_list(&spec.name, &Py::List(items)));
            }
            let items = items
                .into_iter()
                .enumerate()
                .map(|(at, item)| {
                    match (kind, item) {
                        (_, Py::None) => Ok(Py::None),
                        (ParamType::Data(data_type), item) => scalar(item, *data_type, &spec.name),
                        (ParamType::Object(_), item) => Err(Misfit::new(
                            Kind::ParamsInvalid,
                            format!("MLflow takes no list of objects as parameter `{}`", spec.name),
                        )
                        .wanted("no item", &item)),
                    }
                    .map_err(|misfit| misfit.inside(Step::Item(at)))
                })
                .collect::<Result<_, _>>()?;
            Ok(Py::List(items))
        }
    }
}

fn no_list(name: &str, value: &Py<'_>) -> Misfit {
    Misfit::new(
        Kind::ParamsInvalid,
        format!("parameter `{name}` must be a list without lists in it"),
    )
    .wanted("a list", value)
}

fn scalar<'a>(value: Py<'a>, data_type: DataType, name: &str) -> Result<Py<'a>, Misfit> {
    let fits = match (data_type, &value) {
        (_, Py::None)
        | (DataType::Boolean, Py::Bool(_))
        | (DataType::Integer | DataType::Long, Py::Int(_) | Py::Uint(_) | Py::Big(_))
        | (DataType::Float | DataType::Double, Py::Float(_))
        | (DataType::String, Py::Str(_)) => Ok(value.clone()),
        (DataType::Float | DataType::Double, Py::Int(_) | Py::Uint(_) | Py::Big(_)) => {
            value.float().map(Py::Float)
        }
        (DataType::Datetime, Py::Str(text)) => time(text).ok_or(Raised::Value),
        _ => Err(Raised::Type),
    };
    fits.map_err(|_| {
        Misfit::new(
            Kind::ParamsInvalid,
            format!("parameter `{name}` must be {}, not {}", article(data_type), value.kind()),
        )
        .wanted(data_type.name(), &value)
    })
}

fn article(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "a boolean",
        DataType::Integer | DataType::Long => "a whole number",
        DataType::Float | DataType::Double => "a number",
        DataType::String => "text",
        DataType::Binary => "bytes",
        DataType::Datetime => "an ISO 8601 time of microseconds at most",
    }
}

/// A time as Python's `date` or `datetime`, which know the years 1 to 9999
/// and microseconds.
fn time<'a>(text: &Text<'_>) -> Option<Py<'a>> {
    const DAY: i128 = 86_400_000_000_000;
    let years = -719_162 * DAY..2_932_897 * DAY;
    match instant(text)? {
        Instant::Nat => Some(Py::None),
        Instant::Day(days) if years.contains(&(days * DAY)) => Some(Py::Date(days as i64)),
        Instant::Time(nanos) if years.contains(&nanos) => Some(Py::Datetime(nanos)),
        _ => None,
    }
}
