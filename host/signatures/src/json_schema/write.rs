//! A signature as a JSON Schema.

use std::collections::HashSet;

use super::SIGNATURE;
use super::kinds::{Losses, cell, given, object, param, takes_null, typed};
use super::tensors;
use crate::json::Json;
use crate::loss::Loss;
use crate::schema::{Columns, Param, ParamKind, Schema, Signature, Tensors};

/// The schema of a request body, and what it cannot say.
pub(crate) fn write(signature: &Signature) -> (Json, Vec<Loss>) {
    let mut losses = Losses::default();
    let (key, data) = match &signature.inputs {
        None => {
            losses.add("/inputs", "inputs that are not declared are not described");
            ("", Json::Null)
        }
        Some(Schema::Columns(columns)) if columns.named => {
            ("dataframe_records", records(columns, &mut losses))
        }
        Some(Schema::Columns(columns)) => ("dataframe_split", rows(columns, &mut losses)),
        Some(Schema::Tensors(sent)) => ("inputs", self::tensors(sent, &mut losses)),
    };
    let mut properties = Vec::new();
    let mut schema = Json::map([
        ("$schema", "https://json-schema.org/draft/2020-12/schema".into()),
        ("title", "Request body".into()),
        ("type", "object".into()),
    ]);
    if key.is_empty() {
        let keys = ["dataframe_split", "dataframe_records", "instances", "inputs"];
        properties.extend(keys.map(|key| (key.to_owned(), Json::Boolean(true))));
        let one = |key| Json::map([("required", vec![key].into())]);
        schema = schema.with("oneOf", Json::List(keys.map(one).into()));
    } else {
        schema = schema.with("required", vec![key]);
        properties.push((key.to_owned(), data));
    }
    if let Some(declared) = &signature.params {
        properties.push(("params".to_owned(), params(declared, &mut losses)));
    }
    schema = schema.with("properties", Json::Map(properties)).with("additionalProperties", false);
    if let Some(outputs) = &signature.outputs {
        schema = schema.with("$defs", Json::map([("response", response(outputs))]));
    }
    (schema.with(SIGNATURE, signature.lists()), losses.0)
}

fn records(columns: &Columns, losses: &mut Losses) -> Json {
    let mut properties: Vec<(String, Json)> = Vec::new();
    for (at, column) in columns.columns.iter().enumerate() {
        let schema = cell(&column.kind, column.required, &format!("/inputs/{at}"), losses);
        properties.push((column.name.clone(), schema));
    }
    let properties = last_of_each(properties);
    let names = |required: bool| {
        let columns = columns.columns.iter();
        columns.filter(move |column| column.required == required)
    };
    let required: Vec<&str> = names(true).map(|column| column.name.as_str()).collect();
    let record = typed("object", false)
        .with("required", required)
        .with("properties", Json::Map(properties))
        .with("additionalProperties", false);
    let schema = typed("array", false).with("minItems", 1_i64).with("items", record);
    // A column is there in all rows or in none, unless it may have gaps.
    let whole: Vec<Json> = names(false)
        .filter(|column| !takes_null(&column.kind))
        .map(|column| {
            let has = Json::map([("required", vec![column.name.as_str()].into())]);
            let items = |schema: Json| Json::map([("items", schema)]);
            let none = items(Json::map([("not", has.clone())]));
            Json::map([("anyOf", Json::List(vec![items(has), none]))])
        })
        .collect();
    if whole.is_empty() { schema } else { schema.with("allOf", whole) }
}

fn rows(columns: &Columns, losses: &mut Losses) -> Json {
    let cells: Vec<Json> = columns
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| cell(&column.kind, true, &format!("/inputs/{at}"), losses))
        .collect();
    let count = i64::try_from(cells.len()).unwrap_or(i64::MAX);
    let row = typed("array", false)
        .with("prefixItems", cells)
        .with("minItems", count)
        .with("maxItems", count);
    let data = typed("array", false).with("minItems", 1_i64).with("items", row);
    typed("object", false)
        .with("required", vec!["data"])
        .with("properties", Json::map([("data", data)]))
        .with("additionalProperties", false)
}

fn tensors(sent: &Tensors, losses: &mut Losses) -> Json {
    let mut all: Vec<(String, Json)> = Vec::new();
    for (at, tensor) in sent.tensors.iter().enumerate() {
        let schema = tensors::sent(tensor, &format!("/inputs/{at}"), losses);
        if !sent.named {
            return schema;
        }
        all.push((tensor.name.clone(), schema));
    }
    let all = last_of_each(all);
    let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    typed("object", false)
        .with("required", names)
        .with("properties", Json::Map(all))
        .with("additionalProperties", false)
}

/// Of equal names the last one counts.
fn last_of_each(entries: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let mut seen = HashSet::new();
    let mut last: Vec<bool> =
        entries.iter().rev().map(|(name, _)| seen.insert(name.as_str())).collect();
    last.reverse();
    entries.into_iter().zip(last).filter_map(|(entry, last)| last.then_some(entry)).collect()
}

fn params(declared: &[Param], losses: &mut Losses) -> Json {
    let properties = declared
        .iter()
        .enumerate()
        .map(|(at, spec)| {
            let at = format!("/params/{at}");
            let schema = match &spec.kind {
                ParamKind::Data(data_type) => param(*data_type, &at, losses),
                ParamKind::Object(properties) => object(properties, true, &at, losses),
            };
            let schema =
                if spec.list { typed("array", true).with("items", schema) } else { schema };
            let schema = match Json::Literal(spec.default.clone()).to_value() {
                Some(_) => schema.with("default", Json::Literal(spec.default.clone())),
                None => {
                    losses.add(&at, &format!("JSON has no `{}` for its default", spec.default));
                    schema
                }
            };
            (spec.name.clone(), schema)
        })
        .collect();
    typed("object", false)
        .with("properties", Json::Map(properties))
        .with("additionalProperties", false)
}

/// What a scoring server answers, in its form of records or lists.
fn response(outputs: &Schema) -> Json {
    let predictions = match outputs {
        Schema::Columns(columns) if columns.named => {
            let required: Vec<&str> = columns
                .columns
                .iter()
                .filter(|column| column.required)
                .map(|column| column.name.as_str())
                .collect();
            let properties = columns
                .columns
                .iter()
                .map(|column| (column.name.clone(), given(&column.kind, column.required)))
                .collect();
            let record = typed("object", false)
                .with("required", required)
                .with("properties", Json::Map(properties));
            typed("array", false).with("items", record)
        }
        Schema::Columns(columns) => match columns.columns.as_slice() {
            [only] => typed("array", false).with("items", given(&only.kind, true)),
            all => {
                let cells: Vec<Json> = all.iter().map(|column| given(&column.kind, true)).collect();
                let row = typed("array", false).with("prefixItems", cells);
                typed("array", false).with("items", row)
            }
        },
        Schema::Tensors(Tensors { named: false, tensors }) => {
            tensors.first().map_or(Json::Boolean(true), tensors::given)
        }
        Schema::Tensors(Tensors { tensors, .. }) => {
            let all: Vec<(String, Json)> = tensors
                .iter()
                .map(|tensor| (tensor.name.clone(), tensors::given(tensor)))
                .collect();
            let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
            typed("object", false).with("required", names).with("properties", Json::Map(all))
        }
    };
    typed("object", false)
        .with("required", vec!["predictions"])
        .with("properties", Json::map([("predictions", predictions)]))
}
