//! Random expressions come out as in the crate `cel`, an implementation of
//! CEL: the same answer, or an error in both.
//!
//! Where the crate is not CEL (an integer above 2^53 beside a double, which it
//! rounds), the generator stays away; `conformance.rs` and
//! `cases/expressions.yaml` show those.

// A test stops at the first thing that is not as it should be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::cell::Cell as Counter;

use cel::Context;
use common::config;
use proptest::prelude::*;
use threshold_policy::cel::{Cell, Row, Type, Variable, compile};

/// The values of `i j x y s t b c n m`; `n` (an integer) and `m` (a boolean)
/// may be null.
#[derive(Debug, Clone)]
struct Case {
    ints: [i64; 2],
    doubles: [f64; 2],
    texts: [String; 2],
    booleans: [bool; 2],
    optional_int: Option<i64>,
    optional_boolean: Option<bool>,
}

const VARIABLES: [(&str, Type); 10] = [
    ("i", Type::Integer),
    ("j", Type::Integer),
    ("x", Type::Number),
    ("y", Type::Number),
    ("s", Type::Text),
    ("t", Type::Text),
    ("b", Type::Boolean),
    ("c", Type::Boolean),
    ("n", Type::Integer),
    ("m", Type::Boolean),
];

impl Row for Case {
    fn cell(&self, index: usize) -> Cell<'_> {
        match index {
            0 | 1 => Cell::Integer(self.ints[index]),
            2 | 3 => Cell::Number(self.doubles[index - 2]),
            4 | 5 => Cell::Text(&self.texts[index - 4]),
            6 | 7 => Cell::Boolean(self.booleans[index - 6]),
            8 => self.optional_int.map_or(Cell::Null, Cell::Integer),
            _ => self.optional_boolean.map_or(Cell::Null, Cell::Boolean),
        }
    }
}

fn values() -> impl Strategy<Value = Case> {
    let small = || prop::sample::select(vec![0, 1, -1, 2, 3, 7, 100, -50_i64]);
    let int = || prop_oneof![4 => small(), 1 => prop::sample::select(vec![i64::MAX, i64::MIN, 3_037_000_500])];
    let double = || prop::sample::select(vec![0.5, -0.5, 1.0, 1.5, 3.0, -2.0, 100.0, 7.25]);
    let text = || {
        prop::sample::select(vec!["", "a", "ab", "abc", "b", "é", "A", "\n"]).prop_map(String::from)
    };
    (
        (int(), small()),
        [double(), double()],
        [text(), text()],
        any::<[bool; 2]>(),
        prop::option::of(int()),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(ints, doubles, texts, booleans, optional_int, optional_boolean)| Case {
            ints: [ints.0, ints.1],
            doubles,
            texts,
            booleans,
            optional_int,
            optional_boolean,
        })
}

