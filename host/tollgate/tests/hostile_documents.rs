//! Documents and settings schemas that a stranger wrote to stop the host. Each
//! is drawn up here, judged, and has a bounded answer; that it also ends in
//! time is seen by `host/cli/tests/hostile_documents.rs`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

mod common;

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tollgate::document::{DocumentError, PolicyDocument};
use tollgate::facts::Evidence;
use tollgate::source::Source;
use tollgate::tree::{Node, NonFinite};

const HEAD: &str = "name: a\nversion: 1.0.0\nplugin: p@^1\nowner: team\n";

fn parsed(name: &str, text: &str) -> Result<PolicyDocument, DocumentError> {
    PolicyDocument::parse(Source::new(name, text), PathBuf::new())
}

/// What is said of a document, as a person sees it; it is never long.
fn said(result: Result<PolicyDocument, DocumentError>) -> String {
    let shown = match result {
        Ok(_) => "valid".to_owned(),
        Err(error) => common::shown(&error),
    };
    assert!(shown.len() < 200_000, "{} bytes: {:.1000}", shown.len(), shown);
    shown
}

fn settings(document: &str, schema: &str) -> String {
    let document = parsed("a.yaml", document).expect("a valid document");
    let shown = match document.validate_settings(schema) {
        Ok(()) => "valid".to_owned(),
        Err(error) => common::shown(&error),
    };
    assert!(shown.len() < 200_000, "{} bytes: {:.1000}", shown.len(), shown);
    shown
}

#[test]
fn anchors_one_in_another_are_no_copies_of_each_other() {
    let depth = 58;
    let open: String = (0..depth).fold(String::new(), |mut text, at| {
        write!(text, "&a{at} [").unwrap();
        text
    });
    let values = "1,".repeat(300_000);
    let text = format!("{HEAD}settings: {{ x: {open}{values}{} }}\n", "]".repeat(depth));
    assert_eq!(said(parsed("a.yaml", &text)), "valid");
    // An alias to the outermost is a copy, and too much.
    let text = format!("{HEAD}settings: {{ x: {open}{values}{}, y: *a0 }}\n", "]".repeat(depth));
    assert_eq!(said(parsed("a.yaml", &text)), "valid");
}

#[test]
fn aliases_find_what_they_repeat_wherever_it_stands() {
    let text = "
a: &a { x: &x [1, &two 2], y: &y text }
b: [ &b [ *two, *x ], *y, *b ]
&key k: *key
c: { d: *a, e: [ [ *b ] ] }
f: &a 7
g: *a
";
    let tree = Node::parse_yaml(&Source::new("a.yaml", text), NonFinite::Refused).expect("read");
    assert_eq!(
        tree.to_json(),
        json!({
            "a": {"x": [1, 2], "y": "text"},
            "b": [[2, [1, 2]], "text", [2, [1, 2]]],
            "k": "k",
            "c": {"d": {"x": [1, 2], "y": "text"}, "e": [[[2, [1, 2]]]]},
            "f": 7,
            "g": 7
        })
    );
    let text = "a: &a [1, *a]\n";
    let mistake = Node::parse_yaml(&Source::new("a.yaml", text), NonFinite::Refused).unwrap_err();
    assert!(mistake.message().contains("inside of the value"), "{mistake}");
}

