//! Parameters: which are wrong, and defaults for those that are missing.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use crate::fault::{Fault, Kind};
use crate::json::Text;
use crate::nested;
use crate::py::{Instant, Py, Raised, array, instant};
use crate::schema::{DataType, ParamSpec, ParamType};
use crate::step::{Step, escaped};

/// The parameters that a model gets.
pub type Params<'a> = Option<Vec<(Text<'a>, Py<'a>)>>;

/// Checks parameters and fills in defaults. `pointer` is where they are.
///
/// # Errors
/// When they are no object, or some have another type.
pub fn enforce<'a>(
    given: Py<'a>,
    schema: Option<&[ParamSpec]>,
    pointer: &str,
) -> Result<Params<'a>, Vec<Fault>> {
    let Some(specs) = schema else {
        return Ok(match given {
            Py::None => None,
            // Ignored, as the signature declares none.
            _ => Some(Vec::new()),
        });
    };
    let given = match given {
        Py::None => Vec::new(),
        Py::Dict(given) => given,
        other => {
            let fault = Fault::new(Kind::ParamsNotDict, "`params` must be an object")
                .wanted("an object", &other)
                .at(pointer.to_string());
            return Err(alloc::vec![fault]);
        }
    };
    let mut faults = Vec::new();
    let mut params = Vec::with_capacity(specs.len());
    for (name, given) in given {
        let Some(spec) = specs.iter().find(|spec| name.is(&spec.name)) else {
            continue;
        };
        match value(given, spec) {
            Ok(value) => params.push((name, value)),
            Err(mut fault) => {
                fault.column.clone_from(&spec.name);
                faults.push(fault.at(format!("{pointer}/{}", escaped(&spec.name))));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for spec in specs {
        if !params.iter().any(|(name, _)| name.is(&spec.name)) {
            params.push((Text::owned(spec.name.clone()), spec.default.clone()));
        }
    }
    Ok(Some(params))
}

/// One parameter's value, as the model gets it.
///
/// # Errors
/// When it has another type.
pub fn value<'a>(value: Py<'a>, spec: &ParamSpec) -> Result<Py<'a>, Fault> {
    match (&spec.kind, spec.list) {
        (ParamType::Data(data_type), false) => scalar(value, *data_type, &spec.name),
        (ParamType::Object(properties), false) => {
            match nested::object(value.clone(), properties, true) {
                Ok(_) => Ok(value),
                Err(fault) => Err(fault.as_kind(Kind::ParamsInvalid)),
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
                        (ParamType::Object(_), item) => Err(Fault::new(
                            Kind::ParamsInvalid,
                            format!("MLflow takes no list of objects as parameter `{}`", spec.name),
                        )
                        .wanted("no item", &item)),
                    }
                    .map_err(|fault| fault.inside(Step::Item(at)))
                })
                .collect::<Result<_, _>>()?;
            Ok(Py::List(items))
        }
    }
}

fn no_list(name: &str, value: &Py<'_>) -> Fault {
    Fault::new(
        Kind::ParamsInvalid,
        format!("parameter `{name}` must be a list without lists in it"),
    )
    .wanted("a list", value)
}

fn scalar<'a>(value: Py<'a>, data_type: DataType, name: &str) -> Result<Py<'a>, Fault> {
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
        Fault::new(
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
