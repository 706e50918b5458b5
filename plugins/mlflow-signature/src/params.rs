//! Parameters: which are wrong, and defaults for those that are missing.

use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;

use mlflow_schema::json::Text;
use mlflow_schema::param::value;
use mlflow_schema::py::Py;
use mlflow_schema::schema::ParamSpec;
use mlflow_schema::step::escaped;

use crate::fault::{Fault, Kind};

/// The parameters that a model gets.
pub(crate) type Params<'a> = Option<Vec<(Text<'a>, Py<'a>)>>;

/// Checks parameters and fills in defaults. `pointer` is where they are.
///
/// # Errors
/// When they are no object, or some have another type.
pub(crate) fn enforce<'a>(
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
    for (name, value_) in given {
        let Some(spec) = specs.iter().find(|spec| name.is(&spec.name)) else {
            continue;
        };
        match value(value_, spec) {
            Ok(value) => params.push((name, value)),
            Err(misfit) => {
                let mut fault = Fault::from(misfit);
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
