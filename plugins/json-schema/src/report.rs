//! From faults to findings.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;
use tollgate_sdk::{Finding, Outcome, nearest, not_shown};

use crate::explain::{Words, explain};
use crate::payload::{Malformed, Tree, push_step};
use crate::{show, text};

/// What findings are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report<'a> {
    /// What was judged.
    pub(crate) payload: &'a Tree<'a>,
    /// What the payload is called.
    pub(crate) name: &'a str,
    /// The schema, for the names that it knows.
    pub(crate) schema: &'a Value,
    /// At most so many findings.
    pub(crate) most: usize,
}

impl Report<'_> {
    /// The findings, the first `most` of them, and one that counts the rest.
    /// `cut` says that there may be more faults than `errors` has.
    pub(crate) fn findings<'i>(
        &self,
        errors: impl Iterator<Item = ValidationError<'i>>,
        mut found: Vec<Finding>,
        cut: impl FnOnce() -> bool,
    ) -> Vec<Finding> {
        let mut more = 0_u32;
        let mut slips = BTreeSet::new();
        for error in errors {
            if found.len() > self.most {
                more = more.saturating_add(places(error.kind()));
            } else {
                self.add(&error, &mut found, &mut slips);
            }
        }
        found.retain(|finding| !is_slip(finding, &slips));
        limited(found, self.most, more, cut())
    }

    /// `slips` are the places of names that were probably meant to be others.
    fn add(
        &self,
        error: &ValidationError<'_>,
        findings: &mut Vec<Finding>,
        slips: &mut BTreeSet<String>,
    ) {
        let pointer = error.instance_path().as_str();
        let value = self.payload.at(pointer);
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                findings.push(self.missing(name, pointer, slips));
            }
            kind @ (Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected }) => {
                let known = self.known_names(error);
                for name in unexpected {
                    findings.push(self.unexpected(kind, name, pointer, &known));
                }
            }
            Kind::PropertyNames { error: inner } => {
                let name = inner.instance().as_str().unwrap_or_default();
                let tree = Tree::Text(Cow::Borrowed(name));
                let words =
                    explain(inner.kind(), &format!("the name `{name}`"), pointer, Some(&tree));
                let mut place = pointer.to_owned();
                push_step(&mut place, name);
                findings.push(finding(error.kind(), words).at(place));
            }
            kind => {
                let words = explain(kind, &self.subject(pointer), pointer, value);
                let mut finding = finding(kind, words).at(pointer);
                if let Some(value) = value {
                    finding = finding.actual(show::value(value));
                }
                findings.push(finding);
            }
        }
    }

    fn missing(&self, name: &str, pointer: &str, slips: &mut BTreeSet<String>) -> Finding {
        let mut message = format!("`{name}` is missing from {}", self.subject(pointer));
        if let Some(Tree::Object(members)) = self.payload.at(pointer) {
            let names = members.entries().iter().map(|(name, _)| name.as_ref());
            if let Some(meant) = nearest(name, names) {
                message.push_str(&format!("; is `{meant}` meant to be it?"));
                let mut place = pointer.to_owned();
                push_step(&mut place, meant);
                slips.insert(place);
            }
        }
        Finding::new("required", Outcome::Fail, message)
            .at(pointer)
            .expected(format!("a property `{}`", text::shortened(name, 80)))
    }

    fn unexpected(&self, kind: &Kind, name: &str, pointer: &str, known: &[&str]) -> Finding {
        let mut message = format!("{} must not have a property `{name}`", self.subject(pointer));
        let expected = match nearest(name, known.iter().copied()) {
            Some(meant) => {
                message.push_str(&format!("; did you mean `{meant}`?"));
                format!("`{meant}`")
            }
            None if known.is_empty() => "no further properties".to_owned(),
            None => text::shortened(&format!("one of `{}`", known.join("`, `")), 160),
        };
        let mut place = pointer.to_owned();
        push_step(&mut place, name);
        let finding = finding(kind, Words { message, expected });
        match self.payload.at(&place) {
            Some(value) => finding.actual(show::value(value)).at(place),
            None => finding.at(place),
        }
    }

    /// The names that stand beside the keyword of an error.
    fn known_names(&self, error: &ValidationError<'_>) -> Vec<&str> {
        let keyword = error.schema_path().as_str();
        let parent = keyword.rsplit_once('/').map_or("", |(parent, _)| parent);
        let properties = self.schema.pointer(parent).and_then(|schema| schema.get("properties"));
        match properties {
            Some(Value::Object(properties)) => properties.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// What a person calls a place: `` `amount` ``, ``item 3 of `rows` ``.
    fn subject(&self, pointer: &str) -> String {
        let Some((parent, step)) = pointer.rsplit_once('/') else {
            return self.name.to_owned();
        };
        let is_item = matches!(self.payload.at(parent), Some(Tree::List(_)));
        let step = step.replace("~1", "/").replace("~0", "~");
        match parent.rsplit_once('/') {
            _ if !is_item => format!("`{step}`"),
            Some((_, list)) => {
                format!("item {step} of `{}`", list.replace("~1", "/").replace("~0", "~"))
            }
            None => format!("item {step}"),
        }
    }
}

fn finding(kind: &Kind, words: Words) -> Finding {
    let outcome = match kind {
        // Nobody knows whether these hold.
        Kind::BacktrackLimitExceeded { .. }
        | Kind::RegexEngineFailure { .. }
        | Kind::Referencing(_) => Outcome::Inconclusive,
        _ => Outcome::Fail,
    };
    let finding = Finding::new(rule(kind.keyword()), outcome, words.message);
    if words.expected.is_empty() { finding } else { finding.expected(words.expected) }
}

/// A keyword as the id of a rule: `additional-properties`.
fn rule(keyword: &str) -> String {
    let mut rule = String::new();
    for c in keyword.chars().filter(|c| *c != '$') {
        if c.is_ascii_uppercase() {
            rule.push('-');
        }
        rule.push(c.to_ascii_lowercase());
    }
    rule
}

fn places(kind: &Kind) -> u32 {
    match kind {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.len() as u32
        }
        _ => 1,
    }
}

