//! What a person reads: rules, places, counts and suggestions, as cases in
//! `cases/`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mlflow_signature::MlflowSignature;
use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_sdk::signature::Signature as _;
use tollgate_sdk::{Finding, Outcome};
use tollgate_test_support::growth;

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Box<RawValue>,
    /// The body; text where it is no JSON. None judges the settings.
    #[serde(default)]
    body: Option<Box<RawValue>>,
    #[serde(default)]
    raw: Option<String>,
    findings: Vec<Expected>,
}

#[derive(Deserialize, Debug)]
struct Expected {
    rule: String,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    pointer: Option<String>,
    /// Parts of the message.
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    actual: Option<String>,
    #[serde(default)]
    occurrences: Option<u32>,
}

#[test]
fn findings_say_what_and_where() {
    let files = [
        include_str!("cases/findings.json"),
        include_str!("cases/outputs.json"),
        include_str!("cases/typed.json"),
        include_str!("cases/oip.json"),
        include_str!("cases/unjudged.json"),
    ];
    let cases: Vec<Case> =
        files.into_iter().flat_map(|file| serde_json::from_str::<Vec<_>>(file).unwrap()).collect();
    assert!(cases.len() > 100);
    for case in cases {
        let given = given(&case);
        assert_eq!(given.len(), case.findings.len(), "{}: {given:#?}", case.name);
        for (finding, expected) in given.iter().zip(&case.findings) {
            agree(&case.name, finding, expected);
        }
    }
}

fn given(case: &Case) -> Vec<Finding> {
    let settings = serde_json::from_str(case.settings.get()).unwrap();
    let plugin = match MlflowSignature::configure(settings) {
        Ok(plugin) => plugin,
        Err(findings) => return findings,
    };
    match (&case.body, &case.raw) {
        (Some(body), None) => plugin.check(body.get().as_bytes()),
        (None, Some(raw)) => plugin.check(raw.as_bytes()),
        _ => panic!("{}: one of `body` and `raw`", case.name),
    }
}

fn agree(name: &str, finding: &Finding, expected: &Expected) {
    let context = format!("{name}: {finding:#?}");
    assert_eq!(finding.rule, expected.rule, "{context}");
    let outcome = match expected.outcome.as_deref() {
        Some("warn") => Outcome::Warn,
        Some("inconclusive") => Outcome::Inconclusive,
        _ => Outcome::Fail,
    };
    assert_eq!(finding.outcome, outcome, "{context}");
    if let Some(pointer) = &expected.pointer {
        assert_eq!(finding.pointer.as_ref(), Some(pointer), "{context}");
    }
    for part in &expected.says {
        assert!(finding.message.contains(part.as_str()), "{part}: {context}");
    }
    if expected.expected.is_some() {
        assert_eq!(finding.expected, expected.expected, "{context}");
    }
    if expected.actual.is_some() {
        assert_eq!(finding.actual, expected.actual, "{context}");
    }
    assert_eq!(finding.occurrences, expected.occurrences.unwrap_or(1), "{context}");
    // Findings are one sentence, and keep payloads out of the message.
    assert!(!finding.message.ends_with('.'), "{context}");
    assert!(!finding.message.contains("s3cret"), "{context}");
}

/// Clean payloads are not looked through for UTF-8 first.
#[test]
fn strings_that_are_not_utf8_are_refused() {
    let settings = r#"{"signature":{"inputs":[{"type":"string","name":"x"}]}}"#;
    let plugin = MlflowSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    for length in 0..20 {
        for place in 0..=length {
            for (bad, good) in [(b"\xFF", "é"), (b"\xC3", "日本"), (b"\x80", "a")] {
                let mut text = vec![b'a'; length];
                let mut body = |bytes: &[u8]| {
                    text.splice(place..place, bytes.iter().copied());
                    let body = [b"{\"inputs\":[{\"x\":\"", text.as_slice(), b"\"}]}"].concat();
                    text.drain(place..place + bytes.len());
                    body
                };
                assert!(plugin.check(&body(good.as_bytes())).is_empty(), "{good} at {place}");
                let findings = plugin.check(&body(bad));
                assert_eq!(findings[0].outcome, Outcome::Fail, "{bad:?} at {place} of {length}");
            }
        }
    }
}

/// Whatever bytes come, the plugin answers.
#[test]
fn hostile_bodies_are_findings() {
    let settings = r#"{"signature":{"inputs":[{"type":"string","name":"x"},{"type":"any","name":"y","required":false}]}}"#;
    let plugin = MlflowSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    let deep = |open: &str, close: &str, levels: usize| {
        format!(
            "{{\"inputs\":[{{\"x\":\"a\",\"y\":{}1{}}}]}}",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    let mut bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0],
        vec![0xFF, 0xFE],
        b"\xEF\xBB\xBF".to_vec(),
        b"{\"inputs\":\"\xED\xA0\"}".to_vec(),
        b"{\"inputs\":\"\\u12".to_vec(),
        b"{\"inputs\":-}".to_vec(),
        b"{\"inputs\":[1,,2]}".to_vec(),
        b"{\"inputs\":[\"\\ud800\\u\"]}".to_vec(),
        deep("[", "]", 100_000).into_bytes(),
        deep("{\"a\":", "}", 100_000).into_bytes(),
    ];
    let whole =
        br#"{"dataframe_split":{"columns":["x","y"],"data":[["a\u00e9",{"k":[1,2.5e3,null]}]]}}"#;
    bodies.extend((0..whole.len()).map(|end| whole[..end].to_vec()));
    for body in bodies {
        let findings = plugin.check(&body);
        let blocks = findings.iter().any(|finding| finding.outcome > Outcome::Warn);
        assert!(blocks, "{}", String::from_utf8_lossy(&body).chars().take(80).collect::<String>());
    }
    assert!(plugin.check(whole).is_empty());
    assert!(plugin.check(deep("[", "]", 50).as_bytes()).is_empty());
}

/// Many keys cost time in proportion, not its square.
#[test]
fn wide_bodies_take_time_in_proportion() {
    let settings = r#"{"signature":{"inputs":[{"type":"long","name":"a"},{"type":"map","values":{"type":"long"},"name":"m","required":false}]}}"#;
    let plugin = MlflowSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    for (around, rule) in [
        (r#"{"dataframe_records":[{"a":1,KEYS}]}"#, "extra-input"),
        (r#"{"instances":[{"a":1,KEYS}]}"#, "extra-input"),
        (r#"{"inputs":[{KEYS}]}"#, "missing-inputs"),
        (r#"{"inputs":{"a":1,"m":{KEYS}}}"#, "expected-dict"),
    ] {
        let judge = |count: usize| {
            let keys: Vec<String> = (0..count).map(|key| format!("\"k{key}\":1")).collect();
            let body = around.replace("KEYS", &keys.join(","));
            assert_eq!(plugin.check(body.as_bytes())[0].rule, rule, "{around}");
        };
        // Few enough to stay in the cache of a small machine, whose misses would
        // grow beside the work.
        let growth = growth(4_000, judge).unwrap_or(4.0);
        // The square would be 16 times as long.
        assert!(growth < 13.0, "{around}: four times the keys take {growth:.1} times as long");
    }
}
