//! What a finding suggests is a name that the gate takes.

use model_naming::ModelNaming;
use serde_json::json;
use tollgate_sdk::Outcome;
use tollgate_sdk::gate::{Fact, FactValue, Gate};
use tollgate_test_support::{Dice, seed};

const PIECES: [&str; 40] = [
    "fraud", "churn", "Detector", "model", "Model", "v", "V2", "v2", "2", "12", "2024", "20241008",
    "10", "oct", "Oct", "24", "final", "new", "xgboost", "XG", "Boost", "random", "forest",
    "maria", "marias", "s", "q3", "x", "2fa", "version", "30d", "ETA", "_", "-", ".", "_", "_",
    "-", "1.2", "w42",
];

fn name(dice: &mut Dice) -> String {
    (0..=dice.roll(8)).map(|_| *dice.one(&PIECES)).collect()
}

fn fact(name: &str) -> Fact {
    Fact {
        name: "name".to_owned(),
        subject: "candidate".to_owned(),
        labels: Vec::new(),
        value: FactValue::Text(name.to_owned()),
        unit: None,
        samples: None,
        observed_at: None,
        source: None,
    }
}

#[test]
fn a_suggestion_is_taken() {
    let mut dice = Dice::new(seed());
    let mut suggested = 0;
    for style in ["snake", "kebab", "pascal"] {
        let gate = ModelNaming::configure(json!({
            "style": style,
            "refuse": {
                "versions": true,
                "dates": true,
                "algorithms": ["xgboost", "random_forest"],
                "generic": ["model"],
                "people": ["maria"],
            },
        }))
        .unwrap();
        for _ in 0..4000 {
            let name = name(&mut dice);
            let findings = gate.evaluate(&[fact(&name)]);
            for finding in &findings {
                assert_eq!(
                    finding.expected.is_some(),
                    finding.outcome != Outcome::Pass,
                    "{name}: {finding:?}"
                );
                let Some(name_again) = finding
                    .expected
                    .as_deref()
                    .and_then(|expected| expected.strip_prefix('`')?.strip_suffix('`'))
                else {
                    continue;
                };
                if name_again.contains('`') {
                    continue;
                }
                suggested += 1;
                let again = gate.evaluate(&[fact(name_again)]);
                assert!(
                    again.iter().all(|finding| finding.outcome == Outcome::Pass),
                    "{name} became {name_again}: {again:#?}"
                );
            }
        }
    }
    assert!(suggested > 1000, "only {suggested} suggestions");
}
