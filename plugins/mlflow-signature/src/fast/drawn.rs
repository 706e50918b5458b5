//! What one pass calls clean has no fault, no change and no warning on the way
//! that builds Python's objects, for drawn signatures and payloads.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use tollgate_sdk::signature::{Records, Signature as _};
use tollgate_test_support::{Dice, seed};

use crate::MlflowSignature;

const SIGNATURES: usize = 400;
const PAYLOADS: usize = 60;

#[test]
fn clean_by_one_pass_is_clean_by_the_whole_way() {
    let mut dice = Dice::new(seed());
    let (mut clean, mut nested, mut lines) = (0, 0, 0);
    for _ in 0..SIGNATURES {
        let columns: Vec<Column> =
            (0..1 + dice.roll(3)).map(|at| Column::draw(at, &mut dice)).collect();
        let of_lists = columns.iter().any(|column| !matches!(column.kind, Kind::One(_)));
        let [strict, mlflow] = ["strict", "mlflow"].map(|mode| configured(&columns, mode));
        for _ in 0..PAYLOADS {
            let records: Vec<String> =
                (0..1 + dice.roll(3)).map(|_| record(&columns, &mut dice)).collect();
            for payload in bodies(&columns, &records, &mut dice) {
                let payload = payload.as_bytes();
                if strict.plan().is_some_and(|plan| plan.clean(payload)) {
                    clean += 1;
                    nested += usize::from(of_lists);
                    for judge in [&strict, &mlflow] {
                        let found = judge.looked_through(payload);
                        assert!(found.is_empty(), "{columns:?}\n{}\n{found:#?}", shown(payload));
                    }
                }
            }
            let records: Records = records.iter().map(String::as_bytes).collect();
            if strict.plan().is_some_and(|plan| plan.clean_records(records.iter())) {
                lines += 1;
                for judge in [&strict, &mlflow] {
                    let found = judge.record_findings(&records);
                    assert!(found.is_empty(), "{columns:?}\n{}\n{found:#?}", shown(&records.bytes));
                }
            }
        }
    }
    // Of what is drawn enough is clean for the rest to mean something.
    let drawn = SIGNATURES * PAYLOADS;
    assert!(
        clean > drawn / 4 && nested > drawn / 20 && lines > drawn / 20,
        "{clean} {nested} {lines}"
    );
}

