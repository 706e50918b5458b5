//! Payloads for a signature: mostly fitting, often not.

use serde_json::{Map, Value, json};
use tollgate_sdk::signature::{Cells, Column as CellColumn, Dictionary, TypedColumn};
use tollgate_signatures::Signature;
use tollgate_signatures::schema::{
    Column, Columns, DataType, Dtype, Kind, Param, ParamKind, Schema, Tensor, Tensors,
};

use super::Dice;

/// Request bodies in every form.
pub(crate) fn payloads(signature: &Signature, dice: &mut Dice) -> Vec<String> {
    let mut all = Vec::new();
    for round in 0..40 {
        let mut body = Map::new();
        let (key, data) = match &signature.inputs {
            Some(Schema::Columns(columns)) if columns.named => named(columns, dice, round),
            Some(Schema::Columns(columns)) => unnamed(columns, dice, round),
            Some(Schema::Tensors(tensors)) => tensor_data(tensors, dice, round),
            None => ("inputs", json!({ "a": [1, 2] })),
        };
        body.insert(key.to_owned(), data);
        let params = signature.params.as_deref().unwrap_or_default();
        if dice.roll(2) == 0 {
            let value = if dice.roll(12) == 0 { json!([1]) } else { self::params(params, dice) };
            body.insert("params".to_owned(), value);
        }
        all.push(Value::Object(body).to_string());
    }
    if !signature.params.as_deref().unwrap_or_default().is_empty() || dice.roll(8) == 0 {
        for _ in 0..6 {
            let mut body = json!({ "messages": [{ "role": "user", "content": "hi" }] });
            let params = self::params(signature.params.as_deref().unwrap_or_default(), dice);
            body.as_object_mut().unwrap().extend(params.as_object().unwrap().clone());
            all.push(body.to_string());
        }
    }
    all
}

fn params(params: &[Param], dice: &mut Dice) -> Value {
    let mut out = Map::new();
    for param in params {
        if dice.roll(3) == 0 {
            continue;
        }
        let one = |dice: &mut Dice| match &param.kind {
            ParamKind::Data(data_type) => scalar(*data_type, dice),
            ParamKind::Object(properties) => value(&Kind::Object(properties.clone()), true, dice),
        };
        let value =
            if param.list { (0..dice.roll(3)).map(|_| one(dice)).collect() } else { one(dice) };
        out.insert(param.name.clone(), value);
    }
    if dice.roll(6) == 0 {
        out.insert("temperature".to_owned(), json!("hot"));
    }
    Value::Object(out)
}

/// A value of a type, now and then of another.
fn value(kind: &Kind, required: bool, dice: &mut Dice) -> Value {
    if !required && dice.roll(4) == 0 {
        return Value::Null;
    }
    if dice.roll(25) == 0 {
        return dice
            .one(&[Value::Null, json!(1), json!("a"), json!([]), json!({}), json!([[1], [2, 3]])])
            .clone();
    }
    match kind {
        Kind::Data(data_type) => scalar(*data_type, dice),
        Kind::Array(items) => (0..dice.roll(4)).map(|_| value(items, required, dice)).collect(),
        Kind::Vector => (0..dice.roll(4)).map(|_| scalar(DataType::Double, dice)).collect(),
        Kind::Map(values) => {
            let keys = ["k", "l", "m"];
            let entry =
                |at: usize, dice: &mut Dice| (keys[at].to_owned(), value(values, required, dice));
            Value::Object((0..dice.roll(4)).map(|at| entry(at, dice)).collect())
        }
        Kind::Object(properties) => Value::Object(
            properties
                .iter()
                .filter_map(|property| {
                    let sent = property.required || dice.roll(3) > 0;
                    sent.then(|| {
                        (property.name.clone(), value(&property.kind, property.required, dice))
                    })
                })
                .collect(),
        ),
        Kind::Any => dice.one(&[json!(1), json!("x"), json!([1, "a"]), Value::Null]).clone(),
    }
}

