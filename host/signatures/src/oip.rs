//! Signatures as model metadata of the Open Inference Protocol, version 2
//! (`GET /v2/models/{name}`): tensors with a name, a datatype and a shape.
//!
//! Columns are written as MLServer's runtime for MLflow describes them: a
//! tensor of shape `[-1, 1]` each, with the content type `pd` for the whole.

use mlflow_schema::oip::Datatype;
use tollgate::document::suggestion::suggestion;
use tollgate::mistake::Mistake;
use tollgate::source::Source;
use tollgate::tree::{Content, Node};

use crate::json::Json;
use crate::loss::{Loss, loadable};
use crate::schema::{Column, Columns, DataType, Dtype, Kind, Schema, Signature, Tensor, Tensors};

const BYTES: &str = "BYTES";

/// MLServer's content type of a whole data frame.
const FRAME: &str = "pd";

/// The metadata of a model, and what it cannot say.
pub(crate) fn write(signature: &Signature, name: &str) -> (Json, Vec<Loss>) {
    let mut losses = Vec::new();
    let inputs = part("inputs", signature.inputs.as_ref(), &mut losses);
    let outputs = part("outputs", signature.outputs.as_ref(), &mut losses);
    for (at, param) in signature.params.iter().flatten().enumerate() {
        losses.push(Loss::new(
            format!("/params/{at}"),
            format!("metadata has no parameters: `{}` is left out", param.name),
        ));
    }
    let metadata = Json::map([
        ("name", name.into()),
        ("platform", "mlflow".into()),
        ("inputs", inputs.unwrap_or(Json::List(Vec::new()))),
        ("outputs", outputs.unwrap_or(Json::List(Vec::new()))),
    ]);
    let frame = |schema: &Option<Schema>| matches!(schema, Some(Schema::Columns(_)));
    let (input, output) = (frame(&signature.inputs), frame(&signature.outputs));
    let other = |schema: &Option<Schema>| matches!(schema, Some(Schema::Tensors(_)));
    if (input && other(&signature.outputs)) || (output && other(&signature.inputs)) {
        losses.push(Loss::new(
            if input { "/inputs" } else { "/outputs" },
            "columns beside tensors become tensors of shape [-1, 1]",
        ));
    } else if input || output {
        return (metadata.with("parameters", content_type(FRAME)), losses);
    }
    (metadata, losses)
}

fn content_type(name: &str) -> Json {
    Json::map([("content_type", name.into())])
}

fn part(side: &str, schema: Option<&Schema>, losses: &mut Vec<Loss>) -> Option<Json> {
    let one = side.trim_end_matches('s');
    let tensors = match schema? {
        Schema::Columns(Columns { named, columns }) => columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let pointer = format!("/{side}/{at}");
                if *named && !column.required {
                    losses.push(Loss::new(&pointer, format!("metadata has no optional {side}")));
                }
                let name = if *named {
                    column.name.clone()
                } else {
                    losses.push(Loss::new(&pointer, format!("an {one} needs a name")));
                    format!("{one}-{at}")
                };
                let (datatype, content) = of_kind(&column.kind, &pointer, losses);
                tensor(&name, datatype, content, &[-1, 1])
            })
            .collect(),
        Schema::Tensors(Tensors { named, tensors }) => tensors
            .iter()
            .enumerate()
            .map(|(at, spec)| {
                let pointer = format!("/{side}/{at}");
                let name = if *named {
                    spec.name.clone()
                } else {
                    losses.push(Loss::new(&pointer, format!("an {one} needs a name")));
                    format!("{one}-{at}")
                };
                let (datatype, content) = of_dtype(spec.dtype, &pointer, losses);
                tensor(&name, datatype, content, &spec.shape)
            })
            .collect(),
    };
    Some(Json::List(tensors))
}

fn tensor(name: &str, datatype: &str, content: Option<&str>, shape: &[i64]) -> Json {
    let tensor = Json::map([
        ("name", name.into()),
        ("datatype", datatype.into()),
        ("shape", shape.to_vec().into()),
    ]);
    match content {
        Some(content) => tensor.with("parameters", content_type(content)),
        None => tensor,
    }
}

/// The datatype of a column, and MLServer's content type where one is needed.
fn of_kind(kind: &Kind, at: &str, losses: &mut Vec<Loss>) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Data(data_type) => match data_type {
            DataType::Boolean => ("BOOL", None),
            DataType::Integer => ("INT32", None),
            DataType::Long => ("INT64", None),
            DataType::Float => ("FP32", None),
            DataType::Double => ("FP64", None),
            DataType::String => (BYTES, Some("str")),
            DataType::Binary => (BYTES, Some("base64")),
            DataType::Datetime => (BYTES, Some("datetime")),
        },
        composite => {
            let message = format!("`{}` has no datatype: it is sent as bytes", composite.title());
            losses.push(Loss::new(at, message));
            (BYTES, None)
        }
    }
}

fn of_dtype(
    dtype: Dtype,
    at: &str,
    losses: &mut Vec<Loss>,
) -> (&'static str, Option<&'static str>) {
    match dtype {
        Dtype::Bytes => (BYTES, None),
        Dtype::Unicode => (BYTES, Some("str")),
        _ => match Datatype::of_dtype(dtype) {
            Some(datatype) if datatype != Datatype::Bytes => (datatype.name(), None),
            _ => {
                let message = format!("`{}` has no datatype: it is sent as bytes", dtype.name());
                losses.push(Loss::new(at, message));
                (BYTES, None)
            }
        },
    }
}