fn shown(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

fn configured(columns: &[Column], mode: &str) -> MlflowSignature {
    let inputs: Vec<String> = columns.iter().map(Column::spec).collect();
    let settings =
        format!(r#"{{"mode":"{mode}","signature":{{"inputs":[{}]}}}}"#, inputs.join(","));
    MlflowSignature::configure(serde_json::from_str(&settings).unwrap()).unwrap()
}

#[derive(Clone, Debug)]
enum Kind {
    One(&'static str),
    List(Box<Kind>),
    Map(Box<Kind>),
    Object(Vec<(String, Kind, bool)>),
}

#[derive(Debug)]
struct Column {
    name: String,
    kind: Kind,
    required: bool,
}

const TYPES: [&str; 8] =
    ["boolean", "integer", "long", "float", "double", "string", "datetime", "long"];
/// Those that JSON has inside of lists and objects.
const INSIDE: [&str; 5] = ["boolean", "long", "double", "string", "double"];

impl Kind {
    fn draw(depth: usize, dice: &mut Dice) -> Self {
        if depth > 2 || dice.roll(2) == 0 {
            let names: &[&'static str] = if depth == 0 { &TYPES } else { &INSIDE };
            return Self::One(dice.one::<&str>(names));
        }
        match dice.roll(3) {
            0 => Self::List(Box::new(Self::draw(depth + 1, dice))),
            1 => Self::Map(Box::new(Self::draw(depth + 1, dice))),
            _ => {
                let member = |at: usize, dice: &mut Dice| {
                    (format!("p{at}"), Self::draw(depth + 1, dice), dice.roll(3) > 0)
                };
                Self::Object((0..1 + dice.roll(3)).map(|at| member(at, dice)).collect())
            }
        }
    }

    fn spec(&self) -> String {
        match self {
            Self::One(name) => format!(r#""type":"{name}""#),
            Self::List(items) => format!(r#""type":"array","items":{{{}}}"#, items.spec()),
            Self::Map(values) => format!(r#""type":"map","values":{{{}}}"#, values.spec()),
            Self::Object(members) => {
                let member = |(name, kind, required): &(String, Self, bool)| {
                    format!(r#""{name}":{{{},"required":{required}}}"#, kind.spec())
                };
                let members: Vec<String> = members.iter().map(member).collect();
                format!(r#""type":"object","properties":{{{}}}"#, members.join(","))
            }
        }
    }

    fn value(&self, dice: &mut Dice) -> String {
        if dice.roll(60) == 0 {
            return odd(dice);
        }
        match self {
            Self::One(name) => one(name, dice),
            Self::List(items) => {
                let count = if dice.roll(12) == 0 { 0 } else { 1 + dice.roll(3) };
                let items: Vec<String> = (0..count).map(|_| items.value(dice)).collect();
                format!("[{}]", items.join(*dice.one(&[",", ", "])))
            }
            Self::Map(values) => {
                let count = if dice.roll(12) == 0 { 0 } else { 1 + dice.roll(3) };
                let entry = |at: usize, dice: &mut Dice| {
                    // Now and then a key comes twice.
                    let at = if dice.roll(30) == 0 { 0 } else { at };
                    format!(r#""k{at}":{}"#, values.value(dice))
                };
                let entries: Vec<String> = (0..count).map(|at| entry(at, dice)).collect();
                format!("{{{}}}", entries.join(","))
            }
            Self::Object(members) => {
                let mut entries: Vec<String> = Vec::new();
                for (name, kind, required) in members {
                    if dice.roll(if *required { 40 } else { 3 }) > 0 {
                        entries.push(format!(r#""{name}":{}"#, kind.value(dice)));
                    }
                }
                if dice.roll(40) == 0 {
                    entries.push(r#""other":1"#.to_string());
                }
                if dice.roll(3) == 0 {
                    entries.reverse();
                }
                format!("{{{}}}", entries.join(", "))
            }
        }
    }
}

/// Values that are nearly what is wanted.
fn odd(dice: &mut Dice) -> String {
    const ODD: [&str; 20] = [
        "null",
        "true",
        "0",
        "1",
        "-0",
        "1.0",
        "1e3",
        "1e999",
        "NaN",
        "[]",
        "{}",
        "\"\"",
        "\"7\"",
        "[1]",
        "[null]",
        "{\"a\":1}",
        "9223372036854775808",
        "\"2021-01-02\"",
        "[[]]",
        "-",
    ];
    (*dice.one(&ODD)).to_string()
}

fn one(name: &str, dice: &mut Dice) -> String {
    let of: &[&str] = match name {
        "boolean" => &["true", "false"],
        "integer" => &["0", "7", "-12", "2147483647", "2147483648", "-2147483649", "1"],
        "long" => &["0", "7", "-12", "9223372036854775807", "9223372036854775808", "1"],
        "float" => &["0.5", "-1.25", "3", "1e38", "1e39", "16777217", "0.1", "null", "1e-50"],
        "double" => {
            &["0.5", "-1.25", "3", "1e300", "9007199254740993", "0.1", "2.5e-3", "0", "1", "1.0"]
        }
        "string" => {
            &["\"a\"", "\"\"", "\"\\u0041\"", "\"é\"", "\"x\\u0000\"", "\"\\ud800\"", "\"12\""]
        }
        _ => &[
            "\"2021-01-31\"",
            "\"2021-01-31T10:11:12\"",
            "\"2021-01-31 10:11:12.123\"",
            "\"2021-02-29\"",
            "\"1066-10-14\"",
        ],
    };
    // Mostly the first ones, which fit.
    let most = if dice.roll(4) == 0 { of.len() } else { 2 };
    (*dice.one(of.get(..most).unwrap_or(of))).to_string()
}

impl Column {
    fn draw(at: usize, dice: &mut Dice) -> Self {
        Self { name: format!("c{at}"), kind: Kind::draw(0, dice), required: dice.roll(4) > 0 }
    }

    fn spec(&self) -> String {
        let Self { name, kind, required } = self;
        format!(r#"{{"name":"{name}",{},"required":{required}}}"#, kind.spec())
    }
}

fn record(columns: &[Column], dice: &mut Dice) -> String {
    let mut entries: Vec<String> = Vec::new();
    for Column { name, kind, required } in columns {
        if dice.roll(if *required { 60 } else { 5 }) > 0 {
            entries.push(format!(r#""{name}":{}"#, kind.value(dice)));
        }
    }
    if dice.roll(60) == 0 {
        entries.push(r#""more":1"#.to_string());
    }
    format!("{{{}}}", entries.join(", "))
}

/// The records in a form of a request, and by themselves in another.
fn bodies(columns: &[Column], records: &[String], dice: &mut Dice) -> Vec<String> {
    let list = records.join(",");
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let row = |dice: &mut Dice| {
        let cells: Vec<String> = columns.iter().map(|column| column.kind.value(dice)).collect();
        format!("[{}]", cells.join(","))
    };
    let rows: Vec<String> = records.iter().map(|_| row(dice)).collect();
    let field = *dice.one(&["inputs", "instances"]);
    let by_column = |column: &Column, dice: &mut Dice| {
        let cells: Vec<String> = records.iter().map(|_| column.kind.value(dice)).collect();
        format!("\"{}\":[{}]", column.name, cells.join(","))
    };
    let by_columns: Vec<String> = columns.iter().map(|column| by_column(column, dice)).collect();
    Vec::from([
        format!(r#"{{"dataframe_records":[{list}]}}"#),
        format!(
            r#"{{"dataframe_split":{{"columns":[{}],"data":[{}]}}}}"#,
            names.join(","),
            rows.join(",")
        ),
        format!(r#"{{"{field}":[{list}]}}"#),
        format!(r#"{{"{field}":{{{}}}}}"#, by_columns.join(",")),
    ])
}
