//! Documents of sources, as data: what each says of the files of
//! `tests/fixtures/sources`, and what is wrong with those that are wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tollgate::document::DocumentError;
use tollgate::facts::title;
use tollgate::source::Source;
use tollgate_engine::types::{Fact, FactValue};
use tollgate_sources::{Asked, Named, Note, Sources};

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The documents of a folder, by name.
fn documents(folder: &str) -> Vec<(String, Source)> {
    let entries = fs::read_dir(here("tests").join(folder)).unwrap();
    let mut found: Vec<(String, Source)> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let source = Source::new(&format!("{name}.yaml"), &text);
            (name, source)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!found.is_empty());
    found
}

fn asked() -> Asked {
    Asked {
        candidate: Named::new("churn", "8"),
        champion: Some(Named::new("churn", "7")),
        registry: None,
        as_of: "2026-11-21T12:00:00Z".parse().unwrap(),
    }
}

fn shown(fact: &Fact) -> String {
    let value = match &fact.value {
        FactValue::Boolean(value) => value.to_string(),
        FactValue::Integer(value) => value.to_string(),
        FactValue::Number(value) => value.to_string(),
        FactValue::Text(value) => format!("{value:?}"),
        FactValue::Numbers(values) => format!("{values:?}"),
    };
    let mut text = format!("{} {} = {value}", fact.subject, title(fact));
    let mut more = |what: &str, part: Option<String>| {
        if let Some(part) = part {
            write!(text, "{what}{part}").unwrap();
        }
    };
    more(" ", fact.unit.clone());
    more(" of ", fact.samples.map(|count| count.to_string()));
    more(" at ", fact.observed_at.clone());
    more(" from ", fact.source.clone());
    text
}

#[test]
fn sources_say_what_they_said() {
    let fixtures = here("../../tests/fixtures/sources");
    for (name, source) in documents("cases") {
        let sources =
            Sources::parse(&source, &fixtures).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let collected = sources.collect(&asked());
        let facts = collected.facts.iter().map(shown);
        let notes = collected.notes.iter().map(|note| format!("note: {note}"));
        let text = facts.chain(notes).collect::<Vec<_>>().join("\n");
        let text = text.replace(&format!("{}/", fixtures.display()), "");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn mistakes_are_told_at_their_places() {
    for (name, source) in documents("mistakes") {
        let error = Sources::parse(&source, Path::new("")).expect_err(&name);
        let DocumentError::Mistakes(mistakes) = error else { panic!("{name}: {error}") };
        let lines: Vec<String> = mistakes.iter().map(|mistake| mistake.line()).collect();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("mistakes-{name}"), lines.join("\n"));
        });
    }
}

/// What is told of a run is kept in its facts, and read again from them.
#[test]
fn notes_are_facts_of_the_run() {
    let (_, source) = documents("cases").into_iter().find(|(name, _)| name == "missing").unwrap();
    let notes = Sources::parse(&source, Path::new("nowhere")).unwrap().collect(&asked()).notes;
    assert!(!notes.is_empty());
    let facts: Vec<Fact> = notes.iter().map(Note::to_fact).collect();
    assert!(facts.iter().all(|fact| fact.subject == "run"));
    assert_eq!(Note::of_facts(&facts).collect::<Vec<_>>(), notes);
}
