//! Whether the signature of a model supplies what a policy reads.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::PolicyDocument;
use tollgate::document::suggestion::suggestion;
use tollgate::judge::Decider;
use tollgate::mistake::{Gathered, Mistake, Mistakes};
use tollgate::model::ModelError;
use tollgate::tree::unescape;
use tollgate_engine::types::{Input, Kind};
use tollgate_signatures::Signature;
use tollgate_signatures::schema::{self, DataType, Schema};

/// Why a policy does not fit its model.
#[derive(Debug, Error, Diagnostic)]
pub enum InputsError {
    /// The signature cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// The signature does not supply what the policy reads.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unsupplied(#[from] Mistakes),
}

/// The model whose score a policy reads.
#[derive(Debug, Clone)]
pub struct ScoredModel {
    /// Its folder, its `MLmodel`, or a signature as JSON.
    pub signature: PathBuf,
    /// What a request holds beside what the model reads, by its names.
    pub beside: Vec<String>,
}

/// What a signature says of a name.
enum Supplied<'a> {
    Of(&'a schema::Kind),
    /// A tensor, or a parameter, whose kind is not compared.
    Somehow,
    Not,
}

/// Checks that a request that the model takes, with what is stated beside it,
/// and the model's answer hold all inputs of a policy that have no default.
///
/// # Errors
/// All that are missing or of another kind, each at its place with the near
/// name; or that the signature cannot be read.
pub(crate) fn supplied(decider: &Decider, model: &ScoredModel) -> Result<(), InputsError> {
    let file = tollgate_signatures::file::read(&model.signature)?;
    let (document, surface) = (decider.document(), decider.policy().surface());
    let mut mistakes = Gathered::default();
    for (input, at) in surface.inputs.iter().zip(0_u32..) {
        let Some(path) = path(document, input) else { continue };
        let is_score = surface.score == Some(at);
        let problem = match is_score {
            true => score(&file.signature, &path),
            false => other(&file.signature, &path, input, &model.beside),
        };
        if let Some((problem, help)) = problem {
            let span = document.input_span(&input.name);
            mistakes.push_at(span.start, || {
                let message = format!("input `{}` {problem} `{}`", input.name, file.source);
                Mistake::new(document.source(), span, message).maybe_suggest(help)
            });
        }
    }
    mistakes.finish().map_or(Ok(()), |mistakes| Err(mistakes.into()))
}

/// Where a request has an input, by the names of its members; none when the
/// request need not have it.
fn path(document: &PolicyDocument, input: &Input) -> Option<Vec<String>> {
    let Some(mapping) = document.input(&input.name) else {
        return input.required.then(|| vec![input.name.clone()]);
    };
    let from_outside = mapping.header.is_some() || mapping.counter.is_some();
    if from_outside || mapping.default.is_some() || !input.required {
        return None;
    }
    let Some(pointer) = &mapping.pointer else {
        return Some(vec![mapping.column.clone().unwrap_or_else(|| input.name.clone())]);
    };
    let tokens: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    // What a request of MLflow's is wrapped in is no member of the signature.
    let wrapped = match tokens.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["dataframe_records" | "instances", _, _, ..] => 2,
        ["inputs" | "params", _, ..] => 1,
        _ => 0,
    };
    Some(tokens.into_iter().skip(wrapped).collect())
}

type Problem = Option<(String, Option<String>)>;

fn other(signature: &Signature, path: &[String], input: &Input, beside: &[String]) -> Problem {
    let name = path.first()?;
    if beside.contains(name) {
        return None;
    }
    let found = match within(signature.inputs.as_ref(), path) {
        Supplied::Not => within(signature.outputs.as_ref(), path),
        found => found,
    };
    let params = signature.params.iter().flatten();
    match found {
        Supplied::Of(kind) if !fits(kind, input.kind) => {
            let (wanted, title) = (tollgate::input::kind_phrase(input.kind), kind.title());
            Some((format!("wants {wanted}, and `{name}` is of type {title} in"), None))
        }
        Supplied::Of(_) | Supplied::Somehow => None,
        Supplied::Not if params.clone().any(|param| param.name == *name) => None,
        Supplied::Not => {
            let names = signature.inputs.iter().flat_map(Schema::names);
            let names = names.chain(params.map(|param| param.name.as_str()));
            let names = names.chain(beside.iter().map(String::as_str));
            Some(("is not supplied by".to_owned(), suggestion(name, names)))
        }
    }
}

/// The model's answer gives the score: by its name, or as the only thing that
/// it gives.
fn score(signature: &Signature, path: &[String]) -> Problem {
    let outputs = signature.outputs.as_ref()?;
    let names = outputs.names();
    match within(Some(outputs), path) {
        Supplied::Of(kind) if !fits(kind, Kind::Number) => {
            Some((format!("wants a number, and is of type {} in", kind.title()), None))
        }
        Supplied::Not if outputs.named() && names.len() > 1 => {
            let name = path.first().map_or("", String::as_str);
            Some(("is not among the outputs of".to_owned(), suggestion(name, names)))
        }
        _ => None,
    }
}

fn within<'a>(schema: Option<&'a Schema>, path: &[String]) -> Supplied<'a> {
    let (Some(schema), Some((name, rest))) = (schema, path.split_first()) else {
        return Supplied::Not;
    };
    match schema {
        Schema::Columns(columns) => {
            let column = columns.columns.iter().find(|it| columns.named && it.name == *name);
            column.map_or(Supplied::Not, |column| member(&column.kind, rest))
        }
        Schema::Tensors(tensors) => {
            match tensors.tensors.iter().any(|it| tensors.named && it.name == *name) {
                true => Supplied::Somehow,
                false => Supplied::Not,
            }
        }
    }
}

/// What stands under further names in a value.
fn member<'a>(kind: &'a schema::Kind, path: &[String]) -> Supplied<'a> {
    let Some((name, rest)) = path.split_first() else { return Supplied::Of(kind) };
    match kind {
        schema::Kind::Object(properties) => {
            let property = properties.iter().find(|property| property.name == *name);
            property.map_or(Supplied::Not, |property| member(&property.kind, rest))
        }
        schema::Kind::Map(values) | schema::Kind::Array(values) => member(values, rest),
        schema::Kind::Any | schema::Kind::Vector => Supplied::Somehow,
        schema::Kind::Data(_) => Supplied::Not,
    }
}

/// Whether each value of a type is of the kind that an input wants.
fn fits(kind: &schema::Kind, wanted: Kind) -> bool {
    let data = match kind {
        schema::Kind::Any => return true,
        schema::Kind::Data(data) => *data,
        _ => return false,
    };
    match wanted {
        Kind::Boolean => data == DataType::Boolean,
        Kind::Integer => matches!(data, DataType::Integer | DataType::Long),
        Kind::Number => {
            use DataType::{Double, Float, Integer, Long};
            matches!(data, Integer | Long | Float | Double)
        }
        Kind::Text => matches!(data, DataType::String | DataType::Datetime | DataType::Binary),
    }
}
