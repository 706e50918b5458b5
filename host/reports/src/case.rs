//! One thing that was judged, as every format but JSON tells it.

use std::collections::HashMap;

use tollgate::report::{FactReport, FindingReport, PlaceReport};
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;

/// How a case came out, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    Pass,
    Warn,
    Inconclusive,
    Fail,
    /// Nothing was judged, since something is wrong.
    Error,
}

impl Mark {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// Whether it keeps a version from moving on.
    pub(crate) fn blocks(self) -> bool {
        self > Self::Warn
    }
}

impl From<Outcome> for Mark {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Pass => Self::Pass,
            Outcome::Warn => Self::Warn,
            Outcome::Inconclusive => Self::Inconclusive,
            Outcome::Fail => Self::Fail,
        }
    }
}

/// One thing that was judged.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// The rule's id.
    pub(crate) rule: &'a str,
    /// The rule, and where it judges several things, which: each title is
    /// there once in a section.
    pub(crate) title: String,
    pub(crate) mark: Mark,
    /// One sentence.
    pub(crate) message: String,
    /// None for what no plugin said.
    pub(crate) finding: Option<&'a FindingReport>,
    /// The file, where it is one.
    pub(crate) file: Option<&'a str>,
    /// The line, from 1; the first where none is known.
    pub(crate) line: u64,
    /// The same in every run that judges the same thing, whatever it comes to.
    pub(crate) fingerprint: String,
}

impl Case<'_> {
    /// Where it is, for a person: the line where that is known, else the place
    /// in what was judged.
    pub(crate) fn place(&self) -> String {
        let is_placed = |it: &&FindingReport| it.line.or_else(|| it.places.first()?.line).is_some();
        let pointer = self.finding.and_then(|finding| finding.pointer.as_deref());
        match (self.file, self.finding.filter(is_placed), pointer) {
            (Some(file), Some(_), _) => format!("{file}:{}", self.line),
            (Some(file), None, Some(pointer)) => format!("{file} {pointer}"),
            (file, _, pointer) => file.or(pointer).unwrap_or_default().to_owned(),
        }
    }

    /// What there is to say beside the message, in lines of a name and a text.
    pub(crate) fn details(&self) -> Vec<(&'static str, String)> {
        let Some(finding) = self.finding else { return Vec::new() };
        let mut details = Vec::new();
        let texts = [
            ("expected", &finding.expected),
            ("actual", &finding.actual),
            ("pointer", &finding.pointer),
            ("column", &finding.column),
        ];
        for (name, text) in texts {
            details.extend(text.as_ref().map(|text| (name, text.clone())));
        }
        if finding.occurrences > 1 {
            details.push(("places", finding.occurrences.to_string()));
        }
        details.extend(finding.places.iter().map(|it| ("first at", place(it))));
        details
    }
}

/// `row 41 (line 42): 3 cells`.
fn place(place: &PlaceReport) -> String {
    let line = place.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    let value = place.value.as_ref().map(|value| format!(": {value}")).unwrap_or_default();
    format!("row {}{line}{value}", place.row)
}

/// Makes cases of the findings of one section.
#[derive(Debug)]
pub(crate) struct Cases<'a> {
    /// What was judged, by what: the beginning of every fingerprint.
    pub(crate) of: Vec<&'a str>,
    pub(crate) facts: &'a [FactReport],
    /// The document of a profile, or the payload.
    pub(crate) file: Option<&'a str>,
}

impl<'a> Cases<'a> {
    /// One a finding.
    pub(crate) fn all(&self, findings: &'a [FindingReport]) -> Vec<Case<'a>> {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for finding in findings {
            *times.entry(&finding.rule).or_default() += 1;
        }
        let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
        let cases = findings.iter().map(|finding| {
            let rule = finding.rule.as_str();
            let which = self.which(finding);
            let count = seen.entry((rule, which)).or_default();
            *count += 1;
            let mut title = rule.to_owned();
            let several = times.get(rule).is_some_and(|times| *times > 1);
            if several && !which.is_empty() {
                title = format!("{rule} {which}");
            }
            if *count > 1 {
                title = format!("{title} ({count})");
            }
            let line = finding.line.or_else(|| finding.places.first()?.line);
            Case {
                fingerprint: self.fingerprint(&[rule, which, &count.to_string()]),
                rule,
                title,
                mark: finding.outcome.into(),
                message: finding.message.clone(),
                finding: Some(finding),
                file: self.file,
                line: line.unwrap_or(1),
            }
        });
        cases.collect()
    }

    /// A case for what no finding tells.
    pub(crate) fn untold(&self, rule: &'static str, mark: Mark, message: String) -> Case<'a> {
        Case {
            rule,
            title: rule.to_owned(),
            mark,
            message,
            finding: None,
            file: self.file,
            line: 1,
            fingerprint: self.fingerprint(&[rule]),
        }
    }

    /// Which of several things a rule judges: the slice, the column, the place.
    fn which(&self, finding: &'a FindingReport) -> &'a str {
        let fact = finding.facts.first().and_then(|index| self.facts.get(*index as usize));
        let fact = fact.map(|fact| fact.name.as_str());
        // A gate's pointer is its rule's.
        let pointer = finding.pointer.as_deref().filter(|_| finding.line.is_none());
        fact.or(finding.column.as_deref()).or(pointer).unwrap_or_default()
    }

    pub(crate) fn fingerprint(&self, of: &[&str]) -> String {
        let parts: Vec<&str> = self.of.iter().chain(of).copied().collect();
        let text = serde_json::to_string(&parts).unwrap_or_default();
        let digest = Digest::of(text.as_bytes()).to_string();
        digest.strip_prefix("sha256:").unwrap_or(&digest).to_owned()
    }
}
