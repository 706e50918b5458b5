//! Formatting changes the form and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tollgate::source::Source;
use tollgate_authoring::files::meant;
use tollgate_authoring::format::{FormatError, format};

fn formatted(text: &str) -> Result<String, FormatError> {
    format(&Source::new("a.yaml", text))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The comment leaves an entry as it is wherever that stands, and no other one.
#[test]
fn the_first_entry_of_a_map_below_a_key_is_left_as_well() {
    let text = "\
a:
    # tollgate-fmt-ignore
    b:    [left,   alone]
    c:    [not,   left]
d:
    -    one
e:
    # tollgate-fmt-ignore

    -    [left,   alone]
    -    [not,   left]
f: # tollgate-fmt-ignore
    g:    1
h:
    # Why: tollgate-fmt-ignore is not meant.
    i:    1
";
    insta::assert_snapshot!(formatted(text).unwrap(), @r#"
    a:
      # tollgate-fmt-ignore
      b:    [left,   alone]
      c: [not, left]
    d:
      - one
    e:
      # tollgate-fmt-ignore
      -    [left,   alone]
      - [not, left]
    f: # tollgate-fmt-ignore
      g: 1
    h:
      # Why: tollgate-fmt-ignore is not meant.
      i: 1
    "#);
}

#[test]
fn the_form_is_the_one_that_is_stated() {
    let text = "\
# First.\r
a:   1   # one\r
b:\r
    - x\r
    -   { p: 1,   q: 'two' }\r
\r
\r
\r
c: |\r
    kept  as\r
      it is\r
d: &here [1,2]\r
e: *here\r
f: \"it's\"\r
g: 'say \"so\"'\r
# tollgate-fmt-ignore\r
h:    [left,   alone]\r
# Last.";
    insta::assert_snapshot!(formatted(text).unwrap(), @r#"
    # First.
    a: 1 # one
    b:
      - x
      - { p: 1, q: "two" }

    c: |
      kept  as
        it is
    d: &here [1, 2]
    e: *here
    f: "it's"
    g: 'say "so"'
    # tollgate-fmt-ignore
    h:    [left,   alone]
    # Last.
    "#);
}

#[test]
fn what_does_not_fit_a_line_has_one_item_a_line() {
    let long = "x".repeat(60);
    let text = format!("a: [{long}, {long}]\nb:\n  - {{ c: {long}, d: {long} }}\n");
    insta::assert_snapshot!(formatted(&text).unwrap(), @r"
    a: [
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      ]
    b:
      - {
          c: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
          d: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        }
    ");
}

#[test]
fn what_is_no_yaml_is_not_formatted() {
    for wrong in ["a: [1", "a: 1\na: 2\n", "a:\n\t- b\n", "a: 1\n---\nb: 2\n", "# nothing\n"] {
        assert!(matches!(formatted(wrong), Err(FormatError::Mistakes(_))), "{wrong:?}");
    }
    let json = Source::new("a.json", "{}");
    assert!(matches!(format(&json), Err(FormatError::Json(_))));
}

/// Every document of the repository that tollgate reads is formatted, or left
/// as it is for a reason that is known here.
#[test]
fn all_documents_of_the_repository_stay_what_they_are() {
    let folders = ["policies", "plugins", "host", "tests"].map(|folder| root().join(folder));
    let mut count = 0;
    let mut left = Vec::new();
    for file in meant(&folders, &["yaml", "yml"]).unwrap().files {
        let text = fs::read_to_string(&file.path).unwrap();
        match formatted(&text) {
            Ok(once) => {
                // Values and comments were compared on the way.
                assert_eq!(formatted(&once).unwrap(), once, "{}", file.path.display());
                count += 1;
            }
            Err(FormatError::Mistakes(_)) => {}
            Err(error) => left.push(format!("{}: {error}", file.path.display())),
        }
    }
    assert!(count > 100, "{count} files");
    assert!(left.is_empty(), "{}", left.join("\n"));
}

/// A text of YAML, with comments, quotes, anchors and all kinds of nesting.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "[a-z][a-z0-9_ -]{0,8}[a-z]",
        "-?[0-9]{1,4}(\\.[0-9]{1,3})?",
        "\"[a-z #:'\\\\{}-]{0,10}\"".prop_map(|text| text.replace('\\', "\\\\")),
        "'[a-z #:\"{}-]{0,10}'",
        Just("~".to_owned()),
        Just("true".to_owned()),
        Just("*none".to_owned()),
        Just("&some x".to_owned()),
        Just("!!str 1".to_owned()),
        Just("\"# no comment\"".to_owned()),
    ];
    let flow = scalar.clone().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec((prop::sample::select(vec!["p", "q", "'r s'"]), inner), 0..3)
                .prop_map(|items| {
                    let items: Vec<_> =
                        items.iter().map(|(key, value)| format!("{key}:  {value}")).collect();
                    format!("{{{}}}", items.join(", "))
                }),
        ]
    });
    let leaf = prop_oneof![
        4 => flow.prop_map(|text| vec![text]),
        1 => Just(vec!["|".to_owned(), "  kept  as".to_owned(), "    it is ".to_owned()]),
        1 => Just(vec![">-".to_owned(), "  folded".to_owned(), "  text".to_owned()]),
        1 => Just(vec!["[".to_owned(), "  1, # one".to_owned(), "  2,".to_owned(), "  ]".to_owned()]),
    ];
    let block = leaf.prop_recursive(4, 24, 4, |inner| {
        let comment = prop::option::of("[a-z #:'\"{}-]{0,12}");
        let blank = 0_usize..3;
        let items = prop::collection::vec((inner, comment, blank, 1_usize..5), 1..4);
        (items, any::<bool>()).prop_map(|(items, is_list)| {
            let mut lines = Vec::new();
            for (index, (value, comment, blank, indent)) in items.into_iter().enumerate() {
                lines.extend(vec![String::new(); blank]);
                lines.extend(comment.iter().map(|text| format!("# {text}")));
                let head = if is_list { "-".to_owned() } else { format!("k{index}:") };
                let is_block = value.len() > 1
                    && !value
                        .first()
                        .is_some_and(|first| matches!(first.as_str(), "|" | ">-" | "["));
                if is_block {
                    lines.push(head);
                    lines.extend(value.iter().map(|line| match line.is_empty() {
                        true => String::new(),
                        false => format!("{}{line}", " ".repeat(indent)),
                    }));
                } else {
                    let mut value = value.into_iter();
                    lines.push(format!("{head} {}", value.next().unwrap_or_default()));
                    lines.extend(value.map(|line| format!("{}{line}", " ".repeat(indent))));
                }
            }
            lines
        })
    });
    block.prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is formatted has kept values, comments and anchors, which
    /// `format` itself compares, and stays so. What is refused is told as
    /// refused, never written.
    #[test]
    fn drawn_documents_are_formatted_once_and_for_all(text in document()) {
        if let Ok(once) = formatted(&text) {
            prop_assert_eq!(formatted(&once).unwrap(), once);
        }
    }
}

/// Most drawn documents are YAML, and those are formatted: a formatter that
/// refused everything would be safe, too.
#[test]
fn few_documents_are_refused() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut read, mut refused) = (0, Vec::new());
    for _ in 0..2000 {
        let text = document().new_tree(&mut runner).unwrap().current();
        match formatted(&text) {
            Ok(_) => read += 1,
            Err(FormatError::Mistakes(_)) => {}
            Err(error) => refused.push(format!("{error}\n{text}")),
        }
    }
    assert!(read > 1000, "{read} were formatted");
    assert!(refused.len() * 50 < read, "{} of {read}: {}", refused.len(), refused.join("\n---\n"));
}