/// A name that was written wrong is one fault, not a missing property and an
/// unexpected one.
fn is_slip(finding: &Finding, slips: &BTreeSet<String>) -> bool {
    matches!(&*finding.rule, "additional-properties" | "unevaluated-properties")
        && slips.contains(finding.pointer.as_deref().unwrap_or_default())
}

/// The first `most` findings, and one that counts the rest.
fn limited(mut findings: Vec<Finding>, most: usize, more: u32, cut: bool) -> Vec<Finding> {
    let rest = findings.len().saturating_sub(most);
    let rest = more.saturating_add(rest as u32);
    findings.truncate(most);
    if rest > 0 {
        let count = if cut { format!("at least {rest}") } else { rest.to_string() };
        findings.push(not_shown(&count, rest, Outcome::Fail));
    }
    findings
}

/// A text that is no JSON, as a finding.
pub(crate) fn malformed(malformed: Malformed) -> Finding {
    let message = match &malformed.place {
        Some(place) => format!("{} {place}", malformed.message),
        None => malformed.message.clone(),
    };
    without_place(Malformed { message, ..malformed })
}

/// The same of one text of many: each has its own place in it, and the finding
/// is one about all that are wrong alike.
pub(crate) fn without_place(malformed: Malformed) -> Finding {
    let Malformed { rule, message, pointer, expected, actual, .. } = malformed;
    let message = message.trim_end_matches(',');
    let finding = Finding::new(rule, Outcome::Fail, message).at(pointer).expected(expected);
    if actual.is_empty() { finding } else { finding.actual(actual) }
}

/// A name that an object has more than once, as a finding.
pub(crate) fn repeated(pointer: String) -> Finding {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let name = name.replace("~1", "/").replace("~0", "~");
    let message = format!("`{name}` comes more than once, and who reads it decides which counts");
    Finding::new("duplicate-key", Outcome::Fail, message).at(pointer).expected("each name once")
}