#[test]
fn of_many_mistakes_the_first_are_told_and_the_rest_is_counted() {
    let unknown: String = (0..80_000).fold(String::new(), |mut text, at| {
        writeln!(text, "k{at}: 1").unwrap();
        text
    });
    let shown = said(parsed("a.yaml", &format!("{HEAD}{unknown}")));
    assert!(shown.contains("`a.yaml` has 80000 mistakes"), "{shown:.500}");
    assert!(shown.contains("key `k0` is not known") && shown.contains("key `k99` is not known"));
    assert!(!shown.contains("key `k100` is not known"));
    assert!(shown.contains("and 79900 more mistakes"), "{shown:.500}");

    let changes: String = (0..18_000).fold(String::new(), |mut text, at| {
        writeln!(text, "- {{ version: x{at}, date: 2024-02-30, by: b, change: c }}").unwrap();
        text
    });
    let shown = said(parsed("a.yaml", &format!("{HEAD}changelog:\n{changes}")));
    assert!(shown.contains("`a.yaml` has 36000 mistakes"), "{shown:.500}");
    assert!(shown.contains("`2024-02-30` is no day of the calendar"), "{shown:.1500}");

    let facts: String = (0..100_000).fold(String::new(), |mut text, _| {
        text.push_str("- { name: 1 }\n");
        text
    });
    let mut evidence = Evidence::new();
    let text = format!("facts:\n{facts}");
    let error = evidence.parse(&Source::new("f.yaml", &text), "candidate").unwrap_err();
    let shown = common::shown(&error);
    assert!(shown.contains("more mistakes") && shown.len() < 200_000, "{shown:.500}");

    let facts: Vec<String> =
        (0..200_000).map(|at| format!("{{\"name\":\"auc\",\"value\":{at}}}")).collect();
    let text = format!("{{\"facts\":[{}]}}", facts.join(","));
    // Which of them counts is a gate's to say.
    Evidence::new().parse(&Source::new("f.json", &text), "candidate").unwrap();
    let text = text.replace("\"auc\"", "null");
    let error = Evidence::new().parse(&Source::new("f.json", &text), "candidate").unwrap_err();
    let shown = common::shown(&error);
    assert!(shown.contains("`f.json` has 200000 mistakes"), "{shown:.500}");
    assert!(shown.len() < 200_000);
}

#[test]
fn a_file_of_facts_has_a_bound() {
    let metrics: Vec<String> = (0..300_001).map(|at| format!("\"m{at}\":1")).collect();
    let text = |count: usize| format!("{{\"metrics\":{{{}}}}}", metrics[..count].join(","));
    let mut evidence = Evidence::new();
    evidence.parse(&Source::new("f.json", &text(300_000)), "candidate").expect("read");
    let error = Evidence::new().parse(&Source::new("f.json", &text(300_001)), "candidate");
    let says = "a file holds at most 300000 facts, found 300001";
    assert_eq!(error.unwrap_err().to_string(), says);
}

#[test]
fn texts_of_any_size_are_shown_in_short() {
    let long = "x".repeat(300_000);
    for text in [
        format!("{HEAD}{long}: 1\n"),
        format!("name: {long}\nversion: {long}\nplugin: {long}\nowner: team\n"),
        format!("{HEAD}changelog: [{{ version: '1.0.0', date: {long}, by: b, change: c }}]\n"),
        format!("{HEAD}inputs: {{ {long}: {{ pointer: /a, header: b }} }}\n"),
        format!("{HEAD}settings: {{ a: !{long} b }}\n"),
        format!("{HEAD}settings: {{ a: *{long} }}\n"),
        format!("{HEAD}settings: [ {long}\n"),
    ] {
        let shown = said(parsed("a.yaml", &text));
        assert!(shown != "valid" && shown.len() < 20_000, "{:.2000}", shown);
    }
    for text in [
        format!("{{\"name\": {long}}}"),
        format!("{{\"name\": {}}}", "1".repeat(300_000)),
        format!("{{\"name\": \"{long}"),
        format!("{{\"{long}\": 1, \"{long}\": 2}}"),
    ] {
        let shown = said(parsed("a.json", &text));
        assert!(shown != "valid" && shown.len() < 20_000, "{:.2000}", shown);
    }
}

