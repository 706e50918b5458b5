//! The published conformance tests of CEL, as far as the subset goes.
//!
//! `conformance/cel.jsonl` holds those of <https://github.com/google/cel-spec>
//! (`tests/simple/testdata`, commit 508bd98, Apache-2.0) whose variables and
//! value are booleans, ints, doubles, texts or null. An expression that the
//! plugin takes must have the value that the test says; one that it refuses
//! has none, which is what a test of an error asks for, too.

// A test stops at the first thing that is not as it should be.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use threshold_policy::cel::{Cell, Row, Type, Variable, compile};

const CASES: &str = include_str!("conformance/cel.jsonl");

#[derive(Debug, Deserialize)]
struct Case {
    test: String,
    expr: String,
    #[serde(default)]
    variables: Vec<Given>,
    expect: Expected,
}

#[derive(Debug, Deserialize)]
struct Given {
    name: String,
    value: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Bool(bool),
    Int(i64),
    /// As Rust writes it, `inf` and `nan` included.
    Double(String),
    String(String),
    Null(IgnoredAny),
    Error(IgnoredAny),
}

impl Expected {
    fn kind(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Boolean,
            Self::Int(_) => Type::Integer,
            Self::Double(_) => Type::Number,
            Self::String(_) => Type::Text,
            Self::Null(_) | Self::Error(_) => Type::Null,
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Bool(value) => Cell::Boolean(*value),
            Self::Int(value) => Cell::Integer(*value),
            Self::Double(value) => Cell::Number(value.parse().unwrap()),
            Self::String(value) => Cell::Text(value),
            Self::Null(_) | Self::Error(_) => Cell::Null,
        }
    }

    /// A condition that holds when `expr` has this value.
    fn condition(&self, expr: &str) -> String {
        match self {
            Self::Bool(true) => format!("({expr})"),
            Self::Bool(false) => format!("!({expr})"),
            Self::Double(value) if value == "nan" => format!("({expr}) != ({expr})"),
            Self::Double(value) if value == "inf" => format!("({expr}) > 1.7976931348623157e308"),
            Self::Double(value) if value == "-inf" => format!("({expr}) < -1.7976931348623157e308"),
            Self::Double(value) => format!("({expr}) == ({value})"),
            Self::Int(value) => format!("({expr}) == ({value})"),
            Self::String(value) => {
                let escaped = value.chars().map(|c| format!("\\U{:08x}", u32::from(c)));
                format!("({expr}) == '{}'", escaped.collect::<String>())
            }
            Self::Null(_) => format!("({expr}) == null"),
            // Any use of it.
            Self::Error(_) => expr.to_owned(),
        }
    }
}

struct Values<'c>(&'c [Given]);

impl Row for Values<'_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        self.0.get(index).map_or(Cell::Null, |given| given.value.cell())
    }
}

/// How many there are of a file, and how many the subset takes.
#[derive(Debug, Default, PartialEq)]
struct Count {
    all: usize,
    taken: usize,
}

#[test]
fn what_is_in_the_subset_means_what_cel_says() {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let file = case.test.split('/').next().unwrap().to_owned();
        let count = counts.entry(file).or_default();
        count.all += 1;
        let variables: Vec<Variable<'_>> = case
            .variables
            .iter()
            .map(|given| Variable { name: &given.name, kind: given.value.kind() })
            .collect();
        let condition = case.expect.condition(&case.expr);
        let Ok(program) = compile(&condition, &variables) else { continue };
        count.taken += 1;
        let answer = program.holds(&Values(&case.variables));
        let is_right = match case.expect {
            Expected::Error(_) => answer.is_err(),
            _ => answer == Ok(true),
        };
        if !is_right {
            wrong.push(format!("{}: {condition}: {answer:?}", case.test));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let counts: Vec<String> = counts
        .iter()
        .map(|(file, count)| format!("{file}: {} of {}", count.taken, count.all))
        .collect();
    assert_eq!(counts, TAKEN);
}

/// Of the others some have an error as their answer, and a refusal is one; the
/// rest has types and functions that the subset leaves out.
const TAKEN: [&str; 10] = [
    "basic: 24 of 30",
    "comparisons: 96 of 358",
    "conversions: 15 of 74",
    "fp_math: 29 of 30",
    "integer_math: 30 of 54",
    "lists: 3 of 35",
    "logic: 20 of 30",
    "parse: 42 of 134",
    "plumbing: 2 of 3",
    "string: 27 of 47",
];
