//! Signatures as MLflow writes them.
//!
//! What MLflow refuses to load is decided by the crate `mlflow-schema`, as it
//! is for the plugin that judges payloads: there is one reading of the rules.
//! This module adds what payloads do not need, and writing.

use std::collections::HashMap;

use mlflow_schema::load;
use mlflow_schema::py::{Py, float_repr, loads, str_of, write_iso};
use mlflow_schema::schema as shared;
use serde_json::Value;

use crate::json::Json;
use crate::schema::{
    Column, Columns, DataType, Kind, Param, ParamKind, Property, Schema, Signature, Tensor, Tensors,
};

/// Why MLflow would not load a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where, as a JSON Pointer into the signature.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

impl From<load::Refused> for Refused {
    fn from(refused: load::Refused) -> Self {
        Self { pointer: refused.pointer, message: refused.message }
    }
}

/// Reads `{"inputs": ..., "outputs": ..., "params": ...}`; each part is a
/// list, a text that holds one, or null.
///
/// # Errors
/// What MLflow refuses to load.
pub fn from_value(signature: &Value) -> Result<Signature, Refused> {
    let texts: Vec<Option<String>> = ["inputs", "outputs", "params"]
        .iter()
        .map(|key| match signature.get(key) {
            None | Some(Value::Null) => None,
            // MLflow's own form: it may hold NaN, which is no JSON.
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        })
        .collect();
    let at = |at: usize| texts.get(at).and_then(Option::as_deref);
    from_texts(at(0), at(1), at(2))
}

/// Reads the parts of a signature, each MLflow's JSON text.
///
/// # Errors
/// What MLflow refuses to load.
pub fn from_texts(
    inputs: Option<&str>,
    outputs: Option<&str>,
    params: Option<&str>,
) -> Result<Signature, Refused> {
    let inputs = part(inputs, "/inputs")?;
    let outputs = part(outputs, "/outputs")?;
    let params = part(params, "/params")?;
    let loaded = load::load(&inputs, &outputs, &params)?;
    let specs = list(&params);
    let declared = loaded.params.map(|declared| {
        let numbered = declared.iter().enumerate();
        numbered.map(|(at, spec)| param(spec, specs.get(at))).collect()
    });
    Ok(Signature {
        inputs: loaded.inputs.map(|schema| self::schema(schema, &inputs)),
        outputs: loaded.outputs.map(|schema| self::schema(schema, &outputs)),
        params: declared,
    })
}

fn part<'t>(text: Option<&'t str>, at: &str) -> Result<Py<'t>, Refused> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(Py::None);
    };
    loads(text.as_bytes()).map_err(|error| Refused {
        pointer: at.to_owned(),
        message: format!("the text is no JSON at byte {}: expected {}", error.at, error.what),
    })
}

fn list<'p, 'a>(part: &'p Py<'a>) -> &'p [Py<'a>] {
    match part {
        Py::List(items) => items,
        _ => &[],
    }
}

/// The schema that was loaded, with the vectors that loading takes for the
/// lists they are to callers.
fn schema(schema: shared::Schema, written: &Py<'_>) -> Schema {
    let written = list(written);
    match schema {
        shared::Schema::Columns { named, columns } => {
            let columns = columns.into_iter().enumerate().map(|(at, column)| Column {
                kind: kind(&column.kind, written.get(at)),
                name: column.name,
                required: column.required,
            });
            Schema::Columns(Columns { named, columns: columns.collect() })
        }
        shared::Schema::Tensors { named, tensors } => {
            let tensors = tensors.into_iter().map(|tensor| Tensor {
                name: tensor.name,
                dtype: tensor.dtype,
                shape: tensor.shape,
            });
            Schema::Tensors(Tensors { named, tensors: tensors.collect() })
        }
    }
}

/// Recursion is bounded by the limit on types that are loaded.
fn kind(loaded: &shared::Type, written: Option<&Py<'_>>) -> Kind {
    let is = |name: &str| matches!(written.and_then(|spec| spec.get("type")), Some(Py::Str(text)) if text.is(name));
    match loaded {
        shared::Type::Data(data_type) => Kind::Data(*data_type),
        shared::Type::Array(_) if is("sparkml_vector") => Kind::Vector,
        // MLflow drops the map around a vector.
        shared::Type::Array(_) if is("map") => Kind::Vector,
        shared::Type::Array(items) => {
            Kind::Array(Box::new(kind(items, written.and_then(|spec| spec.get("items")))))
        }
        shared::Type::Map(values) => {
            Kind::Map(Box::new(kind(values, written.and_then(|spec| spec.get("values")))))
        }
        shared::Type::Object(loaded) => {
            Kind::Object(properties(loaded, written.and_then(|spec| spec.get("properties"))))
        }
        shared::Type::Any => Kind::Any,
    }
}

fn properties(loaded: &[shared::Property], written: Option<&Py<'_>>) -> Vec<Property> {
    let specs: HashMap<_, _> = match written {
        // Of equal names the first one counts.
        Some(Py::Dict(specs)) => {
            specs.iter().rev().map(|(name, spec)| (name.lossy(), spec)).collect()
        }
        _ => HashMap::new(),
    };
    loaded
        .iter()
        .map(|property| Property {
            name: property.name.clone(),
            kind: kind(&property.kind, specs.get(property.name.as_str()).copied()),
            required: property.required,
        })
        .collect()
}