#[test]
fn nesting_and_numbers_of_values_have_an_end() {
    for (name, text) in [
        ("a.yaml", "[".repeat(500_000)),
        ("a.json", "[".repeat(500_000)),
        ("a.json", "{\"a\":".repeat(200_000)),
        ("a.yaml", "- ".repeat(500_000)),
        ("a.yaml", "? ".repeat(500_000)),
        ("a.yaml", "!!str ".repeat(100_000)),
        ("a.yaml", "&a ".repeat(100_000)),
        ("a.yaml", format!("a: [{}]", "*a,".repeat(100_000))),
        ("a.yaml", "a: b: ".repeat(100_000)),
        ("a.yaml", "#\n".repeat(400_000)),
        ("a.yaml", "---\n".repeat(200_000)),
        ("a.yaml", "%YAML 1.2\n".repeat(80_000)),
        ("a.yaml", format!("a: |\n{}", " \n".repeat(400_000))),
        ("a.yaml", format!("a: >\n{}", "  x\n\n".repeat(150_000))),
        ("a.yaml", format!("a: \"{}", "\\\n".repeat(300_000))),
        ("a.yaml", format!("a: {}", "x\n  ".repeat(200_000))),
        ("a.yaml", format!("{{{}", "a: {},".repeat(100_000))),
        ("a.yaml", format!("é: [{}]", "é,".repeat(300_000))),
    ] {
        let shown = said(parsed(name, &text));
        assert_ne!(shown, "valid");
    }
    let many = "the text holds more than 1500000 values";
    for (name, text, says) in [
        ("a.json", format!("[{}1]", "1,".repeat(2_000_000)), many),
        ("a.yaml", "- 1\n".repeat(1_500_001), many),
        (
            "a.yaml",
            format!("[{}1]", "1,".repeat(2_000_000)),
            "a list or map in brackets holds more",
        ),
        ("a.yaml", format!("- [{}", "{},".repeat(1_000_000)), "a list or map in brackets"),
        ("a.yaml", format!("a: [{}", "{},".repeat(1_000_000)), "not valid YAML"),
    ] {
        let mistake = Node::parse(&Source::new(name, &text), NonFinite::Refused).unwrap_err();
        assert!(mistake.message().starts_with(says), "{mistake}");
    }
}

/// References that fan out, forms whose mistakes multiply, properties that do
/// along the document: a hostile plugin.
fn hostile_schemas() -> Vec<(&'static str, String)> {
    let fan = |depth: usize, step: &dyn Fn(Value) -> Value, end: Value| {
        let mut defs = Map::new();
        for at in 0..depth {
            defs.insert(format!("d{at}"), step(json!({"$ref": format!("#/$defs/d{}", at + 1)})));
        }
        defs.insert(format!("d{depth}"), end);
        json!({"$ref": "#/$defs/d0", "$defs": defs})
    };
    let never = json!({"type": "string"});
    let two = |next: Value| json!({"anyOf": [next, next]});
    let forms: Vec<Value> = (0..500).map(|at| json!({"required": [format!("k{at}")]})).collect();
    // As text, since the test's own recursion has no bound.
    let nested =
        |depth: usize| format!("{}{{}}{}", "{\"allOf\":[".repeat(depth), "]}".repeat(depth));
    let values = vec![
        ("anyOf", fan(30, &two, never.clone())),
        ("anyOf-40", fan(40, &two, never.clone())),
        ("allOf", fan(30, &|next| json!({"allOf": [next, next]}), never.clone())),
        ("not", fan(30, &|next| json!({"not": {"anyOf": [next, next]}}), never.clone())),
        ("if", fan(30, &|next| json!({"if": next, "then": next, "else": next}), never.clone())),
        (
            "dependent",
            fan(30, &|next| json!({"dependentSchemas": {"a": next, "b": next}}), never.clone()),
        ),
        (
            "unevaluated",
            fan(
                30,
                &|next| json!({"unevaluatedProperties": false, "allOf": [next]}),
                never.clone(),
            ),
        ),
        (
            "properties",
            fan(
                28,
                &|next| json!({"anyOf": [{"properties": {"a": next}}, {"properties": {"a": next}}]}),
                never.clone(),
            ),
        ),
        (
            "additional",
            json!({"anyOf": [{"additionalProperties": {"$ref": "#"}}, {"additionalProperties": {"$ref": "#"}, "type": "string"}]}),
        ),
        ("many-forms", json!({"anyOf": [{"anyOf": forms}, {"oneOf": forms}]})),
        (
            "many-required",
            json!({"required": (0..50_000).map(|at| format!("k{at}")).collect::<Vec<_>>()}),
        ),
        ("circle", json!({"anyOf": [{"$ref": "#"}]})),
        ("remote", json!({"$ref": "http://127.0.0.1:9/x.json"})),
        ("draft", json!({"$schema": "http://127.0.0.1:9/draft"})),
        ("pattern", json!({"properties": {"a": {"pattern": "(a{1000}){1000}"}}})),
        ("no-pattern", json!({"properties": {"a": {"pattern": "("}}})),
        ("look-around", json!({"properties": {"a": {"pattern": "^(?=a)(a+)+$"}}})),
        (
            "patterns",
            json!({"patternProperties": (0..99).map(|at| (format!("^(a{{0,{}}})*$", at + 100), json!(true))).collect::<Map<_, _>>()}),
        ),
        ("wrong", json!({"type": "x".repeat(900_000)})),
        ("wrong-list", json!({"required": vec![1; 100_000]})),
        ("large", json!({"description": "x".repeat(2_000_000)})),
        ("no-schema", json!(7)),
    ];
    let texts = [
        ("deep", nested(30)),
        ("deeper", nested(5_000)),
        ("no-json", "{".to_owned()),
        ("twice", "{\"type\": \"object\", \"type\": \"array\"}".to_owned()),
    ];
    values.into_iter().map(|(name, value)| (name, value.to_string())).chain(texts).collect()
}

