//! What a person reads: rules, places, counts and suggestions, as cases in
//! `cases/`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mlflow_signature::MlflowSignature;
use tollgate_sdk::Outcome;
use tollgate_sdk::signature::Signature as _;
use tollgate_test_support::findings::hold;
use tollgate_test_support::growth;

#[test]
fn findings_say_what_and_where() {
    let cases = hold::<MlflowSignature>(&[
        include_str!("cases/findings.json"),
        include_str!("cases/outputs.json"),
        include_str!("cases/typed.json"),
        include_str!("cases/unjudged.json"),
    ]);
    assert!(cases > 100);
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
