//! Files of scored rows as sources.
#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use std::path::{Path, PathBuf};

use tollgate::facts::{Instant, title};
use tollgate::source::Source;
use tollgate_engine::types::FactValue;
use tollgate_sources::{Asked, Collected, Gap, Named, Sources};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scored/tests/reference")
}

fn collected(text: &str) -> Collected {
    let sources = Sources::parse(&Source::new("sources.yaml", text), &folder());
    let sources = sources.unwrap_or_else(|error| unreachable!("{error}"));
    sources.collect(&Asked {
        candidate: Named::new("churn", "8"),
        champion: None,
        registry: None,
        as_of: Instant::from_milliseconds(1_764_547_200_000).unwrap(),
    })
}

fn mistakes(text: &str) -> Vec<String> {
    match Sources::parse(&Source::new("sources.yaml", text), Path::new("")) {
        Ok(_) => Vec::new(),
        Err(tollgate::document::DocumentError::Mistakes(mistakes)) => mistakes.lines().collect(),
        Err(other) => vec![other.to_string()],
    }
}

const ROWS: &str = "
sources:
  - scored: rows.parquet
    labels: { split: test }
    observed_at: 2026-11-30T12:00:00Z
    score: p_churn
    threshold: 0.5
    outcome: churned
    groups: [{ group: gender }]
";

#[test]
fn rows_become_facts_with_where_and_when() {
    let Collected { facts, notes } = collected(ROWS);
    assert!(notes.is_empty(), "{notes:?}");
    let found = facts.iter().find(|fact| title(fact) == "true_positives{group=female,split=test}");
    let found = found.unwrap();
    assert!(matches!(found.value, FactValue::Integer(1..)), "{found:?}");
    assert_eq!(found.subject, "candidate");
    assert_eq!(found.observed_at.as_deref(), Some("2026-11-30T12:00:00Z"));
    assert_eq!(found.source.as_deref(), Some("rows.parquet (1500 rows)"));
    assert!(facts.iter().all(|fact| fact.labels.iter().any(|label| label.key == "split")));
}

#[test]
fn what_cannot_be_used_or_read_is_missing_and_noted() {
    let holes = collected(&ROWS.replace("rows.parquet", "holes.parquet"));
    assert!(holes.facts.iter().all(|fact| fact.name == "unusable_rows"), "{:?}", holes.facts);
    assert!(holes.notes.iter().all(|note| note.gap == Gap::Missing) && holes.notes.len() == 2);
    let gone = collected(&ROWS.replace("rows.parquet", "gone.parquet"));
    assert!(gone.facts.is_empty() && gone.notes.len() == 1, "{gone:?}");
    let said = gone.notes.first().map(|note| note.message.clone()).unwrap_or_default();
    assert!(said.contains("gone.parquet` does not exist"), "{said}");
    let column = collected(&ROWS.replace("p_churn", "p_chrun"));
    assert!(column.facts.is_empty() && column.notes.len() == 1, "{column:?}");
}

#[test]
fn mistakes_are_told_at_their_places() {
    let wrong = |from: &str, to: &str| mistakes(&ROWS.replace(from, to)).join("\n");
    for (from, to, place, said) in [
        ("threshold: 0.5", "prediction: y\n    threshold: 0.5", "8:", "no threshold does"),
        ("observed_at: 2026-11-30T12:00:00Z", "observed_at: yesterday", "5:18", "no time"),
        ("outcome: churned", "positive: 'yes'", "8:", "said together"),
        ("groups: [", "metrics: [auc, brier]\n    groups: [", "9:", "brier"),
        ("score:", "scores:", "6:", "scores"),
        ("[{ group: gender }]", "[gender, gender]", "9:", "given twice"),
    ] {
        let told = wrong(from, to);
        let at = format!("sources.yaml:{place}");
        assert!(told.contains(&at) && told.contains(said), "{to}: {told}");
    }
}
