//! Results of tests, as JUnit and everything after it writes them.
//!
//! Cases are counted, and what a suite says of itself must agree with them: a
//! file that was cut off, or put together by hand, says nothing.

use roxmltree::{Document, Node};
use tollgate::facts::Instant;
use tollgate::source::Source;
use tollgate_engine::types::FactValue;

use crate::said::{self, Said};

/// How deep suites may nest. Those of tools nest three deep.
const DEEPEST: usize = 64;

/// What a suite holds.
#[derive(Default)]
struct Held<'a> {
    total: u64,
    failed: u64,
    skipped: u64,
    suites: usize,
    /// When each suite was run that says it.
    times: Vec<&'a str>,
}

/// Reads a file of results. The error is one sentence.
pub(crate) fn read(source: &Source) -> Result<Said, String> {
    let document =
        Document::parse(source.text()).map_err(|error| format!("it is no XML: {error}"))?;
    let root = document.root_element();
    if !["testsuites", "testsuite"].contains(&root.tag_name().name()) {
        return Err("this is no result of JUnit: it has no `testsuites`".to_owned());
    }
    let mut held = Held::default();
    look(root, &mut held, 0)?;
    let mut said = Said::default();
    said.facts.push(said::count("tests_total", held.total));
    said.facts.push(said::count("tests_failed", held.failed));
    said.facts.push(said::count("tests_skipped", held.skipped));
    if held.total > held.skipped {
        let ok = FactValue::Boolean(held.failed == 0);
        said.facts.push(said::fact("tests_ok", ok));
    } else {
        said.missing(Some("tests_ok"), "no test was run");
    }
    // Of several suites the oldest says how old the whole is; where one does
    // not say it, nobody knows.
    if held.times.len() == held.suites {
        let oldest = held.times.iter().min_by_key(|text| text.parse::<Instant>().ok());
        said.observed_at(oldest.copied());
    }
    Ok(said)
}

fn look<'a>(node: Node<'a, '_>, held: &mut Held<'a>, depth: usize) -> Result<(), String> {
    match node.tag_name().name() {
        "testcase" => held.add_case(node),
        "testsuite" | "testsuites" => {
            if depth > DEEPEST {
                return Err(format!("suites nest deeper than {DEEPEST} levels"));
            }
            let (total, failed) = (held.total, held.failed);
            if node.tag_name().name() == "testsuite" {
                held.suites += 1;
                held.times.extend(node.attribute("timestamp"));
            }
            for child in node.children().filter(Node::is_element) {
                if ["failure", "error"].contains(&child.tag_name().name()) {
                    return Err("a suite failed outside of its tests".to_owned());
                }
                look(child, held, depth + 1)?;
            }
            agrees(node, held.total - total, held.failed - failed)?;
        }
        unknown if node.descendants().any(|it| it.has_tag_name("testcase")) => {
            return Err(format!("it has tests in `{unknown}`, which is no suite"));
        }
        _ => {}
    }
    Ok(())
}

impl Held<'_> {
    fn add_case(&mut self, case: Node<'_, '_>) {
        let has = |name: &str| case.children().any(|child| child.tag_name().name() == name);
        let failed = has("failure") || has("error");
        let skipped = has("skipped") || case.attribute("status") == Some("notrun");
        self.total += 1;
        self.failed += u64::from(failed);
        self.skipped += u64::from(skipped && !failed);
    }
}

/// Whether what a suite says of itself is what it holds.
fn agrees(suite: Node<'_, '_>, total: u64, failed: u64) -> Result<(), String> {
    let said = |key: &str| {
        let parsed = suite.attribute(key).map(|text| (text, text.trim().parse::<u64>()));
        match parsed {
            None => Ok(None),
            Some((_, Ok(count))) => Ok(Some(count)),
            Some((text, Err(_))) => Err(format!("`{key}` of a suite is `{text}`, and no count")),
        }
    };
    if let Some(tests) = said("tests")?
        && tests != total
    {
        return Err(format!("a suite says that it has {tests} tests, and holds {total}"));
    }
    let (failures, errors) = (said("failures")?, said("errors")?);
    if failures.is_some() || errors.is_some() {
        let failures = failures.unwrap_or(0).saturating_add(errors.unwrap_or(0));
        if failures != failed {
            return Err(format!(
                "a suite says that {failures} of its tests failed, and {failed} did"
            ));
        }
    }
    Ok(())
}
