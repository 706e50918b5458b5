//! A body against a signature.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use mlflow_plugin::{Part, Settings};
use mlflow_schema::fault::{Fault, Kind, doubled_key, near};
use mlflow_schema::oip::Datatype;
use mlflow_schema::param;
use mlflow_schema::py::{Py, loads_noting};
use mlflow_schema::schema::Schema;
use mlflow_schema::step::escaped;
use mlflow_schema::unjudged::{no_inputs, no_outputs, no_tensors};

use crate::tensor::{Sent, Wanted};

/// More faults than anyone reads: what follows is not looked at.
const MANY: usize = 10_000;

/// What is wrong with the body of a request, or of the answer to one.
pub(crate) fn faults(payload: &[u8], settings: &Settings) -> Vec<Fault> {
    let (body, twice) = match loads_noting(payload) {
        Ok(body) => body,
        Err(error) => {
            let message =
                format!("the body is no JSON: expected {} at byte {}", error.what, error.at);
            return alloc::vec![Fault::new(Kind::BadJson, message)];
        }
    };
    let mut faults = match judge(body, settings) {
        Ok(faults) => faults,
        Err(fault) => alloc::vec![fault],
    };
    faults.extend(twice.map(|twice| doubled_key(&twice.steps, Kind::OipForm)));
    faults
}

fn judge(body: Py<'_>, settings: &Settings) -> Result<Vec<Fault>, Fault> {
    let (part, schema) = (settings.part, settings.schema());
    let declared = settings.signature.outputs.as_ref();
    let params = settings.signature.params.as_deref().filter(|_| part == Part::Inputs);
    let form = |message: &str| Fault::new(Kind::OipForm, message);
    let Py::Dict(members) = body else {
        return Err(form("the body must be an object").wanted("an object", &body));
    };
    let tensors_in = match part {
        Part::Inputs => "inputs",
        Part::Outputs => "outputs",
    };
    let mut faults = Vec::new();
    let mut tensors = None;
    let mut given = Py::None;
    for (key, value) in members {
        let key = key.lossy();
        match (&*key, part) {
            ("inputs", Part::Inputs) | ("outputs", Part::Outputs) => tensors = Some(value),
            ("outputs", Part::Inputs) => asked(&value, declared, &mut faults),
            ("parameters", Part::Inputs) => given = value,
            ("id", _) | ("model_name" | "model_version", Part::Outputs) => {
                if !matches!(value, Py::Str(_)) {
                    let fault = form(&format!("`{key}` must be text")).wanted("text", &value);
                    faults.push(fault.at(format!("/{key}")));
                }
            }
            ("parameters", Part::Outputs) => {}
            ("error", Part::Outputs) => {
                return Err(form("the answer is an error of the server").at("/error".to_string()));
            }
            _ => {
                let message = format!("the protocol has no member `{key}` here");
                let at = format!("/{}", escaped(&key));
                faults.push(form(&message).at(at));
            }
        }
    }
    let tensors = match tensors {
        Some(Py::List(tensors)) => tensors,
        Some(other) => {
            let fault = form(&format!("`{tensors_in}` must be a list")).wanted("a list", &other);
            return Err(fault.at(format!("/{tensors_in}")));
        }
        None => return Err(form(&format!("the body has no `{tensors_in}`"))),
    };
    match param::enforce(given, params, "/parameters") {
        Ok(_) => {}
        Err(wrong) => faults.extend(wrong),
    }
    let mut sent: Vec<Sent<'_>> = Vec::new();
    let mut unread = 0;
    for (place, tensor) in tensors.into_iter().enumerate() {
        match Sent::read(tensor, &format!("/{tensors_in}/{place}")) {
            Ok(tensor) => sent.push(tensor),
            Err(fault) => {
                unread += 1;
                faults.push(fault);
            }
        }
        if faults.len() >= MANY {
            return Ok(faults);
        }
    }
    match schema {
        Some(schema) => compare(&sent, unread, &wanted(schema)?, tensors_in, &mut faults),
        None => sent.iter().for_each(|tensor| tensor.faults(None, &mut faults)),
    }
    if faults.is_empty() {
        faults.extend(match (schema, part, params) {
            (Some(_), ..) if sent.is_empty() => Some(no_tensors().at(format!("/{tensors_in}"))),
            (Some(_), ..) => sent.iter().find_map(Sent::unjudged),
            (None, Part::Outputs, _) => Some(no_outputs()),
            (None, Part::Inputs, None) => Some(no_inputs()),
            (None, Part::Inputs, Some(_)) => None,
        });
    }
    faults.truncate(MANY);
    Ok(faults)
}

