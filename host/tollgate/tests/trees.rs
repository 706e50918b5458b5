//! Trees from any text: no panic, places within the text, and the same JSON
//! as `serde_json` reads.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

use proptest::prelude::*;
use tollgate::source::Source;
use tollgate::tree::{Content, Node, NonFinite};

fn places_are_in_order(node: &Node, text: &str) {
    let inside = |start: usize, end: usize| {
        assert!(start <= end && text.get(start..end).is_some(), "{start}..{end} of {text:?}");
    };
    inside(node.span.start, node.span.end);
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| places_are_in_order(item, text)),
        Content::Map(entries) => entries.iter().for_each(|entry| {
            inside(entry.key_span.start, entry.key_span.end);
            places_are_in_order(&entry.value, text);
        }),
        _ => {}
    }
}

/// Texts made of what YAML and JSON are made of, so that most get somewhere.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "{", "}", "[", "]", ":", ",", ": ", ", ", "\n", "\n  ", "- ", "\"", "'", "a", "b: ",
            "\"a\":", "\"b\": ", "1", "-0", "0.5", "1e5", "1e999", "99999999999999999999", "null",
            "true", "~", "&x ", "*x", "!!str ", "!t ", "---\n", "...\n", "# c\n", "|\n", ">-\n",
            "? ", "\t", "é", "\\u00e9", "\\ud800", "%YAML 1.2\n", ".nan", "NaN", "<<: ",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(tollgate_test_support::seed()), ..ProptestConfig::default() })]

    #[test]
    fn yaml_never_panics(text in texts()) {
        let source = Source::new("t.yaml", &text);
        match Node::parse_yaml(&source, NonFinite::Kept) {
            Ok(node) => places_are_in_order(&node, source.text()),
            Err(mistake) => prop_assert!(mistake.place().line >= 1 && !mistake.line().is_empty()),
        }
    }

    #[test]
    fn json_is_what_serde_json_reads(text in texts()) {
        let source = Source::new("t.json", &text);
        let theirs: Result<serde_json::Value, _> = serde_json::from_str(source.text());
        match (Node::parse_json(&source), theirs) {
            (Ok(ours), Ok(theirs)) => {
                places_are_in_order(&ours, source.text());
                prop_assert_eq!(ours.to_json(), theirs);
            }
            // Null is no document.
            (Err(mistake), Ok(serde_json::Value::Null)) => {
                prop_assert!(mistake.message().ends_with("holds no document"));
            }
            // Stricter by intent: duplicate keys, and whole numbers beyond 64 bits.
            (Err(mistake), Ok(_)) => prop_assert!(
                mistake.message().contains("given twice") || mistake.message().contains("64 bits"),
                "{}", mistake.line()
            ),
            (Ok(node), Err(error)) => prop_assert!(false, "{node:?} but {error}"),
            (Err(_), Err(_)) => {}
        }
    }
}