fn param(param: &shared::ParamSpec, written: Option<&Py<'_>>) -> Param {
    Param {
        name: param.name.clone(),
        kind: match &param.kind {
            shared::ParamType::Data(data_type) => ParamKind::Data(*data_type),
            shared::ParamType::Object(loaded) => ParamKind::Object(properties(
                loaded,
                written.and_then(|spec| spec.get("properties")),
            )),
        },
        list: param.list,
        default: default(&param.default).line(),
    }
}

/// A default as `ParamSpec.to_dict` writes it: times in ISO 8601.
fn default(value: &Py<'_>) -> Json {
    const DAY: i128 = 86_400_000_000_000;
    let iso = |nanos: i128| {
        let mut text = String::new();
        write_iso(&mut text, nanos, 'T', 0);
        text
    };
    match value {
        Py::None => Json::Null,
        Py::Bool(value) => Json::Boolean(*value),
        Py::Str(text) => Json::Text(text.lossy().into_owned()),
        Py::List(items) => Json::List(items.iter().map(default).collect()),
        Py::Dict(entries) => Json::Map(
            entries.iter().map(|(key, value)| (key.lossy().into_owned(), default(value))).collect(),
        ),
        Py::Float(number) if !number.is_finite() => {
            Json::Literal(tollgate::tree::non_finite_name(*number).to_owned())
        }
        Py::Float(number) => Json::Literal(float_repr(*number)),
        Py::Datetime(nanos) => Json::Text(iso(*nanos)),
        Py::Date(days) => {
            Json::Text(iso(i128::from(*days) * DAY).chars().take("2026-01-31".len()).collect())
        }
        whole => Json::Literal(str_of(whole).lossy().into_owned()),
    }
}

impl Signature {
    /// As a JSON file that people read: the parts as lists.
    #[must_use]
    pub fn to_lists(&self) -> String {
        self.lists().pretty()
    }

    /// As `ModelSignature.to_dict` gives it and `from_dict` takes it: the
    /// parts as texts of JSON.
    #[must_use]
    pub fn to_texts(&self) -> String {
        self.texts().pretty()
    }

    pub(crate) fn texts(&self) -> Json {
        let text = |part: Option<Json>| Json::from(part.map(|part| part.line()));
        let (inputs, outputs, params) = self.parts();
        Json::map([("inputs", text(inputs)), ("outputs", text(outputs)), ("params", text(params))])
    }

    /// The parts as lists. Defaults that are not finite make a text of the
    /// parameters, as JSON has no such numbers.
    pub(crate) fn lists(&self) -> Json {
        let (inputs, outputs, params) = self.parts();
        let params = params.map(|params| match params.to_value() {
            Some(_) => params,
            None => Json::Text(params.line()),
        });
        Json::map([
            ("inputs", inputs.into()),
            ("outputs", outputs.into()),
            ("params", params.into()),
        ])
    }

    fn parts(&self) -> (Option<Json>, Option<Json>, Option<Json>) {
        (
            self.inputs.as_ref().map(schema_json),
            self.outputs.as_ref().map(schema_json),
            self.params.as_ref().map(|params| Json::List(params.iter().map(param_json).collect())),
        )
    }
}

fn schema_json(schema: &Schema) -> Json {
    match schema {
        Schema::Columns(Columns { named, columns }) => {
            let column = |column: &Column| {
                let spec = kind_json(&column.kind);
                if *named {
                    spec.with("name", column.name.as_str()).with("required", column.required)
                } else {
                    // Without a name nothing may be `false`: MLflow's own null.
                    spec.with("required", column.required.then_some(true))
                }
            };
            Json::List(columns.iter().map(column).collect())
        }
        Schema::Tensors(Tensors { named, tensors }) => {
            let tensor = |tensor: &Tensor| {
                let info = Json::map([
                    ("dtype", tensor.dtype.name().into()),
                    ("shape", tensor.shape.clone().into()),
                ]);
                let name = named.then(|| ("name".to_owned(), tensor.name.as_str().into()));
                let rest = [("type".to_owned(), "tensor".into()), ("tensor-spec".to_owned(), info)];
                Json::Map(name.into_iter().chain(rest).collect())
            };
            Json::List(tensors.iter().map(tensor).collect())
        }
    }
}

fn kind_json(kind: &Kind) -> Json {
    let spec = Json::map([("type", type_name(kind).into())]);
    match kind {
        Kind::Array(items) => spec.with("items", kind_json(items)),
        Kind::Map(values) => spec.with("values", kind_json(values)),
        Kind::Object(properties) => spec.with("properties", properties_json(properties)),
        Kind::Data(_) | Kind::Any | Kind::Vector => spec,
    }
}

fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Data(data_type) => data_type.name(),
        Kind::Array(_) => "array",
        Kind::Object(_) => "object",
        Kind::Map(_) => "map",
        Kind::Any => "any",
        Kind::Vector => "sparkml_vector",
    }
}

fn properties_json(properties: &[Property]) -> Json {
    let property = |property: &Property| {
        (property.name.clone(), kind_json(&property.kind).with("required", property.required))
    };
    Json::Map(properties.iter().map(property).collect())
}

fn param_json(param: &Param) -> Json {
    let (name, properties) = match &param.kind {
        ParamKind::Data(data_type) => (DataType::name(*data_type), None),
        ParamKind::Object(properties) => ("object", Some(properties_json(properties))),
    };
    let shape: Option<Vec<i64>> = param.list.then(|| vec![-1]);
    let spec = Json::map([
        ("name", param.name.as_str().into()),
        ("default", Json::Literal(param.default.clone())),
        ("shape", shape.into()),
        ("type", name.into()),
    ]);
    match properties {
        Some(properties) => spec.with("properties", properties),
        None => spec,
    }
}
