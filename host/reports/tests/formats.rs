//! Every report in every format, as it is read; and that what reads it can.
#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above: a report without the key is wrong")]

mod common;

use std::collections::HashSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use common::{FORMATS, of_strangers, samples};
use serde_json::{Value, json};
use tollgate_reports::Format;

#[test]
fn reports_are_as_they_were() {
    for (name, sample) in samples() {
        for (format, asked) in FORMATS {
            let mut text = sample.render(asked);
            // The page's style is no news.
            if let Some((before, behind)) = text.split_once("<style>\n") {
                let behind = behind.split_once("</style>").unwrap().1;
                text = format!("{before}<style></style>{behind}");
            }
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(format!("{name}-{format}"), text);
            });
        }
    }
}

fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let schema = jsonschema::validator_for(schema).unwrap();
    schema.iter_errors(value).map(|it| format!("{it} at {}", it.instance_path())).collect()
}

#[test]
fn sarif_is_what_its_schema_says() {
    let schema =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/sarif/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let named = samples().into_iter().map(|(_, sample)| sample);
    for sample in named.chain(of_strangers("[a](b) {0} \u{202e} a b/c:%?#&<>")) {
        let sarif: Value = serde_json::from_str(&sample.render(Format::Sarif)).unwrap();
        assert_eq!(errors(&schema, &sarif), Vec::<String>::new(), "{sarif:#}");
        let run = &sarif["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: HashSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "each rule is there once");
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert_eq!(result["partialFingerprints"]["tollgate/v1"].as_str().unwrap().len(), 64);
        }
    }
    assert_ne!(errors(&schema, &json!({ "version": "2.1.0" })), Vec::<String>::new());
}

#[test]
fn gitlab_gets_what_it_asks_for() {
    let text = json!({ "type": "string", "minLength": 1 });
    let schema = json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": text,
                "check_name": text,
                "fingerprint": text,
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": { "type": "string", "minLength": 1, "not": { "pattern": "^\\./" } },
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": { "begin": { "type": "integer", "minimum": 1 } },
                        },
                    },
                },
            },
        },
    });
    for (name, sample) in samples() {
        let issues: Value = serde_json::from_str(&sample.render(Format::Gitlab)).unwrap();
        assert_eq!(errors(&schema, &issues), Vec::<String>::new(), "{name}: {issues:#}");
        let issues = issues.as_array().unwrap();
        let prints: HashSet<&str> =
            issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(prints.len(), issues.len(), "{name}");
        assert_eq!(issues.is_empty(), name.ends_with("passes"), "{name}");
    }
}

/// A fingerprint is that of what is judged, whatever it comes to.
#[test]
fn fingerprints_stay_when_values_change() {
    let prints = |text: &str| {
        let issues: Value = serde_json::from_str(text).unwrap();
        let prints = issues.as_array().unwrap().iter().map(|it| it["fingerprint"].clone());
        prints.collect::<Vec<Value>>()
    };
    let render = |message: &str| {
        let finding = tollgate::report::FindingReport {
            column: Some("amount".to_owned()),
            ..tollgate::report::FindingReport::new(
                "type",
                tollgate_engine::types::Outcome::Fail,
                message,
            )
        };
        common::Sample::Check(common::check(vec![finding.clone(), finding], true))
            .render(Format::Gitlab)
    };
    let (one, other) = (prints(&render("12,5 is no number")), prints(&render("7 is too much")));
    assert_eq!(one, other);
    assert_eq!(one.len(), 2);
    assert_ne!(one[0], one[1], "each its own");
}

#[test]
fn tap_counts_right() {
    for (name, sample) in samples() {
        let tap = sample.render(Format::Tap);
        let mut lines = tap.lines();
        assert_eq!(lines.next(), Some("TAP version 14"), "{name}");
        let plan: usize = lines.next().unwrap().strip_prefix("1..").unwrap().parse().unwrap();
        assert!(plan > 0, "{name}: no test is no pass");
        let points: Vec<&str> = tap
            .lines()
            .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
            .collect();
        assert_eq!(points.len(), plan, "{name}");
        for (at, point) in points.iter().enumerate() {
            assert!(point.contains(&format!("ok {} - ", at + 1)), "{name}: {point}");
        }
        let fails = points.iter().any(|point| point.starts_with("not ok"));
        assert_eq!(fails, !name.ends_with("passes"), "{name}");
    }
}

/// Another reader of XML than what wrote it.
const READ_JUNIT: &str = "
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
suites = [root] + root.findall('testsuite')
for suite in suites:
    cases = list(suite.iter('testcase'))
    for name, found in [('tests', cases), ('failures', list(suite.iter('failure'))),
                        ('errors', list(suite.iter('error')))]:
        assert int(suite.get(name)) == len(found), (suite.attrib, name, len(found))
    names = [(case.get('classname'), case.get('name')) for case in cases]
    assert names and len(set(names)) == len(names), names
print(len(list(root.iter('failure'))), len(list(root.iter('error'))))
";

fn read_junit(junit: &str) -> String {
    let mut python = Command::new("python3")
        .args(["-c", READ_JUNIT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(junit.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{junit}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn junit_is_xml_whose_counts_are_right() {
    let read: Vec<(&str, String)> = samples()
        .into_iter()
        .map(|(name, sample)| (name, read_junit(&sample.render(Format::Junit))))
        .collect();
    let read: Vec<(&str, &str)> = read.iter().map(|(name, read)| (*name, read.as_str())).collect();
    assert_eq!(
        read,
        [
            ("gate-passes", "0 0"),
            ("gate-fails", "1 0"),
            ("gate-inconclusive", "0 2"),
            ("gate-measures", "2 2"),
            ("check-passes", "0 0"),
            ("check-fails", "1 0"),
            ("check-rows", "1 0"),
            ("check-inconclusive", "0 1"),
            ("check-untold", "1 0"),
            ("audit", "2 2"),
            ("audit-passes", "0 0"),
            ("audit-empty", "0 1"),
            ("error", "0 2"),
        ]
    );
    for text in ["]]>&lt;", "\u{0}\u{b}\u{fffe}\u{ffff}\u{85}", "<a b='\"'>", "é\u{1f642}"] {
        for sample in of_strangers(text) {
            read_junit(&sample.render(Format::Junit));
        }
    }
}