/// The tensors that a signature wants.
fn wanted(schema: &Schema) -> Result<Vec<Wanted>, Fault> {
    let unknown = |name: &str, kind: &str| {
        let message = format!("the protocol has no datatype for `{name}` of type `{kind}`");
        Fault::new(Kind::OipTensor, message)
    };
    match schema {
        Schema::Tensors { named, tensors } => tensors
            .iter()
            .map(|tensor| {
                let datatype = Datatype::of_dtype(tensor.dtype)
                    .ok_or_else(|| unknown(&tensor.name, &tensor.dtype.name()))?;
                Ok(Wanted {
                    name: named.then(|| tensor.name.clone()),
                    datatype,
                    shape: tensor.shape.clone(),
                    column: false,
                    required: true,
                })
            })
            .collect(),
        Schema::Columns { named: true, columns } => columns
            .iter()
            .map(|column| {
                let datatype = Datatype::of_type(&column.kind)
                    .ok_or_else(|| unknown(&column.name, column.kind.name()))?;
                Ok(Wanted {
                    name: Some(column.name.clone()),
                    datatype,
                    shape: alloc::vec![-1],
                    column: true,
                    required: column.required,
                })
            })
            .collect(),
        // Columns without names are those of one matrix.
        Schema::Columns { named: false, columns } => {
            let mut datatypes = columns.iter().map(|column| Datatype::of_type(&column.kind));
            let first = datatypes.next().flatten();
            let Some(datatype) = first.filter(|_| datatypes.all(|other| other == first)) else {
                let message = "columns without names are one tensor only when they have one type";
                return Err(Fault::new(Kind::OipTensor, message));
            };
            Ok(alloc::vec![Wanted {
                name: None,
                datatype,
                shape: alloc::vec![-1, columns.len() as i64],
                column: false,
                required: true,
            }])
        }
    }
}

/// Compares the tensors; of `unread` more ones it is not known which they are,
/// so none is missing then.
fn compare(sent: &[Sent<'_>], unread: usize, wanted: &[Wanted], at: &str, faults: &mut Vec<Fault>) {
    // One tensor without a name is any one tensor.
    if let [only @ Wanted { name: None, .. }] = wanted {
        match sent {
            [tensor] if unread == 0 => tensor.faults(Some(only), faults),
            _ if sent.len() + unread == 1 => {}
            _ => {
                let message = "the signature has one tensor";
                let mut fault = Fault::new(Kind::OipTensor, message);
                fault.expected = "1 tensor".to_string();
                fault.actual = format!("{} tensors", sent.len() + unread);
                faults.push(fault.at(format!("/{at}")));
            }
        }
        return;
    }
    let names = || wanted.iter().filter_map(|wanted| wanted.name.as_deref());
    for (place, tensor) in sent.iter().enumerate() {
        let at = format!("{}/name", tensor.pointer);
        if sent.iter().take(place).any(|other| other.name == tensor.name) {
            let message = format!("the tensor `{}` comes twice", tensor.name);
            faults.push(Fault::new(Kind::OipTensor, message).at(at));
            continue;
        }
        let spec = wanted.iter().find(|wanted| wanted.name.as_deref() == Some(&*tensor.name));
        if spec.is_none() {
            let hint = near(&tensor.name, names());
            let message = format!("the signature has no tensor `{}`{hint}", tensor.name);
            faults.push(Fault::new(Kind::OipTensor, message).at(at));
        }
        tensor.faults(spec, faults);
        if faults.len() >= MANY {
            return;
        }
    }
    for spec in wanted.iter().filter(|spec| spec.required && unread == 0) {
        let name = spec.name.as_deref().unwrap_or_default();
        if !sent.iter().any(|tensor| tensor.name == name) {
            let message = format!("the tensor `{name}` is missing");
            let mut fault = Fault::new(Kind::OipTensor, message);
            fault.expected = format!("a tensor of {}", spec.datatype.name());
            faults.push(fault.at(format!("/{at}")));
        }
    }
    rows(sent, wanted, faults);
}

/// All columns of a table are equally long.
fn rows(sent: &[Sent<'_>], wanted: &[Wanted], faults: &mut Vec<Fault>) {
    let is_column = |tensor: &&Sent<'_>| {
        wanted.iter().any(|wanted| wanted.column && wanted.name.as_deref() == Some(&*tensor.name))
    };
    let mut columns = sent.iter().filter(is_column);
    let Some(first) = columns.next() else {
        return;
    };
    for other in columns.filter(|other| other.rows() != first.rows()) {
        let message = format!("`{}` has another number of rows than `{}`", other.name, first.name);
        let mut fault = Fault::new(Kind::OipShape, message);
        let count =
            |rows: Option<i64>| rows.map_or_else(String::new, |rows| format!("{rows} rows"));
        fault.expected = count(first.rows());
        fault.actual = count(other.rows());
        faults.push(fault.at(format!("{}/shape", other.pointer)));
    }
}

/// The outputs that a request asks for.
fn asked(outputs: &Py<'_>, declared: Option<&Schema>, faults: &mut Vec<Fault>) {
    let Py::List(outputs) = outputs else {
        let fault = Fault::new(Kind::OipForm, "`outputs` must be a list");
        faults.push(fault.wanted("a list", outputs).at("/outputs".to_string()));
        return;
    };
    for (place, output) in outputs.iter().enumerate().take(MANY) {
        let at = format!("/outputs/{place}");
        let Some(Py::Str(name)) = output.get("name") else {
            let fault = Fault::new(Kind::OipForm, "an output that is asked for needs a name");
            faults.push(fault.at(at));
            continue;
        };
        let Some(declared) = declared.filter(|declared| declared.named()) else {
            continue;
        };
        let names = declared.names();
        if !names.iter().any(|known| name.is(known)) {
            let name = name.lossy();
            let hint = near(&name, names.iter().copied());
            let message = format!("the signature has no output `{name}`{hint}");
            faults.push(Fault::new(Kind::OipTensor, message).at(format!("{at}/name")));
        }
    }
}