/// The signature of a model's metadata, and what it cannot say.
///
/// # Errors
/// When a tensor lacks its name, datatype or shape, or the datatype is none of
/// the protocol's.
pub(crate) fn read(source: &Source, tree: &Node) -> Result<(Signature, Vec<Loss>), Mistake> {
    let mut losses = Vec::new();
    let frame = content(tree) == Some(FRAME);
    let mut part = |key: &str| match tree.get(key).and_then(Node::items) {
        None | Some([]) => Ok(None),
        Some(items) => self::schema(source, key, items, frame, &mut losses).map(Some),
    };
    let signature = Signature { inputs: part("inputs")?, outputs: part("outputs")?, params: None };
    if signature.inputs.is_none() && signature.outputs.is_none() {
        let problem = "the metadata has neither `inputs` nor `outputs`";
        return Err(Mistake::new(source, tree.span, problem));
    }
    loadable(source, tree, &signature)?;
    Ok((signature, losses))
}

fn content(node: &Node) -> Option<&str> {
    node.get("parameters")?.get("content_type")?.text()
}

fn schema(
    source: &Source,
    key: &str,
    items: &[Node],
    frame: bool,
    losses: &mut Vec<Loss>,
) -> Result<Schema, Mistake> {
    let tensors = items.iter().map(|item| one(source, item)).collect::<Result<Vec<_>, _>>()?;
    if !frame {
        for (at, (item, _)) in items.iter().zip(&tensors).enumerate() {
            if let Some(kind) = content(item).filter(|kind| !matches!(*kind, "str" | "np")) {
                losses.push(Loss::new(
                    format!("/{key}/{at}/parameters/content_type"),
                    format!("a tensor cannot say `{kind}`"),
                ));
            }
        }
        return Ok(Schema::Tensors(Tensors { named: true, tensors }));
    }
    let mut columns = Vec::with_capacity(items.len());
    for (at, (item, tensor)) in items.iter().zip(tensors).enumerate() {
        let pointer = format!("/{key}/{at}");
        let data_type = match (tensor.dtype, content(item)) {
            (Dtype::Bool, _) => DataType::Boolean,
            (Dtype::Int(64) | Dtype::Uint(32), _) => DataType::Long,
            (Dtype::Int(_) | Dtype::Uint(8 | 16), _) => DataType::Integer,
            (Dtype::Float(64), _) => DataType::Double,
            (Dtype::Float(_), _) => DataType::Float,
            (Dtype::Unicode, _) => DataType::String,
            (_, Some("datetime")) => DataType::Datetime,
            (Dtype::Bytes, _) => DataType::Binary,
            (other, _) => {
                let problem = format!("a column cannot be `{}`", other.name());
                return Err(Mistake::new(source, item.span, problem));
            }
        };
        if !matches!(tensor.shape.as_slice(), [-1] | [-1, 1]) {
            losses.push(Loss::new(
                format!("{pointer}/shape"),
                format!("a column has one value a row, not {:?}", tensor.shape),
            ));
        }
        if data_type.dtype() != tensor.dtype
            && !matches!(data_type, DataType::Datetime | DataType::Binary | DataType::String)
        {
            losses.push(Loss::new(
                format!("{pointer}/datatype"),
                format!("`{}` becomes `{}`", tensor.dtype.name(), data_type.name()),
            ));
        }
        columns.push(Column { name: tensor.name, kind: Kind::Data(data_type), required: true });
    }
    Ok(Schema::Columns(Columns { named: true, columns }))
}

fn one(source: &Source, item: &Node) -> Result<Tensor, Mistake> {
    let lacks = |key: &str| {
        Mistake::new(source, item.span, format!("a tensor needs `{key}`"))
            .suggest("each has `name`, `datatype` and `shape`")
    };
    let name = item.get("name").and_then(Node::text).ok_or_else(|| lacks("name"))?;
    let datatype = item.get("datatype").ok_or_else(|| lacks("datatype"))?;
    let given = datatype.text().unwrap_or_default();
    let dtype = match Datatype::named(given).and_then(Datatype::dtype) {
        Some(Dtype::Bytes) if content(item) == Some("str") => Dtype::Unicode,
        Some(dtype) => dtype,
        None => {
            let known = |name: &&str| Datatype::named(name).and_then(Datatype::dtype).is_some();
            let names = Datatype::names().filter(known);
            let problem = format!("`{given}` is no datatype of the protocol that MLflow knows");
            return Err(Mistake::new(source, datatype.span, problem)
                .maybe_suggest(suggestion(given, names)));
        }
    };
    let shape = item.get("shape").ok_or_else(|| lacks("shape"))?;
    let lengths = shape.items().and_then(|items| {
        let length = |node: &Node| match &node.content {
            Content::Number(number) => number.as_i64().filter(|length| *length >= -1),
            _ => None,
        };
        items.iter().map(length).collect::<Option<Vec<i64>>>()
    });
    let Some(lengths) = lengths else {
        return Err(Mistake::new(
            source,
            shape.span,
            "`shape` must be a list of lengths, -1 for any",
        ));
    };
    Ok(Tensor { name: name.to_owned(), dtype, shape: lengths })
}
