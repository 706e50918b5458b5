//! The official test suite, for whoever can configure the plugin and ask it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

/// Says whether a payload passes; the error is a failure of the plugin.
pub(crate) type Checker = Box<dyn FnMut(&[u8]) -> Result<bool, String>>;

use super::SUITE;

/// Whether a finding is about the schema, and no verdict on the payload: many
/// schemas of the suite have a keyword of another draft, or refuse nothing.
pub(crate) fn is_remark(rule: &str) -> bool {
    matches!(rule, "unknown-keyword" | "schema-judges-nothing")
}

const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "4"),
    ("draft6", "6"),
    ("draft7", "7"),
    ("draft2019-09", "2019-09"),
    ("draft2020-12", "2020-12"),
];

#[derive(Deserialize)]
struct Group {
    description: String,
    schema: Box<RawValue>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    description: String,
    data: Box<RawValue>,
    valid: bool,
}

/// A test that the plugin answers otherwise than the suite.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// `draft7/optional/format/idn-hostname.json`.
    pub(crate) file: String,
    pub(crate) group: String,
    pub(crate) test: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    why: String,
    /// Only where the plugin is compiled for the host, which lacks arbitrary
    /// precision.
    #[serde(default)]
    natively: bool,
    tests: Vec<Exception>,
}

/// How many tests of each kind there are, and which come out otherwise.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Tests of a draft and kind (`mandatory`, `optional`, `format`): how many
    /// agree with the suite, and how many there are.
    pub(crate) counts: BTreeMap<(String, &'static str), (usize, usize)>,
    pub(crate) others: BTreeSet<Exception>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE)
}

/// Asks all of the suite.
pub(crate) fn run(mut configure: impl FnMut(&str) -> Result<Checker, String>) -> Outcome {
    let mut outcome = Outcome::default();
    for (draft, name) in DRAFTS {
        let remotes = remotes(draft);
        let root = folder().join("suite/tests");
        for path in files(&root.join(draft)) {
            let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let kind = match () {
                () if file.contains("/optional/format/") => "format",
                () if file.contains("/optional/") => "optional",
                () => "mandatory",
            };
            let text = fs::read_to_string(&path).unwrap();
            let groups: Vec<Group> = serde_json::from_str(&text).unwrap();
            for group in groups {
                let settings = settings(&group, name, kind, &remotes);
                let mut checker = configure(&settings);
                for test in group.tests {
                    let answer = match &mut checker {
                        Ok(checker) => checker(test.data.get().as_bytes()),
                        Err(error) => Err(error.clone()),
                    };
                    let count = outcome.counts.entry((draft.to_owned(), kind)).or_default();
                    count.1 += 1;
                    if answer == Ok(test.valid) {
                        count.0 += 1;
                        continue;
                    }
                    if std::env::var_os("SUITE_VERBOSE").is_some() {
                        println!(
                            "{file} | {} | {}: {answer:?}",
                            group.description, test.description
                        );
                    }
                    outcome.others.insert(Exception {
                        file: file.clone(),
                        group: group.description.clone(),
                        test: test.description,
                    });
                }
            }
        }
    }
    outcome
}

fn settings(group: &Group, draft: &str, kind: &str, remotes: &str) -> String {
    let schema = group.schema.get();
    let formats = if kind == "format" { r#","formats":true"# } else { "" };
    let resources = if schema.contains("localhost:1234") {
        format!(r#","resources":{{{remotes}}}"#)
    } else {
        String::new()
    };
    format!(r#"{{"schema":{schema},"draft":"{draft}"{formats}{resources}}}"#)
}

/// The remotes as members of a JSON object. Those of another draft only where
/// they say so, since a schema that does not is one of this draft.
fn remotes(draft: &str) -> String {
    let root = folder().join("suite/remotes");
    let members: Vec<String> = files(&root)
        .iter()
        .filter_map(|path| {
            let uri = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let text = fs::read_to_string(path).unwrap();
            let known = !uri.starts_with("draft")
                || uri.split('/').next() == Some(draft)
                || text.contains("\"$schema\"");
            known.then(|| format!("\"http://localhost:1234/{uri}\":{text}"))
        })
        .collect();
    members.join(",")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Prints the table, and fails unless exactly the named exceptions differ, and
/// none of them is mandatory.
pub(crate) fn judge(outcome: &Outcome, natively: bool) {
    for ((draft, kind), (agree, all)) in &outcome.counts {
        println!("{draft:<14} {kind:<10} {agree:>5} of {all}");
    }
    let text = fs::read_to_string(folder().join("exceptions.json")).unwrap();
    let reasons: Vec<Reason> = serde_json::from_str(&text).unwrap();
    let mut named = BTreeSet::new();
    for reason in reasons.into_iter().filter(|reason| natively || !reason.natively) {
        assert!(!reason.why.is_empty());
        for exception in reason.tests {
            assert!(exception.file.contains("/optional/"), "{exception:?} is mandatory");
            assert!(named.insert(exception.clone()), "{exception:?} is named twice");
        }
    }
    let unnamed: Vec<_> = outcome.others.difference(&named).collect();
    let passing: Vec<_> = named.difference(&outcome.others).collect();
    assert!(unnamed.is_empty(), "the suite expects another answer: {unnamed:#?}");
    assert!(passing.is_empty(), "these are exceptions no longer: {passing:#?}");
}
