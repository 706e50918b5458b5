//! Signatures from MLflow's JSON, and what MLflow refuses to load.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Display;

use crate::param;
use crate::py::{Dtype, Py, loads, str_of};
use crate::schema::{
    ColSpec, DataType, ParamSpec, ParamType, Property, Schema, Signature, TensorSpec, Type,
};
use crate::step::escaped;

/// Why a signature cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where, as a JSON Pointer below the signature.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

impl Refused {
    /// The same, said from further out.
    fn under(mut self, step: impl Display) -> Self {
        self.pointer = format!("/{step}{}", self.pointer);
        self
    }
}

/// Pointers of what is refused are relative, and get longer on their way out.
type Loaded<T> = Result<T, Refused>;

fn refuse<T>(at: &str, message: impl Into<String>) -> Loaded<T> {
    Err(Refused { pointer: at.to_string(), message: message.into() })
}

/// How deep types may nest: no model is near, and each level costs stack.
const DEPTH: u32 = 16;

/// Loads a signature. Each part is MLflow's JSON list, or a text that holds
/// it, or null.
///
/// # Errors
/// What MLflow refuses to load: no part at all, a type that it does not know,
/// names on some inputs only, a default that its own parameter refuses.
pub fn load(inputs: &Py<'_>, outputs: &Py<'_>, params: &Py<'_>) -> Loaded<Signature> {
    let signature = Signature {
        inputs: part(inputs, schema).map_err(|refused| refused.under("inputs"))?,
        outputs: part(outputs, schema).map_err(|refused| refused.under("outputs"))?,
        params: part(params, param_schema).map_err(|refused| refused.under("params"))?,
    };
    if signature.inputs.is_none() && signature.outputs.is_none() && signature.params.is_none() {
        return refuse("", "a signature needs at least one of `inputs`, `outputs` and `params`");
    }
    Ok(signature)
}

fn part<T>(given: &Py<'_>, read: impl Fn(&[Py<'_>]) -> Loaded<T>) -> Loaded<Option<T>> {
    match given {
        Py::None => Ok(None),
        Py::Str(text) if text.bytes().is_empty() => Ok(None),
        Py::List(list) => read(list).map(Some),
        Py::Dict(items) if items.is_empty() => read(&[]).map(Some),
        Py::Str(text) => match loads(text.bytes()) {
            Ok(Py::List(list)) => read(&list).map(Some),
            Ok(_) => refuse("", "the text must hold a JSON list"),
            Err(error) => refuse(
                "",
                format!("the text is no JSON at byte {}: expected {}", error.at, error.what),
            ),
        },
        _ => refuse("", "a list is needed, or a text that holds one"),
    }
}

