//! Signatures with one or two changes.

use tollgate_signatures::Signature;
use tollgate_signatures::schema::{
    Column, Columns, DataType, Dtype, Kind, Param, ParamKind, Property, Schema, Tensor, Tensors,
};

const PRIMITIVES: [DataType; 8] = [
    DataType::Boolean,
    DataType::Integer,
    DataType::Long,
    DataType::Float,
    DataType::Double,
    DataType::String,
    DataType::Binary,
    DataType::Datetime,
];

/// Signatures that differ from this one in one place, or in a few.
pub(crate) fn mutants(signature: &Signature) -> Vec<Signature> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Signature)| {
        let mut changed = signature.clone();
        change(&mut changed);
        if changed != *signature
            && (changed.inputs.is_some() || changed.params.is_some() || changed.outputs.is_some())
        {
            all.push(changed);
        }
    };
    match &signature.inputs {
        Some(Schema::Columns(columns)) => {
            for changed in self::columns(columns) {
                push(&|s| s.inputs = Some(Schema::Columns(changed.clone())));
            }
        }
        Some(Schema::Tensors(tensors)) => {
            for changed in self::tensors(tensors) {
                push(&|s| s.inputs = Some(Schema::Tensors(changed.clone())));
            }
        }
        None => push(&|s| {
            s.inputs = Some(Schema::Columns(Columns {
                named: true,
                columns: vec![column("a", Kind::Data(DataType::Long), false)],
            }))
        }),
    }
    push(&|s| s.inputs = None);
    for params in self::params(signature.params.as_deref().unwrap_or_default()) {
        push(&|s| s.params = Some(params.clone()));
    }
    push(&|s| s.params = None);
    all
}

fn column(name: &str, kind: Kind, required: bool) -> Column {
    Column { name: name.to_owned(), kind, required }
}

fn columns(columns: &Columns) -> Vec<Columns> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<Column>)| {
        let mut changed = columns.clone();
        change(&mut changed.columns);
        for (at, column) in changed.columns.iter_mut().enumerate() {
            if !changed.named {
                column.name = at.to_string();
                // MLflow allows no optional columns without names.
                column.required |= matches!(column.kind, Kind::Data(_));
            }
        }
        if !changed.columns.is_empty() {
            all.push(changed);
        }
    };
    for (at, column) in columns.columns.iter().enumerate().take(3) {
        for kind in kinds(&column.kind) {
            push(&|columns| columns[at].kind = kind.clone());
        }
        push(&|columns| columns[at].required = !columns[at].required);
        push(&|columns| columns[at].name.push('x'));
        push(&|columns| {
            columns.remove(at);
        });
        push(&|columns| {
            columns[at].required = false;
            columns[at].kind = widest(&columns[at].kind);
        });
    }
    for kind in [
        Kind::Data(DataType::Long),
        Kind::Data(DataType::String),
        Kind::Array(Box::new(Kind::Data(DataType::String))),
        Kind::Map(Box::new(Kind::Data(DataType::Double))),
        Kind::Object(vec![property("k", Kind::Data(DataType::Long), true)]),
        Kind::Any,
    ] {
        for required in [true, false] {
            push(&|columns| columns.push(self::column("added", kind.clone(), required)));
            push(&|columns| columns.insert(0, self::column("x", kind.clone(), required)));
        }
    }
    push(&|columns| columns.reverse());
    let mut renamed = columns.clone();
    renamed.named = !renamed.named;
    for (at, column) in renamed.columns.iter_mut().enumerate() {
        column.name = if renamed.named { format!("c{at}") } else { at.to_string() };
        column.required = true;
    }
    all.push(renamed);
    all
}

fn property(name: &str, kind: Kind, required: bool) -> Property {
    Property { name: name.to_owned(), kind, required }
}

fn widest(kind: &Kind) -> Kind {
    match kind {
        Kind::Data(DataType::Integer | DataType::Float) => Kind::Data(DataType::Double),
        other => other.clone(),
    }
}

/// A type changed in one place.
fn kinds(kind: &Kind) -> Vec<Kind> {
    let mut all: Vec<Kind> = PRIMITIVES.into_iter().map(Kind::Data).collect();
    all.extend([
        Kind::Any,
        Kind::Array(Box::new(kind.clone())),
        Kind::Map(Box::new(kind.clone())),
        Kind::Vector,
    ]);
    let boxed = |kinds: Vec<Kind>, wrap: &dyn Fn(Kind) -> Kind| -> Vec<Kind> {
        kinds.into_iter().map(wrap).collect()
    };
    match kind {
        Kind::Array(items) => all.extend(boxed(kinds(items), &|kind| Kind::Array(Box::new(kind)))),
        Kind::Map(values) => all.extend(boxed(kinds(values), &|kind| Kind::Map(Box::new(kind)))),
        Kind::Object(properties) => {
            all.extend(self::properties(properties).into_iter().map(Kind::Object));
        }
        _ => {}
    }
    // MLflow drops the map around a vector.
    let vectors = |kind: &Kind| matches!(kind, Kind::Map(values) if **values == Kind::Vector);
    all.retain(|changed| changed != kind && !vectors(changed));
    all
}

