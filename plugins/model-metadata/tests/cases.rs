//! Runs `tests/cases/*.yaml`, and the profiles.

use std::path::Path;

use model_metadata::ModelMetadata;
use tollgate_sdk::Outcome;
use tollgate_sdk::gate::{Fact, FactValue, Gate as _, Label};
use tollgate_test_support::gates;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = gates::hold::<ModelMetadata>(&folder);
    assert!(cases > 100, "only {cases} cases");
}

/// Every profile is a document that the plugin takes.
#[test]
fn profiles_configure() {
    let profiles = gates::profiles::<ModelMetadata>("model-metadata");
    assert_eq!(profiles, 5);
}

/// As many facts as a gate may get, of the dearest kinds: texts that say
/// nothing beside one that does, files and parameters that match. Each is
/// looked at once for each rule, or this would not end.
#[test]
fn many_facts() {
    let settings = serde_json::json!({
        "aliases": { "owner": ["team"] },
        "rules": ["owner", { "params": "**" }, { "artifact": "*a*a*a*b" }, { "artifact": "*" }],
    });
    let gate = ModelMetadata::configure(settings).unwrap();
    let fact = |name: &str, label: Option<(&str, String)>, value| Fact {
        name: name.to_owned(),
        subject: "candidate".to_owned(),
        labels: label
            .map(|(key, value)| Label { key: key.to_owned(), value })
            .into_iter()
            .collect(),
        value,
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    };
    let text = |text: &str| FactValue::Text(text.to_owned());
    let facts: Vec<Fact> = (0..25_000)
        .flat_map(|turn| {
            [
                fact("owner", None, text("unknown")),
                fact("team", None, text("fraud")),
                fact("param", Some(("name", turn.to_string())), text("1")),
                fact(
                    "artifact",
                    Some(("path", "a".repeat(turn % 89 + 1))),
                    FactValue::Boolean(true),
                ),
            ]
        })
        .collect();
    let found = gate.evaluate(&facts);
    let outcomes: Vec<Outcome> = found.iter().map(|finding| finding.outcome).collect();
    assert_eq!(outcomes, [Outcome::Pass, Outcome::Pass, Outcome::Fail, Outcome::Pass]);
}