fn scalar(data_type: DataType, dice: &mut Dice) -> Value {
    let pool: &[Value] = &match data_type {
        DataType::Boolean => vec![json!(true), json!(false), json!(true), json!(1)],
        DataType::Integer => {
            vec![json!(0), json!(1), json!(7), json!(-3), json!(2_147_483_647), json!(1.0)]
        }
        DataType::Long => vec![
            json!(0),
            json!(1),
            json!(7),
            json!(2_147_483_648_i64),
            json!(9_007_199_254_740_993_i64),
            json!("5"),
        ],
        DataType::Float => vec![
            json!(0),
            json!(1),
            json!(0.5),
            json!(2.5),
            json!(0.1),
            json!(7),
            json!(9_007_199_254_740_993_i64),
            Value::Null,
        ],
        DataType::Double => {
            vec![json!(0), json!(1), json!(0.5), json!(2.5), json!(0.1), json!(1e300), Value::Null]
        }
        DataType::String => vec![json!("a"), json!("b c"), json!("1"), json!(""), Value::Null],
        DataType::Binary => vec![json!("YQ=="), json!("YWJj"), json!("")],
        DataType::Datetime => vec![
            json!("2021-01-01T10:00:00"),
            json!("2021-02-03T00:00:00"),
            json!("2021-01-01"),
            json!("1969-12-31T23:59:59"),
        ],
    };
    // Mostly the first few, so that whole columns fit.
    let sides = if dice.roll(3) > 0 { 3.min(pool.len()) } else { pool.len() };
    pool[dice.roll(sides)].clone()
}

fn named(columns: &Columns, dice: &mut Dice, round: usize) -> (&'static str, Value) {
    let sent: Vec<&Column> =
        columns.columns.iter().filter(|column| column.required || dice.roll(2) == 0).collect();
    let mut extra: Vec<&str> = Vec::new();
    if dice.roll(4) == 0 {
        extra.push(["added", "x", "other"][dice.roll(3)]);
    }
    let cell = |name: &str, dice: &mut Dice| match sent.iter().find(|column| column.name == name) {
        Some(column) => value(&column.kind, column.required, dice),
        None => json!("?"),
    };
    let names: Vec<&str> = sent.iter().map(|column| column.name.as_str()).chain(extra).collect();
    let rows = 1 + dice.roll(3);
    let record = |dice: &mut Dice| {
        Value::Object(names.iter().map(|name| ((*name).to_owned(), cell(name, dice))).collect())
    };
    match round % 8 {
        0 | 1 => ("dataframe_records", (0..rows).map(|_| record(dice)).collect()),
        2 | 3 => {
            let row =
                |dice: &mut Dice| names.iter().map(|name| cell(name, dice)).collect::<Value>();
            let data: Value = (0..rows).map(|_| row(dice)).collect();
            ("dataframe_split", json!({ "columns": names, "data": data }))
        }
        4 => ("instances", (0..rows).map(|_| record(dice)).collect()),
        5 => {
            let list = |name: &str, dice: &mut Dice| -> Value {
                (0..rows).map(|_| cell(name, dice)).collect()
            };
            let key = *dice.one(&["inputs", "instances"]);
            (
                key,
                Value::Object(
                    names.iter().map(|name| ((*name).to_owned(), list(name, dice))).collect(),
                ),
            )
        }
        6 => ("inputs", record(dice)),
        _ => {
            let kind = &columns.columns[0].kind;
            let list: Value = (0..rows).map(|_| value(kind, true, dice)).collect();
            (*dice.one(&["inputs", "instances"]), list)
        }
    }
}

fn unnamed(columns: &Columns, dice: &mut Dice, round: usize) -> (&'static str, Value) {
    let row = |dice: &mut Dice| -> Value {
        let surplus = (dice.roll(4) == 0).then(|| json!(5));
        let cells = columns.columns.iter();
        cells.map(|column| value(&column.kind, column.required, dice)).chain(surplus).collect()
    };
    let rows = 1 + dice.roll(3);
    match round % 3 {
        0 => {
            let data: Value = (0..rows).map(|_| row(dice)).collect();
            ("dataframe_split", json!({ "data": data }))
        }
        1 => ("inputs", (0..rows).map(|_| row(dice)).collect()),
        _ => ("instances", row(dice)),
    }
}

fn element(dtype: Dtype, dice: &mut Dice) -> Value {
    match dtype.kind() {
        'b' => json!(dice.roll(2) == 0),
        'i' | 'u' => json!(dice.roll(5)),
        'f' => dice.one(&[json!(0.5), json!(1), json!(2.25), json!(7)]).clone(),
        'U' | 'S' => json!("a"),
        'M' => json!("2021-01-01"),
        _ => dice.one(&[json!(1), json!("a"), json!(0.5)]).clone(),
    }
}