fn literal(choices: &[&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(choices.to_vec()).prop_map(String::from).boxed()
}

fn integers(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        literal(&["i", "j", "n"]),
        literal(&["0", "1", "2", "7", "-1", "0x1F", "9223372036854775807", "-9223372036854775808"]),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let operator = literal(&["+", "-", "*", "/", "%"]);
    prop_oneof![
        2 => leaf,
        3 => (integers(depth - 1), operator, integers(depth - 1)).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => integers(depth - 1).prop_map(|a| format!("-({a})")),
        1 => integers(depth - 1).prop_map(|a| format!("({a})")),
        1 => texts().prop_map(|a| format!("size({a})")),
        1 => texts().prop_map(|a| format!("{a}.size()")),
        1 => doubles(depth - 1).prop_map(|a| format!("int({a})")),
        1 => integers(depth - 1).prop_map(|a| format!("int({a})")),
        1 => (booleans(depth - 1), integers(depth - 1), integers(depth - 1))
            .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
    ]
    .boxed()
}

fn doubles(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        literal(&["x", "y"]),
        literal(&["0.5", "1.5", "-2.0", "3.0e1", ".25", "0.1", "double(j)", "double(2)"]),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let operator = literal(&["+", "-", "*"]);
    prop_oneof![
        2 => leaf,
        3 => (doubles(depth - 1), operator, doubles(depth - 1)).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
        1 => doubles(depth - 1).prop_map(|a| format!("{a} / 4.0")),
        1 => doubles(depth - 1).prop_map(|a| format!("-({a})")),
        1 => doubles(depth - 1).prop_map(|a| format!("double({a})")),
    ]
    .boxed()
}

fn texts() -> BoxedStrategy<String> {
    literal(&[
        "s",
        "t",
        "s",
        "t",
        "''",
        "'a'",
        "\"ab\"",
        "'é'",
        "r'\\n'",
        "'\\n'",
        "'\\x61\\u00e9'",
        "\"it's\"",
        "'\\141'",
    ])
}

fn booleans(depth: u32) -> BoxedStrategy<String> {
    let leaf = literal(&["b", "c", "m", "true", "false", "n == null", "m != null", "null == null"]);
    if depth == 0 {
        return leaf;
    }
    let comparison = || literal(&["<", "<=", ">", ">=", "==", "!="]);
    let deeper = || booleans(depth - 1);
    let list = literal(&["[1, 2.0, -1]", "[7]", "[0.5, 100]"]);
    let names = literal(&["['a', \"é\"]", "['ab', '', 'b']"]);
    let method = literal(&["startsWith", "endsWith", "contains"]);
    prop_oneof![
        1 => leaf,
        3 => (deeper(), deeper()).prop_map(|(a, b)| format!("{a} && {b}")),
        3 => (deeper(), deeper()).prop_map(|(a, b)| format!("{a} || {b}")),
        1 => deeper().prop_map(|a| format!("!({a})")),
        1 => deeper().prop_map(|a| format!("({a})")),
        1 => (deeper(), deeper(), deeper()).prop_map(|(c, a, b)| format!("(({c}) ? ({a}) : {b})")),
        2 => (integers(depth - 1), comparison(), integers(depth - 1)).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        2 => (doubles(depth - 1), comparison(), doubles(depth - 1)).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (integers(depth - 1), comparison(), doubles(depth - 1)).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (doubles(depth - 1), comparison(), integers(depth - 1)).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (texts(), comparison(), texts()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (deeper(), literal(&["==", "!="]), deeper()).prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
        1 => (texts(), method, texts()).prop_map(|(a, m, b)| format!("{a}.{m}({b})")),
        1 => (integers(depth - 1), list.clone()).prop_map(|(a, l)| format!("{a} in {l}")),
        1 => (doubles(depth - 1), list).prop_map(|(a, l)| format!("{a} in {l}")),
        1 => (texts(), names).prop_map(|(a, l)| format!("{a} in {l}")),
    ]
    .boxed()
}

fn oracle(text: &str, case: &Case) -> Result<bool, String> {
    let mut context = Context::default();
    context.add_variable_from_value("i", case.ints[0]);
    context.add_variable_from_value("j", case.ints[1]);
    context.add_variable_from_value("x", case.doubles[0]);
    context.add_variable_from_value("y", case.doubles[1]);
    context.add_variable_from_value("s", case.texts[0].as_str());
    context.add_variable_from_value("t", case.texts[1].as_str());
    context.add_variable_from_value("b", case.booleans[0]);
    context.add_variable_from_value("c", case.booleans[1]);
    let null = cel::Value::Null;
    context.add_variable_from_value("n", case.optional_int.map_or(null.clone(), cel::Value::from));
    context.add_variable_from_value("m", case.optional_boolean.map_or(null, cel::Value::from));
    let program = cel::Program::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    match program.execute(&context) {
        Ok(cel::Value::Bool(holds)) => Ok(holds),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn variables() -> Vec<Variable<'static>> {
    VARIABLES.map(|(name, kind)| Variable { name, kind }).into()
}

#[test]
fn the_same_as_cel() {
    let answers = Counter::new([0_u32; 3]);
    let config = config(1500);
    let strategy = (booleans(4), prop::collection::vec(values(), 4));
    let result = proptest::test_runner::TestRunner::new(config).run(&strategy, |(text, cases)| {
        let program = match compile(&text, &variables()) {
            Ok(program) => program,
            Err(refusal) => {
                // The generator nests deeper than the limit now and then.
                let deep = refusal.message.contains("too deeply")
                    || refusal.message.contains("longer than");
                prop_assert!(deep, "{text}: {refusal:?}");
                return Ok(());
            }
        };
        for case in cases {
            let ours = program.holds(&case);
            let theirs = oracle(&text, &case);
            let kind = match ours {
                Ok(true) => 0,
                Ok(false) => 1,
                Err(_) => 2,
            };
            let mut counts = answers.get();
            counts[kind] += 1;
            answers.set(counts);
            prop_assert_eq!(
                ours.ok(),
                theirs.clone().ok(),
                "{} with {:?}: {:?} {:?}",
                text,
                case,
                ours,
                theirs
            );
        }
        Ok(())
    });
    result.unwrap();
    // All three kinds of answer were compared, each many times.
    assert!(answers.get().iter().all(|count| *count > 300), "{:?}", answers.get());
}

#[test]
fn hostile_text_is_refused_and_never_panics() {
    let config = config(1500);
    let words = prop::sample::select(vec![
        "(", ")", "[", "]", "-", "!", "?", ":", "&&", "in", "i", "s", ".size", "'", "\\", "9", ".",
        "e", "0x", "b", "é", "//", "\n", "has", ",",
    ]);
    let strategy = prop::collection::vec(words, 0..60);
    let result = proptest::test_runner::TestRunner::new(config).run(&strategy, |words| {
        let text = words.concat();
        if let Err(refusal) = compile(&text, &variables()) {
            prop_assert!(
                refusal.column as usize <= text.chars().count() + 1,
                "{text:?}: {refusal:?}"
            );
        }
        Ok(())
    });
    result.unwrap();
    for deep in [
        "(".repeat(4000),
        "!".repeat(4000),
        "-".repeat(4000),
        "b ? b : ".repeat(400),
        "i.size(".repeat(500),
    ] {
        assert!(compile(&deep, &variables()).is_err());
    }
    assert!(compile(&" ".repeat(5000), &variables()).is_err());
}