fn properties(properties: &[Property]) -> Vec<Vec<Property>> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<Property>)| {
        let mut changed = properties.to_vec();
        change(&mut changed);
        changed.sort_by(|a, b| a.name.cmp(&b.name));
        changed.dedup_by(|a, b| a.name == b.name);
        if !changed.is_empty() {
            all.push(changed);
        }
    };
    for (at, property) in properties.iter().enumerate() {
        push(&|properties| properties[at].required = !properties[at].required);
        push(&|properties| {
            properties.remove(at);
        });
        for kind in kinds(&property.kind) {
            // Not a vector: MLflow allows none here.
            if kind != Kind::Vector {
                push(&|properties| properties[at].kind = kind.clone());
            }
        }
    }
    for required in [true, false] {
        push(&|all| all.push(property("new", Kind::Data(DataType::Double), required)));
        push(&|all| all.push(property("b", Kind::Data(DataType::Long), required)));
    }
    all
}

fn tensors(tensors: &Tensors) -> Vec<Tensors> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<Tensor>)| {
        let mut changed = tensors.clone();
        change(&mut changed.tensors);
        if !changed.tensors.is_empty() && (changed.named || changed.tensors.len() == 1) {
            all.push(changed);
        }
    };
    let dtypes = [
        Dtype::Bool,
        Dtype::Int(32),
        Dtype::Int(64),
        Dtype::Uint(8),
        Dtype::Float(32),
        Dtype::Float(64),
        Dtype::Unicode,
        Dtype::Object,
    ];
    for (at, tensor) in tensors.tensors.iter().enumerate() {
        for dtype in dtypes {
            push(&|tensors| tensors[at].dtype = dtype);
        }
        for dimension in 0..tensor.shape.len() {
            for length in [-1, 1, 2, 3] {
                push(&|tensors| tensors[at].shape[dimension] = length);
            }
        }
        push(&|tensors| tensors[at].shape.push(-1));
        push(&|tensors| {
            tensors[at].shape.pop();
        });
        push(&|tensors| tensors[at].shape = vec![-1; tensors[at].shape.len()]);
        push(&|tensors| {
            tensors.remove(at);
        });
        push(&|tensors| {
            let mut added = tensors[at].clone();
            added.name.push('x');
            tensors.push(added);
        });
    }
    push(&|tensors| tensors.reverse());
    all
}

fn params(params: &[Param]) -> Vec<Vec<Param>> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<Param>)| {
        let mut changed = params.to_vec();
        change(&mut changed);
        all.push(changed);
    };
    for (at, param) in params.iter().enumerate() {
        for kind in PRIMITIVES.into_iter().filter(|kind| *kind != DataType::Binary) {
            push(&|params| {
                params[at].kind = ParamKind::Data(kind);
                params[at].default = "null".to_owned();
                if params[at].list {
                    params[at].default = "[]".to_owned();
                }
            });
        }
        push(&|params| {
            params[at].list = !params[at].list;
            params[at].default = if params[at].list { "[]" } else { "null" }.to_owned();
        });
        push(&|params| {
            params.remove(at);
        });
        if let ParamKind::Object(properties) = &param.kind {
            for properties in self::properties(properties) {
                // The default stays as it is, and may not fit any more.
                let optional: Vec<Property> = properties
                    .iter()
                    .map(|property| Property { required: property.required, ..property.clone() })
                    .collect();
                let mut changed = params.to_vec();
                changed[at].kind = ParamKind::Object(optional);
                let signature =
                    Signature { inputs: None, outputs: None, params: Some(changed.clone()) };
                let texts = serde_json::from_str(&signature.to_texts()).unwrap();
                if tollgate_signatures::mlflow::from_value(&texts).is_ok() {
                    push(&|params| params.clone_from(&changed));
                }
            }
        }
    }
    push(&|params| {
        params.push(Param {
            name: "temperature".to_owned(),
            kind: ParamKind::Data(DataType::Double),
            list: false,
            default: "0.5".to_owned(),
        });
    });
    push(&|params| params.reverse());
    // A name may be declared once only, and a list of objects has no default.
    all.retain(|params| {
        let mut names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.len() == params.len()
            && !params.iter().any(|param| {
                matches!(param.kind, ParamKind::Object(_))
                    && (param.list || param.default == "null")
            })
    });
    all
}