fn nest(dtype: Dtype, shape: &[usize], dice: &mut Dice) -> Value {
    match shape {
        [] => element(dtype, dice),
        [length, inner @ ..] => (0..*length).map(|_| nest(dtype, inner, dice)).collect(),
    }
}

fn tensor_data(tensors: &Tensors, dice: &mut Dice, round: usize) -> (&'static str, Value) {
    let rows = 1 + dice.roll(3);
    let one = |tensor: &Tensor, dice: &mut Dice| {
        let mut shape: Vec<usize> = Vec::new();
        for (at, length) in tensor.shape.iter().enumerate() {
            shape.push(match usize::try_from(*length) {
                Ok(length) => length.min(64),
                Err(_) if at == 0 => rows,
                Err(_) => 1 + dice.roll(3),
            });
        }
        nest(tensor.dtype, &shape, dice)
    };
    if !tensors.named || (tensors.tensors.len() == 1 && round.is_multiple_of(5)) {
        let data = one(&tensors.tensors[0], dice);
        return match round % 4 {
            3 => ("dataframe_split", json!({ "data": data })),
            at => ([("inputs"), ("instances"), ("inputs")][at], data),
        };
    }
    let other = (dice.roll(6) == 0).then(|| ("other".to_owned(), json!([1, 2])));
    let all: Map<String, Value> = tensors
        .tensors
        .iter()
        .map(|tensor| (tensor.name.clone(), one(tensor, dice)))
        .chain(other)
        .collect();
    match round % 3 {
        0 | 1 => ("inputs", Value::Object(all)),
        _ => {
            let record = |row: usize| -> Value {
                all.iter()
                    .filter_map(|(name, data)| Some((name.clone(), data.get(row)?.clone())))
                    .collect::<Map<_, _>>()
                    .into()
            };
            let form = *dice.one(&["instances", "dataframe_records"]);
            (form, (0..rows).map(record).collect())
        }
    }
}

/// Typed frames with the signature's columns: each of a type near the declared
/// one.
pub(crate) fn frames(signature: &Signature, dice: &mut Dice) -> Vec<(Vec<TypedColumn>, usize)> {
    let Some(Schema::Columns(Columns { columns, .. })) = &signature.inputs else {
        return Vec::new();
    };
    let rows = 2;
    (0..20)
        .map(|_| {
            let mut sent = Vec::new();
            for column in columns {
                if column.required || dice.roll(2) == 0 {
                    sent.push(typed(column, rows, dice));
                }
            }
            (sent, rows)
        })
        .collect()
}

fn typed(column: &Column, rows: usize, dice: &mut Dice) -> TypedColumn {
    let near: &[&str] = match &column.kind {
        Kind::Data(DataType::Boolean) => &["bool", "boolean"],
        Kind::Data(DataType::Integer) => &["int32", "int16", "uint8", "uint16", "int8", "Int32"],
        Kind::Data(DataType::Long) => &["int64", "int32", "uint32", "Int64"],
        Kind::Data(DataType::Float) => &["float32", "float16", "int64"],
        Kind::Data(DataType::Double) => &["float64", "float32", "int32", "uint32", "int64"],
        Kind::Data(DataType::Datetime) => &["datetime64[ns]", "datetime64[s]"],
        Kind::Data(DataType::String) => &["str", "object"],
        _ => &["object"],
    };
    let dtype = *dice.one(near);
    let texts = |of: &mut dyn FnMut() -> String| {
        Cells::Texts(Dictionary {
            entries: (0..rows).map(|_| of()).collect(),
            indices: (0..u32::try_from(rows).unwrap()).collect(),
        })
    };
    let cells = match dtype {
        "object" => texts(&mut || value(&column.kind, column.required, dice).to_string()),
        "str" => texts(&mut || "a".to_owned()),
        "bool" | "boolean" => Cells::Booleans(vec![1; rows]),
        _ if dtype.starts_with("float") => Cells::Numbers(vec![0.5; rows]),
        _ => Cells::Integers((0..rows).map(|_| i64::try_from(dice.roll(4)).unwrap()).collect()),
    };
    TypedColumn {
        name: Some(column.name.clone()),
        dtype: dtype.to_owned(),
        column: CellColumn { cells, validity: None },
    }
}
