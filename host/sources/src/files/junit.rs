//! Results of tests, as JUnit and everything after it writes them.
//!
//! Cases are counted, and what a suite says of itself must agree with them: a
//! file that was cut off, or put together by hand, says nothing.

use roxmltree::{Document, Node};
use tollgate::source::Source;
use tollgate_engine::types::FactValue;

use crate::said::{self, Said};

#[derive(Default)]
struct Count {
    total: u64,
    failed: u64,
    skipped: u64,
}

/// Reads a file of results. The error is one sentence.
pub(crate) fn read(source: &Source) -> Result<Said, String> {
    let document =
        Document::parse(source.text()).map_err(|error| format!("it is no XML: {error}"))?;
    let root = document.root_element();
    if !["testsuites", "testsuite"].contains(&root.tag_name().name()) {
        return Err("this is no result of JUnit: it has no `testsuites`".to_owned());
    }
    let mut count = Count::default();
    let mut times = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "testcase" => count.add(case(node)),
            "testsuite" => {
                agrees(node)?;
                times.extend(node.attribute("timestamp"));
            }
            "testsuites" => agrees(node)?,
            _ => {}
        }
    }
    let mut said = Said::default();
    said.facts.push(said::count("tests_total", count.total));
    said.facts.push(said::count("tests_failed", count.failed));
    said.facts.push(said::count("tests_skipped", count.skipped));
    if count.total > count.skipped {
        let ok = FactValue::Boolean(count.failed == 0);
        said.facts.push(said::fact("tests_ok", ok));
    } else {
        said.missing(Some("tests_ok"), "no test was run");
    }
    // Of several suites the oldest says how old the whole is; where one does
    // not say it, nobody knows.
    let suites = root.descendants().filter(|node| node.has_tag_name("testsuite")).count();
    let oldest = times.iter().filter(|_| times.len() == suites).min();
    said.observed_at(oldest.copied());
    Ok(said)
}

impl Count {
    fn add(&mut self, other: Self) {
        self.total += other.total;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

fn case(node: Node<'_, '_>) -> Count {
    let has = |name: &str| node.children().any(|child| child.has_tag_name(name));
    let failed = has("failure") || has("error");
    Count {
        total: 1,
        failed: u64::from(failed),
        skipped: u64::from(
            !failed && (has("skipped") || node.attribute("status") == Some("notrun")),
        ),
    }
}

/// Whether what a suite says of itself is what it holds.
fn agrees(suite: Node<'_, '_>) -> Result<(), String> {
    let mut held = Count::default();
    for node in suite.descendants().filter(|node| node.has_tag_name("testcase")) {
        held.add(case(node));
    }
    let said = |key: &str| suite.attribute(key).and_then(|text| text.trim().parse::<u64>().ok());
    if let Some(tests) = said("tests")
        && tests != held.total
    {
        return Err(format!("a suite says that it has {tests} tests, and holds {}", held.total));
    }
    if let (Some(failures), errors) = (said("failures"), said("errors").unwrap_or(0))
        && failures + errors != held.failed
    {
        return Err(format!(
            "a suite says that {} of its tests failed, and {} did",
            failures + errors,
            held.failed
        ));
    }
    Ok(())
}