fn schema(list: &[Py<'_>]) -> Loaded<Schema> {
    if list.is_empty() {
        return refuse("", "a schema needs at least one input");
    }
    let named = |spec: &&Py<'_>| spec.get("name").is_some_and(|name| *name != Py::None);
    let named = list.iter().filter(named).count();
    if named != 0 && named != list.len() {
        return refuse("", "either all inputs have a name, or none has");
    }
    let named = named != 0;
    let tensors = list.iter().filter(|spec| is_type(spec, "tensor")).count();
    if tensors == 0 {
        let columns = list
            .iter()
            .enumerate()
            .map(|(place, spec)| column(spec, place, named).map_err(|refused| refused.under(place)))
            .collect::<Loaded<_>>()?;
        return Ok(Schema::Columns { named, columns });
    }
    if tensors != list.len() {
        return refuse("", "either all inputs are tensors, or none is");
    }
    if !named && list.len() > 1 {
        return refuse("", "several tensors need names");
    }
    let tensors = list
        .iter()
        .enumerate()
        .map(|(place, spec)| tensor(spec).map_err(|refused| refused.under(place)))
        .collect::<Loaded<_>>()?;
    Ok(Schema::Tensors { named, tensors })
}

/// A name; none for null. A number is a name too, in its digits.
fn name(name: &Py<'_>) -> Option<String> {
    match name {
        Py::None => None,
        _ => Some(str_of(name).lossy().into_owned()),
    }
}

fn is_type(spec: &Py<'_>, name: &str) -> bool {
    matches!(spec.get("type"), Some(Py::Str(text)) if text.is(name))
}

fn type_name<'s>(spec: &'s Py<'_>) -> Loaded<&'s str> {
    match spec.get("type") {
        Some(Py::Str(text)) => match text.as_str() {
            Some(text) => Ok(text),
            None => refuse("", "`type` is no type that MLflow knows"),
        },
        Some(_) => refuse("", "`type` must be text"),
        None => refuse("", "`type` is missing"),
    }
}

fn column(spec: &Py<'_>, place: usize, named: bool) -> Loaded<ColSpec> {
    let kind = kind_of(spec, 0)?;
    let composite = !matches!(kind, Type::Data(_));
    if let (Py::Dict(items), false) = (spec, composite) {
        let known = ["type", "name", "required"];
        if let Some((key, _)) = items.iter().find(|(key, _)| !known.iter().any(|k| key.is(k))) {
            return refuse("", format!("MLflow does not know `{}` here", key.lossy()));
        }
    }
    let required = spec.get("required");
    if !named && matches!(required, Some(Py::Bool(false))) {
        return refuse("", "an input without a name cannot be optional");
    }
    Ok(ColSpec {
        name: spec.get("name").and_then(name).unwrap_or_else(|| place.to_string()),
        kind,
        // Composite columns are optional unless they say otherwise.
        required: required.map_or(!composite, |given| given.truth() == Some(true)),
    })
}

fn kind_of(spec: &Py<'_>, depth: u32) -> Loaded<Type> {
    if depth > DEPTH {
        return refuse("", format!("types nest deeper than {DEPTH} levels"));
    }
    Ok(match type_name(spec)? {
        "array" => Type::Array(Box::new(inner(spec, "items", depth)?)),
        "map" => match inner(spec, "values", depth)? {
            // MLflow drops the map around a vector.
            vector @ Type::Array(_) if is_vector(spec.get("values")) => vector,
            values => Type::Map(Box::new(values)),
        },
        "object" => Type::Object(properties(spec, depth)?),
        "any" => Type::Any,
        "sparkml_vector" => Type::Array(Box::new(Type::Data(DataType::Double))),
        other => match DataType::named(other) {
            Some(data_type) => Type::Data(data_type),
            None => {
                return refuse("/type", format!("`{other}` is no type that MLflow knows"));
            }
        },
    })
}

fn is_vector(spec: Option<&Py<'_>>) -> bool {
    spec.is_some_and(|spec| is_type(spec, "sparkml_vector"))
}

fn inner(spec: &Py<'_>, key: &str, depth: u32) -> Loaded<Type> {
    match spec.get(key) {
        Some(inner @ Py::Dict(_)) => {
            kind_of(inner, depth + 1).map_err(|refused| refused.under(key))
        }
        Some(_) => refuse(&format!("/{key}"), format!("`{key}` must be an object with a `type`")),
        None => refuse("", format!("`{key}` is missing")),
    }
}

fn properties(spec: &Py<'_>, depth: u32) -> Loaded<Vec<Property>> {
    let Some(Py::Dict(items)) = spec.get("properties") else {
        return refuse("", "`properties` must be an object of types");
    };
    if items.is_empty() {
        return refuse("/properties", "an object needs at least one property");
    }
    let mut properties = Vec::with_capacity(items.len());
    for (key, property) in items {
        let property = self::property(&key.lossy(), property, depth)
            .map_err(|refused| refused.under(escaped(&key.lossy())).under("properties"))?;
        properties.push(property);
    }
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(properties)
}

fn property(name: &str, property: &Py<'_>, depth: u32) -> Loaded<Property> {
    if !matches!(property, Py::Dict(_)) {
        return refuse("", "a property must be an object with a `type`");
    }
    if is_vector(Some(property)) {
        return refuse("", "MLflow does not allow a vector as a property");
    }
    Ok(Property {
        name: name.to_string(),
        kind: kind_of(property, depth + 1)?,
        required: property.get("required").is_none_or(|given| given.truth() == Some(true)),
    })
}

/// A length that no array has.
const NO_LENGTH: i64 = i64::MIN;

fn length(given: &Py<'_>) -> i64 {
    match given {
        Py::Int(length) => *length,
        Py::Bool(length) => i64::from(*length),
        // In Python 2.0 is 2.
        Py::Float(length) if length % 1.0 == 0.0 && length.abs() < 1e18 => *length as i64,
        _ => NO_LENGTH,
    }
}

fn tensor(spec: &Py<'_>) -> Loaded<TensorSpec> {
    let Some(info @ Py::Dict(_)) = spec.get("tensor-spec") else {
        return refuse("/tensor-spec", "`tensor-spec` must be an object with `dtype` and `shape`");
    };
    let dtype = match info.get("dtype") {
        // NumPy's default.
        Some(Py::None) => Some(Dtype::Float(64)),
        Some(Py::Str(text)) => text.as_str().and_then(Dtype::named),
        _ => None,
    };
    let Some(dtype) = dtype else {
        return refuse("/tensor-spec/dtype", "`dtype` must be a type of NumPy without a size");
    };
    // MLflow takes whatever can be iterated; what is no number has no length.
    let shape = match info.get("shape") {
        Some(Py::List(shape)) => shape.iter().map(length).collect(),
        Some(Py::Dict(items)) => alloc::vec![NO_LENGTH; items.len()],
        Some(Py::Str(text)) => text.code_points().map(|_| NO_LENGTH).collect(),
        _ => return refuse("/tensor-spec/shape", "`shape` must be a list of lengths"),
    };
    Ok(TensorSpec { name: spec.get("name").and_then(name).unwrap_or_default(), dtype, shape })
}

fn param_schema(list: &[Py<'_>]) -> Loaded<Vec<ParamSpec>> {
    let mut params: Vec<ParamSpec> = Vec::with_capacity(list.len());
    let mut names = BTreeSet::new();
    for (place, spec) in list.iter().enumerate() {
        let param = param(spec).map_err(|refused| refused.under(place))?;
        if !names.insert(param.name.clone()) {
            return refuse(
                &format!("/{place}"),
                format!("there are two parameters `{}`", param.name),
            );
        }
        params.push(param);
    }
    Ok(params)
}

fn param(spec: &Py<'_>) -> Loaded<ParamSpec> {
    let (Some(given), Some(default)) = (spec.get("name"), spec.get("default")) else {
        return refuse("", "a parameter needs `name`, `type` and `default`");
    };
    let typed = |key| spec.get(key).filter(|given| given.truth() == Some(true));
    let Some(kind) = typed("type").or_else(|| typed("dtype")) else {
        return refuse("", "a parameter needs `name`, `type` and `default`");
    };
    let kind = match kind {
        Py::Str(text) if text.is("object") => ParamType::Object(properties(spec, 0)?),
        Py::Str(text) => match text.as_str().and_then(DataType::named) {
            Some(DataType::Binary) => {
                return refuse("", "a parameter cannot be `binary`");
            }
            Some(data_type) => ParamType::Data(data_type),
            None => return refuse("", format!("`{}` is no type of a parameter", text.lossy())),
        },
        _ => return refuse("", "`type` must be text"),
    };
    let list = match spec.get("shape") {
        None | Some(Py::None) => false,
        Some(Py::List(shape)) if shape.as_slice() == [Py::Int(-1)] => true,
        Some(_) => return refuse("/shape", "`shape` must be null or [-1]"),
    };
    let mut param =
        ParamSpec { name: str_of(given).lossy().into_owned(), kind, list, default: Py::None };
    match param::value(default.clone(), &param) {
        Ok(value) => param.default = value.into_owned(),
        Err(fault) => {
            return refuse(
                "/default",
                format!("the default of `{}` is none of its type: {}", param.name, fault.message),
            );
        }
    }
    Ok(param)
}
