//! What is found in one file, each at its line.

use tollgate::mistake::{Mistakes, Span};
use tollgate::report::{FindingReport, LintedReport, PluginReport, worst};
use tollgate::source::Source;
use tollgate_engine::types::Outcome;

/// One file on its way.
pub(super) struct Linted<'s> {
    source: &'s Source,
    pub(super) kind: &'static str,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) plugin: Option<PluginReport>,
    findings: Vec<FindingReport>,
}

impl<'s> Linted<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            kind: "document",
            name: None,
            version: None,
            plugin: None,
            findings: Vec::new(),
        }
    }

    pub(super) fn source(&self) -> &'s Source {
        self.source
    }

    /// A finding of the host's own, at a place of the text.
    pub(super) fn find(
        &mut self,
        rule: &str,
        outcome: Outcome,
        span: Span,
        message: impl Into<String>,
    ) {
        let line = u64::try_from(self.source.place(span.start).line).ok();
        self.add(FindingReport { line, ..FindingReport::new(rule, outcome, message) });
    }

    pub(super) fn add(&mut self, finding: FindingReport) {
        self.findings.push(finding);
    }

    /// What makes the file one that cannot be used.
    pub(super) fn mistakes(&mut self, rule: &str, mistakes: &Mistakes) {
        for mistake in mistakes.iter() {
            let message = match mistake.suggestion() {
                Some(help) => format!("{mistake}; {help}"),
                None => mistake.to_string(),
            };
            self.find(rule, Outcome::Fail, mistake.span(), message);
        }
        let more = mistakes.count() - mistakes.iter().count();
        if more > 0 {
            let message = format!("there are {more} more mistakes");
            self.add(FindingReport::new(rule, Outcome::Fail, message));
        }
    }

    pub(super) fn finish(mut self) -> LintedReport {
        self.findings.sort_by_key(|finding| finding.line.unwrap_or_default());
        LintedReport {
            document: self.source.name().to_owned(),
            kind: self.kind,
            name: self.name,
            version: self.version,
            verdict: worst(&self.findings),
            findings: self.findings,
            plugin: self.plugin,
        }
    }
}