#[test]
fn schemas_of_a_hostile_plugin_end() {
    let nested = |depth: usize| {
        let open = "{ a: ".repeat(depth);
        format!("{HEAD}settings: {open}1{}\n", " }".repeat(depth))
    };
    let wide: String = (0..30_000).fold(String::new(), |mut text, at| {
        writeln!(text, "  k{at}x: {{ a: 1 }}").unwrap();
        text
    });
    let documents = [
        ("nested", nested(50)),
        ("wide", format!("{HEAD}settings:\n{wide}")),
        ("long", format!("{HEAD}settings: {{ a: {} }}\n", "a".repeat(900_000))),
    ];
    let mut answers = String::new();
    for (schema, value) in hostile_schemas() {
        for (name, document) in &documents {
            let shown = settings(document, &value);
            let line = shown.lines().find(|line| line.contains('×')).unwrap_or(&shown);
            writeln!(answers, "{schema} {name}: {:.200}", line.trim()).unwrap();
        }
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("hostile-schemas", answers);
    });
}

#[test]
fn settings_with_many_mistakes_are_told_in_part() {
    let wide: String = (0..80_000).fold(String::new(), |mut text, at| {
        writeln!(text, "  k{at}: x").unwrap();
        text
    });
    let document = format!("{HEAD}settings:\n{wide}");
    let number = json!({"additionalProperties": {"type": "number"}});
    assert!(settings(&document, &number.to_string()).contains("has 80000 mistakes"));
    let known: Map<String, Value> =
        (0..30_000).map(|at| (format!("key{at}"), json!(true))).collect();
    let closed = json!({"properties": known, "additionalProperties": false});
    assert!(settings(&document, &closed.to_string()).contains("has 80000 mistakes"));
    let forms = json!({"additionalProperties": {"anyOf": [
        {"type": "object", "required": ["a", "b"]},
        {"enum": ["y", "z"]}
    ]}});
    let shown = settings(&document, &forms.to_string());
    assert!(shown.contains("more mistakes here than can be told one by one"), "{shown:.500}");
    assert!(shown.contains("`/settings/k0`"), "{shown:.2000}");
}

#[test]
fn a_byte_order_mark_and_emptiness_are_the_same_in_every_form() {
    let json = r#"{"name":"a","version":"1.0.0","plugin":"p@^1","owner":"team"}"#;
    for (name, text) in [("a.json", json), ("a.yaml", HEAD), ("<stdin>", json), ("<stdin>", HEAD)] {
        let marked = parsed(name, &format!("\u{feff}{text}")).expect("read");
        let plain = parsed(name, text).expect("read");
        assert_eq!(marked.to_canonical_json(), plain.to_canonical_json());
    }
    for (name, text) in [
        ("a.json", "null"),
        ("a.yaml", "null"),
        ("a.yaml", "# nothing\n"),
        ("a.yaml", "---\n"),
        ("a.yaml", "~"),
        ("a.json", " null\n"),
    ] {
        let error = parsed(name, text).unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` holds no document"));
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.json", "a.yaml"] {
        for text in ["", "\u{feff}", " \n\t\n", "\u{feff}\n"] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let error = PolicyDocument::read(&path).unwrap_err();
            assert_eq!(error.to_string(), format!("`{}` is empty", path.display()));
        }
    }
}
