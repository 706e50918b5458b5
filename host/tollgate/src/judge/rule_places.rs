//! Where in a profile's document the rule of a finding stands.

use std::cell::Cell;
use std::collections::HashMap;

use crate::document::PolicyDocument;
use crate::mistake::Span;
use crate::report::FindingReport;
use crate::source::Source;
use crate::tree::{Content, Index, Node};

/// The member of settings that a rule is called by.
const ID: &str = "id";

/// The places of a profile's rules.
pub struct RulePlaces<'d> {
    source: &'d Source,
    settings: Option<Index<'d>>,
    /// Values of settings that say which rule they are.
    named: HashMap<&'d str, Span>,
    /// Where the last one began, and its line: a rule has many findings in turn.
    last: Cell<Option<(usize, Option<u64>)>>,
}

impl<'d> RulePlaces<'d> {
    /// Of a document; from here on places are found fast.
    #[must_use]
    pub fn new(document: &'d PolicyDocument) -> Self {
        let settings = document.settings_tree();
        let mut named = HashMap::new();
        if let Some(settings) = settings {
            add_named(settings, &mut named);
        }
        Self {
            source: document.source(),
            settings: settings.map(Index::new),
            named,
            last: Cell::new(None),
        }
    }

    /// The line, from 1: of what the plugin points to, otherwise of what has
    /// the rule's id in the settings.
    #[must_use]
    pub fn line(&self, finding: &FindingReport) -> Option<u64> {
        let pointed = || {
            let found = self.settings.as_ref()?.nearest(finding.pointer.as_deref()?);
            found.exact.then(|| found.span())
        };
        let named = || self.named.get(finding.rule.as_str()).copied();
        let span = pointed().or_else(named)?;
        let known = self.last.get().filter(|(start, _)| *start == span.start);
        let (start, line) = known.unwrap_or_else(|| {
            (span.start, u64::try_from(self.source.place(span.start).line).ok())
        });
        self.last.set(Some((start, line)));
        line
    }
}

/// The first of a name counts.
fn add_named<'d>(node: &'d Node, named: &mut HashMap<&'d str, Span>) {
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| add_named(item, named)),
        Content::Map(entries) => {
            if let Some(id) = node.get(ID).and_then(Node::text) {
                let first = entries.first().map_or(node.span, |entry| entry.key_span);
                named.entry(id).or_insert(first);
            }
            entries.iter().for_each(|entry| add_named(&entry.value, named));
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod tests {
    use tollgate_engine::types::Outcome;

    use super::*;

    const DOCUMENT: &str = "\
name: a
version: 1.0.0
plugin: metric-gate@^0.1
owner: b
summary: c
changelog:
  - { version: 1.0.0, date: 2026-11-30, by: b, change: first version }
settings:
  rules:
    - metric: auc
      threshold: 1
    - threshold: 1
      id: fairness
      any_of:
        - { id: inner, metric: x }
        - { id: fairness, metric: y }
";

    fn line(rule: &str, pointer: Option<&str>) -> Option<u64> {
        let source = Source::new("a.yaml", DOCUMENT);
        let document = PolicyDocument::parse(source, Default::default()).unwrap();
        let finding = FindingReport {
            pointer: pointer.map(str::to_owned),
            ..FindingReport::new(rule, Outcome::Fail, "")
        };
        RulePlaces::new(&document).line(&finding)
    }

    #[test]
    fn a_rule_is_found_by_its_pointer_or_its_id() {
        assert_eq!(line("auc", Some("/rules/0")), Some(10));
        assert_eq!(line("auc", Some("/rules/0/threshold")), Some(11));
        assert_eq!(line("fairness", None), Some(12));
        assert_eq!(line("inner", None), Some(15));
        assert_eq!(line("fairness", Some("/rules/9")), Some(12), "leads nowhere");
        assert_eq!(line("auc", None), None);
        assert_eq!(line("auc", Some("/rules/9")), None);
        assert_eq!(line("auc", Some("no pointer")), Some(9), "the whole of the settings");
    }
}
